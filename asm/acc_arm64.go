//go:build !purego

package asm

import "github.com/longrun-ai/longrun/tensor"

// accArgs is what a sum of weighted rows works on, in widths of four groups and of one.
type accArgs struct {
	dst, p         *float32
	pStride        int // floats from one group's weights to the next
	v              *byte
	vStride        int
	k, rows, group int
}

// tile sets a to the next n of groups and reports whether there are as many.
func (a *accArgs) tile(n int, dst, p []float32, groups int) bool {
	g := a.group
	if g+n > groups {
		return false
	}
	a.dst, a.p, a.group = &dst[g*a.k], &p[g*a.pStride], g+n
	return true
}

func accF32NEON(dst, p []float32, pStride int, v []byte, vStride, k, rows, groups int) {
	if !checkAcc(dst, p, pStride, v, vStride, tensor.F32.RowBytes(k), k, rows, groups) {
		return
	}
	a := accArgs{pStride: pStride, v: &v[0], vStride: vStride, k: k, rows: rows}
	for a.tile(4, dst, p, groups) {
		accRowsF32x4NEON(&a)
	}
	for a.tile(1, dst, p, groups) {
		accRowsF32x1NEON(&a)
	}
}

func accF16NEON(dst, p []float32, pStride int, v []byte, vStride, k, rows, groups int) {
	if !checkAcc(dst, p, pStride, v, vStride, tensor.F16.RowBytes(k), k, rows, groups) {
		return
	}
	a := accArgs{pStride: pStride, v: &v[0], vStride: vStride, k: k, rows: rows}
	for a.tile(4, dst, p, groups) {
		accRowsF16x4NEON(&a)
	}
	for a.tile(1, dst, p, groups) {
		accRowsF16x1NEON(&a)
	}
}

//go:noescape
func accRowsF32x1NEON(a *accArgs)

//go:noescape
func accRowsF32x4NEON(a *accArgs)

//go:noescape
func accRowsF16x1NEON(a *accArgs)

//go:noescape
func accRowsF16x4NEON(a *accArgs)
