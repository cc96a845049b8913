package gguf

import "github.com/longrun-ai/longrun/tensor"

// A field is n numbers of width bytes each, from byte off of a block on.
type field struct{ off, width, n int }

// wide lists the numbers of more than one byte in a type's block, which are what differs between byte orders. They are
// those that ggml's block structs (ggml-common.h) declare so: the scales, and the few indices declared uint16. Bytes
// stay where they are, also those that decoders read several at a time.
func wide(t tensor.DType) []field {
	switch t {
	case tensor.F16, tensor.BF16, tensor.I16:
		return []field{{0, 2, 1}}
	case tensor.F32, tensor.I32:
		return []field{{0, 4, 1}}
	case tensor.F64, tensor.I64:
		return []field{{0, 8, 1}}
	case tensor.Q1_0, tensor.Q2_0, tensor.Q4_0, tensor.Q5_0, tensor.Q8_0, tensor.IQ4_NL,
		tensor.IQ2_S, tensor.IQ3_XXS, tensor.IQ3_S: // scale first
		return []field{{0, 2, 1}}
	case tensor.Q4_1, tensor.Q5_1, tensor.Q8_1, tensor.Q4_K, tensor.Q5_K: // scale and minimum, or sum, first
		return []field{{0, 2, 2}}
	case tensor.Q2_K:
		return []field{{80, 2, 2}}
	case tensor.Q3_K:
		return []field{{108, 2, 1}}
	case tensor.Q6_K:
		return []field{{208, 2, 1}}
	case tensor.Q8_K: // scale, 256 values, 16 sums
		return []field{{0, 4, 1}, {260, 2, 16}}
	case tensor.IQ2_XXS: // scale and 32 indices
		return []field{{0, 2, 33}}
	case tensor.IQ2_XS: // the same, then scales of 4 bits
		return []field{{0, 2, 33}}
	case tensor.IQ1_S: // scale, 32 low bytes, 8 high parts
		return []field{{0, 2, 1}, {34, 2, 8}}
	case tensor.IQ4_XS: // scale and high bits of the scales
		return []field{{0, 2, 2}}
	case tensor.TQ1_0:
		return []field{{52, 2, 1}}
	case tensor.TQ2_0:
		return []field{{64, 2, 1}}
	}
	return nil // I8, MXFP4, NVFP4, IQ1_M: bytes only
}

// swap changes the byte order of whole blocks of type t in place.
func swap(t tensor.DType, data []byte) {
	fields := wide(t)
	if len(fields) == 0 {
		return
	}
	_, size := t.Block()
	for ; len(data) >= size; data = data[size:] {
		for _, f := range fields {
			for b := data[f.off:][:f.width*f.n]; len(b) > 0; b = b[f.width:] {
				for i, j := 0, f.width-1; i < j; i, j = i+1, j-1 {
					b[i], b[j] = b[j], b[i]
				}
			}
		}
	}
}
