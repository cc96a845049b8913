package quant

import (
	"encoding/binary"

	"github.com/longrun-ai/longrun/tensor"
)

// Q5_0: 32 elements in 22 bytes.
//
//	0   d   half
//	2   h   uint32: bit j is bit 4 of element j
//	6   q   16 bytes: bits 0-3, element j in the lower half of byte j, element j+16 in the upper
//
// x[j] = d (q[j] - 16)

func decodeQ5_0(dst []float32, src []byte) {
	for i := range blocks(tensor.Q5_0, len(dst), len(src)) {
		b, y := (*[22]byte)(src[22*i:]), (*[32]float32)(dst[32*i:])
		d, h := half(b[:]), binary.LittleEndian.Uint32(b[2:])
		for j, q := range b[6:] {
			y[j] = d * float32(int32(q&15)|int32(h>>j&1<<4)-16)
			y[j+16] = d * float32(int32(q>>4)|int32(h>>(j+16)&1<<4)-16)
		}
	}
}

func encodeQ5_0(dst []byte, src []float32) {
	encodeBlocks(tensor.Q5_0, dst, src, func(b []byte, x []float32) {
		var codes [32]uint8
		fitHalf(b, codes[:], x, 16)
		packQ5(b[2:], &codes)
	})
}

// packQ5 stores the 5-bit codes of Q5_0 and Q5_1: h, then q.
func packQ5(b []byte, codes *[32]uint8) {
	var h uint32
	for j, c := range codes {
		h |= uint32(c>>4) << j
	}
	binary.LittleEndian.PutUint32(b, h)
	for j := range 16 {
		b[4+j] = codes[j]&15 | codes[j+16]<<4
	}
}
