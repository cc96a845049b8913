package asm

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/longrun-ai/longrun/internal/kit"
	"github.com/longrun-ai/longrun/tensor"
	"github.com/longrun-ai/longrun/tensor/quant"
)

func newQ8(k, cols int) Q8 {
	n := k * cols
	return Q8{K: k, Cols: cols, Q: make([]int8, n), D: make([]float32, n/q8Block), S: make([]int16, n/q8Sum)}
}

// one returns column c of x.
func one(x Q8, c int) Q8 {
	k := x.K
	return Q8{K: k, Cols: 1, Q: x.Q[c*k:][:k:k], D: x.D[c*k/32:][: k/32 : k/32], S: x.S[c*k/16:][: k/16 : k/16]}
}

// fillQ8 makes x of random words; scale fills D.
func fillQ8(r *rand.Rand, x Q8, scale func() float32) {
	for i := range x.Q {
		x.Q[i] = int8(r.IntN(255) - 127)
		if r.IntN(8) == 0 {
			x.Q[i] = int8(127 - 254*r.IntN(2))
		}
	}
	for i := range x.D {
		x.D[i] = scale()
	}
	sum(x)
}

func sum(x Q8) {
	for i := range x.S {
		x.S[i] = 0
		for _, v := range x.Q[i*q8Sum:][:q8Sum] {
			x.S[i] += int16(v)
		}
	}
}

// scalesAt are the places of half-precision scales in a block.
func scalesAt(t tensor.DType) []int {
	switch t {
	case tensor.Q4_K:
		return []int{0, 2}
	case tensor.Q6_K:
		return []int{208}
	}
	return []int{0}
}

// codesAt is where the codes of elements lie in a block.
func codesAt(t tensor.DType) (from, to int) {
	switch t {
	case tensor.Q4_K:
		return 16, 144
	case tensor.Q6_K:
		return 0, 192
	}
	_, size := t.Block()
	return 2, size
}

// testMulQ8 multiplies random blocks, every code word among them, with random columns, and compares with the float64
// sum of the decoded weights.
//
// An element's product passes at most K/32 sums of blocks and 20 more roundings: scales, conversions, the sums within a
// vector, and decoding. A kernel may sum the constant part of a format (the minimum, or the offset of its codes) apart:
// then each term is at most |v| + 2 |v0| for an element that decodes to v, and to v0 if its code is 0. Blocks'
// products that underflow lose up to 2^-150 times a sum of less than 2^25.
func testMulQ8(t *testing.T, typ tensor.DType, f func([]float32, int, []byte, int, Q8, int)) {
	const rows, maxCols = 3, 9
	elems, size := typ.Block()
	most := 7 * elems
	if elems == superBlock {
		most = 3 * elems
	}
	r := seeded()
	d, wMem := newMemory[float32](t, maxCols*(rows+1)), newMemory[byte](t, rows*(most/elems*size+3))
	qMem, dMem, sMem := newMemory[int8](t, maxCols*most), newMemory[float32](t, maxCols*most/32), newMemory[int16](t, maxCols*most/16)
	ordinary := func() float32 { return float32(r.Float64()) * 0.01 }
	half := func() uint16 { return tensor.F32ToF16(float32(r.NormFloat64()) * 0.01) }
	fixed := func(h uint16) func() uint16 { return func() uint16 { return h } }
	for i, v := range []struct {
		code  int // of all weights, or -1 for random ones
		half  func() uint16
		scale func() float32
	}{
		{-1, half, ordinary}, {-1, half, ordinary}, {-1, half, ordinary}, {0, half, ordinary}, {0x80, half, ordinary},
		{0x7f, half, ordinary}, {0xff, half, ordinary},
		{-1, fixed(0x7c00), ordinary}, {-1, fixed(0xfc00), ordinary}, {-1, fixed(0x7e00), ordinary}, // infinities, NaN
		{-1, fixed(0x8000), ordinary}, {-1, fixed(0x0001), ordinary}, {-1, fixed(0x7bff), ordinary}, // -0, denormal, largest
		{-1, half, func() float32 { return 0 }},
		{-1, half, func() float32 { return 0x1p-126 }},
		{-1, half, func() float32 { return float32(math.NaN()) }},
	} {
		for k := 0; k <= most; k += elems {
			for cols := 1; cols <= maxCols; cols++ {
				gap, stride := r.IntN(4), rows+r.IntN(2)
				off := [5]int{r.IntN(4), r.IntN(4), r.IntN(4), r.IntN(4), r.IntN(4)}
				wStride := k/elems*size + gap
				dst := d.place((cols-1)*stride+rows, off[0])
				w := wMem.place(rows*wStride-gap, off[1])
				x := Q8{K: k, Cols: cols, Q: qMem.place(cols*k, off[2]), D: dMem.place(cols*k/32, off[3]), S: sMem.place(cols*k/16, off[4])}
				fillQ8(r, x, v.scale)
				for n := range rows {
					for b := range k / elems {
						block := w[n*wStride+b*size:][:size]
						for j := range block {
							block[j] = byte(r.Uint32())
						}
						if from, to := codesAt(typ); v.code >= 0 {
							for j := range block[from:to] {
								block[from+j] = byte(v.code)
							}
						}
						for _, at := range scalesAt(typ) {
							binary.LittleEndian.PutUint16(block[at:], v.half())
						}
					}
				}
				check(t, func() error {
					f(dst, stride, w, wStride, x, rows)
					for c := range cols {
						for n := range rows {
							got, row, col := dst[c*stride+n], w[n*wStride:][:k/elems*size], one(x, c)
							if err := nearQ8(typ, got, row, col); err != nil {
								return fmt.Errorf("row %d, column %d: %w", n, c, err)
							}
							var alone [1]float32
							if f(alone[:], 1, slices.Clone(row), 0, col, 1); !same(alone[0], got) {
								return fmt.Errorf("row %d, column %d: %g, alone %g", n, c, got, alone[0])
							}
						}
					}
					return nil
				}, func() bool {
					return d.intact(len(dst), off[0]) && wMem.intact(len(w), off[1]) && qMem.intact(len(x.Q), off[2]) &&
						dMem.intact(len(x.D), off[3]) && sMem.intact(len(x.S), off[4])
				}, "k=%d, %d columns, offsets %v, gap %d, values %d", k, cols, off, gap, i)
			}
		}
	}
}

