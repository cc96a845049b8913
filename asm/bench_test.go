package asm

import (
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/longrun-ai/longrun/tensor"
)

const benchBytes = 320 << 20 // of weights: more than any cache

// benchWeights returns rows of k elements, benchBytes in all, whose scales are sane: denormals would be slow.
func benchWeights(t tensor.DType, k int) (w []byte, rows int) {
	w = make([]byte, benchBytes)
	for i := 0; i+8 <= len(w); i += 8 {
		binary.LittleEndian.PutUint64(w[i:], uint64(i)*0x9e3779b97f4a7c15)
	}
	elems, size := t.Block()
	switch {
	case elems > 1:
		for b := 0; b+size <= len(w); b += size {
			for _, at := range scalesAt(t) {
				binary.LittleEndian.PutUint16(w[b+at:], 0x2000) // 2^-7
			}
		}
	case t == tensor.F32:
		for i := 3; i < len(w); i += 4 {
			w[i] = w[i]&0x80 | 0x3d
		}
	default:
		for i := 1; i < len(w); i += 2 {
			w[i] = w[i]&0x80 | 0x2c
		}
	}
	return w, len(w) / t.RowBytes(k)
}

// The rate at which BenchmarkMul could at best read its weights: each line is loaded once, and nothing computed.
func BenchmarkStream(b *testing.B) {
	w := make([]byte, benchBytes)
	for i := range w {
		w[i] = byte(i)
	}
	b.SetBytes(benchBytes)
	for b.Loop() {
		streamed(w)
	}
}

func BenchmarkMul(b *testing.B) {
	const k = 4096
	x, floats := newQ8(k, 512), make([]float32, 512*k)
	r := seeded()
	kind{1, 1}.fill(r, floats)
	for c := range x.Cols {
		quantizeGeneric(x, c, floats[c*k:][:k])
	}
	for _, t := range []tensor.DType{tensor.F32, tensor.F16, tensor.BF16, tensor.Q8_0, tensor.Q4_0, tensor.Q4_K, tensor.Q6_K} {
		w, rows := benchWeights(t, k)
		dst, stride := make([]float32, rows), t.RowBytes(k)
		for _, tier := range Tiers() {
			run := func(dst []float32, rows, cols int) {
				if f := tier.Mul[t].F32; f != nil {
					f(dst, rows, w, stride, floats, k, rows, cols)
					return
				}
				tier.Mul[t].Q8(dst, rows, w, stride, Q8{K: k, Cols: cols, Q: x.Q, D: x.D, S: x.S}, rows)
			}
			b.Run(fmt.Sprintf("%s/%s/1", t, tier.Tier), func(b *testing.B) {
				b.SetBytes(int64(rows * stride))
				for b.Loop() {
					run(dst, rows, 1)
				}
			})
			b.Run(fmt.Sprintf("%s/%s/512", t, tier.Tier), func(b *testing.B) {
				const some = 64
				dst := make([]float32, 512*some)
				for b.Loop() {
					run(dst, some, 512)
				}
				b.ReportMetric(2*512*some*k*float64(b.N)/1e9/b.Elapsed().Seconds(), "Gop/s")
			})
		}
	}
}

// The two loops of attention over a page of 64 rows, for the four query heads that share them.
func BenchmarkAttention(b *testing.B) {
	const k, rows, groups = 128, 64, 4
	w, _ := benchWeights(tensor.F16, k)
	x, p, dst := make([]float32, groups*k), make([]float32, groups*rows), make([]float32, groups*k)
	kind{1, 1}.fill(seeded(), x)
	page := tensor.F16.RowBytes(k) * rows
	for _, tier := range Tiers() {
		bench := func(name string, f func(page []byte)) {
			b.Run(fmt.Sprintf("%s/%s/%d", name, tier.Tier, k), func(b *testing.B) {
				b.SetBytes(int64(page))
				for at := 0; b.Loop(); at = (at + page) % (len(w) - page) {
					f(w[at:][:page])
				}
			})
		}
		bench("Mul", func(page []byte) { tier.Mul[tensor.F16].F32(p, rows, page, 2*k, x, k, rows, groups) })
		bench("Acc", func(page []byte) { tier.Acc[tensor.F16](dst, p, rows, page, 2*k, k, rows, groups) })
	}
}

// streamed reads one word of each line of 64 bytes.
func streamed(b []byte) (sum uint64) {
	for ; len(b) >= 512; b = b[512:] {
		sum += binary.LittleEndian.Uint64(b) + binary.LittleEndian.Uint64(b[64:]) +
			binary.LittleEndian.Uint64(b[128:]) + binary.LittleEndian.Uint64(b[192:]) +
			binary.LittleEndian.Uint64(b[256:]) + binary.LittleEndian.Uint64(b[320:]) +
			binary.LittleEndian.Uint64(b[384:]) + binary.LittleEndian.Uint64(b[448:])
	}
	return sum
}
