package quant

import (
	"encoding/binary"

	"github.com/longrun-ai/longrun/tensor"
)

// Q5_1: 32 elements in 24 bytes.
//
//	0   d   half
//	2   m   half
//	4   h   uint32: bit j is bit 4 of element j
//	8   q   16 bytes: bits 0-3, element j in the lower half of byte j, element j+16 in the upper
//
// x[j] = d q[j] + m

func decodeQ5_1(dst []float32, src []byte) {
	for i := range blocks(tensor.Q5_1, len(dst), len(src)) {
		b, y := (*[24]byte)(src[24*i:]), (*[32]float32)(dst[32*i:])
		d, m, h := half(b[:]), half(b[2:]), binary.LittleEndian.Uint32(b[4:])
		for j, q := range b[8:] {
			y[j] = float32(d*float32(uint32(q&15)|h>>j&1<<4)) + m
			y[j+16] = float32(d*float32(uint32(q>>4)|h>>(j+16)&1<<4)) + m
		}
	}
}

func encodeQ5_1(dst []byte, src []float32) {
	encodeBlocks(tensor.Q5_1, dst, src, func(b []byte, x []float32) {
		var codes [32]uint8
		fitHalfMin(b, codes[:], x, 31)
		packQ5(b[4:], &codes)
	})
}
