package cpu

import (
	"context"
	"fmt"
	"runtime/debug"

	"github.com/longrun-ai/longrun/asm"
	"github.com/longrun-ai/longrun/backend"
	"github.com/longrun-ai/longrun/graph"
	"github.com/longrun-ai/longrun/kvcache"
)

// A program is a list of steps over one arena. All that a step of the model needs is made when it is compiled.
type program struct {
	graph    *graph.Graph
	pool     *pool
	segments []segment
	outputs  []output
	inputs   []*graph.Node
}

type segment struct {
	in, out []crossing
	steps   []step
}

// A step runs one operation, or several that read the same value. prepare looks at the frame's rows and returns in how
// many chunks the pool should run it; node names the operation that a chunk belongs to.
type step interface {
	job
	prepare(f *backend.Frame) (chunks int, err error)
	node(chunk int) graph.Value
}

// A crossing is a port and the arena's memory of its value.
type crossing struct {
	port *backend.Port
	node *graph.Node
	data []float32
}

type output struct {
	node  *graph.Node
	index int
	data  []float32
}

// Run runs the steps in order. The context is asked before each.
func (p *program) Run(ctx context.Context, f *backend.Frame) error {
	if err := p.check(f); err != nil {
		return fmt.Errorf("cpu: %w", err)
	}
	// A weight whose file was cut short after it was mapped is an error, not the end of the process.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	for i := range p.segments {
		s := &p.segments[i]
		for _, c := range s.in {
			if err := c.port.Wait(ctx, f.Step); err != nil {
				return err
			}
			copy(c.data[:f.Rows(c.node)*c.node.Shape.Cols()], c.port.Slot())
		}
		for _, st := range s.steps {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if err := p.step(f, st); err != nil {
				return err
			}
		}
		for _, c := range s.out {
			copy(c.port.Slot(), c.data[:f.Rows(c.node)*c.node.Shape.Cols()])
			c.port.Publish(f.Step)
		}
	}
	for _, o := range p.outputs {
		n := f.Rows(o.node) * o.node.Shape.Cols()
		copy(f.Out[o.index][:n], o.data[:n])
	}
	return nil
}

func (p *program) step(f *backend.Frame, st step) error {
	chunks, err := st.prepare(f)
	if err != nil {
		return fmt.Errorf("cpu: %s: %w", p.describe(st.node(0)), err)
	}
	if fault := p.pool.do(chunks, st); fault != nil {
		err, ok := fault.value.(error)
		if !ok {
			err = fault
		}
		return fmt.Errorf("cpu: %s: %w", p.describe(st.node(fault.chunk)), err)
	}
	return nil
}

// describe names a node so that it is found in the graph's text and in the checkpoint.
func (p *program) describe(v graph.Value) string {
	n := p.graph.Node(v)
	s := fmt.Sprintf("node %d, %s", v, n.Op)
	if n.Label != "" {
		return s + " " + n.Label
	}
	for _, in := range n.In {
		if in != 0 && p.graph.Node(in).Op == graph.Weight {
			return s + " " + p.graph.Node(in).Label
		}
	}
	return s
}

// check refuses a frame that breaks what its type promises, so that steps may index without asking.
func (p *program) check(f *backend.Frame) error {
	n := len(f.Tokens)
	if n > p.graph.Width() || len(f.Pos) != n {
		return fmt.Errorf("a step of %d tokens and %d positions in a graph for %d", n, len(f.Pos), p.graph.Width())
	}
	for i, w := range f.Want {
		if w < 0 || int(w) >= n || i > 0 && w <= f.Want[i-1] {
			return fmt.Errorf("wanted row %d of %d rows is out of range or order", w, n)
		}
	}
	if len(f.In) != len(p.inputs) {
		return fmt.Errorf("a step with %d inputs, the graph has %d", len(f.In), len(p.inputs))
	}
	for i, in := range p.inputs {
		if len(f.In[i]) < in.Shape.Elems() {
			return fmt.Errorf("input %q has %d elements, %d are needed", in.Label, len(f.In[i]), in.Shape.Elems())
		}
	}
	for _, o := range p.outputs {
		if need := f.Rows(o.node) * o.node.Shape.Cols(); o.index >= len(f.Out) || len(f.Out[o.index]) < need {
			return fmt.Errorf("output %d has no room for %d elements", o.index, need)
		}
	}
	return nil
}

// checkRuns refuses sequences that do not cover the rows or have no room for them.
func checkRuns(f *backend.Frame) error {
	at := 0
	for _, r := range f.Runs {
		if r.Lo != at || r.Hi < r.Lo || r.Hi > len(f.Tokens) {
			return fmt.Errorf("sequences cover rows up to %d, then %d to %d of %d", at, r.Lo, r.Hi, len(f.Tokens))
		}
		at = r.Hi
		for i := r.Lo; i < r.Hi; i++ {
			if int(f.Pos[i]) != r.Seq.Len()+i-r.Lo {
				return fmt.Errorf("row %d stands at position %d, its sequence continues at %d", i, f.Pos[i], r.Seq.Len()+i-r.Lo)
			}
		}
		if r.Hi > r.Lo && kvcache.Pages(r.Seq.Len()+r.Hi-r.Lo) > len(r.Seq.Pages()) {
			return fmt.Errorf("a sequence of %d rows has no room for %d more", r.Seq.Len(), r.Hi-r.Lo)
		}
	}
	if at != len(f.Tokens) {
		return fmt.Errorf("sequences cover %d of %d rows", at, len(f.Tokens))
	}
	return nil
}

// An operand is a value as float32s: in the arena, of a weight, or given with each step.
type operand struct {
	data  []float32
	input int // index of Frame.In, or -1
	cols  int
	row   bool // one row that stands for all
}

func (o *operand) of(f *backend.Frame) []float32 {
	if o.input >= 0 {
		return f.In[o.input]
	}
	return o.data
}

// A rowsStep is a step over the rows of one node, cut in chunks of at least minRows.
type rowsStep struct {
	value     graph.Value
	n         *graph.Node
	kernels   *asm.Kernels
	live, per int // rows in this step, in each chunk
}

func (s *rowsStep) node(int) graph.Value { return s.value }

// split cuts the live rows, of cost elements each, so that waking another thread is worth it.
func (s *rowsStep) split(f *backend.Frame, cost int) (chunks int) {
	const worth = 16 << 10 // elements: some microseconds
	s.live = f.Rows(s.n)
	s.per = max(1, worth/max(1, cost))
	return (s.live + s.per - 1) / s.per
}

// rows are those of chunk i.
func (s *rowsStep) rows(i int) (lo, hi int) { return i * s.per, min(s.live, (i+1)*s.per) }
