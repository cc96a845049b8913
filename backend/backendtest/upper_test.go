package backendtest_test

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/longrun-ai/longrun/backend"
	"github.com/longrun-ai/longrun/backend/backendtest"
	"github.com/longrun-ai/longrun/backend/cpu"
	"github.com/longrun-ai/longrun/graph"
	"github.com/longrun-ai/longrun/kvcache"
	"github.com/longrun-ai/longrun/tensor"
)

// upper is a driver as somebody else would write it: one device for the ops it names, in plain loops over memory of its
// own. Broken ones fail in every odd step.
type upper struct {
	ops    map[graph.Op]bool
	broken bool
}

var errBroken = errors.New("upper: the device fell off the bus")

func (upper) Name() string                      { return "upper" }
func (d upper) Open() ([]backend.Device, error) { return []backend.Device{d}, nil }
func (upper) Tier() string                      { return "plain" }
func (upper) Memory() (free, total int64)       { return 0, 0 }
func (upper) Close() error                      { return nil }

func (upper) Alloc(n int64) (tensor.Buffer, error) { return make(tensor.Host, n), nil }

func (d upper) Supports(g *graph.Graph, v graph.Value) bool {
	n := g.Node(v)
	if n.Op == graph.MatMul && g.Node(n.In[1]).Type != tensor.F32 {
		return false
	}
	return d.ops[n.Op]
}

func (d upper) Compile(g *graph.Graph, _ *graph.Plan, own []backend.Segment) (backend.Program, error) {
	p := &upperProgram{g: g, segments: own, broken: d.broken, values: map[graph.Value][]float32{}}
	inputs := 0
	p.inputs = map[graph.Value]int{}
	for v := graph.Value(1); int(v) <= g.Len(); v++ {
		switch n := g.Node(v); n.Op {
		case graph.Input:
			p.inputs[v] = inputs
			inputs++
		case graph.Weight:
			if n.Type == tensor.F32 {
				b := n.Weight.Bytes()
				w := make([]float32, n.Shape.Elems())
				for i := range w {
					w[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
				}
				p.values[v] = w
			}
		default:
			p.values[v] = make([]float32, n.Shape.Elems())
		}
	}
	return p, nil
}

type upperProgram struct {
	g        *graph.Graph
	segments []backend.Segment
	broken   bool
	values   map[graph.Value][]float32
	inputs   map[graph.Value]int
}

func (p *upperProgram) Run(ctx context.Context, f *backend.Frame) error {
	for v, i := range p.inputs {
		p.values[v] = f.In[i]
	}
	for _, s := range p.segments {
		for _, in := range s.In {
			if err := in.Wait(ctx, f.Step); err != nil {
				return err
			}
			copy(p.values[in.Value], in.Slot())
		}
		if p.broken && f.Step%2 == 1 {
			return errBroken
		}
		for _, v := range s.Nodes {
			p.node(v, f)
		}
		for _, out := range s.Out {
			copy(out.Slot(), p.values[out.Value])
			out.Publish(f.Step)
		}
		for i, v := range p.g.Outputs() {
			for _, mine := range s.Nodes {
				if mine == v {
					copy(f.Out[i], p.values[v])
				}
			}
		}
	}
	return nil
}

func (p *upperProgram) node(v graph.Value, f *backend.Frame) {
	n := p.g.Node(v)
	cols, dst := n.Shape.Cols(), p.values[v]
	x := p.values[n.In[0]]
	var y []float32
	if len(n.In) > 1 {
		y = p.values[n.In[1]]
	}
	for r := range f.Rows(n) {
		for i := r * cols; i < (r+1)*cols; i++ {
			switch n.Op {
			case graph.Add:
				dst[i] = x[i] + y[i%len(y)]
			case graph.Times:
				dst[i] = x[i] * y[i%len(y)]
			case graph.Scale:
				dst[i] = x[i] * n.Attr.(float32)
			case graph.GLU:
				dst[i] = float32(float64(x[i]) / (1 + math.Exp(-float64(x[i]))) * float64(y[i]))
			case graph.Want:
				dst[i] = x[int(f.Want[r])*cols+i%cols]
			case graph.MatMul:
				k := p.g.Shape(n.In[0]).Cols()
				var sum float64
				for j := range k {
					sum += float64(x[r*k+j]) * float64(y[i%cols*k+j])
				}
				dst[i] = float32(sum)
			}
		}
	}
}

// Values cross between devices and come back right, wherever the graph is cut.
func TestUpper(t *testing.T) {
	for _, ops := range [][]graph.Op{
		{graph.Add},
		{graph.MatMul, graph.Add},
		{graph.Times, graph.Scale, graph.GLU, graph.Want},
	} {
		d := upper{ops: map[graph.Op]bool{}}
		name := ""
		for _, op := range ops {
			d.ops[op] = true
			name += op.String()
		}
		t.Run(name, func(t *testing.T) {
			backendtest.Run(t, func() backend.Driver { return d })
		})
	}
}

// When one device fails, the others stop waiting for it, the caller gets its error, and the next step is whole again.
func TestPipelineFailure(t *testing.T) {
	for _, threads := range []int{1, 2} {
		devices, err := cpu.Driver{Threads: threads}.Open()
		if err != nil {
			t.Fatal(err)
		}
		defer devices[0].Close()
		broken := upper{ops: map[graph.Op]bool{graph.Scale: true}, broken: true}
		p, err := compileChain(append([]backend.Device{broken}, devices...))
		if err != nil {
			t.Fatal(err)
		}
		for step := range uint32(40) {
			f := &backend.Frame{
				Step: step, Tokens: []int32{1, 2}, Pos: []int32{0, 1}, Runs: []backend.SeqRun{{Seq: new(kvcache.Seq), Hi: 2}},
				Out: [][]float32{make([]float32, 8)},
			}
			foreign := f.Step%4 == 2
			if foreign {
				f.Tokens[1] = 99 // the CPU fails before the other device has its first value
			}
			done := make(chan error)
			go func() { done <- p.Run(context.Background(), f) }()
			select {
			case err = <-done:
			case <-time.After(20 * time.Second):
				t.Fatalf("step %d hangs", f.Step)
			}
			switch {
			case foreign:
				if err == nil || !strings.Contains(err.Error(), "token 99 is not in the vocabulary") {
					t.Fatalf("step %d: %v", f.Step, err)
				}
			case f.Step%2 == 1:
				if !errors.Is(err, errBroken) {
					t.Fatalf("step %d: %v", f.Step, err)
				}
			case err != nil:
				t.Fatalf("step %d: %v", f.Step, err)
			default:
				for i, v := range f.Out[0] {
					if want := float32(16 * (4 + i)); v != want {
						t.Fatalf("step %d: element %d is %g, want %g", f.Step, i, v, want)
					}
				}
			}
		}
	}
}

// compileChain is a table's rows 4 to 7 and 8 to 11, doubled four times: by adding on one device, by scaling on the other.
func compileChain(devices []backend.Device) (backend.Program, error) {
	table := make(tensor.Host, 3*4*4)
	for i := range 12 {
		binary.LittleEndian.PutUint32(table[4*i:], math.Float32bits(float32(i)))
	}
	g := graph.New(2)
	x := g.Lookup(g.Weight(tensor.Tensor{Name: "w", Shape: tensor.Dims(3, 4), Buf: table}), g.Tokens())
	for range 2 {
		x = g.Add(x, x)
		x = g.Scale(x, 2)
	}
	g.Output(x)
	place, err := backend.Place(g, devices)
	if err != nil {
		return nil, err
	}
	return backend.Compile(g, place)
}
