package cpu_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/longrun-ai/longrun/backend"
	"github.com/longrun-ai/longrun/backend/cpu"
	"github.com/longrun-ai/longrun/graph"
	"github.com/longrun-ai/longrun/kvcache"
	"github.com/longrun-ai/longrun/tensor"
	"github.com/longrun-ai/longrun/tensor/quant"
)

// The shape of the tests' model: a mixture of experts and every kind of product.
const (
	vocab, dim, hidden     = 50, 256, 288
	heads, kvHeads, head   = 6, 2, 32
	layers, experts, pages = 2, 4, 8
)

// A model is a small transformer's weights, and the programs made of it.
type model struct {
	dev     backend.Device
	weights map[string]tensor.Tensor
	cache   *kvcache.Cache
}

func newModel(t testing.TB, d cpu.Driver) *model {
	t.Helper()
	devices, err := d.Open()
	if err != nil {
		t.Fatal(err)
	}
	m := &model{dev: devices[0], weights: map[string]tensor.Tensor{}}
	t.Cleanup(func() { m.dev.Close() })
	shape := kvcache.Layer{Heads: kvHeads, HeadDim: head}
	m.cache, err = kvcache.New([]kvcache.Layer{shape, shape}, tensor.F16, tensor.F16, pages, func(_ int, n int64) (tensor.Buffer, error) {
		return m.dev.Alloc(n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// weight is made from its name alone, small enough to keep values near 1.
func (m *model) weight(g *graph.Graph, name string, typ tensor.DType, dims ...int) graph.Value {
	w, ok := m.weights[name]
	if !ok {
		w = tensor.Tensor{Name: name, Type: typ, Shape: tensor.Dims(dims...)}
		r := rand.New(rand.NewPCG(uint64(len(name)), uint64(name[len(name)-1])))
		x := make([]float32, w.Shape.Elems())
		for i := range x {
			x[i] = float32(r.NormFloat64() / 16)
		}
		mem := make(tensor.Host, w.Size())
		if err := quant.Encode(typ, mem, x); err != nil {
			panic(err)
		}
		w.Buf = mem
		m.weights[name] = w
	}
	return g.Weight(w)
}

func (m *model) graph(width int) *graph.Graph {
	g := graph.New(width)
	rope := graph.RoPEAttr{HeadDim: head, Dims: head, Halves: true, Base: 10000, Scale: 1}
	x := g.Lookup(m.weight(g, "token_embd", tensor.Q6_K, vocab, dim), g.Tokens())
	for i := range layers {
		w := func(name string, typ tensor.DType, dims ...int) graph.Value {
			return m.weight(g, fmt.Sprintf("blk.%d.%s", i, name), typ, dims...)
		}
		h := g.RMSNorm(x, w("attn_norm", tensor.F32, dim), graph.NormAttr{Eps: 1e-5})
		q, k := g.MatMul(h, w("attn_q", tensor.Q8_0, heads*head, dim)), g.MatMul(h, w("attn_k", tensor.Q4_K, kvHeads*head, dim))
		v := g.MatMul(h, w("attn_v", tensor.Q5_K, kvHeads*head, dim)) // a type without a kernel
		a := graph.AttendAttr{Layer: i, KVHeads: kvHeads, HeadDim: head, Scale: 0.5}
		if i == 1 {
			a.Mask, a.Window = graph.Window, 40
		}
		o := g.Attend(g.RoPE(q, 0, rope), g.RoPE(k, 0, rope), v, a)
		x = g.Add(x, g.MatMul(o, w("attn_output", tensor.F16, dim, heads*head)))
		h = g.RMSNorm(x, w("ffn_norm", tensor.F32, dim), graph.NormAttr{Eps: 1e-5})
		if i == 0 {
			y := g.GLU(g.MatMul(h, w("ffn_gate", tensor.Q8_0, hidden, dim)), g.MatMul(h, w("ffn_up", tensor.Q4_0, hidden, dim)), graph.SiLU)
			x = g.Add(x, g.MatMul(y, w("ffn_down", tensor.Q8_0, dim, hidden)))
			continue
		}
		x = g.Add(x, g.Experts(h, w("router", tensor.F32, experts, dim), w("gate_exps", tensor.Q8_0, experts, hidden, dim),
			w("up_exps", tensor.Q4_0, experts, hidden, dim), w("down_exps", tensor.F16, experts, dim, hidden),
			graph.ExpertsAttr{Used: 2, Normalise: true, Scale: 1}))
	}
	g.Output(g.MatMul(g.Want(x), m.weight(g, "output", tensor.Q8_0, vocab, dim)))
	return g
}

func (m *model) compile(t testing.TB, width int) backend.Program {
	t.Helper()
	return compile(t, m.graph(width), m.dev)
}

func compile(t testing.TB, g *graph.Graph, devices ...backend.Device) backend.Program {
	t.Helper()
	place, err := backend.Place(g, devices)
	if err != nil {
		t.Fatal(err)
	}
	p, err := backend.Compile(g, place)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// frame asks for all results of rows tokens more of each sequence.
func frame(step uint32, tokens [][]int32, seqs []*kvcache.Seq) *backend.Frame {
	f := &backend.Frame{Step: step}
	for i, s := range seqs {
		if err := s.Reserve(len(tokens[i])); err != nil {
			panic(err)
		}
		lo := len(f.Tokens)
		for j, id := range tokens[i] {
			f.Want = append(f.Want, int32(len(f.Tokens)))
			f.Tokens, f.Pos = append(f.Tokens, id), append(f.Pos, int32(s.Len()+j))
		}
		f.Runs = append(f.Runs, backend.SeqRun{Seq: s, Lo: lo, Hi: len(f.Tokens)})
	}
	f.Out = [][]float32{make([]float32, len(f.Want)*vocab)}
	return f
}

// feed gives a sequence its tokens in steps of n, next to rows of another sequence, and returns its results.
func (m *model) feed(t *testing.T, width, n int, tokens []int32) (out []float32) {
	t.Helper()
	p := m.compile(t, width)
	s, other := m.cache.NewSeq(), m.cache.NewSeq()
	defer s.Close()
	defer other.Close()
	for i := 0; i < len(tokens); i += n {
		part := tokens[i:min(len(tokens), i+n)]
		beside := make([]int32, min(3, width-len(part)))
		f := frame(uint32(i+1), [][]int32{beside, part}, []*kvcache.Seq{other, s})
		if err := p.Run(context.Background(), f); err != nil {
			t.Fatal(err)
		}
		s.Extend(len(part))
		other.Extend(len(beside))
		out = append(out, f.Out[0][len(beside)*vocab:]...)
	}
	return out
}

func prompt(n int) []int32 {
	tokens := make([]int32, n)
	for i := range tokens {
		tokens[i] = int32((i*i + 3*i) % vocab)
	}
	return tokens
}
