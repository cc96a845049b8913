package quant

import "github.com/longrun-ai/longrun/tensor"

// Q3_K: 256 elements in 110 bytes, 16 sub-blocks of 16.
//
//	0    h       32 bytes: bit 2 of the codes; element 32k + l is bit k of byte l
//	32   q       64 bytes: bits 0-1; element 128h + 32k + l is bits 2k and 2k+1 of byte 32h + l
//	96   scales  12 bytes: bits 0-3 of scale i are in byte i%8, its lower half for i < 8; bits 4-5 are bits 2(i/4) and
//	             2(i/4)+1 of byte 8 + i%4
//	108  d       half
//
// x[j] = d (scale - 32) (code - 4)

func decodeQ3_K(dst []float32, src []byte) {
	for i := range blocks(tensor.Q3_K, len(dst), len(src)) {
		b, y := (*[110]byte)(src[110*i:]), dst[256*i:][:256]
		d := half(b[108:])
		for s := range 16 {
			scale := int(b[96+s%8]>>(s/8*4)&15 | b[104+s%4]>>(s/4*2)&3<<4)
			dl := d * float32(scale-32)
			h, q := b[s%2*16:][:16], b[32+s/8*32+s%2*16:][:16]
			for l := range 16 {
				code := int(q[l]>>(s/2%4*2)&3 | h[l]>>(s/2)&1<<2)
				y[16*s+l] = dl * float32(code-4)
			}
		}
	}
}

func encodeQ3_K(dst []byte, src []float32) {
	encodeBlocks(tensor.Q3_K, dst, src, func(b []byte, x []float32) {
		ints, scales := fitScales(b[108:], x, 16, 4, 31)
		for s, v := range ints {
			v += 32
			b[96+s%8] |= byte(v & 15 << (s / 8 * 4))
			b[104+s%4] |= byte(v >> 4 << (s / 4 * 2))
		}
		for j, v := range x {
			code := byte(nearest(float32(v*inverse(scales[j/16])), -4, 3) + 4)
			b[32+j/128*32+j%32] |= code & 3 << (j / 32 % 4 * 2)
			b[j%32] |= code >> 2 << (j / 32)
		}
	})
}
