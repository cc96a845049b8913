// Package tiny makes up checkpoints: files of any shape and type whose weights come from a seed. They say nothing
// sensible, but they load, and cost as much to run as trained ones.
package tiny

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"math/rand/v2"

	"github.com/longrun-ai/longrun/loader/gguf"
	"github.com/longrun-ai/longrun/tensor"
	"github.com/longrun-ai/longrun/tensor/quant"
)

// A Shape is the hyper-parameters of a model to make up. Zero fields that say so have a default.
type Shape struct {
	Arch   string // "llama", "qwen2", "qwen3", "smollm3" or "granite"; "" is "llama"
	Vocab  int    // at least 259 gives the file a tokenizer of bytes and made-up words
	Dim    int
	Layers int
	Hidden int // width inside a feed-forward block, or inside an expert

	Heads, KVHeads int
	HeadDim        int // 0: Dim / Heads

	Experts, Used int // 0: plain feed-forward blocks

	Context  int     // 0: 4096
	RoPEBase float32 // 0: 10000
	Factors  float64 // of Llama 3's frequency factors, which lengthen the context by as much; 0: none

	Tied   bool      // the embedding is the output matrix
	Biases []string  // tensors of a layer that have one: "attn_q", "ffn_down"
	Meta   []gguf.KV // further metadata; keys are as in the file
}

// Shapes are published models to compare speeds with, and a small one.
func Shapes() map[string]Shape {
	return map[string]Shape{
		"llama-3.2-1b": {Vocab: 128256, Dim: 2048, Layers: 16, Hidden: 8192, Heads: 32, KVHeads: 8, HeadDim: 64,
			Context: 131072, RoPEBase: 500000, Factors: 32, Tied: true},
		"llama-3.1-8b": {Vocab: 128256, Dim: 4096, Layers: 32, Hidden: 14336, Heads: 32, KVHeads: 8, HeadDim: 128,
			Context: 131072, RoPEBase: 500000, Factors: 8},
		"qwen3-0.6b": {Arch: "qwen3", Vocab: 151936, Dim: 1024, Layers: 28, Hidden: 3072, Heads: 16, KVHeads: 8, HeadDim: 128,
			Context: 40960, RoPEBase: 1e6, Tied: true},
		"qwen3-4b": {Arch: "qwen3", Vocab: 151936, Dim: 2560, Layers: 36, Hidden: 9728, Heads: 32, KVHeads: 8, HeadDim: 128,
			Context: 40960, RoPEBase: 1e6, Tied: true},
		"tiny": {Vocab: 2048, Dim: 256, Layers: 4, Hidden: 768, Heads: 4, KVHeads: 2, Tied: true},
	}
}

// Write writes a model of shape s whose matrices are of type t, or F16 where their rows are no whole blocks of t.
func Write(w io.Writer, s Shape, t tensor.DType, seed uint64) error {
	if _, ok := quant.Of(t); !ok {
		return fmt.Errorf("tiny: matrices of %s cannot be made", t)
	}
	if s.Arch == "" {
		s.Arch = "llama"
	}
	if s.HeadDim == 0 {
		s.HeadDim = s.Dim / s.Heads
	}
	m := &maker{typ: t, rand: rand.New(rand.NewPCG(seed, 0)), pools: map[poolKey][]byte{}}
	m.model(s)
	return gguf.Write(w, metadata(s), m.tensors, gguf.WriteOptions{})
}

// Image is what Write writes.
func Image(s Shape, t tensor.DType, seed uint64) ([]byte, error) {
	var b bytes.Buffer
	err := Write(&b, s, t, seed)
	return b.Bytes(), err
}

// maker collects tensors. Their bytes are made as they are written, in order.
type maker struct {
	typ     tensor.DType
	rand    *rand.Rand
	tensors []gguf.TensorSource
	pools   map[poolKey][]byte
}

