// Package backendtest holds what every backend must do: each op of the graph, with the types and shapes that models use
// and some that none does, in steps of several sequences, against a plain evaluation in float64.
package backendtest

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/longrun-ai/longrun/backend"
	"github.com/longrun-ai/longrun/backend/cpu"
	"github.com/longrun-ai/longrun/graph"
	"github.com/longrun-ai/longrun/kvcache"
	"github.com/longrun-ai/longrun/tensor"
)

// Run checks the driver that open returns. Nodes its devices decline run on the CPU, with values crossing between the
// two; a driver that supports no node of any case fails.
func Run(t *testing.T, open func() backend.Driver) {
	devices, err := open().Open()
	if err != nil {
		t.Fatal(err)
	}
	own := len(devices)
	rest, err := cpu.Driver{Threads: 1}.Open()
	if err != nil {
		t.Fatal(err)
	}
	devices = append(devices, rest...)
	t.Cleanup(func() {
		for _, d := range devices {
			for range 2 { // the second must do no harm
				if err := d.Close(); err != nil {
					t.Errorf("close %s: %v", d.Name(), err)
				}
			}
		}
	})
	t.Run("Device", func(t *testing.T) { checkDevices(t, devices[:own]) })

	ran := map[graph.Op]int{}
	cases := everyCase()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			for op, n := range c.run(t, devices, own) {
				ran[op] += n
			}
		})
	}
	for op := range graph.NumOps {
		if op := graph.Op(op); !slices.ContainsFunc(cases, func(c testCase) bool { return c.uses(op) }) {
			t.Errorf("no case uses %s", op)
		}
	}
	if len(ran) == 0 {
		t.Error("the driver supports no node of any case")
	}
}

func checkDevices(t *testing.T, devices []backend.Device) {
	for _, d := range devices {
		if d.Name() == "" || d.Tier() == "" {
			t.Errorf("a device has name %q and tier %q", d.Name(), d.Tier())
		}
		if free, total := d.Memory(); free < 0 || free > total {
			t.Errorf("%s: %d of %d bytes free", d.Name(), free, total)
		}
		for _, n := range []int64{0, 1, 4096, 5 << 20} {
			b, err := d.Alloc(n)
			if err != nil {
				t.Fatalf("%s: %v", d.Name(), err)
			}
			if b.Len() != n {
				t.Errorf("%s: asked for %d bytes, got %d", d.Name(), n, b.Len())
			}
			for i, x := range b.Bytes() {
				if x != 0 {
					t.Fatalf("%s: byte %d of %d is not zero", d.Name(), i, n)
				}
			}
		}
	}
}

// A testCase is a graph and the steps it takes.
type testCase struct {
	name   string
	width  int
	build  func(b *builder)
	kv     []kvcache.Layer
	kt, vt tensor.DType
	steps  []stepOf
}

// A stepOf is how many rows which sequence gets, in order, and which results are wanted.
type stepOf struct {
	runs []runOf
	want wanted
}

type runOf struct{ seq, rows int }

type wanted int

const (
	lastRow wanted = iota // of each run
	noRow
	allRows
	oddRows
)

// uses reports whether the case's graph has a node of op.
func (c *testCase) uses(op graph.Op) bool {
	g := c.graph()
	for v := graph.Value(1); int(v) <= g.Len(); v++ {
		if g.Node(v).Op == op {
			return true
		}
	}
	return false
}

func (c *testCase) graph() *graph.Graph {
	b := &builder{Graph: graph.New(c.width), rand: rand.New(rand.NewPCG(uint64(len(c.name)), 7))}
	c.build(b)
	return b.Graph
}

