package backendtest

import (
	"fmt"
	"math"
	"testing"

	"github.com/longrun-ai/longrun/graph"
	"github.com/longrun-ai/longrun/kvcache"
	"github.com/longrun-ai/longrun/tensor"
	"github.com/longrun-ai/longrun/tensor/quant"
)

// everyCase returns the cases, by op.
func everyCase() []testCase {
	var list []testCase
	for _, cases := range [][]testCase{lookups(), products(), elementwises(), norms(), ropes(), attends(), mixtures(), models()} {
		list = append(list, cases...)
	}
	return list
}

// ragged steps bring one row, a few of two sequences, full width, and every kind of wish, to a graph of at least 8 rows.
func ragged() []stepOf {
	return []stepOf{
		{[]runOf{{0, 1}}, lastRow},
		{[]runOf{{0, 3}, {1, 2}}, allRows},
		{[]runOf{{1, 1}, {0, 1}, {2, 5}}, lastRow},
		{[]runOf{{0, 8}}, oddRows},
		{[]runOf{{2, 2}, {0, 1}}, noRow},
		{[]runOf{{2, 1}}, allRows},
	}
}

// simple is a case over ragged steps without a cache.
func simple(name string, build func(b *builder)) testCase {
	return testCase{name: name, width: 8, build: build, kt: tensor.F32, vt: tensor.F32, steps: ragged()}
}

// formats are the types that weights may have.
func formats() (list []tensor.DType) {
	for t := range tensor.DType(tensor.NumDTypes) {
		if _, ok := quant.Of(t); ok {
			list = append(list, t)
		}
	}
	return list
}

func lookups() (list []testCase) {
	for _, typ := range formats() {
		list = append(list, simple("Lookup/"+typ.String(), func(b *builder) {
			b.Output(b.Lookup(b.weight("w", typ, vocab, 256), b.Tokens()))
		}))
	}
	list = append(list, simple("Lookup/odd", func(b *builder) { b.Output(b.embed(7)) }))
	list = append(list, simple("Want", func(b *builder) {
		x := b.embed(19)
		b.Output(b.Want(x))
		b.Output(x)
		b.Output(b.Want(b.Scale(x, 3)))
	}))
	return list
}

func products() (list []testCase) {
	for _, typ := range formats() {
		elems, _ := typ.Block()
		shapes := [][2]int{{elems, 1}, {3 * elems, 33}, {512, 100}}
		if elems == 1 {
			shapes = [][2]int{{1, 1}, {7, 5}, {67, 33}, {512, 100}}
		}
		if testing.Short() {
			shapes = shapes[:len(shapes)-1]
		}
		for _, s := range shapes {
			in, out := s[0], s[1]
			list = append(list, simple(fmt.Sprintf("MatMul/%s/%dx%d", typ, in, out), func(b *builder) {
				b.Output(b.linear("w", b.embed(in), typ, out))
			}))
		}
	}
	// Several products of one value, by different kernels, and one of its wanted rows.
	list = append(list, simple("MatMul/shared", func(b *builder) {
		x := b.embed(256)
		for i, typ := range []tensor.DType{tensor.Q8_0, tensor.F16, tensor.Q5_K, tensor.Q4_K} {
			b.Output(b.linear(fmt.Sprint("w", i), x, typ, 17+16*i))
		}
		y := b.Scale(x, 0.5)
		b.Output(b.linear("late", x, tensor.Q6_K, 40))
		b.Output(b.linear("other", y, tensor.Q8_0, 40))
		b.Output(b.linear("head", b.Want(x), tensor.Q8_0, 50))
	}))
	// More columns and more bytes of weights than a kernel's tile holds.
	wide := simple("MatMul/wide", func(b *builder) {
		x := b.embed(288)
		b.Output(b.linear("q8", x, tensor.Q8_0, 300))
		b.Output(b.linear("f32", x, tensor.F32, 120))
		b.Output(b.linear("q5", x, tensor.Q5_1, 50))
	})
	wide.width, wide.steps = 70, []stepOf{{[]runOf{{0, 70}}, lastRow}, {[]runOf{{0, 33}, {1, 1}}, lastRow}}
	list = append(list, wide)
	// A block of zeros, and rows whose NaNs and infinities must not reach other rows.
	list = append(list, simple("MatMul/special", func(b *builder) {
		x := make([]float32, vocab*64)
		fill(b.rand, x)
		clear(x[:96])
		x[5*64+3] = float32(math.NaN())
		x[6*64+40] = float32(math.Inf(1))
		e := b.Lookup(b.Weight(encode("token_embd.weight", tensor.F32, tensor.Dims(vocab, 64), x)), b.Tokens())
		// An infinity may become a NaN where blocks are scaled, so its products are not compared.
		b.Output(b.linear("f32", b.RMSNorm(e, 0, graph.NormAttr{Eps: 1e-5, Width: 32}), tensor.Q8_0, 9))
	}))
	return list
}

