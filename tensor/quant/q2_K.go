package quant

import "github.com/longrun-ai/longrun/tensor"

// Q2_K: 256 elements in 84 bytes, 16 sub-blocks of 16.
//
//	0   scales  16 bytes: scale in bits 0-3, minimum in bits 4-7
//	16  q       64 bytes: see below
//	80  d       half
//	82  dmin    half
//
// x[j] = d scale q[j] - dmin minimum. Element 128h + 32k + l is bits 2k and 2k+1 of byte 32h + l.

func decodeQ2_K(dst []float32, src []byte) {
	for i := range blocks(tensor.Q2_K, len(dst), len(src)) {
		b, y := (*[84]byte)(src[84*i:]), dst[256*i:][:256]
		d, dmin := half(b[80:]), half(b[82:])
		for s, sc := range b[:16] {
			dl, ml := d*float32(sc&15), dmin*float32(sc>>4)
			q, shift := b[16+s/8*32+s%2*16:][:16], s/2%4*2
			for l, v := range y[16*s:][:16] {
				v = dl * float32(q[l]>>shift&3)
				y[16*s+l] = v - ml
			}
		}
	}
}

func encodeQ2_K(dst []byte, src []float32) {
	encodeBlocks(tensor.Q2_K, dst, src, func(b []byte, x []float32) {
		l := fitLines(b[80:], x, 16, 3, 15)
		for i := range l.scales {
			b[i] = byte(l.scales[i] | l.mins[i]<<4)
		}
		codes := l.codes(x, 16, 3)
		for j, c := range codes {
			b[16+j/128*32+j%32] |= c << (j / 32 % 4 * 2)
		}
	})
}
