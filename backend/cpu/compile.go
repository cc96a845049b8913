package cpu

import (
	"errors"
	"fmt"

	"github.com/longrun-ai/longrun/asm"
	"github.com/longrun-ai/longrun/backend"
	"github.com/longrun-ai/longrun/graph"
	"github.com/longrun-ai/longrun/tensor"
	"github.com/longrun-ai/longrun/tensor/quant"
)

// A compiler turns nodes to steps.
type compiler struct {
	d        *device
	g        *graph.Graph
	plan     *graph.Plan
	p        *program
	arena    []float32
	inputs   map[graph.Value]int // index of Frame.In
	packed   map[graph.Value]*packed
	rotaries map[rotaryKey]*rotary
	mixtures map[expertsKey]*experts
	scratch  *scratch
}

// Compile makes the program of segments own in the memory that p plans.
func (d *device) Compile(g *graph.Graph, p *graph.Plan, own []backend.Segment) (backend.Program, error) {
	if err := g.Err(); err != nil {
		return nil, err
	}
	mem, err := d.Alloc(4 * int64(p.Size))
	if err != nil {
		return nil, err
	}
	c := &compiler{
		d: d, g: g, plan: p, arena: floatsOf(mem.Bytes()), p: &program{graph: g, pool: d.pool},
		inputs: map[graph.Value]int{}, packed: map[graph.Value]*packed{}, rotaries: map[rotaryKey]*rotary{},
		mixtures: map[expertsKey]*experts{},
		scratch:  newScratch(d.pool.n),
	}
	for v := graph.Value(1); int(v) <= g.Len(); v++ {
		if n := g.Node(v); n.Op == graph.Input {
			c.inputs[v] = len(c.p.inputs)
			c.p.inputs = append(c.p.inputs, n)
		}
	}
	mine := map[graph.Value]bool{}
	for _, s := range own {
		seg := segment{in: c.crossings(s.In), out: c.crossings(s.Out)}
		for i := 0; i < len(s.Nodes); {
			n := c.together(s.Nodes[i:])
			steps, err := c.steps(s.Nodes[i:][:n])
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.p.describe(s.Nodes[i]), err)
			}
			seg.steps = append(seg.steps, steps...)
			i += n
		}
		for _, v := range s.Nodes {
			mine[v] = true
		}
		c.p.segments = append(c.p.segments, seg)
	}
	for i, v := range g.Outputs() {
		if mine[v] {
			c.p.outputs = append(c.p.outputs, output{g.Node(v), i, c.value(v)})
		}
	}
	c.scratch.alloc()
	return c.p, nil
}

func (c *compiler) crossings(ports []*backend.Port) (list []crossing) {
	for _, p := range ports {
		list = append(list, crossing{p, c.g.Node(p.Value), c.value(p.Value)})
	}
	return list
}

// value is the arena's memory of v.
func (c *compiler) value(v graph.Value) []float32 {
	return c.arena[c.plan.Offset[v-1]:][:c.g.Shape(v).Elems()]
}

// together counts how many of the nodes in front are products of one value, which run as one step.
func (c *compiler) together(nodes []graph.Value) int {
	first := c.g.Node(nodes[0])
	n := 1
	for first.Op == graph.MatMul && n < len(nodes) {
		next := c.g.Node(nodes[n])
		if next.Op != graph.MatMul || next.In[0] != first.In[0] {
			break
		}
		n++
	}
	return n
}

// steps compiles nodes that run together.
func (c *compiler) steps(nodes []graph.Value) ([]step, error) {
	v := nodes[0]
	n := c.g.Node(v)
	if !c.d.Supports(c.g, v) {
		return nil, c.unsupported(n)
	}
	base := rowsStep{value: v, n: n, kernels: c.d.kernels}
	dst := c.value(v)
	var x [3]operand
	if n.Op != graph.Lookup && n.Op != graph.MatMul && n.Op != graph.Experts {
		for i, in := range n.In {
			var err error
			if x[i], err = c.operand(in); err != nil {
				return nil, err
			}
		}
	}
	switch n.Op {
	case graph.Lookup:
		w := c.g.Node(n.In[0]).Weight
		f, _ := quant.Of(w.Type)
		return []step{&lookup{rowsStep: base, dst: dst, w: w.Bytes(), wStride: w.RowBytes(), vocab: w.Shape.Rows(), decode: f.Decode}}, nil
	case graph.MatMul:
		return c.products(nodes)
	case graph.Add:
		return []step{&pair{rowsStep: base, dst: dst, x: x[0], y: x[1], f: c.d.kernels.Add}}, nil
	case graph.Times:
		return []step{&pair{rowsStep: base, dst: dst, x: x[0], y: x[1], f: c.d.kernels.Times}}, nil
	case graph.GLU:
		return []step{&pair{rowsStep: base, dst: dst, x: x[0], y: x[1], f: c.d.kernels.SiLUTimes}}, nil
	case graph.Scale:
		return []step{&scale{rowsStep: base, dst: dst, x: x[0], by: n.Attr.(float32)}}, nil
	case graph.RMSNorm:
		return []step{newNorm(base, dst, x[0], x[1], n.Attr.(graph.NormAttr))}, nil
	case graph.RoPE:
		return c.rope(base, dst, x[0], n)
	case graph.Attend:
		return c.attend(base, dst, x[0], x[1], x[2]), nil
	case graph.Experts:
		return c.experts(base, dst)
	case graph.Want:
		return []step{&want{rowsStep: base, dst: dst, x: x[0]}}, nil
	}
	return nil, errors.New("the operation is not supported")
}