func (m *maker) model(s Shape) {
	m.matrix("token_embd.weight", s.Vocab, s.Dim)
	m.vector("output_norm.weight", s.Dim, 1)
	if !s.Tied {
		m.matrix("output.weight", s.Vocab, s.Dim)
	}
	if s.Factors != 0 {
		m.f32("rope_freqs.weight", tensor.Dims(s.HeadDim/2), factors(s))
	}
	for i := range s.Layers {
		blk := fmt.Sprintf("blk.%d.", i)
		q, kv := s.Heads*s.HeadDim, s.KVHeads*s.HeadDim
		m.vector(blk+"attn_norm.weight", s.Dim, 1)
		m.matrix(blk+"attn_q.weight", q, s.Dim)
		m.matrix(blk+"attn_k.weight", kv, s.Dim)
		m.matrix(blk+"attn_v.weight", kv, s.Dim)
		if s.Arch == "qwen3" {
			m.vector(blk+"attn_q_norm.weight", s.HeadDim, 1)
			m.vector(blk+"attn_k_norm.weight", s.HeadDim, 1)
		}
		m.matrix(blk+"attn_output.weight", s.Dim, q)
		m.vector(blk+"ffn_norm.weight", s.Dim, 1)
		if s.Experts == 0 {
			m.matrix(blk+"ffn_gate.weight", s.Hidden, s.Dim)
			m.matrix(blk+"ffn_up.weight", s.Hidden, s.Dim)
			m.matrix(blk+"ffn_down.weight", s.Dim, s.Hidden)
		} else {
			m.add(blk+"ffn_gate_inp.weight", tensor.F32, tensor.Dims(s.Experts, s.Dim))
			m.matrix(blk+"ffn_gate_exps.weight", s.Experts, s.Hidden, s.Dim)
			m.matrix(blk+"ffn_up_exps.weight", s.Experts, s.Hidden, s.Dim)
			m.matrix(blk+"ffn_down_exps.weight", s.Experts, s.Dim, s.Hidden)
		}
		rows := map[string]int{"attn_q": q, "attn_k": kv, "attn_v": kv, "attn_output": s.Dim, "ffn_gate": s.Hidden, "ffn_up": s.Hidden, "ffn_down": s.Dim}
		for _, name := range s.Biases {
			m.vector(blk+name+".bias", rows[name], 0)
		}
	}
}

// matrix adds a matrix or a stack of them, which keeps the size of what it is multiplied with.
func (m *maker) matrix(name string, dims ...int) {
	t := m.typ
	if block, _ := t.Block(); dims[len(dims)-1]%block != 0 {
		t = tensor.F16
	}
	m.add(name, t, tensor.Dims(dims...))
}

// vector adds numbers near mean.
func (m *maker) vector(name string, n int, mean float64) {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(mean + 0.1*m.rand.NormFloat64())
	}
	m.f32(name, tensor.Dims(n), x)
}

func (m *maker) f32(name string, shape tensor.Shape, x []float32) {
	b := make([]byte, 4*len(x))
	if err := quant.Encode(tensor.F32, b, x); err != nil {
		panic(err) // sizes are ours
	}
	m.tensors = append(m.tensors, gguf.TensorSource{Name: name, Type: tensor.F32, Shape: shape, Data: gguf.Bytes(b)})
}

func (m *maker) add(name string, t tensor.DType, shape tensor.Shape) {
	m.tensors = append(m.tensors, gguf.TensorSource{Name: name, Type: t, Shape: shape, Data: func(w io.Writer) error {
		return m.blocks(w, t, shape)
	}})
}

// poolElems is how many numbers of a type and size are encoded; a multiple of every block.
const poolElems = 1 << 15

type poolKey struct {
	typ  tensor.DType
	cols int
}

// blocks writes a tensor as runs of whole blocks out of a pool, since encoding a gigabyte takes minutes. Numbers are
// normal with a variance of 1 / columns.
func (m *maker) blocks(w io.Writer, t tensor.DType, shape tensor.Shape) error {
	key := poolKey{t, shape.Cols()}
	_, size := t.Block()
	pool, ok := m.pools[key]
	if !ok {
		x := make([]float32, poolElems)
		for i := range x {
			x[i] = float32(m.rand.NormFloat64() / math.Sqrt(float64(key.cols)))
		}
		pool = make([]byte, t.RowBytes(poolElems))
		if err := quant.Encode(t, pool, x); err != nil {
			return err
		}
		m.pools[key] = pool
	}
	const run = 64 // blocks
	left := tensor.Tensor{Type: t, Shape: shape}.Size()
	for left > 0 {
		n := min(left, int64(run*size))
		at := m.rand.IntN((len(pool)-int(n))/size+1) * size
		if _, err := w.Write(pool[at:][:n]); err != nil {
			return err
		}
		left -= n
	}
	return nil
}

// factors are those of Llama 3.1: frequencies below one turn in the original 8192 positions are divided by Factors, those
// above four turns stay, in between in proportion.
func factors(s Shape) []float32 {
	out := make([]float32, s.HeadDim/2)
	for i := range out {
		turns := 8192 / (2 * math.Pi) * math.Pow(float64(s.RoPEBase), -2*float64(i)/float64(s.HeadDim))
		keep := min(1, max(0, (turns-1)/(4-1)))
		out[i] = float32(1 / (keep + (1-keep)/s.Factors))
	}
	return out
}
