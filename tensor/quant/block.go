package quant

import (
	"encoding/binary"
	"math"

	"github.com/longrun-ai/longrun/tensor"
)

// blocks returns how many blocks of type t the elements and bytes are. It panics if they do not match.
func blocks(t tensor.DType, values, bytes int) int {
	if err := fits(t, values, bytes); err != nil {
		panic("quant: " + t.String() + ": " + err.Error())
	}
	elems, _ := t.Block()
	return values / elems
}

// encodeBlocks calls encode with each block of dst, zeroed, and its elements. A block with an element that is not finite
// gets all bits set instead, which is a NaN scale, or in MXFP4 an infinite product: Check finds it.
func encodeBlocks(t tensor.DType, dst []byte, src []float32, encode func(b []byte, x []float32)) {
	elems, size := t.Block()
	for i := range blocks(t, len(src), len(dst)) {
		b, x := dst[i*size:][:size:size], src[i*elems:][:elems:elems]
		var carry uint32 // into the sign bit, from an exponent of all ones
		for _, v := range x {
			carry |= math.Float32bits(v)&0x7fffffff + 1<<23
		}
		if carry>>31 != 0 {
			for j := range b {
				b[j] = 0xff
			}
			continue
		}
		clear(b)
		encode(b, x)
	}
}

func half(b []byte) float32 { return tensor.F16ToF32(binary.LittleEndian.Uint16(b)) }

const maxHalf = 65504

// putHalf stores the least half-precision number that is at least v, which is not negative, and returns it. Rounding up
// keeps what a scale must reach within reach. What is larger than any half becomes the largest.
func putHalf(b []byte, v float64) float32 {
	h := tensor.F32ToF16(float32(min(v, maxHalf)))
	if float64(tensor.F16ToF32(h)) < min(v, maxHalf) {
		h++
	}
	binary.LittleEndian.PutUint16(b, h)
	return tensor.F16ToF32(h)
}

// putNearestHalf stores the half-precision number nearest to v, at most the largest, and returns it.
func putNearestHalf(b []byte, v float64) float32 {
	h := tensor.F32ToF16(float32(max(-maxHalf, min(v, maxHalf))))
	binary.LittleEndian.PutUint16(b, h)
	return tensor.F16ToF32(h)
}

// inverse is 1/v, or 0 where v is 0 and nothing but 0 can be stored.
func inverse(v float32) float32 {
	if v == 0 {
		return 0
	}
	return 1 / v
}

// nearest rounds v to an integer, ties to even, and clamps it to [lo, hi], |lo| and |hi| < 2^22.
func nearest(v float32, lo, hi int32) int32 {
	if v <= float32(lo) {
		return lo
	}
	if v >= float32(hi) {
		return hi
	}
	// At 1.5×2^23 floats are one apart: the addition rounds, and the integer is in the lowest bits.
	return int32(math.Float32bits(v+0x1.8p23)) - 0x4b400000
}
