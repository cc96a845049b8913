package cpu_test

import (
	"context"
	"errors"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/longrun-ai/longrun/asm"
	"github.com/longrun-ai/longrun/backend"
	"github.com/longrun-ai/longrun/backend/cpu"
	"github.com/longrun-ai/longrun/graph"
	"github.com/longrun-ai/longrun/kvcache"
	"github.com/longrun-ai/longrun/tensor"
)

// Bits depend on a sequence's tokens only: not on threads, width, how the prompt is cut, or who shares the steps.
func TestBits(t *testing.T) {
	tokens, tiers := prompt(133), asm.Tiers()
	if testing.Short() {
		tokens, tiers = prompt(70), tiers[len(tiers)-1:]
	}
	for _, k := range tiers {
		t.Run(k.Tier, func(t *testing.T) {
			var want []float32
			for _, tt := range []struct{ threads, width, n int }{
				{1, 136, 133}, {2, 140, 133}, {3, 64, 61}, {2, 16, 7}, {2, 1, 1},
			} {
				got := newModel(t, cpu.Driver{Threads: tt.threads, Tier: k.Tier}).feed(t, tt.width, tt.n, tokens)
				if want == nil {
					want = got
					for i, v := range got {
						if v != v {
							t.Fatalf("result %d is NaN", i)
						}
					}
				}
				for i := range want {
					if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
						t.Fatalf("%d threads, width %d, %d at a time: row %d, column %d is %g, want %g",
							tt.threads, tt.width, tt.n, i/vocab, i%vocab, got[i], want[i])
					}
				}
			}
		})
	}
}

// Threads that share one processor finish all the same.
func TestOneProcessor(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	newModel(t, cpu.Driver{Threads: 2}).feed(t, 8, 5, prompt(20))
}

func TestStepsAllocateNothing(t *testing.T) {
	for _, threads := range []int{1, 2} {
		m := newModel(t, cpu.Driver{Threads: threads})
		p := m.compile(t, 1)
		s := m.cache.NewSeq()
		f := frame(1, [][]int32{{7}}, []*kvcache.Seq{s})
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		if n := testing.AllocsPerRun(100, func() {
			f.Step++
			if err := p.Run(ctx, f); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%d threads: %g allocations a step", threads, n)
		}
	}
}

// What a caller gets wrong is an error that says where, and the next step is not affected.
func TestRunRefuses(t *testing.T) {
	m := newModel(t, cpu.Driver{Threads: 2})
	p := m.compile(t, 4)
	for _, tt := range []struct {
		name  string
		spoil func(f *backend.Frame)
		want  string
	}{
		{"token", func(f *backend.Frame) { f.Tokens[1] = vocab }, "cpu: node 3, Lookup token_embd: row 1: token 50 is not in the vocabulary of 50"},
		{"negative", func(f *backend.Frame) { f.Tokens[0] = -1 }, "row 0: token -1 is not"},
		{"positions", func(f *backend.Frame) { f.Pos = f.Pos[:1] }, "2 tokens and 1 positions in a graph for 4"},
		{"position", func(f *backend.Frame) { f.Pos[1] = 9 }, "Attend: row 1 stands at position 9, its sequence continues at 1"},
		{"wide", func(f *backend.Frame) { f.Tokens, f.Pos = make([]int32, 5), make([]int32, 5) }, "5 tokens and 5 positions in a graph for 4"},
		{"want", func(f *backend.Frame) { f.Want[1] = 2 }, "wanted row 2 of 2 rows"},
		{"order", func(f *backend.Frame) { f.Want[1] = 0 }, "wanted row 0 of 2 rows"},
		{"out", func(f *backend.Frame) { f.Out[0] = f.Out[0][:99] }, "output 0 has no room for 100 elements"},
		{"in", func(f *backend.Frame) { f.In = make([][]float32, 1) }, "1 inputs, the graph has 0"},
		{"runs", func(f *backend.Frame) { f.Runs[0].Hi = 1 }, "sequences cover 1 of 2 rows"},
		{"room", func(f *backend.Frame) { f.Runs[0].Seq = m.cache.NewSeq() }, "has no room for 2 more"},
		{"cache", func(f *backend.Frame) { f.Runs[0].Seq = otherShape(t) }, "Attend: the cache's layer 0 has keys of 16 bytes, not heads of 32"},
	} {
		s := m.cache.NewSeq()
		f := frame(1, [][]int32{{1, 2}}, []*kvcache.Seq{s})
		tt.spoil(f)
		if err := p.Run(context.Background(), f); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %s", tt.name, err, tt.want)
		}
		f = frame(2, [][]int32{{1, 2}}, []*kvcache.Seq{s})
		if err := p.Run(context.Background(), f); err != nil {
			t.Fatalf("after %s: %v", tt.name, err)
		}
		s.Close()
	}
}

