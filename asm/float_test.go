package asm

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/longrun-ai/longrun/tensor"
	"github.com/longrun-ai/longrun/tensor/quant"
)

// Lengths of 0 to 3 blocks + 1, a block being two of the widest vectors; rows apart by more than their size, columns in
// every remainder of the groups of four that kernels take at a time.
func testMulFloat(t *testing.T, typ tensor.DType, f func([]float32, int, []byte, int, []float32, int, int, int)) {
	const most, rows, maxCols = 3*2*widest + 1, 3, 9
	r := seeded()
	d, wMem := newMemory[float32](t, maxCols*(rows+1)), newMemory[byte](t, rows*(most*4+3))
	xMem := newMemory[float32](t, maxCols*most)
	for k := range most + 1 {
		for i, v := range kinds() {
			cols, gap, offD, offW, offX := 1+(k+i)%maxCols, r.IntN(4), r.IntN(4), r.IntN(4), r.IntN(4)
			size, stride := typ.RowBytes(k), rows+r.IntN(2)
			wStride := size + gap
			w, x := wMem.place(rows*size+(rows-1)*gap, offW), xMem.place(cols*k, offX)
			dst := d.place((cols-1)*stride+rows, offD)
			kind{1, 1}.fill(r, x)
			var values [rows][]float32
			for r0 := range rows {
				values[r0] = weights(t, typ, w[r0*wStride:][:size], func(x []float32) { v.fill(r, x) })
			}
			check(t, func() error {
				f(dst, stride, w, wStride, x, k, rows, cols)
				for c := range cols {
					for r := range rows {
						got, column := dst[c*stride+r], x[c*k:][:k]
						want, bound := exactDot(values[r], column)
						if err := near(got, want, bound); err != nil {
							return fmt.Errorf("row %d, column %d: %w", r, c, err)
						}
						var one [1]float32
						if f(one[:], 1, slices.Clone(w[r*wStride:][:size]), size, column, k, 1, 1); !same(one[0], got) {
							return fmt.Errorf("row %d, column %d: %g, alone %g", r, c, got, one[0])
						}
					}
				}
				return nil
			}, func() bool {
				return d.intact(len(dst), offD) && wMem.intact(len(w), offW) && xMem.intact(len(x), offX)
			}, "k=%d, %d columns, offsets %d %d %d, gap %d, kind %d", k, cols, offD, offW, offX, gap, i)
		}
	}
}

// weights writes a row of type typ that fill chooses and returns its values.
func weights(t *testing.T, typ tensor.DType, row []byte, fill func([]float32)) []float32 {
	elems, size := typ.Block()
	values := make([]float32, len(row)/size*elems)
	fill(values)
	if err := quant.Encode(typ, row, values); err != nil {
		t.Fatal(err)
	}
	if err := quant.Decode(typ, values, row); err != nil {
		t.Fatal(err)
	}
	return values
}

// Each element is dst + Σ p v over the rows: a dot product of rows + 1 terms.
func testAcc(t *testing.T, typ tensor.DType, f Acc) {
	const most, maxRows, maxGroups = 3*4*widest + 1, 3, 5
	r := seeded()
	d, pMem := newMemory[float32](t, maxGroups*most), newMemory[float32](t, maxGroups*(maxRows+1))
	vMem := newMemory[byte](t, maxRows*(most*4+3))
	for k := range most + 1 {
		for i, v := range kinds() {
			rows, groups, gap := r.IntN(maxRows+1), 1+(k+i)%maxGroups, r.IntN(4)
			offD, offP, offV := r.IntN(4), r.IntN(4), r.IntN(4)
			size, pStride := typ.RowBytes(k), rows+r.IntN(2)
			vStride := size + gap
			dst := d.place(groups*k, offD)
			p := pMem.place((groups-1)*pStride+rows, offP)
			rowsOf := vMem.place(max(0, rows*vStride-gap), offV)
			kind{1, 1}.fill(r, dst)
			kind{1, 1}.fill(r, p)
			values := make([][]float32, rows)
			for r0 := range rows {
				values[r0] = weights(t, typ, rowsOf[r0*vStride:][:size], func(x []float32) { v.fill(r, x) })
			}
			check(t, func() error {
				old := slices.Clone(dst)
				f(dst, p, pStride, rowsOf, vStride, k, rows, groups)
				for g := range groups {
					for i := range k {
						x, y := []float32{old[g*k+i]}, []float32{1}
						for r := range rows {
							x, y = append(x, values[r][i]), append(y, p[g*pStride+r])
						}
						want, bound := exactDot(x, y)
						if err := near(dst[g*k+i], want, bound); err != nil {
							return fmt.Errorf("group %d, element %d: %w", g, i, err)
						}
					}
					one := slices.Clone(old[g*k:][:k]) // one row at a time, one group at a time
					for r := range rows {
						f(one, p[g*pStride+r:], 1, rowsOf[r*vStride:], vStride, k, 1, 1)
					}
					if !slices.EqualFunc(one, dst[g*k:][:k], same) {
						return fmt.Errorf("group %d: %v, row by row %v", g, dst[g*k:][:k], one)
					}
				}
				return nil
			}, func() bool {
				return d.intact(len(dst), offD) && pMem.intact(len(p), offP) && vMem.intact(len(rowsOf), offV)
			}, "k=%d, %d rows, %d groups, offsets %d %d %d, gap %d, kind %d", k, rows, groups, offD, offP, offV, gap, i)
		}
	}
}

// Storing is the encoding of package quant, NaN payloads included.
func testStore(t *testing.T, typ tensor.DType, f func([]byte, []float32)) {
	r := seeded()
	d, xMem := newMemory[byte](t, longest*4), newMemory[float32](t, longest)
	store := func(x []float32, offD, offX int) {
		dst := d.place(typ.RowBytes(len(x)), offD)
		check(t, func() error {
			want := make([]byte, len(dst))
			if err := quant.Encode(typ, want, x); err != nil {
				return err
			}
			if f(dst, x); !slices.Equal(dst, want) {
				return fmt.Errorf("%v becomes %x, want %x", x, dst, want)
			}
			return nil
		}, func() bool { return d.intact(len(dst), offD) && xMem.intact(len(x), offX) },
			"%d elements, offsets %d and %d", len(x), offD, offX)
	}
	for n := range longest + 1 {
		for _, v := range kinds() {
			offX := r.IntN(4)
			x := xMem.place(n, offX)
			v.fill(r, x)
			store(x, r.IntN(4), offX)
		}
	}
	for range 2000 { // every exponent and every pattern of low bits
		x := xMem.place(longest, 0)
		for i := range x {
			bits := r.Uint32()
			if r.IntN(2) == 0 {
				bits &^= 0xfff // ties
			}
			x[i] = math.Float32frombits(bits)
		}
		store(x, 0, 0)
	}
}
