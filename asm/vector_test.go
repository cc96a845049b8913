package asm

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

const (
	widest  = 16             // floats in the widest vector
	longest = 3*4*widest + 1 // three blocks of the kernel with the longest, and one
)

func testVectors(t *testing.T, k Kernels) {
	t.Run("Add", func(t *testing.T) { testElements(t, k.Add, addGeneric) })
	t.Run("Times", func(t *testing.T) { testElements(t, k.Times, timesGeneric) })
	t.Run("Scale", func(t *testing.T) {
		testElements(t,
			func(dst, x, y []float32) { k.Scale(dst, -1.7, x) },
			func(dst, x, y []float32) { scaleGeneric(dst, -1.7, x) })
	})
	t.Run("SiLUTimes", func(t *testing.T) { testSiLUTimes(t, k) })
	t.Run("RMSNorm", func(t *testing.T) { testRMSNorm(t, k) })
	t.Run("Max", func(t *testing.T) { testMax(t, k) })
	t.Run("ExpSum", func(t *testing.T) { testExpSum(t, k) })
	t.Run("RotatePairs", func(t *testing.T) { testRotate(t, k.RotatePairs, rotatePairsGeneric) })
	t.Run("RotateHalves", func(t *testing.T) { testRotate(t, k.RotateHalves, rotateHalvesGeneric) })
}

// eachCase calls f with the operands every kernel must survive: 0 to 3 blocks + 1 elements, ending 0 to 3 elements
// before an unreadable page (hence every alignment), between sentinels, with ordinary values and with strange ones.
func eachCase(t *testing.T, f func(dst, x, y []float32) error) {
	t.Helper()
	r := seeded()
	d, a, b := newMemory[float32](t, longest), newMemory[float32](t, longest), newMemory[float32](t, longest)
	for n := range longest + 1 {
		for i, v := range kinds() {
			offD, offA, offB := r.IntN(4), r.IntN(4), r.IntN(4)
			dst, x, y := d.place(n, offD), a.place(n, offA), b.place(n, offB)
			v.fill(r, x)
			kind{1, 1}.fill(r, y)
			check(t, func() error { return f(dst, x, y) },
				func() bool { return d.intact(n, offD) && a.intact(n, offA) && b.intact(n, offB) },
				"%d elements, offsets %d %d %d, kind %d", n, offD, offA, offB, i)
		}
	}
}

// testElements compares with the twin: apart and in place of either operand.
func testElements(t *testing.T, f, twin func(dst, x, y []float32)) {
	eachCase(t, func(dst, x, y []float32) error {
		want, oldX, oldY := make([]float32, len(x)), slices.Clone(x), slices.Clone(y)
		twin(want, x, y)
		if f(dst, x, y); !slices.EqualFunc(dst, want, same) || !equal(x, oldX) || !equal(y, oldY) {
			return fmt.Errorf("%v, want %v", dst, want)
		}
		if f(x, x, y); !slices.EqualFunc(x, want, same) {
			return fmt.Errorf("in place of x: %v, want %v", x, want)
		}
		if f(y, oldX, y); !slices.EqualFunc(y, want, same) {
			return fmt.Errorf("in place of y: %v, want %v", y, want)
		}
		return nil
	})
}

// Beside the exponential's 2^-21 there are five roundings. Below -87.3 the exponential may be 0 (it would be denormal),
// which loses at most 88 × 2^-126.
func testSiLUTimes(t *testing.T, k Kernels) {
	eachCase(t, func(dst, x, y []float32) error {
		for i := range x {
			x[i] *= 30 // far into both tails
		}
		want := make([]float64, len(x))
		for i, v := range x {
			g := float64(v)
			want[i] = g / (1 + math.Exp(-g)) * float64(y[i])
			if math.IsInf(g, -1) {
				want[i] = 0
			}
		}
		gate, up := slices.Clone(x), slices.Clone(y)
		for range 2 {
			k.SiLUTimes(dst, gate, up)
			for i, got := range dst {
				bound := (0x1p-21+5*0x1p-24)*math.Abs(want[i]) + 88*0x1p-126*math.Abs(float64(y[i])) + 0x1p-149
				if want[i] == 0 && got == 0 {
					continue // of either sign
				}
				if err := near(got, want[i], bound); err != nil {
					return fmt.Errorf("element %d, gate %g: %w", i, x[i], err)
				}
			}
			dst = gate // the second time in place
		}
		return nil
	})
}

