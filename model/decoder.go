package model

import (
	"math"

	"github.com/longrun-ai/longrun/graph"
)

// A decoder is the transformer of Touvron et al. 2023 (LLaMA, section 2.2) with the grouped heads of Ainslie et al. 2023
// and what its descendants add: biases, norms of queries and keys, experts, layers without RoPE, a window, scales. Its
// fields are the checkpoint's table of contents.
type decoder struct {
	hyper
	variant

	Embed   Embedding      `gguf:"token_embd" shape:"vocab,dim"`
	Factors Factors        `gguf:"rope_freqs" shape:"pairs" optional:"true"`
	Layers  []decoderLayer `gguf:"blk"`
	Norm    RMSNorm        `gguf:"output_norm" shape:"dim"`
	Output  Linear         `gguf:"output" shape:"vocab,dim" bias:"optional" optional:"true"` // missing: the embedding
}

type decoderLayer struct {
	AttnNorm RMSNorm `gguf:"attn_norm" shape:"dim"`
	Q        Linear  `gguf:"attn_q" shape:"q,dim" bias:"optional"`
	K        Linear  `gguf:"attn_k" shape:"kv,dim" bias:"optional"`
	V        Linear  `gguf:"attn_v" shape:"kv,dim" bias:"optional"`
	QNorm    RMSNorm `gguf:"attn_q_norm" shape:"normed"`
	KNorm    RMSNorm `gguf:"attn_k_norm" shape:"normed"`
	O        Linear  `gguf:"attn_output" shape:"dim,q" bias:"optional"`

	FFNNorm RMSNorm `gguf:"ffn_norm" shape:"dim"`
	Gate    Linear  `gguf:"ffn_gate" shape:"hidden,dim" bias:"optional"`
	Up      Linear  `gguf:"ffn_up" shape:"hidden,dim" bias:"optional"`
	Down    Linear  `gguf:"ffn_down" shape:"dim,hidden" bias:"optional"`

	Router    Linear `gguf:"ffn_gate_inp" shape:"experts,dim"`
	GateStack Stack  `gguf:"ffn_gate_exps" shape:"experts,expert_hidden,dim"`
	UpStack   Stack  `gguf:"ffn_up_exps" shape:"experts,expert_hidden,dim"`
	DownStack Stack  `gguf:"ffn_down_exps" shape:"experts,dim,expert_hidden"`
}

// A variant is where the families differ. The zero variant is Llama.
type variant struct {
	halves bool // RoPE turns pairs half a head apart
	qkNorm bool // queries and keys are normalised head by head
	noRoPE int  // every so many layers one has no RoPE; 0: none, 1: all

	// Factors of the embedding, of what a layer adds, of q kᵀ and of the logits; 0 means 1, for q kᵀ 1/sqrt(head).
	embedScale, residualScale, attendScale, logitScale float32
}

// newDecoder reads and binds a decoder; with reads what makes a family's variant.
func newDecoder(meta Metadata, w Weights, o Options, with func(*reader, *decoder)) (Model, error) {
	arch, err := meta.String("general.architecture")
	if err != nil {
		return nil, err
	}
	r := &reader{meta: meta, arch: arch}
	m := &decoder{hyper: readHyper(r, w, o)}
	with(r, m)
	m.rope.Halves = m.halves
	if err := r.err(); err != nil {
		return nil, err // shapes made of wrong numbers would only repeat it
	}
	m.Layers = make([]decoderLayer, m.hyper.Layers)
	if err := Bind(m, m.dims(), w); err != nil {
		return nil, err
	}
	return m, nil
}

func (m *decoder) dims() Dims {
	d := Dims{
		Fixed: map[string]int{
			"vocab": m.Vocab, "dim": m.Dim, "pairs": m.rope.Dims / 2, "experts": m.experts, "normed": 0,
		},
		Layers: map[string][]int{"q": nil, "kv": nil, "hidden": m.hidden, "expert_hidden": m.hidden},
	}
	if m.qkNorm {
		d.Fixed["normed"] = m.HeadDim
	}
	if m.experts > 0 {
		d.Layers["hidden"] = make([]int, m.hyper.Layers)
	}
	for i := range m.Layers {
		d.Layers["q"] = append(d.Layers["q"], m.heads[i]*m.HeadDim)
		d.Layers["kv"] = append(d.Layers["kv"], m.kvHeads[i]*m.HeadDim)
	}
	return d
}

func (m *decoder) Config() Config { return m.hyper.Config }

func (m *decoder) Build(g *graph.Graph, in Inputs) Outputs {
	norm, head := graph.NormAttr{Eps: m.eps}, graph.NormAttr{Eps: m.eps, Width: m.HeadDim}
	x := scaled(g, m.Embed.Apply(g, in.Tokens), m.embedScale)
	for i := range m.Layers {
		l := &m.Layers[i]
		h := l.AttnNorm.Apply(g, x, norm)
		q, k, v := l.Q.Apply(g, h), l.K.Apply(g, h), l.V.Apply(g, h)
		if m.qkNorm {
			q, k = l.QNorm.Apply(g, q, head), l.KNorm.Apply(g, k, head)
		}
		if m.noRoPE == 0 || (i+1)%m.noRoPE != 0 {
			q, k = g.RoPE(q, m.Factors.value(g), m.rope), g.RoPE(k, m.Factors.value(g), m.rope)
		}
		h = l.O.Apply(g, g.Attend(q, k, v, m.attend(i)))
		x = g.Add(x, scaled(g, h, m.residualScale))

		h = m.feedForward(g, l, l.FFNNorm.Apply(g, x, norm))
		x = g.Add(x, scaled(g, h, m.residualScale))
	}
	x = m.Norm.Apply(g, g.Want(x), norm)
	out := m.Output
	if !exists(out.Weight) {
		out.Weight = m.Embed.Weight
	}
	return Outputs{Logits: scaled(g, out.Apply(g, x), m.logitScale)}
}

func (m *decoder) attend(layer int) graph.AttendAttr {
	a := graph.AttendAttr{Layer: layer, KVHeads: m.kvHeads[layer], HeadDim: m.HeadDim, Scale: m.attendScale}
	if a.Scale == 0 {
		a.Scale = float32(1 / math.Sqrt(float64(m.HeadDim)))
	}
	if m.window > 0 {
		a.Mask, a.Window = graph.Window, m.window
	}
	return a
}

func (m *decoder) feedForward(g *graph.Graph, l *decoderLayer, x graph.Value) graph.Value {
	if m.experts == 0 {
		return l.Down.Apply(g, g.GLU(l.Gate.Apply(g, x), l.Up.Apply(g, x), graph.SiLU))
	}
	return g.Experts(x, g.Weight(l.Router.Weight), g.Weight(l.GateStack.Weight), g.Weight(l.UpStack.Weight), g.Weight(l.DownStack.Weight),
		graph.ExpertsAttr{Used: m.used, Normalise: true, Scale: 1, Act: graph.SiLU})
}

// scaled is a x, and x where a is 0, which stands for 1.
func scaled(g *graph.Graph, x graph.Value, a float32) graph.Value {
	if a == 0 || a == 1 {
		return x
	}
	return g.Scale(x, a)
}
