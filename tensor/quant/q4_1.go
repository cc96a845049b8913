package quant

import "github.com/longrun-ai/longrun/tensor"

// Q4_1: 32 elements in 20 bytes.
//
//	0   d   half
//	2   m   half
//	4   q   16 bytes: element j in the lower half of byte j, element j+16 in the upper
//
// x[j] = d q[j] + m

func decodeQ4_1(dst []float32, src []byte) {
	for i := range blocks(tensor.Q4_1, len(dst), len(src)) {
		b, y := (*[20]byte)(src[20*i:]), (*[32]float32)(dst[32*i:])
		d, m := half(b[:]), half(b[2:])
		for j, q := range b[4:] {
			y[j] = float32(d*float32(q&15)) + m
			y[j+16] = float32(d*float32(q>>4)) + m
		}
	}
}

func encodeQ4_1(dst []byte, src []float32) {
	encodeBlocks(tensor.Q4_1, dst, src, func(b []byte, x []float32) {
		var codes [32]uint8
		fitHalfMin(b, codes[:], x, 15)
		for j := range 16 {
			b[4+j] = codes[j] | codes[j+16]<<4
		}
	})
}
