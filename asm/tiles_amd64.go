//go:build !purego

package asm

import (
	"math"
	"unsafe"

	"github.com/longrun-ai/longrun/tensor"
)

// A tile is what one call of a product's assembly computes: some rows with four columns or with one. Both do the same
// operations for a column, so a result does not tell which of them made it.
type tile struct {
	dst           uintptr // *float32; the assembly advances it, w and rows
	w             uintptr // no pointer as dst: the garbage collector refuses pointers that have passed the end
	rows          int
	stride        int            // bytes from one column's results to the next
	wStride       int            // bytes from one row to the next
	x             unsafe.Pointer // *float32, or the *int8 of a Q8
	d             unsafe.Pointer // of a Q8: *float32
	s             unsafe.Pointer // of a Q8: *int16
	k             int
	left, columns int // columns from x on, and how many of them this tile computes: 4 or 1
}

// tiles cuts a product into tiles: bands of rows that stay in the second-level cache while all columns pass.
type tiles struct {
	tile
	dst, d, s  unsafe.Pointer // of the first column; dst and w of the band's first row
	x, w       unsafe.Pointer
	rows, cols int // rows from w on
	band, size int // rows of a band, bytes of an element of x
}

const bandBytes = 128 << 10 // a quarter of the smallest second-level cache of the CPUs that have AVX2

func newTiles(dst []float32, stride int, w []byte, wStride, k, rows, cols int) tiles {
	p := tiles{
		tile: tile{stride: 4 * stride, wStride: wStride, k: k},
		dst:  unsafe.Pointer(unsafe.SliceData(dst)), w: unsafe.Pointer(unsafe.SliceData(w)),
		rows: rows, cols: cols, band: math.MaxInt,
	}
	if cols > 4 {
		p.band = max(1, bandBytes/max(1, wStride))
	}
	return p
}

func floatTiles(t tensor.DType, dst []float32, stride int, w []byte, wStride int, x []float32, k, rows, cols int) tiles {
	if !checkMul(dst, stride, w, wStride, t.RowBytes(k), rows, cols) {
		return tiles{}
	}
	need(x, k*cols)
	p := newTiles(dst, stride, w, wStride, k, rows, cols)
	p.x, p.size = unsafe.Pointer(unsafe.SliceData(x)), 4
	return p
}

func q8Tiles(t tensor.DType, dst []float32, stride int, w []byte, wStride int, x *Q8, rows int) tiles {
	if !checkQ8(t, dst, stride, w, wStride, *x, rows) {
		return tiles{}
	}
	p := newTiles(dst, stride, w, wStride, x.K, rows, x.Cols)
	p.x, p.size = unsafe.Pointer(unsafe.SliceData(x.Q)), 1
	p.d, p.s = unsafe.Pointer(unsafe.SliceData(x.D)), unsafe.Pointer(unsafe.SliceData(x.S))
	return p
}

// next sets the tile and reports whether there is one. Sound: every pointer stays within the slices that were checked.
func (p *tiles) next() bool {
	t := &p.tile
	if t.left == 0 { // a new band
		done := min(p.band, p.rows)
		if t.columns > 0 {
			p.rows -= done
			if p.rows > 0 {
				p.dst, p.w = unsafe.Add(p.dst, 4*done), unsafe.Add(p.w, done*t.wStride)
			}
		}
		if p.rows == 0 {
			return false
		}
		t.left, t.columns = p.cols, 0
		t.x, t.d, t.s = p.x, p.d, p.s
	}
	c := p.cols - t.left
	if c > 0 {
		t.x = unsafe.Add(t.x, t.columns*t.k*p.size)
		if p.d != nil {
			t.d, t.s = unsafe.Add(t.d, t.columns*t.k/8), unsafe.Add(t.s, t.columns*t.k/8)
		}
	}
	// Sound: p.dst and p.w keep the memory alive, and heap memory, where arguments of func values are, stays in place.
	t.dst, t.w, t.rows = uintptr(p.dst)+uintptr(c*t.stride), uintptr(p.w), min(p.band, p.rows)
	t.columns = 1
	if t.left >= 4 {
		t.columns = 4
	}
	t.left -= t.columns
	return true
}
