// Package tensor holds the values that everything else computes with: element types, shapes, buffers and views.
package tensor

import "fmt"

// A DType is how elements are stored. Its number is the id that GGUF files use (ggml.h, enum ggml_type), so ids that
// no longer mean anything are holes.
type DType uint8

const (
	F32     DType = 0
	F16     DType = 1
	Q4_0    DType = 2
	Q4_1    DType = 3
	Q5_0    DType = 6
	Q5_1    DType = 7
	Q8_0    DType = 8
	Q8_1    DType = 9
	Q2_K    DType = 10
	Q3_K    DType = 11
	Q4_K    DType = 12
	Q5_K    DType = 13
	Q6_K    DType = 14
	Q8_K    DType = 15
	IQ2_XXS DType = 16
	IQ2_XS  DType = 17
	IQ3_XXS DType = 18
	IQ1_S   DType = 19
	IQ4_NL  DType = 20
	IQ3_S   DType = 21
	IQ2_S   DType = 22
	IQ4_XS  DType = 23
	I8      DType = 24
	I16     DType = 25
	I32     DType = 26
	I64     DType = 27
	F64     DType = 28
	IQ1_M   DType = 29
	BF16    DType = 30
	TQ1_0   DType = 34
	TQ2_0   DType = 35
	MXFP4   DType = 39
	NVFP4   DType = 40
	Q1_0    DType = 41
	Q2_0    DType = 42

	NumDTypes = 43 // length of a table indexed by DType
)

// layout is a type's name and its block: elems consecutive elements of a row take bytes bytes.
type layout struct {
	name         string
	elems, bytes int
}

func (t DType) layout() layout {
	if int(t) < len(layouts) {
		return layouts[t]
	}
	return layout{}
}

var layouts = [NumDTypes]layout{ // never written
	F32: {"F32", 1, 4}, F16: {"F16", 1, 2}, BF16: {"BF16", 1, 2}, F64: {"F64", 1, 8},
	I8: {"I8", 1, 1}, I16: {"I16", 1, 2}, I32: {"I32", 1, 4}, I64: {"I64", 1, 8},
	Q4_0: {"Q4_0", 32, 18}, Q4_1: {"Q4_1", 32, 20}, Q5_0: {"Q5_0", 32, 22}, Q5_1: {"Q5_1", 32, 24},
	Q8_0: {"Q8_0", 32, 34}, Q8_1: {"Q8_1", 32, 36}, IQ4_NL: {"IQ4_NL", 32, 18}, MXFP4: {"MXFP4", 32, 17},
	Q2_K: {"Q2_K", 256, 84}, Q3_K: {"Q3_K", 256, 110}, Q4_K: {"Q4_K", 256, 144}, Q5_K: {"Q5_K", 256, 176},
	Q6_K: {"Q6_K", 256, 210}, Q8_K: {"Q8_K", 256, 292},
	IQ2_XXS: {"IQ2_XXS", 256, 66}, IQ2_XS: {"IQ2_XS", 256, 74}, IQ2_S: {"IQ2_S", 256, 82},
	IQ3_XXS: {"IQ3_XXS", 256, 98}, IQ3_S: {"IQ3_S", 256, 110}, IQ1_S: {"IQ1_S", 256, 50}, IQ1_M: {"IQ1_M", 256, 56},
	IQ4_XS: {"IQ4_XS", 256, 136}, TQ1_0: {"TQ1_0", 256, 54}, TQ2_0: {"TQ2_0", 256, 66},
	NVFP4: {"NVFP4", 64, 36}, Q1_0: {"Q1_0", 128, 18}, Q2_0: {"Q2_0", 64, 18},
}

// Known reports whether t is a type that GGUF files use today.
func (t DType) Known() bool { return t.layout().elems != 0 }

// Block returns how many consecutive elements of a row form a block and how many bytes it takes. For a plain type the
// block is one element; for an unknown one it is 0, 0.
func (t DType) Block() (elems, bytes int) {
	l := t.layout()
	return l.elems, l.bytes
}

// RowBytes returns the size of a row of n elements; n is a multiple of the block.
func (t DType) RowBytes(n int) int {
	l := t.layout()
	return n / l.elems * l.bytes
}

// String is the name that ggml prints, in upper case except for the K of the 256-element blocks: "Q4_K".
func (t DType) String() string {
	if !t.Known() {
		return fmt.Sprintf("DType(%d)", uint8(t))
	}
	return t.layout().name
}
