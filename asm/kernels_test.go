package asm

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"
	"unsafe"

	"github.com/longrun-ai/longrun/internal/guard"
	"github.com/longrun-ai/longrun/tensor"
)

// Every tier passes the same body. A tier that is not here is named and skipped, or fails if REQUIRE_TIER asks for it:
// otherwise a machine that has it could pass by never running it.
func TestTiers(t *testing.T) {
	tiers := map[string]Kernels{}
	for _, k := range Tiers() {
		tiers[k.Tier] = k
	}
	if name := os.Getenv("REQUIRE_TIER"); name != "" && tiers[name].Tier == "" {
		t.Errorf("tier %q is required, but not in this build or not on this CPU", name)
	}
	for _, name := range []string{"generic", "avx2", "avx512", "neon", "dotprod"} {
		t.Run(name, func(t *testing.T) {
			k, ok := tiers[name]
			if !ok {
				t.Skipf("tier %q is not in this build or not on this CPU", name)
			}
			testVectors(t, k)
			for i := range tensor.DType(tensor.NumDTypes) {
				if f := k.Mul[i].F32; f != nil {
					t.Run("Mul/"+i.String(), func(t *testing.T) { testMulFloat(t, i, f) })
				}
				if f := k.Mul[i].Q8; f != nil {
					t.Run("Mul/"+i.String(), func(t *testing.T) { testMulQ8(t, i, f) })
				}
				if f := k.Acc[i]; f != nil {
					t.Run("Acc/"+i.String(), func(t *testing.T) { testAcc(t, i, f) })
				}
				if f := k.Store[i]; f != nil {
					t.Run("Store/"+i.String(), func(t *testing.T) { testStore(t, i, f) })
				}
			}
			t.Run("FarRows", func(t *testing.T) { testFarRows(t, k) })
			t.Run("Quantize", func(t *testing.T) { testQuantize(t, k.Quantize) })
			t.Run("Calls", func(t *testing.T) { testCalls(t, k) })
		})
	}
}

// A table without holes: what the generic tier has, every tier has.
func TestTablesAreComplete(t *testing.T) {
	tiers := Tiers()
	for _, k := range tiers[1:] {
		for i := range tensor.NumDTypes {
			g := tiers[0]
			if (k.Mul[i].F32 == nil) != (g.Mul[i].F32 == nil) || (k.Mul[i].Q8 == nil) != (g.Mul[i].Q8 == nil) ||
				(k.Acc[i] == nil) != (g.Acc[i] == nil) || (k.Store[i] == nil) != (g.Store[i] == nil) {
				t.Errorf("%s: entries for %s differ from the generic tier's", k.Tier, tensor.DType(i))
			}
		}
	}
}

// testFarRows multiplies rows so far apart that a kernel which works in bands of rows needs several, with columns for more
// than two groups of four: each result is that of its row and column alone.
func testFarRows(t *testing.T, k Kernels) {
	const n, rows, cols, stride = 512, 9, 9, 50000
	r := seeded()
	w, x, a := make([]byte, rows*stride), make([]float32, cols*n), newQ8(n, cols)
	kind{1, 1}.fill(r, x)
	for c := range cols {
		k.Quantize(a, c, x[c*n:][:n])
	}
	for typ := range tensor.DType(tensor.NumDTypes) {
		m, size := k.Mul[typ], 0
		if m.F32 == nil && m.Q8 == nil {
			continue
		}
		size = typ.RowBytes(n)
		for i := range rows {
			weights(t, typ, w[i*stride:][:size], func(x []float32) { kind{1, 1}.fill(r, x) })
		}
		got := make([]float32, rows*cols)
		if m.Q8 != nil {
			m.Q8(got, rows, w, stride, a, rows)
		} else {
			m.F32(got, rows, w, stride, x, n, rows, cols)
		}
		for c := range cols {
			for i := range rows {
				var alone [1]float32
				if m.Q8 != nil {
					m.Q8(alone[:], 1, w[i*stride:], stride, one(a, c), 1)
				} else {
					m.F32(alone[:], 1, w[i*stride:], stride, x[c*n:], n, 1, 1)
				}
				if !same(got[c*rows+i], alone[0]) || alone[0] == 0 {
					t.Fatalf("%s row %d, column %d: %g, alone %g", typ, i, c, got[c*rows+i], alone[0])
				}
			}
		}
	}
}

