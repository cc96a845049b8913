package graph

import "slices"

// A Plan says where each value lies in one arena, so that values which are never needed together share memory.
type Plan struct {
	Offset []int // of value v at [v-1], in float32s from the arena's start; -1: no memory (weights)
	Last   []int // index of the last node that reads value v at [v-1]; outputs live to the end
	Size   int   // of the arena, in float32s
}

// align keeps every value on a cache line of its own.
const align = 16

// NewPlan places the values of g, first fit in the order of the nodes.
func NewPlan(g *Graph) *Plan {
	p := &Plan{Offset: make([]int, g.Len()), Last: make([]int, g.Len())}
	for i := range g.nodes {
		p.Last[i] = i
		for _, v := range g.nodes[i].In {
			if v != 0 {
				p.Last[v-1] = i
			}
		}
	}
	for _, v := range g.out {
		p.Last[v-1] = g.Len()
	}

	type block struct{ lo, hi, last int }
	var live []block // by lo
	for i := range g.nodes {
		n := &g.nodes[i]
		if n.Op == Weight {
			p.Offset[i] = -1
			continue
		}
		live = slices.DeleteFunc(live, func(b block) bool { return b.last < i })
		size := (n.Shape.Elems() + align - 1) / align * align
		at, lo := len(live), 0
		for j, b := range live {
			if b.lo-lo >= size {
				at = j
				break
			}
			lo = b.hi
		}
		live = slices.Insert(live, at, block{lo, lo + size, p.Last[i]})
		p.Offset[i] = lo
		p.Size = max(p.Size, lo+size)
	}
	return p
}
