//go:build !purego

package asm

import (
	"unsafe"

	"github.com/longrun-ai/longrun/tensor"
)

// weighted is what one call of an Acc's assembly sums: all rows, for four groups or for one.
type weighted struct {
	dst     *float32
	p       *float32
	v       *byte
	pStride int // bytes from one group's weights to the next
	vStride int // bytes from one row to the next
	k, rows int
}

// group sets a to the next n groups and reports whether there are as many. done counts those before.
func (a *weighted) group(n int, done *int, dst, p []float32, groups int) bool {
	i := *done
	if i+n > groups {
		return false
	}
	a.dst, a.p, *done = &dst[i*a.k], &p[i*a.pStride/4], i+n
	return true
}

func newWeighted(pStride int, v []byte, vStride, k, rows int) weighted {
	return weighted{v: unsafe.SliceData(v), pStride: 4 * pStride, vStride: vStride, k: k, rows: rows}
}

func accF32AVX2(dst, p []float32, pStride int, v []byte, vStride, k, rows, groups int) {
	if !checkAcc(dst, p, pStride, v, vStride, tensor.F32.RowBytes(k), k, rows, groups) {
		return
	}
	a, done := newWeighted(pStride, v, vStride, k, rows), 0
	for a.group(4, &done, dst, p, groups) {
		accF32x4AVX2(&a)
	}
	for a.group(1, &done, dst, p, groups) {
		accF32x1AVX2(&a)
	}
}

func accF16AVX2(dst, p []float32, pStride int, v []byte, vStride, k, rows, groups int) {
	if !checkAcc(dst, p, pStride, v, vStride, tensor.F16.RowBytes(k), k, rows, groups) {
		return
	}
	a, done := newWeighted(pStride, v, vStride, k, rows), 0
	for a.group(4, &done, dst, p, groups) {
		accF16x4AVX2(&a)
	}
	for a.group(1, &done, dst, p, groups) {
		accF16x1AVX2(&a)
	}
}

//go:noescape
func accF32x4AVX2(a *weighted)

//go:noescape
func accF32x1AVX2(a *weighted)

//go:noescape
func accF16x4AVX2(a *weighted)

//go:noescape
func accF16x1AVX2(a *weighted)
