package asm

import (
	"encoding/binary"
	"math"

	"github.com/longrun-ai/longrun/tensor"
)

func mulF32Generic(dst []float32, stride int, w []byte, wStride int, x []float32, k, rows, cols int) {
	mulFloat(tensor.F32, dst, stride, w, wStride, x, k, rows, cols)
}

func mulF16Generic(dst []float32, stride int, w []byte, wStride int, x []float32, k, rows, cols int) {
	mulFloat(tensor.F16, dst, stride, w, wStride, x, k, rows, cols)
}

func mulBF16Generic(dst []float32, stride int, w []byte, wStride int, x []float32, k, rows, cols int) {
	mulFloat(tensor.BF16, dst, stride, w, wStride, x, k, rows, cols)
}

// A chunk is how many weights the twins decode at a time: once for all columns. Sums start anew in each, which makes
// them the more exact.
const chunk = 64

func mulFloat(t tensor.DType, dst []float32, stride int, w []byte, wStride int, x []float32, k, rows, cols int) {
	if !checkMul(dst, stride, w, wStride, t.RowBytes(k), rows, cols) {
		return
	}
	need(x, cols*k)
	var buf [chunk]float32
	for r := range rows {
		for c := range cols {
			dst[c*stride+r] = 0
		}
		for i := 0; i < k; i += chunk {
			n := min(chunk, k-i)
			decode(t, buf[:n], w[r*wStride+t.RowBytes(i):])
			for c := range cols {
				var sum float32
				for j, v := range x[c*k+i:][:n] {
					sum += buf[j] * v
				}
				dst[c*stride+r] += sum
			}
		}
	}
}

func accF32Generic(dst, p []float32, pStride int, v []byte, vStride, k, rows, groups int) {
	accFloat(tensor.F32, dst, p, pStride, v, vStride, k, rows, groups)
}

func accF16Generic(dst, p []float32, pStride int, v []byte, vStride, k, rows, groups int) {
	accFloat(tensor.F16, dst, p, pStride, v, vStride, k, rows, groups)
}

func accFloat(t tensor.DType, dst, p []float32, pStride int, v []byte, vStride, k, rows, groups int) {
	if !checkAcc(dst, p, pStride, v, vStride, t.RowBytes(k), k, rows, groups) {
		return
	}
	var buf [chunk]float32
	for r := range rows {
		for i := 0; i < k; i += chunk {
			n := min(chunk, k-i)
			decode(t, buf[:n], v[r*vStride+t.RowBytes(i):])
			for g := range groups {
				a := p[g*pStride+r]
				for j := range n {
					dst[g*k+i+j] += a * buf[j]
				}
			}
		}
	}
}

// decode fills dst with the elements that src starts with.
func decode(t tensor.DType, dst []float32, src []byte) {
	switch t {
	case tensor.F32:
		for i := range dst {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
		}
	case tensor.F16:
		for i := range dst {
			dst[i] = half(src[2*i:])
		}
	case tensor.BF16:
		for i := range dst {
			dst[i] = tensor.BF16ToF32(binary.LittleEndian.Uint16(src[2*i:]))
		}
	}
}

// half is the half-precision number that b starts with.
func half(b []byte) float32 { return tensor.F16ToF32(binary.LittleEndian.Uint16(b)) }

func storeF32Generic(dst []byte, x []float32) {
	need(dst, 4*len(x))
	for i, v := range x {
		binary.LittleEndian.PutUint32(dst[4*i:], math.Float32bits(v))
	}
}

func storeF16Generic(dst []byte, x []float32) {
	need(dst, 2*len(x))
	for i, v := range x {
		binary.LittleEndian.PutUint16(dst[2*i:], tensor.F32ToF16(v))
	}
}