// testCalls makes one call of each kernel that must not allocate, and calls with one element too few, which must panic.
func testCalls(t *testing.T, k Kernels) {
	const n = 512
	x, y, z, b := make([]float32, n), make([]float32, n), make([]float32, n), make([]byte, 4*n)
	a := newQ8(n, 1)
	half := x[:n/2]
	calls := map[string]func(){
		"Quantize": func() { k.Quantize(a, 0, x) }, "Add": func() { k.Add(x, y, z) }, "Times": func() { k.Times(x, y, z) },
		"Scale": func() { k.Scale(x, 2, y) }, "RMSNorm": func() { k.RMSNorm(x, y, z, 1) },
		"SiLUTimes": func() { k.SiLUTimes(x, y, z) }, "Max": func() { k.Max(x) }, "ExpSum": func() { k.ExpSum(x, 1) },
		"RotatePairs": func() { k.RotatePairs(y, half, half) }, "RotateHalves": func() { k.RotateHalves(y, half, half) },
	}
	short := map[string]func(){
		"Quantize Q":    func() { k.Quantize(Q8{K: n, Cols: 1, Q: a.Q[:n-1], D: a.D, S: a.S}, 0, x) },
		"Quantize D":    func() { k.Quantize(Q8{K: n, Cols: 1, Q: a.Q, D: a.D[:n/32-1], S: a.S}, 0, x) },
		"Quantize S":    func() { k.Quantize(Q8{K: n, Cols: 1, Q: a.Q, D: a.D, S: a.S[:n/16-1]}, 0, x) },
		"Quantize c":    func() { k.Quantize(a, 1, x) },
		"Add x":         func() { k.Add(x, y[:n-1], z) },
		"Add y":         func() { k.Add(x, y, z[:n-1]) },
		"Times x":       func() { k.Times(x, y[:n-1], z) },
		"Times y":       func() { k.Times(x, y, z[:n-1]) },
		"Scale":         func() { k.Scale(x, 2, y[:n-1]) },
		"RMSNorm dst":   func() { k.RMSNorm(x[:n-1], y, z, 1) },
		"RMSNorm w":     func() { k.RMSNorm(x, y, z[:n-1], 1) },
		"SiLUTimes x":   func() { k.SiLUTimes(x, y[:n-1], z) },
		"SiLUTimes y":   func() { k.SiLUTimes(x, y, z[:n-1]) },
		"RotatePairs":   func() { k.RotatePairs(y[:n-1], half, half) },
		"RotatePairs s": func() { k.RotatePairs(y, half, half[:n/2-1]) },
		"RotateHalves":  func() { k.RotateHalves(y[:n-1], half, half) },
		"RotateHalf s":  func() { k.RotateHalves(y, half, half[:n/2-1]) },
	}
	for i := range tensor.DType(tensor.NumDTypes) {
		if f := k.Mul[i].F32; f != nil {
			w := b[:i.RowBytes(n)]
			calls["Mul "+i.String()] = func() { f(x, 1, w, 0, y, n, 1, 1) }
			short["Mul dst "+i.String()] = func() { f(x[:4], 2, w, 0, y, n/4, 1, 3) }
			short["Mul w "+i.String()] = func() { f(x, 1, w[:len(w)-1], 0, y, n, 1, 1) }
			short["Mul w stride "+i.String()] = func() { f(x, 1, w, 1, y, n, 2, 1) }
			short["Mul x "+i.String()] = func() { f(x, 1, w, 0, y[:n-1], n, 1, 1) }
		}
		if f := k.Mul[i].Q8; f != nil {
			w := b[:i.RowBytes(n)]
			calls["Mul "+i.String()] = func() { f(x, 1, w, 0, a, 1) }
			short["Mul dst "+i.String()] = func() { f(nil, 1, w, 0, a, 1) }
			short["Mul w "+i.String()] = func() { f(x, 1, w[:len(w)-1], 0, a, 1) }
			short["Mul Q "+i.String()] = func() { f(x, 1, w, 0, Q8{n, 1, a.Q[:n-1], a.D, a.S}, 1) }
			short["Mul D "+i.String()] = func() { f(x, 1, w, 0, Q8{n, 1, a.Q, a.D[:n/32-1], a.S}, 1) }
		}
		if f := k.Acc[i]; f != nil {
			v := b[:i.RowBytes(n)]
			calls["Acc "+i.String()] = func() { f(x, y, 1, v, 0, n, 1, 1) }
			short["Acc dst "+i.String()] = func() { f(x[:n-1], y, 1, v, 0, n, 1, 1) }
			short["Acc p "+i.String()] = func() { f(x, y[:3], 3, v, 0, n/2, 1, 2) }
			short["Acc v "+i.String()] = func() { f(x, y, 1, v[:len(v)-1], 0, n, 1, 1) }
		}
		if f := k.Store[i]; f != nil {
			v := b[:i.RowBytes(n)]
			calls["Store "+i.String()] = func() { f(v, x) }
			short["Store "+i.String()] = func() { f(v[:len(v)-1], x) }
		}
	}
	for name, f := range calls {
		if n := testing.AllocsPerRun(10, f); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
	for name, f := range short {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: too short, and no panic", name)
				}
			}()
			f()
		}()
	}
}