// run returns how many nodes of each op the first own devices ran.
func (c *testCase) run(t *testing.T, devices []backend.Device, own int) map[graph.Op]int {
	g := c.graph()
	if err := g.Err(); err != nil {
		t.Fatal(err)
	}
	place, err := backend.Place(g, devices)
	if err != nil {
		t.Fatal(err)
	}
	ran := map[graph.Op]int{}
	attends := make([]backend.Device, len(c.kv))
	for v := graph.Value(1); int(v) <= g.Len(); v++ {
		d, n := place.Device(v), g.Node(v)
		if d == nil {
			continue
		}
		if slices.ContainsFunc(devices[:own], func(d backend.Device) bool { return d.Supports(g, v) }) {
			ran[n.Op]++
		}
		if n.Op == graph.Attend {
			attends[n.Attr.(graph.AttendAttr).Layer] = d
		}
	}
	if len(ran) == 0 {
		return nil // all declined
	}
	prog, err := backend.Compile(g, place)
	if err != nil {
		t.Fatal(err)
	}
	cache, err := kvcache.New(c.kv, c.kt, c.vt, 16, func(layer int, n int64) (tensor.Buffer, error) {
		return attends[layer].Alloc(n)
	})
	if err != nil {
		t.Fatal(err)
	}
	exact := newNaive(g, c.kt, c.vt)
	s := newScript(c, g, cache)
	for i, st := range c.steps {
		f, seqs := s.frame(st)
		if err := prog.Run(context.Background(), f); err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
		want, err := exact.run(f, seqs)
		if err != nil {
			t.Fatal(err)
		}
		s.extend(f)
		for o, w := range want {
			compare(t, i, o, f.Out[o], w)
		}
		if t.Failed() {
			break
		}
	}
	return ran
}

func compare(t *testing.T, step, out int, got []float32, want values) {
	bad := 0
	for i, w := range want.v {
		g := float64(got[i])
		if math.IsNaN(w) && math.IsNaN(g) || math.Abs(g-w) <= want.e[i]+0x1p-126 && !math.IsInf(want.e[i], 0) {
			continue
		}
		if bad++; bad <= 3 {
			t.Errorf("step %d, output %d, row %d, column %d: got %g, want %g, off by %.3g of %.3g",
				step, out, i/want.cols, i%want.cols, g, w, math.Abs(g-w), want.e[i])
		}
	}
	if bad > 3 {
		t.Errorf("step %d, output %d: %d of %d elements are off", step, out, bad, len(want.v))
	}
}

// A script makes the frames of a case.
type script struct {
	g     *graph.Graph
	cache *kvcache.Cache
	seqs  map[int]*kvcache.Seq
	rand  *rand.Rand
	step  uint32
}

func newScript(c *testCase, g *graph.Graph, cache *kvcache.Cache) *script {
	return &script{g, cache, map[int]*kvcache.Seq{}, rand.New(rand.NewPCG(1, 2)), math.MaxUint32 - 1} // the count wraps
}

func (s *script) frame(st stepOf) (f *backend.Frame, seqs []int) {
	s.step++
	f = &backend.Frame{Step: s.step}
	for _, r := range st.runs {
		q := s.seqs[r.seq]
		if q == nil {
			q = s.cache.NewSeq()
			s.seqs[r.seq] = q
		}
		if err := q.Reserve(r.rows); err != nil {
			panic(err) // the case is too long for its cache
		}
		lo := len(f.Tokens)
		for i := range r.rows {
			if row := lo + i; st.want == allRows || st.want == oddRows && row%2 == 1 || st.want == lastRow && i == r.rows-1 {
				f.Want = append(f.Want, int32(row))
			}
			f.Tokens = append(f.Tokens, s.rand.Int32N(vocab))
			f.Pos = append(f.Pos, int32(q.Len()+i))
		}
		f.Runs = append(f.Runs, backend.SeqRun{Seq: q, Lo: lo, Hi: lo + r.rows})
		seqs = append(seqs, r.seq)
	}
	for v := graph.Value(1); int(v) <= s.g.Len(); v++ {
		if n := s.g.Node(v); n.Op == graph.Input {
			x := make([]float32, n.Shape.Elems())
			fill(s.rand, x)
			f.In = append(f.In, x)
		}
	}
	for _, v := range s.g.Outputs() {
		n := s.g.Node(v)
		out := make([]float32, f.Rows(n)*n.Shape.Cols())
		for i := range out {
			out[i] = -12345 // never a result
		}
		f.Out = append(f.Out, out)
	}
	return f, seqs
}

func (s *script) extend(f *backend.Frame) {
	for _, r := range f.Runs {
		r.Seq.Extend(r.Hi - r.Lo)
	}
}
