// Package driver is a backend written outside Longrun's module: a device in plain Go that adds, multiplies and scales, and
// declines everything else. It shows what a device needs, and proves that nothing internal is.
package driver

import (
	"context"

	"github.com/longrun-ai/longrun/backend"
	"github.com/longrun-ai/longrun/graph"
	"github.com/longrun-ai/longrun/tensor"
)

// Driver opens one device.
type Driver struct{}

func (Driver) Name() string                    { return "plain" }
func (Driver) Open() ([]backend.Device, error) { return []backend.Device{device{}}, nil }

type device struct{}

func (device) Name() string                         { return "plain:0" }
func (device) Tier() string                         { return "go" }
func (device) Memory() (free, total int64)          { return 0, 0 }
func (device) Close() error                         { return nil }
func (device) Alloc(n int64) (tensor.Buffer, error) { return make(tensor.Host, n), nil }

// Supports takes element-wise nodes whose operands are results of other nodes.
func (device) Supports(g *graph.Graph, v graph.Value) bool {
	n := g.Node(v)
	switch n.Op {
	case graph.Add, graph.Times, graph.Scale:
	default:
		return false
	}
	for _, in := range n.In {
		if op := g.Node(in).Op; op == graph.Weight || op == graph.Input {
			return false
		}
	}
	return true
}

// Compile keeps the segments: they are interpreted.
func (device) Compile(g *graph.Graph, p *graph.Plan, own []backend.Segment) (backend.Program, error) {
	return &program{g: g, plan: p, segments: own, arena: make([]float32, p.Size)}, nil
}

type program struct {
	g        *graph.Graph
	plan     *graph.Plan
	segments []backend.Segment
	arena    []float32
}

func (p *program) Run(ctx context.Context, f *backend.Frame) error {
	for _, s := range p.segments {
		for _, port := range s.In {
			if err := port.Wait(ctx, f.Step); err != nil {
				return err
			}
			copy(p.rows(f, port.Value), port.Slot())
		}
		for _, v := range s.Nodes {
			p.node(f, v)
		}
		for _, port := range s.Out {
			copy(port.Slot(), p.rows(f, port.Value))
			port.Publish(f.Step)
		}
	}
	for i, v := range p.g.Outputs() {
		for _, s := range p.segments {
			for _, own := range s.Nodes {
				if own == v {
					copy(f.Out[i], p.rows(f, v))
				}
			}
		}
	}
	return nil
}

// rows is where the plan puts v, as many rows as the step has.
func (p *program) rows(f *backend.Frame, v graph.Value) []float32 {
	n := p.g.Node(v)
	return p.arena[p.plan.Offset[v-1]:][:f.Rows(n)*n.Shape.Cols()]
}

func (p *program) node(f *backend.Frame, v graph.Value) {
	n, out := p.g.Node(v), p.rows(f, v)
	x := p.rows(f, n.In[0])
	if n.Op == graph.Scale {
		for i := range out {
			out[i] = n.Attr.(float32) * x[i]
		}
		return
	}
	y := p.rows(f, n.In[1]) // as many rows as x, or one for all
	for i := range out {
		if n.Op == graph.Add {
			out[i] = x[i] + y[i%len(y)]
		} else {
			out[i] = x[i] * y[i%len(y)]
		}
	}
}