// nearQ8 compares a product of one row and one column with the sum in float64; the bound is derived at testMulQ8. A
// scale that is not finite makes the result so, and a NaN makes it NaN.
func nearQ8(typ tensor.DType, got float32, row []byte, x Q8) error {
	elems, size := typ.Block()
	blank := slices.Clone(row)
	from, to := codesAt(typ)
	for b := 0; b < len(row); b += size {
		clear(blank[b+from : b+to])
	}
	v, v0 := make([]float32, len(row)/size*elems), make([]float32, len(row)/size*elems)
	if err := quant.Decode(typ, v, row); err != nil {
		return err
	}
	if err := quant.Decode(typ, v0, blank); err != nil {
		return err
	}
	var sum, terms float64
	for i := range v {
		a := float64(x.Q[i]) * float64(x.D[i/32])
		sum += float64(v[i]) * a
		terms += (math.Abs(float64(v[i])) + 2*math.Abs(float64(v0[i]))) * math.Abs(a)
	}
	if math.IsNaN(terms) || math.IsInf(terms, 0) {
		if !math.IsNaN(float64(got)) && (!math.IsInf(float64(got), 0) || slices.ContainsFunc(x.D, isNaN) || nanScale(typ, row)) {
			return fmt.Errorf("%g of scales that are not finite", got)
		}
		return nil
	}
	blocks := float64(len(v) / 32)
	return near(got, sum, 1.01*(blocks+20)*(0x1p-24*terms+0x1p-150*0x1p25))
}

func isNaN(v float32) bool { return v != v }

func nanScale(typ tensor.DType, row []byte) bool {
	_, size := typ.Block()
	for b := 0; b < len(row); b += size {
		for _, at := range scalesAt(typ) {
			if isNaN(half(row[b+at:])) {
				return true
			}
		}
	}
	return false
}

