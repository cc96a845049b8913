package backendtest

import (
	"fmt"
	"math"

	"github.com/longrun-ai/longrun/backend"
	"github.com/longrun-ai/longrun/graph"
	"github.com/longrun-ai/longrun/tensor"
	"github.com/longrun-ai/longrun/tensor/quant"
)

// values are rows of exact results and of bounds on what a device's results may differ by.
type values struct {
	cols int
	v, e []float64
}

func newValues(rows, cols int) values {
	return values{cols, make([]float64, rows*cols), make([]float64, rows*cols)}
}

func (x values) row(r int) ([]float64, []float64) {
	return x.v[r*x.cols:][:x.cols], x.e[r*x.cols:][:x.cols]
}

// naive evaluates a graph in float64, one plain loop an op, with caches of its own.
type naive struct {
	g       *graph.Graph
	kt, vt  tensor.DType
	weights map[graph.Value]values
	cache   map[cacheKey][]cached // by position
}

type cacheKey struct{ seq, layer int }

type cached struct{ k, v, ke, ve []float64 }

func newNaive(g *graph.Graph, kt, vt tensor.DType) *naive {
	return &naive{g, kt, vt, map[graph.Value]values{}, map[cacheKey][]cached{}}
}

// run is one step; seqs names the sequence of each of f's Runs.
func (n *naive) run(f *backend.Frame, seqs []int) ([]values, error) {
	made := make([]values, n.g.Len()+1)
	inputs := 0
	for v := graph.Value(1); int(v) <= n.g.Len(); v++ {
		node := n.g.Node(v)
		rows := f.Rows(node)
		in := func(i int) values { return made[node.In[i]] }
		out := newValues(rows, node.Shape.Cols())
		switch node.Op {
		case graph.Tokens:
			for i, id := range f.Tokens {
				out.v[i] = float64(id)
			}
		case graph.Input:
			for i := range out.v {
				out.v[i] = float64(f.In[inputs][i])
			}
			inputs++
		case graph.Weight:
			w, err := n.weight(v)
			if err != nil {
				return nil, err
			}
			out = w
		case graph.Lookup:
			for r := range rows {
				row, _ := in(0).row(int(f.Tokens[r]))
				copy(out.v[r*out.cols:], row)
			}
		case graph.MatMul:
			product(out, rows, in(0), in(1), n.g.Node(node.In[1]).Type)
		case graph.Add, graph.Times:
			elementwise(out, node.Op, in(0), in(1))
		case graph.Scale:
			a := float64(node.Attr.(float32))
			for i := range out.v {
				out.v[i] = a * in(0).v[i]
				out.e[i] = math.Abs(a)*in(0).e[i] + u*math.Abs(out.v[i])
			}
		case graph.RMSNorm:
			norm(out, in(0), in(1), node.Attr.(graph.NormAttr), rows)
		case graph.RoPE:
			rope(out, in(0), in(1).v, node.Attr.(graph.RoPEAttr), f.Pos)
		case graph.Attend:
			n.attend(out, in(0), in(1), in(2), node.Attr.(graph.AttendAttr), f, seqs)
		case graph.GLU:
			for i := range out.v {
				out.v[i], out.e[i] = siluTimes(in(0).v[i], in(0).e[i], in(1).v[i], in(1).e[i])
			}
		case graph.Experts:
			if err := n.experts(out, node, in, rows); err != nil {
				return nil, err
			}
		case graph.Want:
			for i, r := range f.Want {
				row, e := in(0).row(int(r))
				copy(out.v[i*out.cols:], row)
				copy(out.e[i*out.cols:], e)
			}
		default:
			return nil, fmt.Errorf("the evaluator has no %s", node.Op)
		}
		made[v] = out
	}
	var outs []values
	for _, v := range n.g.Outputs() {
		outs = append(outs, made[v])
	}
	return outs, nil
}

func (n *naive) weight(v graph.Value) (values, error) {
	if w, ok := n.weights[v]; ok {
		return w, nil
	}
	t := n.g.Node(v).Weight
	exact := make([]float32, t.Shape.Elems())
	if err := quant.Decode(t.Type, exact, t.Bytes()); err != nil {
		return values{}, err
	}
	w := newValues(t.Shape.Rows(), t.Shape.Cols())
	for i, x := range exact {
		w.v[i] = float64(x)
	}
	n.weights[v] = w
	return w, nil
}

