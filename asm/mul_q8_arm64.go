//go:build !purego

package asm

import "github.com/longrun-ai/longrun/tensor"

// q8Args is what a product with Q8 columns works on. Kernels come in two widths, for four columns and for one; both do
// the same operations for a column, so a result does not tell which of them made it.
type q8Args struct {
	dst             *float32
	stride          int // floats from one column's results to the next
	w               *byte
	wStride         int
	q               *int8
	d               *float32
	s               *int16
	k, rows, column int
}

// tile sets a to the next n columns of x and reports whether there are as many.
func (a *q8Args) tile(n int, dst []float32, x *Q8) bool {
	c := a.column
	if c+n > x.Cols {
		return false
	}
	a.dst, a.column = &dst[c*a.stride], c+n
	if a.k > 0 {
		a.q, a.d, a.s = &x.Q[c*a.k], &x.D[c*a.k/q8Block], &x.S[c*a.k/q8Sum]
	}
	return true
}

func newQ8Args(stride int, w []byte, wStride int, x *Q8, rows int) q8Args {
	a := q8Args{stride: stride, wStride: wStride, k: x.K, rows: rows}
	if len(w) > 0 {
		a.w = &w[0]
	}
	return a
}

func mulQ8_0NEON(dst []float32, stride int, w []byte, wStride int, x Q8, rows int) {
	if !checkQ8(tensor.Q8_0, dst, stride, w, wStride, x, rows) {
		return
	}
	a := newQ8Args(stride, w, wStride, &x, rows)
	for a.tile(4, dst, &x) {
		q8_0x4NEON(&a)
	}
	for a.tile(1, dst, &x) {
		q8_0x1NEON(&a)
	}
}

func mulQ4_0NEON(dst []float32, stride int, w []byte, wStride int, x Q8, rows int) {
	if !checkQ8(tensor.Q4_0, dst, stride, w, wStride, x, rows) {
		return
	}
	a := newQ8Args(stride, w, wStride, &x, rows)
	for a.tile(4, dst, &x) {
		q4_0x4NEON(&a)
	}
	for a.tile(1, dst, &x) {
		q4_0x1NEON(&a)
	}
}

func mulQ4_KNEON(dst []float32, stride int, w []byte, wStride int, x Q8, rows int) {
	if !checkQ8(tensor.Q4_K, dst, stride, w, wStride, x, rows) {
		return
	}
	a := newQ8Args(stride, w, wStride, &x, rows)
	for a.tile(4, dst, &x) {
		q4_kx4NEON(&a)
	}
	for a.tile(1, dst, &x) {
		q4_kx1NEON(&a)
	}
}

func mulQ6_KNEON(dst []float32, stride int, w []byte, wStride int, x Q8, rows int) {
	if !checkQ8(tensor.Q6_K, dst, stride, w, wStride, x, rows) {
		return
	}
	a := newQ8Args(stride, w, wStride, &x, rows)
	for a.tile(4, dst, &x) {
		q6_kx4NEON(&a)
	}
	for a.tile(1, dst, &x) {
		q6_kx1NEON(&a)
	}
}

func mulQ8_0Dot(dst []float32, stride int, w []byte, wStride int, x Q8, rows int) {
	if !checkQ8(tensor.Q8_0, dst, stride, w, wStride, x, rows) {
		return
	}
	a := newQ8Args(stride, w, wStride, &x, rows)
	for a.tile(4, dst, &x) {
		q8_0x4Dot(&a)
	}
	for a.tile(1, dst, &x) {
		q8_0x1Dot(&a)
	}
}

func mulQ4_0Dot(dst []float32, stride int, w []byte, wStride int, x Q8, rows int) {
	if !checkQ8(tensor.Q4_0, dst, stride, w, wStride, x, rows) {
		return
	}
	a := newQ8Args(stride, w, wStride, &x, rows)
	for a.tile(4, dst, &x) {
		q4_0x4Dot(&a)
	}
	for a.tile(1, dst, &x) {
		q4_0x1Dot(&a)
	}
}

func mulQ4_KDot(dst []float32, stride int, w []byte, wStride int, x Q8, rows int) {
	if !checkQ8(tensor.Q4_K, dst, stride, w, wStride, x, rows) {
		return
	}
	a := newQ8Args(stride, w, wStride, &x, rows)
	for a.tile(4, dst, &x) {
		q4_kx4Dot(&a)
	}
	for a.tile(1, dst, &x) {
		q4_kx1Dot(&a)
	}
}

func mulQ6_KDot(dst []float32, stride int, w []byte, wStride int, x Q8, rows int) {
	if !checkQ8(tensor.Q6_K, dst, stride, w, wStride, x, rows) {
		return
	}
	a := newQ8Args(stride, w, wStride, &x, rows)
	for a.tile(4, dst, &x) {
		q6_kx4Dot(&a)
	}
	for a.tile(1, dst, &x) {
		q6_kx1Dot(&a)
	}
}

//go:noescape
func q8_0x1NEON(a *q8Args)

//go:noescape
func q4_0x1NEON(a *q8Args)

//go:noescape
func q4_kx1NEON(a *q8Args)

//go:noescape
func q6_kx1NEON(a *q8Args)

//go:noescape
func q8_0x4NEON(a *q8Args)

//go:noescape
func q4_0x4NEON(a *q8Args)

//go:noescape
func q4_kx4NEON(a *q8Args)

//go:noescape
func q6_kx4NEON(a *q8Args)

//go:noescape
func q8_0x1Dot(a *q8Args)

//go:noescape
func q4_0x1Dot(a *q8Args)

//go:noescape
func q4_kx1Dot(a *q8Args)

//go:noescape
func q6_kx1Dot(a *q8Args)

//go:noescape
func q8_0x4Dot(a *q8Args)

//go:noescape
func q4_0x4Dot(a *q8Args)

//go:noescape
func q4_kx4Dot(a *q8Args)

//go:noescape
func q6_kx4Dot(a *q8Args)