// otherShape is a sequence of another model.
func otherShape(t *testing.T) *kvcache.Seq {
	c, err := kvcache.New([]kvcache.Layer{{Heads: kvHeads, HeadDim: 8}}, tensor.F16, tensor.F16, 1, func(_ int, n int64) (tensor.Buffer, error) {
		return make(tensor.Host, n), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s := c.NewSeq()
	if err := s.Reserve(2); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestCancelledStepEnds(t *testing.T) {
	m := newModel(t, cpu.Driver{Threads: 2})
	p := m.compile(t, 1)
	cause := errors.New("the caller left")
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(cause)
	f := frame(1, [][]int32{{1}}, []*kvcache.Seq{m.cache.NewSeq()})
	if err := p.Run(ctx, f); !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	_, err := cpu.Driver{Tier: "mmx"}.Open()
	if err == nil || !strings.HasPrefix(err.Error(), `cpu: this CPU has no tier "mmx", it has generic`) {
		t.Errorf("got %v", err)
	}
	if _, err := (cpu.Driver{Threads: -1}).Open(); err == nil {
		t.Error("minus one thread")
	}
}

// A closed device has given its threads back.
func TestCloseStopsThreads(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 3 {
		d, err := cpu.Driver{Threads: 4}.Open()
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := d[0].Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		}
		if _, err := d[0].Alloc(1); err == nil {
			t.Error("a closed device gives memory")
		}
	}
	if n := runtime.NumGoroutine(); n > before {
		t.Errorf("%d goroutines, %d before", n, before)
	}
}

// Weights whose bytes are missing are refused before anything runs.
func TestCompileRefuses(t *testing.T) {
	devices, err := cpu.Driver{Threads: 1}.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer devices[0].Close()
	for _, tt := range []struct {
		name string
		w    tensor.Tensor
		want string
	}{
		{"short", tensor.Tensor{Type: tensor.Q8_0, Buf: make(tensor.Host, 33)}, `tensor "w" ends 272 bytes into its memory, which has 33`},
		{"none", tensor.Tensor{Type: tensor.Q8_0}, `tensor "w" is not in the host's memory`},
		{"type", tensor.Tensor{Type: tensor.I64, Buf: make(tensor.Host, 4096)}, "weights of type I64 are not supported"},
		{"unknown", tensor.Tensor{Type: 200, Buf: make(tensor.Host, 4096)}, `tensor "w" has the unknown type DType(200)`},
		{"blocks", tensor.Tensor{Type: tensor.Q4_K, Buf: make(tensor.Host, 4096)}, `tensor "w" has rows of 32 elements, not whole blocks of Q4_K`},
	} {
		g := graph.New(2)
		tt.w.Name, tt.w.Shape = "w", tensor.Dims(8, 32)
		v := g.MatMul(g.Input("x", 2, 32), g.Weight(tt.w))
		if g.Err() != nil {
			t.Fatal(g.Err())
		}
		if devices[0].Supports(g, v) {
			t.Errorf("%s is supported", tt.name)
		}
		_, err := devices[0].Compile(g, graph.NewPlan(g), []backend.Segment{{Nodes: []graph.Value{v}}})
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "MatMul w") {
			t.Errorf("%s: got %v, want %s", tt.name, err, tt.want)
		}
	}
}

// NaNs in one sequence's rows stay there.
func TestNaNStaysInItsSequence(t *testing.T) {
	m := newModel(t, cpu.Driver{Threads: 2})
	g := m.graph(8)
	table := m.weights["token_embd"].Buf.Bytes()
	row := m.weights["token_embd"].RowBytes()
	table[7*row+208], table[7*row+209] = 0xff, 0x7f // the scale of token 7's block
	p := compile(t, g, m.dev)
	step := func(tokens [][]int32) []float32 {
		f := frame(1, tokens, []*kvcache.Seq{m.cache.NewSeq(), m.cache.NewSeq()})
		defer func() {
			for _, r := range f.Runs {
				r.Seq.Extend(r.Hi - r.Lo)
				r.Seq.Close()
			}
		}()
		if err := p.Run(context.Background(), f); err != nil {
			t.Fatal(err)
		}
		return f.Out[0]
	}
	ill, well := step([][]int32{{1, 2, 3}, {4, 7, 5}}), step([][]int32{{1, 2, 3}, {4, 8, 5}})
	if !slices.Equal(ill[:4*vocab], well[:4*vocab]) {
		t.Error("rows before the NaN have changed")
	}
	if v := ill[4*vocab]; v == v {
		t.Errorf("a row that holds a NaN gives %g", v)
	}
}
