package quant

import "github.com/longrun-ai/longrun/tensor"

// Q4_K: 256 elements in 144 bytes, 8 sub-blocks of 32.
//
//	0    d       half
//	2    dmin    half
//	4    scales  12 bytes, see scaleMin6
//	16   q       128 bytes: element 64k + l in the lower half of byte 32k + l, element 64k + 32 + l in the upper
//
// x[j] = d scale q[j] - dmin minimum

func decodeQ4_K(dst []float32, src []byte) {
	for i := range blocks(tensor.Q4_K, len(dst), len(src)) {
		b, y := (*[144]byte)(src[144*i:]), dst[256*i:][:256]
		d, dmin := half(b[:]), half(b[2:])
		for k := range 4 {
			scale, minimum := scaleMin6((*[12]byte)(b[4:]), 2*k)
			s0, m0 := d*float32(scale), dmin*float32(minimum)
			scale, minimum = scaleMin6((*[12]byte)(b[4:]), 2*k+1)
			s1, m1 := d*float32(scale), dmin*float32(minimum)
			y := (*[64]float32)(y[64*k:])
			for l, q := range (*[32]byte)(b[16+32*k:]) {
				y[l] = float32(s0*float32(q&15)) - m0
				y[l+32] = float32(s1*float32(q>>4)) - m1
			}
		}
	}
}

func encodeQ4_K(dst []byte, src []float32) {
	encodeBlocks(tensor.Q4_K, dst, src, func(b []byte, x []float32) {
		l := fitLines(b, x, 32, 15, 63)
		for i := range 8 {
			putScaleMin6((*[12]byte)(b[4:]), i, byte(l.scales[i]), byte(l.mins[i]))
		}
		codes := l.codes(x, 32, 15)
		packLow4(b[16:], &codes)
	})
}

// packLow4 stores bits 0-3 of the codes as Q4_K and Q5_K have them in q.
func packLow4(q []byte, codes *[256]uint8) {
	for k := range 4 {
		q, c := (*[32]byte)(q[32*k:]), (*[64]uint8)(codes[64*k:])
		for l := range q {
			q[l] = c[l]&15 | c[l+32]<<4
		}
	}
}