// memory is a slice that ends at an unreadable page. Operands are placed in it between sentinels.
type memory[T guard.Number] []T

func newMemory[T guard.Number](t *testing.T, n int) memory[T] { return guard.Slice[T](t, n+8) }

// place fills the memory with sentinels and returns its n elements that end off before its end.
func (m memory[T]) place(n, off int) []T {
	b := bytesOf(m)
	for i := range b {
		b[i] = sentinel[i%4]
	}
	end := len(m) - off
	return m[end-n : end : end]
}

// intact reports whether there are still sentinels around those n elements.
func (m memory[T]) intact(n, off int) bool {
	end := len(m) - off
	before, after := bytesOf(m[:end-n]), bytesOf(m[end:])
	for i, v := range before {
		if v != sentinel[i%4] {
			return false
		}
	}
	shift := len(bytesOf(m[:end])) % 4
	for i, v := range after {
		if v != sentinel[(shift+i)%4] {
			return false
		}
	}
	return true
}

const sentinel = "\xad\xde\xc0\x7f" // as a float a NaN: a kernel that reads one shows it in its result

func bytesOf[T guard.Number](v []T) []byte {
	var zero T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), len(v)*int(unsafe.Sizeof(zero))) // sound: no pointers in T
}

// check runs f, which calls a kernel, and fails if it faults, or returns an error, or wrote beyond its operands.
func check(t *testing.T, f func() error, intact func() bool, format string, args ...any) {
	t.Helper()
	err := guard.Catch(f)
	if err == nil && !intact() {
		err = errors.New("wrote outside its operands")
	}
	if err != nil {
		t.Fatalf("%s: %v", fmt.Sprintf(format, args...), err)
	}
}

// kinds are what operands are made of: normal variates times scale, and one value in a random place.
func kinds() []kind {
	nan, inf, negZero := float32(math.NaN()), float32(math.Inf(1)), float32(math.Copysign(0, -1))
	return []kind{{1, 1}, {1, nan}, {1, inf}, {1, -inf}, {0, negZero}, {0x1p-140, 0x1p-149}} // the last are denormal
}

type kind struct{ scale, one float32 }

func (v kind) fill(r *rand.Rand, x []float32) {
	for i := range x {
		x[i] = v.scale * float32(r.NormFloat64())
	}
	if len(x) > 0 {
		x[r.IntN(len(x))] = v.one
	}
}

// exactDot returns the dot product in float64 and how far from it a float32 kernel may be, whatever the order of its
// sums and whether or not it fuses products.
//
// Each term passes at most n roundings, each a factor within 1±u, u = 2^-24: n u Σ|x y| (Higham, Accuracy and Stability
// of Numerical Algorithms, 2nd ed., section 3.1). Underflow loses up to 2^-150 a product. The 1 % is ample for terms in
// u² and for the float64 sum itself.
func exactDot(x, y []float32) (sum, bound float64) {
	var size float64
	for i := range x {
		p := float64(x[i]) * float64(y[i])
		sum, size = sum+p, size+math.Abs(p)
	}
	return sum, 1.01 * float64(len(x)+1) * (0x1p-24*size + 0x1p-150)
}

// near is an error unless got is within bound of want, or of its kind where that is not finite.
func near(got float32, want, bound float64) error {
	if math.IsNaN(bound) || math.IsInf(bound, 0) || math.IsNaN(want) || math.IsInf(want, 0) { // no bound applies
		if !same(got, float32(want)) {
			return fmt.Errorf("%g, want %g", got, want)
		}
	} else if !(math.Abs(float64(got)-want) <= bound) { // not >: it is false for NaN
		return fmt.Errorf("%g, want %g within %g", got, want, bound)
	}
	return nil
}

// same is equality of bits, so -0 is not 0, but any two NaNs are the same: payloads depend on operand order.
func same(a, b float32) bool {
	return math.Float32bits(a) == math.Float32bits(b) || a != a && b != b
}

// seeded returns the random numbers of one test.
func seeded() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

func equal[T guard.Number](a, b []T) bool { return bytes.Equal(bytesOf(a), bytesOf(b)) }