func elementwises() []testCase {
	const dim = 35
	return []testCase{
		simple("Add", func(b *builder) { b.Output(b.Add(b.embed(dim), b.Input("y", 8, dim))) }),
		simple("Add/row", func(b *builder) { b.Output(b.Add(b.embed(dim), b.weight("w", tensor.F32, dim))) }),
		simple("Add/inputRow", func(b *builder) { b.Output(b.Add(b.embed(dim), b.Input("y", 1, dim))) }),
		simple("Add/itself", func(b *builder) { x := b.embed(dim); b.Output(b.Add(x, x)) }),
		simple("Times", func(b *builder) { b.Output(b.Times(b.embed(dim), b.Input("y", 8, dim))) }),
		simple("Times/row", func(b *builder) { b.Output(b.Times(b.embed(dim), b.weight("w", tensor.F32, dim))) }),
		simple("Times/matrix", func(b *builder) { b.Output(b.Times(b.embed(dim), b.weight("w", tensor.F32, 8, dim))) }),
		simple("Scale", func(b *builder) { b.Output(b.Scale(b.embed(dim), -1.7)) }),
		simple("Scale/input", func(b *builder) { b.Output(b.Scale(b.Input("x", 3, dim), 0.3)) }),
		simple("MatMul/inputs", func(b *builder) {
			b.Output(b.linear("w", b.Input("x", 3, 64), tensor.Q8_0, 20))
			b.Output(b.linear("w2", b.Input("y", 2, 64), tensor.F32, 20))
		}),
		simple("GLU", func(b *builder) { b.Output(b.GLU(b.embed(dim), b.Input("y", 8, dim), graph.SiLU)) }),
		simple("GLU/large", func(b *builder) {
			b.Output(b.GLU(b.Scale(b.embed(dim), 60), b.Input("y", 8, dim), graph.SiLU))
		}),
	}
}

func norms() []testCase {
	return []testCase{
		simple("RMSNorm", func(b *builder) {
			b.Output(b.RMSNorm(b.embed(100), b.weight("w", tensor.F32, 100), graph.NormAttr{Eps: 1e-5}))
		}),
		simple("RMSNorm/ones", func(b *builder) { b.Output(b.RMSNorm(b.embed(33), 0, graph.NormAttr{Eps: 1e-6})) }),
		simple("RMSNorm/heads", func(b *builder) {
			b.Output(b.RMSNorm(b.embed(96), b.weight("w", tensor.F32, 24), graph.NormAttr{Eps: 1e-5, Width: 24}))
		}),
		simple("RMSNorm/small", func(b *builder) {
			b.Output(b.RMSNorm(b.Scale(b.embed(64), 1e-4), 0, graph.NormAttr{Eps: 1e-5}))
		}),
	}
}

func ropes() (list []testCase) {
	yarn := graph.YaRN{Ext: 1, Magnitude: 1.1386, BetaFast: 32, BetaSlow: 1, Context: 4096}
	for _, tt := range []struct {
		name    string
		a       graph.RoPEAttr
		factors bool
	}{
		{"pairs", graph.RoPEAttr{HeadDim: 64, Dims: 64, Base: 10000, Scale: 1}, false},
		{"halves", graph.RoPEAttr{HeadDim: 64, Dims: 64, Halves: true, Base: 500000, Scale: 1}, false},
		{"partial", graph.RoPEAttr{HeadDim: 32, Dims: 12, Base: 10000, Scale: 1}, false},
		{"partialHalves", graph.RoPEAttr{HeadDim: 32, Dims: 10, Halves: true, Base: 10000, Scale: 1}, false},
		{"factors", graph.RoPEAttr{HeadDim: 32, Dims: 32, Base: 500000, Scale: 1}, true},
		{"linear", graph.RoPEAttr{HeadDim: 32, Dims: 32, Base: 10000, Scale: 0.25}, false},
		{"yarn", graph.RoPEAttr{HeadDim: 64, Dims: 64, Base: 10000, Scale: 0.25, YaRN: yarn}, false},
		{"yarnFactors", graph.RoPEAttr{HeadDim: 64, Dims: 48, Halves: true, Base: 10000, Scale: 0.5, YaRN: yarn}, true},
		{"magnitude", graph.RoPEAttr{HeadDim: 16, Dims: 16, Base: 10000, Scale: 1, YaRN: graph.YaRN{Magnitude: 0.5}}, false},
	} {
		c := simple("RoPE/"+tt.name, func(b *builder) {
			var factors graph.Value
			if tt.factors {
				f := make([]float32, tt.a.Dims/2)
				for i := range f {
					f[i] = 1 + float32(i%5)
				}
				factors = b.Weight(encode("rope_freqs.weight", tensor.F32, tensor.Dims(len(f)), f))
			}
			x := b.embed(3 * tt.a.HeadDim)
			b.Output(b.RoPE(x, factors, tt.a))
			b.Output(b.RoPE(b.Scale(x, 2), factors, tt.a))
		})
		c.steps = append(c.steps, stepOf{[]runOf{{7, 8}}, noRow}, stepOf{[]runOf{{7, 1}, {0, 3}}, noRow})
		list = append(list, c)
	}
	return list
}

