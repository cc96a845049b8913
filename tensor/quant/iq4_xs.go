package quant

import (
	"encoding/binary"

	"github.com/longrun-ai/longrun/tensor"
)

// IQ4_XS: 256 elements in 136 bytes, 8 sub-blocks of 32.
//
//	0   d   half
//	2   h   uint16: bits 2i and 2i+1 are bits 4-5 of scale i
//	4   l   4 bytes: bits 0-3 of scale i in byte i/2, the lower half for even i
//	8   q   128 bytes: element 32k + j in the lower half of byte 16k + j, element 32k + 16 + j in the upper
//
// x[j] = d (scale - 32) iq4Values[q[j]]

func decodeIQ4_XS(dst []float32, src []byte) {
	for i := range blocks(tensor.IQ4_XS, len(dst), len(src)) {
		b, y := (*[136]byte)(src[136*i:]), dst[256*i:][:256]
		d, h := half(b[:]), int(binary.LittleEndian.Uint16(b[2:]))
		for k := range 8 {
			scale := int(b[4+k/2]>>(k%2*4)&15) | h>>(2*k)&3<<4
			dl := d * float32(scale-32)
			y := (*[32]float32)(y[32*k:])
			for j, q := range (*[16]byte)(b[8+16*k:]) {
				y[j] = dl * float32(iq4Values[q&15])
				y[j+16] = dl * float32(iq4Values[q>>4])
			}
		}
	}
}

func encodeIQ4_XS(dst []byte, src []float32) {
	encodeBlocks(tensor.IQ4_XS, dst, src, func(b []byte, x []float32) {
		var fit [16]float64
		for k := range 8 {
			fit[k] = fitIQ4(x[32*k:][:32])
		}
		ints, scales := shareScale(b, fit, 31)
		var h int32
		for k := range 8 {
			scale := ints[k] + 32
			h |= scale >> 4 << (2 * k)
			b[4+k/2] |= byte(scale & 15 << (k % 2 * 4))
			id, x, q := inverse(scales[k]), x[32*k:][:32], b[8+16*k:][:16]
			for j := range q {
				q[j] = nearestIQ4(float32(x[j]*id)) | nearestIQ4(float32(x[j+16]*id))<<4
			}
		}
		binary.LittleEndian.PutUint16(b[2:], uint16(h))
	})
}
