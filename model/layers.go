package model

import (
	"github.com/longrun-ai/longrun/graph"
	"github.com/longrun-ai/longrun/tensor"
)

// The layers: each is a weight and how it is applied. What type a matrix has in the file, they never learn.
type (
	Embedding struct{ Weight tensor.Tensor }       // (vocab, dim)
	RMSNorm   struct{ Weight tensor.Tensor }       // (1, dim)
	Linear    struct{ Weight, Bias tensor.Tensor } // (out, in) and (1, out) or nothing
	Stack     struct{ Weight tensor.Tensor }       // (experts, out, in)
	Factors   struct{ Weight tensor.Tensor }       // (1, rope dims / 2) or nothing
)

func (l Embedding) Apply(g *graph.Graph, tokens graph.Value) graph.Value {
	return g.Lookup(g.Weight(l.Weight), tokens)
}

func (l RMSNorm) Apply(g *graph.Graph, x graph.Value, a graph.NormAttr) graph.Value {
	return g.RMSNorm(x, g.Weight(l.Weight), a)
}

func (l Linear) Apply(g *graph.Graph, x graph.Value) graph.Value {
	x = g.MatMul(x, g.Weight(l.Weight))
	if exists(l.Bias) {
		x = g.Add(x, g.Weight(l.Bias))
	}
	return x
}

func (l Factors) value(g *graph.Graph) graph.Value {
	if !exists(l.Weight) {
		return 0
	}
	return g.Weight(l.Weight)
}

func exists(t tensor.Tensor) bool { return t.Shape != tensor.Shape{} }
