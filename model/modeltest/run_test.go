// Package modeltest runs models on the CPU and compares their logits: with those of another runtime, with those of
// package reference, and with their own when the same tokens are fed otherwise.
package modeltest

import (
	"bytes"
	"context"
	"math/bits"
	"slices"
	"testing"

	"github.com/longrun-ai/longrun/backend"
	"github.com/longrun-ai/longrun/backend/cpu"
	"github.com/longrun-ai/longrun/graph"
	"github.com/longrun-ai/longrun/kvcache"
	"github.com/longrun-ai/longrun/loader/gguf"
	"github.com/longrun-ai/longrun/model"
	"github.com/longrun-ai/longrun/tensor"
)

var architectures = []model.Architecture{model.Llama(), model.Qwen2(), model.Qwen3(), model.SmolLM3(), model.Granite()}

func open(t testing.TB, image []byte) *gguf.File {
	t.Helper()
	f, err := gguf.OpenReader(bytes.NewReader(image), int64(len(image)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func bind(t testing.TB, f *gguf.File) model.Model {
	t.Helper()
	arch, err := model.Find(architectures, f.Meta.Arch())
	if err != nil {
		t.Fatal(err)
	}
	w := model.Weights{}
	for _, x := range f.Tensors {
		w[x.Name] = x
	}
	m, err := arch.New(f.Meta, w, model.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// A runner is a model on one device.
type runner struct {
	model    model.Model
	device   backend.Device
	programs map[int]backend.Program // by width
	cache    *kvcache.Cache
	step     uint32
}

// rows is how many tokens a sequence may have here.
const rows = 512

// newRunner makes a runner with a cache of type kv.
func newRunner(t testing.TB, m model.Model, tier string, threads int, kv tensor.DType) *runner {
	t.Helper()
	devices, err := cpu.Driver{Threads: threads, Tier: tier}.Open()
	if err != nil {
		t.Fatal(err)
	}
	r := &runner{model: m, device: devices[0], programs: map[int]backend.Program{}}
	t.Cleanup(func() { r.device.Close() })
	r.cache, err = kvcache.New(m.Config().Cache, kv, kv, kvcache.Pages(rows), func(_ int, n int64) (tensor.Buffer, error) {
		return r.device.Alloc(n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *runner) program(t testing.TB, n int) backend.Program {
	t.Helper()
	width := 1 << bits.Len(uint(n-1))
	if p := r.programs[width]; p != nil {
		return p
	}
	g := graph.New(width)
	g.Output(r.model.Build(g, model.Inputs{Tokens: g.Tokens()}).Logits)
	place, err := backend.Place(g, []backend.Device{r.device})
	if err != nil {
		t.Fatal(err)
	}
	p, err := backend.Compile(g, place)
	if err != nil {
		t.Fatal(err)
	}
	r.programs[width] = p
	return p
}

// feed appends tokens to s in one step and returns the logits after each: (len(tokens), vocab).
func (r *runner) feed(t testing.TB, s *kvcache.Seq, tokens ...int32) []float32 {
	t.Helper()
	n := len(tokens)
	if err := s.Reserve(n); err != nil {
		t.Fatal(err)
	}
	r.step++
	f := &backend.Frame{
		Step: r.step, Tokens: tokens, Pos: make([]int32, n), Want: make([]int32, n),
		Runs: []backend.SeqRun{{Seq: s, Lo: 0, Hi: n}}, Out: [][]float32{make([]float32, n*r.model.Config().Vocab)},
	}
	for i := range n {
		f.Pos[i], f.Want[i] = int32(s.Len()+i), int32(i)
	}
	if err := r.program(t, n).Run(context.Background(), f); err != nil {
		t.Fatal(err)
	}
	s.Extend(n)
	return f.Out[0]
}

// prompt feeds tokens to a new sequence, size at a time, and returns the logits after each.
func (r *runner) prompt(t testing.TB, tokens []int32, size int) []float32 {
	t.Helper()
	s := r.cache.NewSeq()
	defer s.Close()
	var logits []float32
	for chunk := range slices.Chunk(tokens, size) {
		logits = append(logits, r.feed(t, s, chunk...)...)
	}
	return logits
}

// best is the token with the largest logit, of several the lowest.
func best(logits []float32) int32 { return int32(slices.Index(logits, slices.Max(logits))) }
