package quant

import (
	"math"

	"github.com/longrun-ai/longrun/tensor"
)

// IQ4_NL: 32 elements in 18 bytes.
//
//	0   d   half
//	2   q   16 bytes: element j in the lower half of byte j, element j+16 in the upper
//
// x[j] = d iq4Values[q[j]]

// iq4Values are the values of 4-bit codes, denser near zero (ggml-common.h, kvalues_iq4nl).
var iq4Values = [16]int8{-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113} // never written

func decodeIQ4_NL(dst []float32, src []byte) {
	for i := range blocks(tensor.IQ4_NL, len(dst), len(src)) {
		b, y := (*[18]byte)(src[18*i:]), (*[32]float32)(dst[32*i:])
		d := half(b[:])
		for j, q := range b[2:] {
			y[j] = d * float32(iq4Values[q&15])
			y[j+16] = d * float32(iq4Values[q>>4])
		}
	}
}

func encodeIQ4_NL(dst []byte, src []float32) {
	encodeBlocks(tensor.IQ4_NL, dst, src, func(b []byte, x []float32) {
		id := inverse(putNearestHalf(b, fitIQ4(x)))
		for j := range 16 {
			b[2+j] = nearestIQ4(float32(x[j]*id)) | nearestIQ4(float32(x[j+16]*id))<<4
		}
	})
}

// nearestIQ4 returns the code whose value is nearest to v.
func nearestIQ4(v float32) (code byte) {
	for step := byte(8); step > 0; step /= 2 {
		if i := code + step; v > 0.5*float32(int(iq4Values[i-1])+int(iq4Values[i])) {
			code = i
		}
	}
	return code
}

// fitIQ4 is fitScale for codes of iq4Values. |d| <= 2 absMax(x)/113: what rounds to a value differs from it by at most 0.6
// of it, except for the value 1, which hardly counts.
func fitIQ4(x []float32) (d float64) {
	m := extreme(x)
	if math.Abs(m) < tiny {
		return 0
	}
	var best float64
	for _, p := range [...]float64{113, -113, 120, -120, 127, -127, 134, -134} { // what the extreme becomes
		id := float32(p / m)
		var xq float32
		var qq int32
		for _, v := range x {
			q := int32(iq4Values[nearestIQ4(float32(v*id))])
			xq += float32(v * float32(q))
			qq += q * q
		}
		if gain := float64(xq) * float64(xq) / float64(qq); gain > best { // by which the squared error falls from that of zeros
			best, d = gain, float64(xq)/float64(qq)
		}
	}
	return d
}