// The sum of squares passes n roundings, half of which the root leaves; the mean, the root, its inverse and two products
// make six more.
func testRMSNorm(t *testing.T, k Kernels) {
	const eps = 1e-5
	eachCase(t, func(dst, x, y []float32) error {
		for _, w := range [][]float32{nil, y} {
			in := slices.Clone(x)
			var sum float64
			for _, v := range x {
				sum += float64(v) * float64(v)
			}
			scale := 1 / math.Sqrt(sum/float64(len(x))+float64(float32(eps)))
			for _, out := range [][]float32{dst, in} {
				k.RMSNorm(out, in, w, eps)
				for i, got := range out {
					want := float64(x[i]) * scale
					if w != nil {
						want *= float64(w[i])
					}
					if err := near(got, want, 1.01*(float64(len(x))/2+6)*0x1p-24*math.Abs(want)+0x1p-146); err != nil {
						return fmt.Errorf("element %d of %v: %w", i, x, err)
					}
				}
			}
		}
		return nil
	})
}

func testMax(t *testing.T, k Kernels) {
	eachCase(t, func(_, x, _ []float32) error {
		if got, want := k.Max(x), maxGeneric(x); got != want && !same(got, want) {
			return fmt.Errorf("%g, want %g", got, want)
		}
		if len(x) > 0 && x[0] == x[0] {
			x[len(x)-1] = x[0] + 100 // the last one
			if got, want := k.Max(x), maxGeneric(x); got != want && !same(got, want) {
				return fmt.Errorf("%g, want %g", got, want)
			}
		}
		return nil
	})
}

// What is below 2^-126 may become 0.
func testExpSum(t *testing.T, k Kernels) {
	eachCase(t, func(_, x, y []float32) error {
		for i := range x {
			if x[i] *= 40; math.IsInf(float64(x[i]), 1) {
				x[i] = 3
			}
		}
		top := float32(0.3)
		for _, v := range x {
			top = max(top, v)
		}
		if top != top {
			top = 200
			for i, v := range x {
				x[i] = min(v, top)
			}
		}
		in := slices.Clone(x)
		sum := k.ExpSum(x, top)
		var want, size float64
		for i, got := range x {
			arg := in[i] - top
			e := math.Exp(float64(arg))
			if err := near(got, e, 0x1p-21*e+0x1p-126); err != nil {
				return fmt.Errorf("exp(%g): %w", arg, err)
			}
			if math.IsInf(float64(arg), -1) && math.Float32bits(got) != 0 {
				return fmt.Errorf("exp(-Inf) = %g", got)
			}
			want, size = want+float64(got), size+float64(got)
		}
		if err := near(sum, want, float64(len(x))*0x1p-24*size); err != nil {
			return fmt.Errorf("sum: %w", err)
		}
		return nil
	})
}

// testRotate compares with the twin, bit for bit. A dst of 2 n elements would not end at the page, so x has its own
// memory here.
func testRotate(t *testing.T, f, twin func(x, cos, sin []float32)) {
	r := seeded()
	const most = 3*2*widest + 1
	a, b, c := newMemory[float32](t, 2*most), newMemory[float32](t, most), newMemory[float32](t, most)
	for n := range most + 1 {
		for i, v := range kinds() {
			offA, offB, offC := r.IntN(4), r.IntN(4), r.IntN(4)
			x, cos, sin := a.place(2*n, offA), b.place(n, offB), c.place(n, offC)
			v.fill(r, x)
			for i := range cos {
				s, c := math.Sincos(r.Float64() * 100)
				sin[i], cos[i] = float32(s), float32(c)
			}
			check(t, func() error {
				want := slices.Clone(x)
				twin(want, cos, sin)
				if f(x, cos, sin); !slices.EqualFunc(x, want, same) {
					return fmt.Errorf("%v, want %v", x, want)
				}
				return nil
			}, func() bool { return a.intact(2*n, offA) && b.intact(n, offB) && c.intact(n, offC) },
				"%d pairs, offsets %d %d %d, kind %d", n, offA, offB, offC, i)
		}
	}
	x := []float32{1, 2, 3, 4} // a quarter and a half turn
	twin(x, []float32{0, -1}, []float32{1, 0})
	if !slices.Equal(x, []float32{-2, 1, -3, -4}) && !slices.Equal(x, []float32{-3, -2, 1, -4}) {
		t.Errorf("turned: %v", x)
	}
}
