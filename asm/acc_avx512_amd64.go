//go:build !purego

package asm

import "github.com/longrun-ai/longrun/tensor"

func accF32AVX512(dst, p []float32, pStride int, v []byte, vStride, k, rows, groups int) {
	if !checkAcc(dst, p, pStride, v, vStride, tensor.F32.RowBytes(k), k, rows, groups) {
		return
	}
	a, done := newWeighted(pStride, v, vStride, k, rows), 0
	for a.group(4, &done, dst, p, groups) {
		accF32x4AVX512(&a)
	}
	for a.group(1, &done, dst, p, groups) {
		accF32x1AVX512(&a)
	}
}

func accF16AVX512(dst, p []float32, pStride int, v []byte, vStride, k, rows, groups int) {
	if !checkAcc(dst, p, pStride, v, vStride, tensor.F16.RowBytes(k), k, rows, groups) {
		return
	}
	a, done := newWeighted(pStride, v, vStride, k, rows), 0
	for a.group(4, &done, dst, p, groups) {
		accF16x4AVX512(&a)
	}
	for a.group(1, &done, dst, p, groups) {
		accF16x1AVX512(&a)
	}
}

//go:noescape
func accF32x4AVX512(a *weighted)

//go:noescape
func accF32x1AVX512(a *weighted)

//go:noescape
func accF16x4AVX512(a *weighted)

//go:noescape
func accF16x1AVX512(a *weighted)
