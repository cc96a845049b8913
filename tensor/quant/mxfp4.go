package quant

import (
	"math"

	"github.com/longrun-ai/longrun/tensor"
)

// MXFP4: 32 elements in 17 bytes (OCP Microscaling Formats 1.0, E8M0 scale and E2M1 elements).
//
//	0   e   the exponent of the scale
//	1   q   16 bytes: element j in the lower half of byte j, element j+16 in the upper
//
// x[j] = 2^(e-128) mxfp4Values[q[j]]. The specification has a NaN at e = 255; here, as in ggml, it is one more exponent.

// mxfp4Values are the values of E2M1 times two. The code of minus zero gives plain zero.
var mxfp4Values = [16]int8{0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12} // never written

// mxfp4Scale returns 2^(e-128), subnormal for e < 2.
func mxfp4Scale(e byte) float32 {
	if e < 2 {
		return math.Float32frombits(1 << 21 << e)
	}
	return math.Float32frombits(uint32(e-1) << 23)
}

func decodeMXFP4(dst []float32, src []byte) {
	for i := range blocks(tensor.MXFP4, len(dst), len(src)) {
		b, y := (*[17]byte)(src[17*i:]), (*[32]float32)(dst[32*i:])
		d := mxfp4Scale(b[0])
		for j, q := range b[1:] {
			y[j] = d * float32(mxfp4Values[q&15])
			y[j+16] = d * float32(mxfp4Values[q>>4])
		}
	}
}

// The largest element becomes a code of 8 to 16 with one exponent, where it may be cut off at 12, and of 4 to 8 with the
// next: the one with the lower squared error is taken.
func encodeMXFP4(dst []byte, src []float32) {
	const last = 252 // with which 12 is still finite
	encodeBlocks(tensor.MXFP4, dst, src, func(b []byte, x []float32) {
		_, exp := math.Frexp(absMax(x)) // absMax(x) in [2^(exp-1), 2^exp)
		least := math.Inf(1)
		for _, e := range [...]int{exp - 4, exp - 3} {
			e := max(0, min(e+128, last))
			d := float64(mxfp4Scale(byte(e)))
			var q [16]byte
			var sum float64
			for j, v := range x {
				c := nearestMXFP4(float64(v) / d)
				q[j%16] |= c << (j / 16 * 4)
				r := float64(v) - d*float64(mxfp4Values[c])
				sum += float64(r * r)
			}
			if sum < least {
				least, b[0] = sum, byte(e)
				copy(b[1:], q[:])
			}
		}
	})
}

// nearestMXFP4 returns the code whose value is nearest to v.
func nearestMXFP4(v float64) (code byte) {
	a := math.Abs(v)
	for _, between := range [...]float64{0.5, 1.5, 2.5, 3.5, 5, 7, 10} {
		if a > between {
			code++
		}
	}
	if v < 0 && code > 0 {
		code |= 8
	}
	return code
}