func product(out values, rows int, x, w values, t tensor.DType) {
	factor := 1.0
	if elems, _ := t.Block(); elems > 1 {
		factor = offsetFactor
	}
	moved := make([]float64, x.cols)
	for r := range rows {
		xv, xe := x.row(r)
		for i := range moved {
			moved[i] = xe[i] + activationError(t, xv, xe, i)
		}
		for o := range out.cols {
			wv, _ := w.row(o)
			var sum, err, size float64
			for i, a := range wv {
				sum += a * xv[i]
				err += math.Abs(a) * moved[i]
				size += math.Abs(a) * (math.Abs(xv[i]) + moved[i])
			}
			out.v[r*out.cols+o] = sum
			out.e[r*out.cols+o] = err + float64(x.cols+slack)*u*factor*size
		}
	}
}

func elementwise(out values, op graph.Op, x, y values) {
	for i := range out.v {
		j := i % len(y.v) // y may be one row
		a, b, ea, eb := x.v[i], y.v[j], x.e[i], y.e[j]
		if op == graph.Add {
			out.v[i], out.e[i] = a+b, ea+eb
		} else {
			out.v[i], out.e[i] = a*b, math.Abs(a)*eb+math.Abs(b)*ea+ea*eb
		}
		out.e[i] += u * (math.Abs(out.v[i]) + out.e[i])
	}
}

// norm's root of the mean square changes by at most that of x's errors (the triangle inequality).
func norm(out, x, w values, a graph.NormAttr, rows int) {
	width := a.Width
	if width == 0 {
		width = x.cols
	}
	for at := 0; at < rows*x.cols; at += width {
		var sum, err float64
		for i := range width {
			sum += x.v[at+i] * x.v[at+i]
			err += x.e[at+i] * x.e[at+i]
		}
		root := math.Sqrt(sum/float64(width) + float64(a.Eps))
		off := math.Sqrt(err / float64(width))
		for i := range width {
			weight := 1.0
			if w.v != nil {
				weight = w.v[i]
			}
			y := x.v[at+i] / root * weight
			out.v[at+i] = y
			out.e[at+i] = (math.Abs(weight)*x.e[at+i]+math.Abs(y)*off)/math.Max(0, root-off) + float64(width+slack)*u*math.Abs(y)
		}
	}
}

// rope's angles may be computed in float32: they are off by some roundings of the largest factor, the position.
func rope(out, x values, factors []float64, a graph.RoPEAttr, pos []int32) {
	copy(out.v, x.v)
	copy(out.e, x.e)
	magnitude := 1.0
	if a.YaRN.Magnitude != 0 {
		magnitude = float64(a.YaRN.Magnitude)
	}
	for r, p := range pos {
		for at := r * x.cols; at < (r+1)*x.cols; at += a.HeadDim {
			for i := range a.Dims / 2 {
				f := math.Pow(float64(a.Base), -2*float64(i)/float64(a.Dims))
				if factors != nil {
					f /= factors[i]
				}
				angle := float64(p) * mixed(a, f, i)
				sin, cos := math.Sincos(angle)
				sin, cos = sin*magnitude, cos*magnitude
				j, k := at+2*i, at+2*i+1
				if a.Halves {
					j, k = at+i, at+i+a.Dims/2
				}
				b, c, eb, ec := x.v[j], x.v[k], x.e[j], x.e[k]
				round := (math.Abs(b) + math.Abs(c) + eb + ec) * magnitude * u * (slack + 4*math.Abs(angle))
				out.v[j], out.e[j] = b*cos-c*sin, math.Abs(cos)*eb+math.Abs(sin)*ec+round
				out.v[k], out.e[k] = b*sin+c*cos, math.Abs(sin)*eb+math.Abs(cos)*ec+round
			}
		}
	}
}

// mixed is the frequency of pair i after scaling, f before.
func mixed(a graph.RoPEAttr, f float64, i int) float64 {
	y := a.YaRN
	scaled := f * float64(a.Scale)
	if y.Ext == 0 {
		return scaled
	}
	turns := func(b float32) float64 { // the pair that turns b times
		return float64(a.Dims) * math.Log(float64(y.Context)/float64(b)/2/math.Pi) / 2 / math.Log(float64(a.Base))
	}
	low, high := math.Max(0, math.Floor(turns(y.BetaFast))), math.Min(float64(a.Dims-1), math.Ceil(turns(y.BetaSlow)))
	ramp := math.Max(0, math.Min(1, (float64(i)-low)/math.Max(0.001, high-low)))
	kept := (1 - ramp) * float64(y.Ext)
	return scaled*(1-kept) + f*kept
}

// siluTimes is silu(x) y. The slope of silu is at most 1.1.
func siluTimes(x, ex, y, ey float64) (v, e float64) {
	s := x / (1 + math.Exp(-x))
	v = s * y
	return v, 1.1*ex*(math.Abs(y)+ey) + math.Abs(s)*ey + (expError+slack*u)*math.Abs(v)
}
