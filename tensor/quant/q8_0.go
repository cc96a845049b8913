package quant

import "github.com/longrun-ai/longrun/tensor"

// Q8_0: 32 elements in 34 bytes.
//
//	0   d   half
//	2   q   int8[32]
//
// x[j] = d q[j]

func decodeQ8_0(dst []float32, src []byte) {
	for i := range blocks(tensor.Q8_0, len(dst), len(src)) {
		b, y := (*[34]byte)(src[34*i:]), (*[32]float32)(dst[32*i:])
		d := half(b[:])
		for j, q := range b[2:] {
			y[j] = d * float32(int8(q))
		}
	}
}

// The largest element becomes ±127, every other one the nearest code: the error is at most d/2.
func encodeQ8_0(dst []byte, src []float32) {
	encodeBlocks(tensor.Q8_0, dst, src, func(b []byte, x []float32) {
		id := inverse(putHalf(b, absMax(x)/127))
		q := b[2:][:len(x)]
		for j, v := range x {
			q[j] = byte(nearest(float32(v*id), -127, 127))
		}
	})
}
