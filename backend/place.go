package backend

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/longrun-ai/longrun/graph"
)

// A Placement says which device makes each value.
type Placement struct {
	devices []Device
	of      []int // index into devices of value v at [v-1]; -1 for leaves, which every device reads
}

// Place gives each node of g to the first device that supports it.
func Place(g *graph.Graph, devices []Device) (*Placement, error) {
	if err := g.Err(); err != nil {
		return nil, err
	}
	for i, v := range g.Outputs() {
		if isLeaf(g.Node(v)) {
			return nil, fmt.Errorf("backend: output %d is %s, which no device makes", i, g.Node(v).Op)
		}
	}
	p := &Placement{devices, make([]int, g.Len())}
	for i := range p.of {
		v := graph.Value(i + 1)
		if isLeaf(g.Node(v)) {
			p.of[i] = -1
			continue
		}
		p.of[i] = slices.IndexFunc(devices, func(d Device) bool { return d.Supports(g, v) })
		if p.of[i] < 0 {
			return nil, fmt.Errorf("backend: no device runs node %d, %s", v, g.Node(v).Op)
		}
	}
	return p, nil
}

// Device returns the device that makes v, nil for leaves.
func (p *Placement) Device(v graph.Value) Device {
	if i := p.of[v-1]; i >= 0 {
		return p.devices[i]
	}
	return nil
}

func isLeaf(n *graph.Node) bool {
	return n.Op == graph.Tokens || n.Op == graph.Input || n.Op == graph.Weight
}

// Compile cuts g where the device changes, puts Ports there and has each device compile its segments.
func Compile(g *graph.Graph, p *Placement) (Program, error) {
	own, err := p.cut(g)
	if err != nil {
		return nil, err
	}
	plan := graph.NewPlan(g)
	var line pipeline
	for i, d := range p.devices {
		if len(own[i]) == 0 {
			continue
		}
		prog, err := d.Compile(g, plan, own[i])
		if err != nil {
			return nil, fmt.Errorf("backend: %s: %w", d.Name(), err)
		}
		line = append(line, prog)
	}
	if len(line) == 1 {
		return line[0], nil
	}
	return line, nil
}

// cut returns each device's segments. A value read on another device is published where it is made, and awaited at the
// start of the first segment that reads it.
func (p *Placement) cut(g *graph.Graph) (own [][]Segment, err error) {
	own = make([][]Segment, len(p.devices))
	ports := map[graph.Value]*Port{}
	made := map[graph.Value]*Segment{}
	awaited := map[graph.Value]uint64{} // set of devices that already have the value
	if len(p.devices) > 64 {
		return nil, errors.New("backend: more than 64 devices")
	}
	readers := func(v graph.Value) (n int) {
		for d := range p.devices {
			for w := v + 1; int(w) <= g.Len(); w++ {
				if p.of[w-1] == d && d != p.of[v-1] && slices.Contains(g.Node(w).In, v) {
					n++
					break
				}
			}
		}
		return n
	}
	segments := map[int]*[]*Segment{}
	last := -1
	for v := graph.Value(1); int(v) <= g.Len(); v++ {
		d := p.of[v-1]
		if d < 0 {
			continue
		}
		if segments[d] == nil {
			segments[d] = new([]*Segment)
		}
		if d != last {
			*segments[d] = append(*segments[d], &Segment{})
			last = d
		}
		list := *segments[d]
		seg := list[len(list)-1]
		for _, in := range g.Node(v).In {
			if in == 0 || p.of[in-1] < 0 || p.of[in-1] == d || awaited[in]>>d&1 == 1 {
				continue
			}
			if ports[in] == nil {
				ports[in] = newPort(in, g.Shape(in).Elems(), readers(in))
				made[in].Out = append(made[in].Out, ports[in])
			}
			seg.In = append(seg.In, ports[in])
			awaited[in] |= 1 << d
		}
		seg.Nodes = append(seg.Nodes, v)
		made[v] = seg
	}
	for d, list := range segments {
		for _, s := range *list {
			own[d] = append(own[d], *s)
		}
	}
	return own, nil
}

// A pipeline runs one graph's programs, each on a goroutine of its own. The first error stops the others.
type pipeline []Program

func (l pipeline) Run(ctx context.Context, f *Frame) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	errs := make(chan error, len(l))
	for _, p := range l {
		go func() {
			err := p.Run(ctx, f)
			if err != nil {
				cancel(err)
			}
			errs <- err
		}()
	}
	var first error
	for range l {
		if err := <-errs; err != nil && first == nil {
			first = err
		}
	}
	return first
}