// unsupported says what Supports found.
func (c *compiler) unsupported(n *graph.Node) error {
	for _, in := range n.In {
		if in != 0 && c.g.Node(in).Op == graph.Weight {
			w := c.g.Node(in).Weight
			if err := checkWeight(w); err != nil {
				return err
			}
			if !c.d.multiplies(w.Type) && w.Type != tensor.F32 {
				return fmt.Errorf("weights of type %s are not supported", w.Type)
			}
		}
	}
	return errors.New("the operation is not supported with these operands")
}

// checkWeight refuses a tensor whose bytes are not all there.
func checkWeight(t tensor.Tensor) error {
	elems, _ := t.Type.Block()
	switch {
	case elems == 0:
		return fmt.Errorf("tensor %q has the unknown type %s", t.Name, t.Type)
	case t.Shape.Cols()%elems != 0:
		return fmt.Errorf("tensor %q has rows of %d elements, not whole blocks of %s", t.Name, t.Shape.Cols(), t.Type)
	case t.Buf == nil || t.Buf.Len() > 0 && t.Buf.Bytes() == nil:
		return fmt.Errorf("tensor %q is not in the host's memory", t.Name)
	case t.Off < 0 || t.Size() > t.Buf.Len()-t.Off:
		return fmt.Errorf("tensor %q ends %d bytes into its memory, which has %d", t.Name, t.Off+t.Size(), t.Buf.Len())
	}
	return nil
}

// operand is v as float32s; 0 has no data.
func (c *compiler) operand(v graph.Value) (operand, error) {
	if v == 0 {
		return operand{input: -1}, nil
	}
	n := c.g.Node(v)
	o := operand{input: -1, cols: n.Shape.Cols(), row: n.Shape.Rows() == 1}
	switch n.Op {
	case graph.Input:
		o.input = c.inputs[v]
	case graph.Weight:
		var err error
		if o.data, err = c.d.vector(n.Weight); err != nil {
			return o, err
		}
	default:
		o.data = c.value(v)
	}
	return o, nil
}

// vector is a weight's float32s in this machine's byte order, aligned.
func (d *device) vector(t tensor.Tensor) ([]float32, error) {
	b := t.Bytes()
	if len(b) == 0 {
		return nil, nil
	}
	key := vectorKey{&b[0], t.Shape.Elems()}
	if v, ok := d.vectors[key]; ok {
		return v, nil
	}
	v := make([]float32, t.Shape.Elems())
	if err := quant.Decode(t.Type, v, b); err != nil {
		return nil, err
	}
	d.vectors[key] = v
	return v, nil
}

// multiplies reports whether there is a product for rows of type t, by a kernel or by way of F32.
func (d *device) multiplies(t tensor.DType) bool {
	_, ok := quant.Of(t)
	return ok
}

// A scratch is memory that each worker needs for itself: as much as the neediest step. Steps use it one at a time.
type scratch struct {
	floats, bytes int // of one worker
	f             [][]float32
	b             [][]byte
}

func newScratch(workers int) *scratch {
	return &scratch{f: make([][]float32, workers), b: make([][]byte, workers)}
}

func (s *scratch) need(floats, bytes int) {
	s.floats, s.bytes = max(s.floats, floats), max(s.bytes, bytes)
}

func (s *scratch) alloc() {
	for i := range s.f {
		s.f[i], s.b[i] = make([]float32, s.floats), make([]byte, s.bytes)
	}
}

// packed is a value's rows as Q8, made once for all products that read it.
type packed struct {
	q    asm.Q8
	last int // index of the last node that reads it
}
