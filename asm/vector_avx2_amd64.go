//go:build !purego

package asm

import (
	"math"
	"unsafe"
)

// Each kernel checks its slices, since the assembly does not.

func addAVX2(dst, x, y []float32) {
	need(x, len(dst))
	need(y, len(dst))
	addLoopAVX2(unsafe.SliceData(dst), unsafe.SliceData(x), unsafe.SliceData(y), len(dst))
}

func timesAVX2(dst, x, y []float32) {
	need(x, len(dst))
	need(y, len(dst))
	timesLoopAVX2(unsafe.SliceData(dst), unsafe.SliceData(x), unsafe.SliceData(y), len(dst))
}

func scaleAVX2(dst []float32, a float32, x []float32) {
	need(x, len(dst))
	scaleLoopAVX2(unsafe.SliceData(dst), unsafe.SliceData(x), a, len(dst))
}

func rmsNormAVX2(dst, x, w []float32, eps float32) {
	n := len(x)
	need(dst, n)
	mean := float64(squaresLoopAVX2(unsafe.SliceData(x), n)) / float64(n)
	a := float32(1 / math.Sqrt(mean+float64(eps)))
	if w == nil {
		scaleLoopAVX2(unsafe.SliceData(dst), unsafe.SliceData(x), a, n)
		return
	}
	need(w, n)
	scaleTimesLoopAVX2(unsafe.SliceData(dst), unsafe.SliceData(x), unsafe.SliceData(w), a, n)
}

func siluTimesAVX2(dst, gate, up []float32) {
	need(gate, len(dst))
	need(up, len(dst))
	siluTimesLoopAVX2(unsafe.SliceData(dst), unsafe.SliceData(gate), unsafe.SliceData(up), len(dst))
}

func maxAVX2(x []float32) float32 { return maxLoopAVX2(unsafe.SliceData(x), len(x)) }

func expSumAVX2(x []float32, max float32) float32 {
	return expSumLoopAVX2(unsafe.SliceData(x), len(x), max)
}

func rotatePairsAVX2(x, cos, sin []float32) {
	checkRotate(x, cos, sin)
	rotatePairsLoopAVX2(unsafe.SliceData(x), unsafe.SliceData(cos), unsafe.SliceData(sin), len(cos))
}

func rotateHalvesAVX2(x, cos, sin []float32) {
	checkRotate(x, cos, sin)
	rotateHalvesLoopAVX2(unsafe.SliceData(x), unsafe.SliceData(cos), unsafe.SliceData(sin), len(cos))
}

func quantizeAVX2(x Q8, c int, v []float32) {
	q, d, s := x.column(c, v)
	quantizeLoopAVX2(unsafe.SliceData(q), unsafe.SliceData(d), unsafe.SliceData(s), unsafe.SliceData(v), len(d))
}

func storeF16AVX2(dst []byte, x []float32) {
	need(dst, 2*len(x))
	storeF16LoopAVX2(unsafe.SliceData(dst), unsafe.SliceData(x), len(x))
}

//go:noescape
func addLoopAVX2(dst, x, y *float32, n int)

//go:noescape
func timesLoopAVX2(dst, x, y *float32, n int)

//go:noescape
func scaleLoopAVX2(dst, x *float32, a float32, n int)

//go:noescape
func squaresLoopAVX2(x *float32, n int) float32

//go:noescape
func scaleTimesLoopAVX2(dst, x, w *float32, a float32, n int)

//go:noescape
func siluTimesLoopAVX2(dst, gate, up *float32, n int)

//go:noescape
func maxLoopAVX2(x *float32, n int) float32

//go:noescape
func expSumLoopAVX2(x *float32, n int, max float32) float32

//go:noescape
func rotatePairsLoopAVX2(x, cos, sin *float32, n int)

//go:noescape
func rotateHalvesLoopAVX2(x, cos, sin *float32, n int)

//go:noescape
func storeF16LoopAVX2(dst *byte, x *float32, n int)

//go:noescape
func quantizeLoopAVX2(q *int8, d *float32, s *int16, v *float32, blocks int)