// contexts brings sequences to lengths at and around the end of a page, and has them attend from there together.
func contexts() []stepOf {
	return []stepOf{
		{[]runOf{{0, 63}}, lastRow},
		{[]runOf{{0, 1}, {1, 65}}, lastRow},
		{[]runOf{{0, 1}, {2, 64}}, lastRow},
		{[]runOf{{3, 70}}, lastRow},
		{[]runOf{{3, 70}}, lastRow},
		{[]runOf{{3, 60}, {0, 2}}, lastRow},
		{[]runOf{{3, 1}, {2, 1}, {1, 3}, {0, 1}, {4, 1}, {5, 2}}, lastRow},
		{[]runOf{{4, 1}}, lastRow},
	}
}

func attends() (list []testCase) {
	for _, tt := range []struct {
		name   string
		kt, vt tensor.DType
		heads  int
		a      graph.AttendAttr
	}{
		{"grouped", tensor.F16, tensor.F16, 6, graph.AttendAttr{KVHeads: 2, HeadDim: 64, Scale: 0.125}},
		{"f32", tensor.F32, tensor.F32, 4, graph.AttendAttr{KVHeads: 2, HeadDim: 32, Scale: 0.2}},
		{"mixed", tensor.F32, tensor.F16, 4, graph.AttendAttr{KVHeads: 4, HeadDim: 16, Scale: 0.25}},
		{"oneHead", tensor.F16, tensor.F32, 9, graph.AttendAttr{KVHeads: 1, HeadDim: 24, Scale: 0.2}},
		{"oddDim", tensor.F16, tensor.F16, 2, graph.AttendAttr{KVHeads: 1, HeadDim: 21, Scale: 0.2}},
		{"softCap", tensor.F32, tensor.F32, 2, graph.AttendAttr{KVHeads: 2, HeadDim: 16, Scale: 3, SoftCap: 2.5}},
		{"window1", tensor.F32, tensor.F32, 2, graph.AttendAttr{KVHeads: 1, HeadDim: 16, Scale: 0.25, Mask: graph.Window, Window: 1}},
		{"window63", tensor.F32, tensor.F32, 2, graph.AttendAttr{KVHeads: 1, HeadDim: 16, Scale: 0.25, Mask: graph.Window, Window: 63}},
		{"window64", tensor.F16, tensor.F16, 2, graph.AttendAttr{KVHeads: 1, HeadDim: 16, Scale: 0.25, Mask: graph.Window, Window: 64}},
		{"window100", tensor.F16, tensor.F16, 40, graph.AttendAttr{KVHeads: 1, HeadDim: 16, Scale: 0.25, Mask: graph.Window, Window: 100}},
		{"sharp", tensor.F32, tensor.F32, 2, graph.AttendAttr{KVHeads: 1, HeadDim: 16, Scale: 30}},
	} {
		list = append(list, testCase{
			name: "Attend/" + tt.name, width: 70, kt: tt.kt, vt: tt.vt,
			kv: []kvcache.Layer{{Heads: tt.a.KVHeads, HeadDim: tt.a.HeadDim}}, steps: contexts(),
			build: func(b *builder) {
				kv := tt.a.KVHeads * tt.a.HeadDim
				q := b.Lookup(b.weight("q", tensor.F32, vocab, tt.heads*tt.a.HeadDim), b.Tokens())
				k, v := b.Input("k", 70, kv), b.Input("v", 70, kv)
				b.Output(b.Attend(q, k, v, tt.a))
			},
		})
	}
	return list
}

