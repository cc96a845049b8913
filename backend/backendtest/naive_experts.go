package backendtest

import (
	"errors"
	"math"
	"slices"

	"github.com/longrun-ai/longrun/graph"
)

// experts computes one row after the other. It refuses cases in which allowed errors could change the choice of experts.
func (n *naive) experts(out values, node *graph.Node, in func(int) values, rows int) error {
	a := node.Attr.(graph.ExpertsAttr)
	weight := func(i int) graph.Value { return node.In[i] }
	x, count := in(0), n.g.Shape(weight(1)).Rows()
	hidden := n.g.Shape(weight(2))[2]
	for r := range rows {
		one := newValues(1, x.cols)
		xv, xe := x.row(r)
		copy(one.v, xv)
		copy(one.e, xe)
		multiply := func(x values, i, expert, size int) values {
			w := in(i)
			y := newValues(1, size)
			part := values{w.cols, w.v[expert*size*w.cols:][:size*w.cols], w.e[expert*size*w.cols:][:size*w.cols]}
			product(y, 1, x, part, n.g.Node(weight(i)).Type)
			return y
		}
		logits := multiply(one, 1, 0, count)
		chosen, err := choice(logits, a.Used)
		if err != nil {
			return err
		}
		top, d, total, used := slices.Max(logits.v), slices.Max(logits.e)+expError, 0.0, 0.0
		for _, l := range logits.v {
			total += math.Exp(l - top)
		}
		for _, e := range chosen {
			used += math.Exp(logits.v[e]-top) / total
		}
		ov, oe := out.row(r)
		for _, e := range chosen {
			gate := math.Exp(logits.v[e]-top) / total
			if a.Normalise {
				gate /= used
			}
			gate *= float64(a.Scale)
			g, up := multiply(one, 2, e, hidden), multiply(one, 3, e, hidden)
			for i := range g.v {
				g.v[i], g.e[i] = siluTimes(g.v[i], g.e[i], up.v[i], up.e[i])
			}
			y := multiply(g, 4, e, x.cols)
			for i := range ov {
				ov[i] += gate * y.v[i]
				// Normalised gates are quotients of two that are each off by exp(2d).
				oe[i] += math.Abs(gate) * (y.e[i]*math.Exp(4*d) + math.Abs(y.v[i])*(math.Expm1(4*d)+float64(a.Used+slack)*u))
			}
		}
	}
	return nil
}

// choice is the used largest, of equal ones the first.
func choice(logits values, used int) ([]int, error) {
	order := make([]int, len(logits.v))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		switch {
		case logits.v[i] > logits.v[j]:
			return -1
		case logits.v[i] < logits.v[j]:
			return 1
		}
		return 0
	})
	if used < len(order) {
		in, out := order[used-1], order[used]
		if gap := logits.v[in] - logits.v[out]; gap != 0 && gap <= logits.e[in]+logits.e[out] {
			return nil, errors.New("the case is ambiguous: two experts' gates are too close")
		}
	}
	return order[:used], nil
}
