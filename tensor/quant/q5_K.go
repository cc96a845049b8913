package quant

import "github.com/longrun-ai/longrun/tensor"

// Q5_K: 256 elements in 176 bytes, 8 sub-blocks of 32.
//
//	0    d       half
//	2    dmin    half
//	4    scales  12 bytes, see scaleMin6
//	16   h       32 bytes: bit 4 of the codes; element 32k + l is bit k of byte l
//	48   q       128 bytes: bits 0-3; element 64k + l in the lower half of byte 32k + l, element 64k + 32 + l in the upper
//
// x[j] = d scale code[j] - dmin minimum

func decodeQ5_K(dst []float32, src []byte) {
	for i := range blocks(tensor.Q5_K, len(dst), len(src)) {
		b, y := (*[176]byte)(src[176*i:]), dst[256*i:][:256]
		d, dmin := half(b[:]), half(b[2:])
		h := (*[32]byte)(b[16:])
		for k := range 8 {
			scale, minimum := scaleMin6((*[12]byte)(b[4:]), k)
			s, m := d*float32(scale), dmin*float32(minimum)
			y := (*[32]float32)(y[32*k:])
			for l, q := range (*[32]byte)(b[48+k/2*32:]) {
				y[l] = float32(s*float32(q>>(k%2*4)&15|h[l]>>k&1<<4)) - m
			}
		}
	}
}

func encodeQ5_K(dst []byte, src []float32) {
	encodeBlocks(tensor.Q5_K, dst, src, func(b []byte, x []float32) {
		l := fitLines(b, x, 32, 31, 63)
		for i := range 8 {
			putScaleMin6((*[12]byte)(b[4:]), i, byte(l.scales[i]), byte(l.mins[i]))
		}
		codes := l.codes(x, 32, 31)
		for j, c := range codes {
			b[16+j%32] |= c >> 4 << (j / 32)
		}
		packLow4(b[48:], &codes)
	})
}
