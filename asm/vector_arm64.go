//go:build !purego

package asm

func quantizeNEON(x Q8, c int, v []float32) {
	q, d, s := x.column(c, v)
	if len(d) > 0 {
		quantizeBlocks(&q[0], &d[0], &s[0], &v[0], len(d))
	}
}

//go:noescape
func quantizeBlocks(q *int8, d *float32, s *int16, v *float32, blocks int)

//go:noescape
func storeF16NEON(dst []byte, x []float32)

//go:noescape
func addNEON(dst, x, y []float32)

//go:noescape
func timesNEON(dst, x, y []float32)

//go:noescape
func scaleNEON(dst []float32, a float32, x []float32)

//go:noescape
func rmsNormNEON(dst, x, w []float32, eps float32)

//go:noescape
func siluTimesNEON(dst, gate, up []float32)

//go:noescape
func maxNEON(x []float32) float32

//go:noescape
func expSumNEON(x []float32, max float32) (sum float32)

//go:noescape
func rotatePairsNEON(x, cos, sin []float32)

//go:noescape
func rotateHalvesNEON(x, cos, sin []float32)
