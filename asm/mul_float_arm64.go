//go:build !purego

package asm

import "github.com/longrun-ai/longrun/tensor"

// mulArgs is what a product of rows of floats works on. Kernels come in two widths, for four columns and for one; both
// do the same operations for a column, so a result does not tell which of them made it.
type mulArgs struct {
	dst             *float32
	stride          int // floats from one column's results to the next
	w               *byte
	wStride         int
	x               *float32
	k, rows, column int
}

// start fills a and reports whether there is anything to compute. A row has n bytes, x has cols columns.
func (a *mulArgs) start(n int, dst []float32, stride int, w []byte, wStride int, x []float32, k, rows, cols int) bool {
	if !checkMul(dst, stride, w, wStride, n, rows, cols) {
		return false
	}
	need(x, cols*k)
	*a = mulArgs{stride: stride, wStride: wStride, k: k, rows: rows}
	if k > 0 {
		a.w = &w[0]
	}
	return true
}

// tile sets a to the next n of cols columns and reports whether there are as many.
func (a *mulArgs) tile(n int, dst, x []float32, cols int) bool {
	c := a.column
	if c+n > cols {
		return false
	}
	a.dst, a.column = &dst[c*a.stride], c+n
	if a.k > 0 {
		a.x = &x[c*a.k]
	}
	return true
}

func mulF32NEON(dst []float32, stride int, w []byte, wStride int, x []float32, k, rows, cols int) {
	var a mulArgs
	if !a.start(tensor.F32.RowBytes(k), dst, stride, w, wStride, x, k, rows, cols) {
		return
	}
	for a.tile(4, dst, x, cols) {
		mulRowsF32x4NEON(&a)
	}
	for a.tile(1, dst, x, cols) {
		mulRowsF32x1NEON(&a)
	}
}

func mulF16NEON(dst []float32, stride int, w []byte, wStride int, x []float32, k, rows, cols int) {
	var a mulArgs
	if !a.start(tensor.F16.RowBytes(k), dst, stride, w, wStride, x, k, rows, cols) {
		return
	}
	for a.tile(4, dst, x, cols) {
		mulRowsF16x4NEON(&a)
	}
	for a.tile(1, dst, x, cols) {
		mulRowsF16x1NEON(&a)
	}
}

func mulBF16NEON(dst []float32, stride int, w []byte, wStride int, x []float32, k, rows, cols int) {
	var a mulArgs
	if !a.start(tensor.BF16.RowBytes(k), dst, stride, w, wStride, x, k, rows, cols) {
		return
	}
	for a.tile(4, dst, x, cols) {
		mulRowsBF16x4NEON(&a)
	}
	for a.tile(1, dst, x, cols) {
		mulRowsBF16x1NEON(&a)
	}
}

//go:noescape
func mulRowsF32x1NEON(a *mulArgs)

//go:noescape
func mulRowsF32x4NEON(a *mulArgs)

//go:noescape
func mulRowsF16x1NEON(a *mulArgs)

//go:noescape
func mulRowsF16x4NEON(a *mulArgs)

//go:noescape
func mulRowsBF16x1NEON(a *mulArgs)

//go:noescape
func mulRowsBF16x4NEON(a *mulArgs)
