package quant

import "github.com/longrun-ai/longrun/tensor"

// Q6_K: 256 elements in 210 bytes, 16 sub-blocks of 16.
//
//	0    q       128 bytes: bits 0-3; element 128h + 64k + l, l < 64, in the k-th half of byte 64h + l
//	128  h       64 bytes: bits 4-5; element 128h + 32k + l is bits 2k and 2k+1 of byte 32h + l
//	192  scales  int8[16]
//	208  d       half
//
// x[j] = d scale (code - 32)

func decodeQ6_K(dst []float32, src []byte) {
	for i := range blocks(tensor.Q6_K, len(dst), len(src)) {
		b := (*[210]byte)(src[210*i:])
		d := half(b[208:])
		var scales [16]float32
		for s, v := range b[192:208] {
			scales[s] = d * float32(int8(v))
		}
		for k := range 4 { // 32 bytes of h
			s := (*[8]float32)(scales[k/2*8:])[k%2:] // 16 elements of each quarter at a time
			y := (*[112]float32)(dst[256*i+k/2*128+k%2*16:])
			q0, q1 := (*[16]byte)(b[k/2*64+k%2*16:]), (*[16]byte)(b[k/2*64+32+k%2*16:])
			s0, s1, s2, s3 := s[0], s[2], s[4], s[6]
			for l, h := range (*[16]byte)(b[128+k*16:]) {
				y[l] = s0 * float32(int(q0[l]&15|h&3<<4)-32)
				y[l+32] = s1 * float32(int(q1[l]&15|h>>2&3<<4)-32)
				y[l+64] = s2 * float32(int(q0[l]>>4|h>>4&3<<4)-32)
				y[l+96] = s3 * float32(int(q1[l]>>4|h>>6<<4)-32)
			}
		}
	}
}

func encodeQ6_K(dst []byte, src []float32) {
	encodeBlocks(tensor.Q6_K, dst, src, func(b []byte, x []float32) {
		ints, scales := fitScales(b[208:], x, 16, 32, 127)
		for s, v := range ints {
			b[192+s] = byte(v)
			id := inverse(scales[s])
			at := s * 16
			q, h := b[at/128*64+at%64:][:16], b[128+at/128*32+at%32:][:16]
			for l, v := range x[at:][:16] {
				code := byte(nearest(float32(v*id), -32, 31) + 32)
				q[l] |= code & 15 << (at % 128 / 64 * 4)
				h[l] |= code >> 4 << (at % 128 / 32 * 2)
			}
		}
	})
}
