package quant

import "github.com/longrun-ai/longrun/tensor"

// Q4_0: 32 elements in 18 bytes.
//
//	0   d   half
//	2   q   16 bytes: element j in the lower half of byte j, element j+16 in the upper
//
// x[j] = d (q[j] - 8)

func decodeQ4_0(dst []float32, src []byte) {
	for i := range blocks(tensor.Q4_0, len(dst), len(src)) {
		b, y := (*[18]byte)(src[18*i:]), (*[32]float32)(dst[32*i:])
		d := half(b[:])
		for j, q := range b[2:] {
			y[j] = d * float32(int(q&15)-8)
			y[j+16] = d * float32(int(q>>4)-8)
		}
	}
}

func encodeQ4_0(dst []byte, src []float32) {
	encodeBlocks(tensor.Q4_0, dst, src, func(b []byte, x []float32) {
		var codes [32]uint8
		fitHalf(b, codes[:], x, 8)
		for j := range 16 {
			b[2+j] = codes[j] | codes[j+16]<<4
		}
	})
}