func mixtures() (list []testCase) {
	for _, tt := range []struct {
		name             string
		router, gate, up tensor.DType
		down             tensor.DType
		experts          int
		a                graph.ExpertsAttr
	}{
		{"f32", tensor.F32, tensor.F32, tensor.F32, tensor.F32, 5, graph.ExpertsAttr{Used: 2, Normalise: true, Scale: 1}},
		{"q8", tensor.F32, tensor.Q8_0, tensor.Q8_0, tensor.Q8_0, 8, graph.ExpertsAttr{Used: 2, Normalise: true, Scale: 1}},
		{"several", tensor.F16, tensor.Q4_0, tensor.F16, tensor.Q5_0, 4, graph.ExpertsAttr{Used: 3, Scale: 2.5}},
		{"one", tensor.F32, tensor.F16, tensor.Q8_0, tensor.BF16, 3, graph.ExpertsAttr{Used: 1, Scale: 1}},
		{"all", tensor.F32, tensor.Q5_1, tensor.Q8_0, tensor.F32, 2, graph.ExpertsAttr{Used: 2, Normalise: true, Scale: 1}},
	} {
		list = append(list, simple("Experts/"+tt.name, func(b *builder) {
			const dim, hidden = 64, 96
			b.Output(b.Experts(b.embed(dim), b.weight("router", tt.router, tt.experts, dim),
				b.weight("gate", tt.gate, tt.experts, hidden, dim), b.weight("up", tt.up, tt.experts, hidden, dim),
				b.weight("down", tt.down, tt.experts, dim, hidden), tt.a))
		}))
	}
	list = append(list, simple("Experts/equalGates", func(b *builder) {
		const dim, hidden = 32, 32
		b.Output(b.Experts(b.embed(dim), b.Weight(encode("router", tensor.F32, tensor.Dims(4, dim), make([]float32, 4*dim))),
			b.weight("gate", tensor.F32, 4, hidden, dim), b.weight("up", tensor.F32, 4, hidden, dim),
			b.weight("down", tensor.F32, 4, dim, hidden), graph.ExpertsAttr{Used: 2, Normalise: true, Scale: 1}))
	}))
	return list
}

// models are the halves of a transformer's layer, each short enough that the bounds at its end are still useful.
func models() []testCase {
	const dim, heads, kvHeads, head, hidden = 64, 4, 2, 16, 96
	attention := testCase{
		name: "Model/attention", width: 70, kt: tensor.F32, vt: tensor.F16, steps: contexts(),
		kv: []kvcache.Layer{{Heads: kvHeads, HeadDim: head}, {Heads: kvHeads, HeadDim: head}},
		build: func(b *builder) {
			rope := graph.RoPEAttr{HeadDim: head, Dims: head, Base: 10000, Scale: 1}
			// Weights of size 1/sqrt(columns) keep values near 1, as trained ones do.
			linear := func(name string, x graph.Value, out int) graph.Value {
				return b.Scale(b.linear(name, x, tensor.F32, out), float32(1/math.Sqrt(float64(b.Shape(x).Cols()))))
			}
			first := b.embed(dim)
			h := b.RMSNorm(first, b.weight("attn_norm", tensor.F32, dim), graph.NormAttr{Eps: 1e-5})
			x := first
			for i := range 2 { // side by side: two caches, but not the first one's error in the second
				name := func(s string) string { return fmt.Sprintf("blk.%d.%s.weight", i, s) }
				q, k, v := linear(name("attn_q"), h, heads*head), linear(name("attn_k"), h, kvHeads*head), linear(name("attn_v"), h, kvHeads*head)
				a := graph.AttendAttr{Layer: i, KVHeads: kvHeads, HeadDim: head, Scale: 0.25}
				x = b.Add(x, linear(name("attn_output"), b.Attend(b.RoPE(q, 0, rope), b.RoPE(k, 0, rope), v, a), dim))
			}
			b.Output(linear("output.weight", b.Want(x), vocab))
		},
	}
	feedForward := simple("Model/feedForward", func(b *builder) {
		x := b.embed(dim)
		h := b.RMSNorm(x, b.weight("ffn_norm", tensor.F32, dim), graph.NormAttr{Eps: 1e-5})
		gate, up := b.linear("ffn_gate", h, tensor.Q8_0, hidden), b.linear("ffn_up", h, tensor.Q4_0, hidden)
		b.Output(b.Add(x, b.linear("ffn_down", b.GLU(b.Scale(gate, 0.1), b.Scale(up, 0.1), graph.SiLU), tensor.Q8_0, dim)))
	})
	return []testCase{attention, feedForward}
}
