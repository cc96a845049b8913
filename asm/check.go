package asm

import "github.com/longrun-ai/longrun/tensor"

const (
	q8Block, q8Sum = 32, 16 // elements of a Q8 that share a scale, that an entry of S sums
	superBlock     = 256    // elements of a block of the K formats
)

// The checks of slices that every tier makes before its loops, which then read and write without looking. They panic
// as an index out of range does, before anything is written.

// need panics unless s has n elements. Slicing would not do: it asks for capacity.
func need[T any](s []T, n int) {
	if n > 0 {
		_ = s[n-1]
	}
}

// checkMul looks at the rows, n bytes each, and at the results of a product; it reports whether there are any.
func checkMul(dst []float32, stride int, w []byte, wStride, n, rows, cols int) bool {
	if rows <= 0 || cols <= 0 {
		return false
	}
	need(w[(rows-1)*wStride:], n)
	need(dst[(cols-1)*stride:], rows)
	return true
}

// checkQ8 is checkMul for rows of type t and the columns of x.
func checkQ8(t tensor.DType, dst []float32, stride int, w []byte, wStride int, x Q8, rows int) bool {
	if !checkMul(dst, stride, w, wStride, t.RowBytes(x.K), rows, x.Cols) {
		return false
	}
	n := x.K * x.Cols
	need(x.Q, n)
	need(x.D, n/q8Block)
	need(x.S, n/q8Sum)
	return true
}

// checkAcc looks at the operands of an Acc; it reports whether there is anything to add.
func checkAcc(dst, p []float32, pStride int, v []byte, vStride, n, k, rows, groups int) bool {
	if k <= 0 || rows <= 0 || groups <= 0 {
		return false
	}
	need(dst, groups*k)
	need(v[(rows-1)*vStride:], n)
	need(p[(groups-1)*pStride:], rows)
	return true
}

// checkRotate looks at the operands of a rotation.
func checkRotate(x, cos, sin []float32) {
	need(x, 2*len(cos))
	need(sin, len(cos))
}

// column returns the parts of x that hold column c, whose values are v.
func (x Q8) column(c int, v []float32) (q []int8, d []float32, s []int16) {
	k := len(v)
	need(x.Q, (c+1)*k)
	need(x.D, (c+1)*k/q8Block)
	need(x.S, (c+1)*k/q8Sum)
	return x.Q[c*k:][:k], x.D[c*k/q8Block:][:k/q8Block], x.S[c*k/q8Sum:][:k/q8Sum]
}
