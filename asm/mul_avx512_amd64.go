//go:build !purego

package asm

import "github.com/longrun-ai/longrun/tensor"

func mulF32AVX512(dst []float32, stride int, w []byte, wStride int, x []float32, k, rows, cols int) {
	for p := floatTiles(tensor.F32, dst, stride, w, wStride, x, k, rows, cols); p.next(); {
		if p.columns == 4 {
			f32x4AVX512(&p.tile)
		} else {
			f32x1AVX512(&p.tile)
		}
	}
}

func mulF16AVX512(dst []float32, stride int, w []byte, wStride int, x []float32, k, rows, cols int) {
	for p := floatTiles(tensor.F16, dst, stride, w, wStride, x, k, rows, cols); p.next(); {
		if p.columns == 4 {
			f16x4AVX512(&p.tile)
		} else {
			f16x1AVX512(&p.tile)
		}
	}
}

func mulBF16AVX512(dst []float32, stride int, w []byte, wStride int, x []float32, k, rows, cols int) {
	for p := floatTiles(tensor.BF16, dst, stride, w, wStride, x, k, rows, cols); p.next(); {
		if p.columns == 4 {
			bf16x4AVX512(&p.tile)
		} else {
			bf16x1AVX512(&p.tile)
		}
	}
}

func mulQ8_0AVX512(dst []float32, stride int, w []byte, wStride int, x Q8, rows int) {
	for p := q8Tiles(tensor.Q8_0, dst, stride, w, wStride, &x, rows); p.next(); {
		if p.columns == 4 {
			q8_0x4AVX512(&p.tile)
		} else {
			q8_0x1AVX512(&p.tile)
		}
	}
}

func mulQ4_0AVX512(dst []float32, stride int, w []byte, wStride int, x Q8, rows int) {
	for p := q8Tiles(tensor.Q4_0, dst, stride, w, wStride, &x, rows); p.next(); {
		if p.columns == 4 {
			q4_0x4AVX512(&p.tile)
		} else {
			q4_0x1AVX512(&p.tile)
		}
	}
}

func mulQ4_KAVX512(dst []float32, stride int, w []byte, wStride int, x Q8, rows int) {
	for p := q8Tiles(tensor.Q4_K, dst, stride, w, wStride, &x, rows); p.next(); {
		if p.columns == 4 {
			q4_kx4AVX512(&p.tile)
		} else {
			q4_kx1AVX512(&p.tile)
		}
	}
}

func mulQ6_KAVX512(dst []float32, stride int, w []byte, wStride int, x Q8, rows int) {
	for p := q8Tiles(tensor.Q6_K, dst, stride, w, wStride, &x, rows); p.next(); {
		if p.columns == 4 {
			q6_kx4AVX512(&p.tile)
		} else {
			q6_kx1AVX512(&p.tile)
		}
	}
}

//go:noescape
func f32x4AVX512(t *tile)

//go:noescape
func f32x1AVX512(t *tile)

//go:noescape
func f16x4AVX512(t *tile)

//go:noescape
func f16x1AVX512(t *tile)

//go:noescape
func bf16x4AVX512(t *tile)

//go:noescape
func bf16x1AVX512(t *tile)

//go:noescape
func q8_0x4AVX512(t *tile)

//go:noescape
func q8_0x1AVX512(t *tile)

//go:noescape
func q4_0x4AVX512(t *tile)

//go:noescape
func q4_0x1AVX512(t *tile)

//go:noescape
func q4_kx4AVX512(t *tile)

//go:noescape
func q4_kx1AVX512(t *tile)

//go:noescape
func q6_kx4AVX512(t *tile)

//go:noescape
func q6_kx1AVX512(t *tile)
