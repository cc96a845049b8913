package backendtest

import (
	"math/rand/v2"

	"github.com/longrun-ai/longrun/graph"
	"github.com/longrun-ai/longrun/tensor"
	"github.com/longrun-ai/longrun/tensor/quant"
)

// vocab is the rows of every case's embedding.
const vocab = 33

// A builder is a graph with weights made up as they are asked for.
type builder struct {
	*graph.Graph
	rand *rand.Rand
}

// weight is a tensor of normal variates, near enough to what type t can hold. It starts at an odd address, as files allow.
func (b *builder) weight(name string, t tensor.DType, dims ...int) graph.Value {
	shape := tensor.Dims(dims...)
	x := make([]float32, shape.Elems())
	fill(b.rand, x)
	return b.Weight(encode(name, t, shape, x))
}

func encode(name string, t tensor.DType, shape tensor.Shape, x []float32) tensor.Tensor {
	const off = 7
	w := tensor.Tensor{Name: name, Type: t, Shape: shape, Off: off}
	mem := make([]byte, off+w.Size())
	if err := quant.Encode(t, mem[off:], x); err != nil {
		panic(err)
	}
	w.Buf = tensor.Host(mem)
	return w
}

// embed is rows of dim normal variates, one a token.
func (b *builder) embed(dim int) graph.Value {
	return b.Lookup(b.weight("token_embd.weight", tensor.F32, vocab, dim), b.Tokens())
}

// linear is a product of x with new weights.
func (b *builder) linear(name string, x graph.Value, t tensor.DType, out int) graph.Value {
	return b.MatMul(x, b.weight(name, t, out, b.Shape(x).Cols()))
}

func fill(r *rand.Rand, x []float32) {
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
}
