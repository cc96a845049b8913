// Package quant converts between float32 and the element types of checkpoints: one file per format, with its layout, its
// Decode and its Encode written to be read. It defines what every kernel computes.
//
// Decode is exact: each value is the product (and sum) that the format defines, rounded to float32 once, so all machines
// agree on every bit. Formats and their layouts are those of ggml (ggml-common.h, ggml-quants.c).
package quant

import (
	"errors"
	"fmt"
	"math"

	"github.com/longrun-ai/longrun/tensor"
)

// A Format converts whole blocks of one element type.
//
// Both functions panic unless the two slices hold the same number of blocks and nothing beyond them. A block with an
// element that is not finite encodes to one that Check reports; F32, F16 and BF16 store such elements as they are.
// Elements too large for the format become the largest it has.
type Format struct {
	Decode func(dst []float32, src []byte)
	Encode func(dst []byte, src []float32)
}

var formats = [tensor.NumDTypes]Format{ // never written
	tensor.F32:    {decodeF32, encodeF32},
	tensor.F16:    {decodeF16, encodeF16},
	tensor.BF16:   {decodeBF16, encodeBF16},
	tensor.Q4_0:   {decodeQ4_0, encodeQ4_0},
	tensor.Q4_1:   {decodeQ4_1, encodeQ4_1},
	tensor.Q5_0:   {decodeQ5_0, encodeQ5_0},
	tensor.Q5_1:   {decodeQ5_1, encodeQ5_1},
	tensor.Q8_0:   {decodeQ8_0, encodeQ8_0},
	tensor.Q2_K:   {decodeQ2_K, encodeQ2_K},
	tensor.Q3_K:   {decodeQ3_K, encodeQ3_K},
	tensor.Q4_K:   {decodeQ4_K, encodeQ4_K},
	tensor.Q5_K:   {decodeQ5_K, encodeQ5_K},
	tensor.Q6_K:   {decodeQ6_K, encodeQ6_K},
	tensor.IQ4_NL: {decodeIQ4_NL, encodeIQ4_NL},
	tensor.IQ4_XS: {decodeIQ4_XS, encodeIQ4_XS},
	tensor.MXFP4:  {decodeMXFP4, encodeMXFP4},
}

// Of returns the format of t. It is false for a type that files may hold but this package cannot convert.
func Of(t tensor.DType) (Format, bool) {
	if int(t) >= len(formats) {
		return Format{}, false
	}
	f := formats[t]
	return f, f.Decode != nil
}

// Decode converts the elements of src, which are of type t, to dst. It fails if t is not supported or the lengths are
// not those of the same whole blocks.
func Decode(t tensor.DType, dst []float32, src []byte) error {
	f, err := checked(t, len(dst), len(src))
	if err != nil {
		return fmt.Errorf("quant: decode %s: %w", t, err)
	}
	f.Decode(dst, src)
	return nil
}

// Encode converts src to elements of type t in dst. It fails as Decode does.
func Encode(t tensor.DType, dst []byte, src []float32) error {
	f, err := checked(t, len(src), len(dst))
	if err != nil {
		return fmt.Errorf("quant: encode %s: %w", t, err)
	}
	f.Encode(dst, src)
	return nil
}

func checked(t tensor.DType, values, bytes int) (Format, error) {
	f, ok := Of(t)
	if !ok {
		return f, errors.New("the type is not supported")
	}
	return f, fits(t, values, bytes)
}

// fits reports whether the elements of a type fill whole blocks, which take that many bytes.
func fits(t tensor.DType, values, bytes int) error {
	elems, size := t.Block()
	if values%elems != 0 || bytes%size != 0 || values/elems != bytes/size {
		return fmt.Errorf("%d values and %d bytes do not match: blocks are %d values in %d bytes", values, bytes, elems, size)
	}
	return nil
}

// Check returns the index of the first block of src, elements of type t, that holds a value which is not finite, or -1
// if there is none. A last block cut short counts as bad; of a type that Of does not know, nothing is checked.
func Check(t tensor.DType, src []byte) (bad int) {
	f, ok := Of(t)
	if !ok {
		return -1
	}
	elems, size := t.Block()
	buf := make([]float32, 1024) // a multiple of every block
	for at := 0; len(src)-at >= size; {
		n := min(len(buf)/elems, (len(src)-at)/size)
		f.Decode(buf[:n*elems], src[at:][:n*size])
		for i, v := range buf[:n*elems] {
			if !finite(v) {
				return at/size + i/elems
			}
		}
		at += n * size
	}
	if len(src)%size != 0 {
		return len(src) / size
	}
	return -1
}

func finite(v float32) bool { return math.Float32bits(v)&0x7f800000 != 0x7f800000 }