// testQuantize compares with the twin, bit for bit, and leaves other columns alone.
func testQuantize(t *testing.T, f func(Q8, int, []float32)) {
	const most, cols = 7 * 32, 3
	r := seeded()
	vMem := newMemory[float32](t, most)
	qMem, dMem, sMem := newMemory[int8](t, cols*most), newMemory[float32](t, cols*most/32), newMemory[int16](t, cols*most/16)
	fills := []func([]float32){
		func(v []float32) { // ties
			for i := range v {
				v[i] = float32(r.IntN(253)-126) + 0.5*float32(r.IntN(2))
			}
			for i := 0; i < len(v); i += 32 {
				v[i+r.IntN(32)] = -127
			}
		},
		func(v []float32) { // scales about the smallest
			for i := range v {
				v[i] = float32(r.NormFloat64()) * 0x1p-120
			}
		},
		func(v []float32) {
			for i := range v {
				v[i] = float32(r.Float64()*2-1) * math.MaxFloat32
			}
		},
	}
	for _, k := range kinds() {
		fills = append(fills, func(v []float32) { k.fill(r, v) })
	}
	for i, fill := range fills {
		for k := 0; k <= most; k += 32 {
			for c := range cols {
				off := [4]int{r.IntN(4), r.IntN(4), r.IntN(4), r.IntN(4)}
				v := vMem.place(k, off[0])
				fill(v)
				x := Q8{K: k, Cols: cols, Q: qMem.place(cols*k, off[1]), D: dMem.place(cols*k/32, off[2]), S: sMem.place(cols*k/16, off[3])}
				check(t, func() error {
					want := Q8{K: k, Cols: cols, Q: slices.Clone(x.Q), D: slices.Clone(x.D), S: slices.Clone(x.S)}
					quantizeGeneric(want, c, v)
					if f(x, c, v); !slices.Equal(x.Q, want.Q) || !slices.EqualFunc(x.D, want.D, same) || !slices.Equal(x.S, want.S) {
						return fmt.Errorf("%v becomes %v, want %v", v, x, want)
					}
					return nil
				}, func() bool {
					return vMem.intact(k, off[0]) && qMem.intact(len(x.Q), off[1]) && dMem.intact(len(x.D), off[2]) &&
						sMem.intact(len(x.S), off[3])
				}, "fill %d, k=%d, column %d, offsets %v", i, k, c, off)
			}
		}
	}
}

// What quantising keeps: half a step of each element, and less than that of a row whose elements are all steps.
func TestQuantizeIsWithinHalfAStep(t *testing.T) {
	r := seeded()
	v := make([]float32, 64)
	x := newQ8(len(v), 1)
	for range 100 {
		kind{3, 1}.fill(r, v)
		quantizeGeneric(x, 0, v)
		for i := range v {
			d := float64(x.D[i/32])
			if got := float64(x.Q[i]) * d; math.Abs(got-float64(v[i])) > d*(0.5+127*0x1p-22) { // of v*(127/max), and of d
				t.Fatalf("%g becomes %d × %g", v[i], x.Q[i], d)
			}
		}
	}
}

// The peer's weights and the float64 product with its activations: quantising those is all the error there is. Each
// is off by at most half a step of its block.
func TestMulMatchesKit(t *testing.T) {
	dir := filepath.Join(kit.Dir(t), "dequant")
	var index struct {
		Rows, Cols int
		Act        string
		Types      []struct {
			Type     string
			RowBytes int       `json:"row_bytes"`
			Q        string    `json:"q"`
			Exact    []float64 `json:"dot_exact"`
		}
	}
	if err := json.Unmarshal(read(t, filepath.Join(dir, "index.json")), &index); err != nil {
		t.Fatal(err)
	}
	act := make([]float32, index.Cols)
	decode(tensor.F32, act, read(t, filepath.Join(dir, index.Act)))
	for _, k := range Tiers() {
		x := newQ8(index.Cols, 1)
		k.Quantize(x, 0, act)
		for typ := range tensor.DType(tensor.NumDTypes) {
			for _, golden := range index.Types {
				if !strings.EqualFold(golden.Type, typ.String()) {
					continue
				}
				w, got := read(t, filepath.Join(dir, golden.Q)), make([]float32, index.Rows)
				values := make([]float32, index.Cols)
				m := k.Mul[typ]
				switch {
				case m.F32 != nil:
					m.F32(got, index.Rows, w, golden.RowBytes, act, index.Cols, index.Rows, 1)
				case m.Q8 != nil:
					m.Q8(got, index.Rows, w, golden.RowBytes, x, index.Rows)
				default:
					continue
				}
				for r, want := range golden.Exact {
					if err := quant.Decode(typ, values, w[r*golden.RowBytes:][:golden.RowBytes]); err != nil {
						t.Fatal(err)
					}
					_, bound := exactDot(values, act)
					if m.Q8 != nil {
						for i, v := range values {
							bound += math.Abs(float64(v)) * float64(x.D[i/32]) * (0.5 + 127*0x1p-22)
						}
					}
					if err := near(got[r], want, bound+1e-8*math.Abs(want)); err != nil { // printed with 9 digits
						t.Errorf("%s: %s row %d: %v", k.Tier, typ, r, err)
					}
				}
			}
		}
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
