package cpu_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/longrun-ai/longrun/asm"
	"github.com/longrun-ai/longrun/backend"
	"github.com/longrun-ai/longrun/backend/cpu"
	"github.com/longrun-ai/longrun/graph"
	"github.com/longrun-ai/longrun/kvcache"
	"github.com/longrun-ai/longrun/tensor"
)

// llama1B is a graph of Llama 3.2 1B's shape with Q8_0 weights: 1.3 GB.
type llama1B struct {
	dev     backend.Device
	bytes   int64 // of the weights that a token reads
	weights map[string]tensor.Tensor
}

// weight is random blocks with a scale of 2^-12, repeated.
func (l *llama1B) weight(g *graph.Graph, name string, rows, cols int) graph.Value {
	w, ok := l.weights[name]
	if !ok {
		w = tensor.Tensor{Name: name, Type: tensor.Q8_0, Shape: tensor.Dims(rows, cols)}
		mem, err := l.dev.Alloc(w.Size())
		if err != nil {
			panic(err)
		}
		w.Buf = mem
		b := mem.Bytes()
		r := rand.New(rand.NewPCG(1, 2))
		first := b[:34*10007]
		for i := 0; i < len(first); i += 34 {
			binary.LittleEndian.PutUint16(first[i:], 3<<10)
			for j := 2; j < 34; j++ {
				first[i+j] = byte(r.IntN(255) - 127)
			}
		}
		for n := len(first); n < len(b); n *= 2 {
			copy(b[n:], b[:n])
		}
		l.bytes += w.Size()
		l.weights[name] = w
	}
	return g.Weight(w)
}

func (l *llama1B) graph(width int) *graph.Graph {
	const dim, hidden, layers, heads, kvHeads, head, vocab = 2048, 8192, 16, 32, 8, 64, 128256
	g := graph.New(width)
	rope := graph.RoPEAttr{HeadDim: head, Dims: head, Base: 500000, Scale: 1}
	embd := l.weight(g, "token_embd", vocab, dim)
	x := g.Lookup(embd, g.Tokens())
	for i := range layers {
		linear := func(name string, x graph.Value, rows int) graph.Value {
			return g.MatMul(x, l.weight(g, fmt.Sprint(name, i), rows, g.Shape(x).Cols()))
		}
		h := g.RMSNorm(x, 0, graph.NormAttr{Eps: 1e-5})
		q, k, v := linear("q", h, heads*head), linear("k", h, kvHeads*head), linear("v", h, kvHeads*head)
		a := graph.AttendAttr{Layer: i, KVHeads: kvHeads, HeadDim: head, Scale: 0.125}
		x = g.Add(x, linear("o", g.Attend(g.RoPE(q, 0, rope), g.RoPE(k, 0, rope), v, a), dim))
		h = g.RMSNorm(x, 0, graph.NormAttr{Eps: 1e-5})
		x = g.Add(x, linear("down", g.GLU(linear("gate", h, hidden), linear("up", h, hidden), graph.SiLU), dim))
	}
	g.Output(g.MatMul(g.Want(g.RMSNorm(x, 0, graph.NormAttr{Eps: 1e-5})), embd))
	return g
}

func newLlama1B(b *testing.B, threads int) (*llama1B, *kvcache.Cache) {
	devices, err := cpu.Driver{Threads: threads}.Open()
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { devices[0].Close() })
	shape := make([]kvcache.Layer, 16)
	for i := range shape {
		shape[i] = kvcache.Layer{Heads: 8, HeadDim: 64}
	}
	cache, err := kvcache.New(shape, tensor.F16, tensor.F16, 64, func(_ int, n int64) (tensor.Buffer, error) { return devices[0].Alloc(n) })
	if err != nil {
		b.Fatal(err)
	}
	return &llama1B{dev: devices[0], weights: map[string]tensor.Tensor{}}, cache
}

// BenchmarkDecode is one token after another. Next to the bytes of weights read a second it reports which part that is of
// a plain read of the same memory by as many threads, taken between the tokens.
func BenchmarkDecode(b *testing.B) {
	for _, threads := range []int{1, 2} {
		b.Run(fmt.Sprintf("%dthreads", threads), func(b *testing.B) {
			l, cache := newLlama1B(b, threads)
			p := compile(b, l.graph(1), l.dev)
			s := cache.NewSeq()
			if err := s.Reserve(2048); err != nil {
				b.Fatal(err)
			}
			f := &backend.Frame{Tokens: []int32{1}, Pos: []int32{0}, Want: []int32{0}, Runs: []backend.SeqRun{{Seq: s, Hi: 1}},
				Out: [][]float32{make([]float32, 128256)}}
			mem := l.weights["token_embd"].Bytes()
			var read, ran time.Duration
			b.SetBytes(l.bytes)
			for b.Loop() {
				b.StopTimer()
				start := time.Now()
				stream(mem, threads)
				read += time.Since(start)
				b.StartTimer()
				start = time.Now()
				f.Step, f.Pos[0] = f.Step+1, int32(s.Len())
				if err := p.Run(context.Background(), f); err != nil {
					b.Fatal(err)
				}
				ran += time.Since(start)
				if s.Extend(1); s.Len() == 1000 {
					s.Truncate(0)
					if err := s.Reserve(2048); err != nil {
						b.Fatal(err)
					}
				}
			}
			streamed := float64(len(mem)) / read.Seconds() * float64(b.N)
			decoded := float64(l.bytes) / ran.Seconds() * float64(b.N)
			b.ReportMetric(streamed/1e9, "stream-GB/s")
			b.ReportMetric(decoded/streamed, "of-stream")
			b.ReportMetric(float64(b.N)/ran.Seconds(), "tokens/s")
		})
	}
}

// BenchmarkPrompt is 128 rows a step.
func BenchmarkPrompt(b *testing.B) {
	const rows = 128
	l, cache := newLlama1B(b, 2)
	p := compile(b, l.graph(rows), l.dev)
	s := cache.NewSeq()
	if err := s.Reserve(rows); err != nil {
		b.Fatal(err)
	}
	f := &backend.Frame{Tokens: make([]int32, rows), Pos: make([]int32, rows), Want: []int32{rows - 1},
		Runs: []backend.SeqRun{{Seq: s, Hi: rows}}, Out: [][]float32{make([]float32, 128256)}}
	for i := range f.Pos {
		f.Pos[i] = int32(i)
	}
	for b.Loop() {
		f.Step++
		if err := p.Run(context.Background(), f); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "tokens/s")
}

// stream reads mem with the kernel that does least besides reading.
func stream(mem []byte, threads int) {
	tiers := asm.Tiers()
	k := &tiers[len(tiers)-1]
	// Sound: the memory is aligned to pages and nothing writes it. What the floats are does not matter.
	floats := unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(mem))), len(mem)/4)
	n := len(floats) / threads
	var wg sync.WaitGroup
	for i := range threads {
		wg.Go(func() {
			for part := floats[i*n:][:n]; len(part) > 0; {
				c := part[:min(len(part), 64<<10)]
				k.Max(c)
				part = part[len(c):]
			}
		})
	}
	wg.Wait()
}
