package asm

import (
	"math"

	"github.com/longrun-ai/longrun/tensor"
)

func quantizeGeneric(x Q8, c int, v []float32) {
	q, d, s := x.column(c, v)
	for b := range d {
		block, out := v[b*q8Block:][:q8Block], q[b*q8Block:][:q8Block]
		var peak uint32 // magnitudes compare like their bits, and NaNs are the largest
		for _, v := range block {
			peak = max(peak, math.Float32bits(v)&0x7fffffff)
		}
		top := math.Float32frombits(peak)
		scale, inverse := top/127, float32(0)
		switch {
		case peak >= 0x7f800000:
			scale = float32(math.NaN())
		case scale < 0x1p-126:
			scale = 0
		default:
			inverse = 127 / top
		}
		d[b] = scale
		if inverse == 0 {
			clear(out)
		} else {
			for i, v := range block {
				out[i] = int8(math.RoundToEven(float64(v * inverse)))
			}
		}
		for h := range q8Block / q8Sum {
			var sum int16
			for _, v := range out[h*q8Sum:][:q8Sum] {
				sum += int16(v)
			}
			s[b*q8Block/q8Sum+h] = sum
		}
	}
}

// The block formats, as gguf files hold them (ggml-common.h). d and m are half-precision scales.
//
//	Q8_0  32 elements: d, 32 signed bytes q                                    d q
//	Q4_0  32 elements: d, 16 bytes; low nibbles are the first half of q        d (q - 8)
//	Q4_K 256 elements: d, m, 12 bytes of scales, 128 bytes of nibbles          d s[i/32] q - m t[i/32]
//	Q6_K 256 elements: 128 bytes of low nibbles, 64 of high pairs of bits,
//	                   16 signed scales s, d                                   d s[i/16] (q - 32)

func mulQ8_0Generic(dst []float32, stride int, w []byte, wStride int, x Q8, rows int) {
	if !checkQ8(tensor.Q8_0, dst, stride, w, wStride, x, rows) {
		return
	}
	var q [32]int8
	for r := range rows {
		zeroRow(dst, stride, r, x.Cols)
		for b := range x.K / 32 {
			block := w[r*wStride+b*34:][:34]
			d := half(block)
			for i, v := range block[2:] {
				q[i] = int8(v)
			}
			for c := range x.Cols {
				i := c*x.K/32 + b
				dst[c*stride+r] += float32(d*x.D[i]) * float32(dotBytes(q[:], x.Q[i*32:]))
			}
		}
	}
}

func mulQ4_0Generic(dst []float32, stride int, w []byte, wStride int, x Q8, rows int) {
	if !checkQ8(tensor.Q4_0, dst, stride, w, wStride, x, rows) {
		return
	}
	var q [32]int8
	for r := range rows {
		zeroRow(dst, stride, r, x.Cols)
		for b := range x.K / 32 {
			block := w[r*wStride+b*18:][:18]
			d := half(block)
			for i, v := range block[2:] {
				q[i], q[i+16] = int8(v&15)-8, int8(v>>4)-8
			}
			for c := range x.Cols {
				i := c*x.K/32 + b
				dst[c*stride+r] += float32(d*x.D[i]) * float32(dotBytes(q[:], x.Q[i*32:]))
			}
		}
	}
}

func mulQ4_KGeneric(dst []float32, stride int, w []byte, wStride int, x Q8, rows int) {
	if !checkQ8(tensor.Q4_K, dst, stride, w, wStride, x, rows) {
		return
	}
	var q [superBlock]int8
	for r := range rows {
		zeroRow(dst, stride, r, x.Cols)
		for b := range x.K / superBlock {
			block := w[r*wStride+b*144:][:144]
			d, m := half(block), half(block[2:])
			scales, mins := scalesQ4_K(block[4:])
			for i, v := range block[16:] { // 32 bytes hold two runs of 32 elements
				j := i/32*64 + i%32
				q[j], q[j+32] = int8(v&15), int8(v>>4)
			}
			for c := range x.Cols {
				first := (c*x.K + b*superBlock) / 32
				var sum, low float32
				for j := range superBlock / 32 {
					i := first + j
					sum += x.D[i] * float32(int32(scales[j])*dotBytes(q[j*32:][:32], x.Q[i*32:]))
					low += x.D[i] * float32(int32(mins[j])*(int32(x.S[2*i])+int32(x.S[2*i+1])))
				}
				dst[c*stride+r] += d*sum - m*low
			}
		}
	}
}

// scalesQ4_K unpacks eight scales and eight minima of 6 bits: the first four of each are the low bits of bytes 0 to 3
// and 4 to 7, whose two upper bits are those of the last four; their low nibbles are the nibbles of bytes 8 to 11.
func scalesQ4_K(b []byte) (scales, mins [8]uint8) {
	for j := range 4 {
		scales[j], mins[j] = b[j]&63, b[j+4]&63
		scales[j+4], mins[j+4] = b[j+8]&15|b[j]>>6<<4, b[j+8]>>4|b[j+4]>>6<<4
	}
	return scales, mins
}

func mulQ6_KGeneric(dst []float32, stride int, w []byte, wStride int, x Q8, rows int) {
	if !checkQ8(tensor.Q6_K, dst, stride, w, wStride, x, rows) {
		return
	}
	var q [superBlock]int8
	for r := range rows {
		zeroRow(dst, stride, r, x.Cols)
		for b := range x.K / superBlock {
			block := w[r*wStride+b*210:][:210]
			scales, d := block[192:208], half(block[208:])
			for i := range 64 {
				low, high := block[i/32*64+i%32:], block[128+i]
				j := i/32*128 + i%32 // one byte of high bits serves four elements
				q[j], q[j+32] = int8(low[0]&15|high&3<<4)-32, int8(low[32]&15|high>>2&3<<4)-32
				q[j+64], q[j+96] = int8(low[0]>>4|high>>4&3<<4)-32, int8(low[32]>>4|high>>6<<4)-32
			}
			for c := range x.Cols {
				first := (c*x.K + b*superBlock) / 32
				var sum float32
				for j := range superBlock / 32 {
					i := first + j
					lo := int32(int8(scales[2*j])) * dotBytes(q[j*32:][:16], x.Q[i*32:])
					hi := int32(int8(scales[2*j+1])) * dotBytes(q[j*32+16:][:16], x.Q[i*32+16:])
					sum += x.D[i] * float32(lo+hi)
				}
				dst[c*stride+r] += d * sum
			}
		}
	}
}

func zeroRow(dst []float32, stride, r, cols int) {
	for c := range cols {
		dst[c*stride+r] = 0
	}
}

func dotBytes(w, x []int8) (sum int32) {
	x = x[:len(w)]
	for i, v := range w {
		sum += int32(v) * int32(x[i])
	}
	return sum
}
