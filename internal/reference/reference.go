// Package reference is the whole transformer in one plain file: from a model file to logits, with sums of float64, no
// graph and nothing shared with the code that it is there to check. It is slow and reads like the papers.
//
// It covers the llama family: Llama and Mistral, experts as in Mixtral, Qwen2, Qwen3, SmolLM3, Granite.
package reference

import (
	"errors"
	"fmt"
	"math"
	"sort"

	"github.com/longrun-ai/longrun/loader/gguf"
	"github.com/longrun-ai/longrun/tensor/quant"
)

// A Model is one sequence of a model: its weights as numbers, and the keys and values of the tokens fed so far.
type Model struct {
	arch                    string
	meta                    gguf.Metadata
	layers, dim, vocab      int
	heads, kvHeads, headDim int
	experts, used           int
	window                  int
	eps                     float64
	embedScale, residual    float64
	attention, logitDivisor float64

	turn      []float64 // angle of pair i for one position
	magnitude float64   // of the turned pairs
	halves    bool      // pairs (i, i+n/2) instead of (2i, 2i+1)
	noRoPE    int       // every so many layers one does not turn

	weights map[string][]float32
	k, v    [][][]float64 // (layers, positions, kvHeads*headDim)
}

// Open reads the model of f. Its weights are copies.
func Open(f *gguf.File) (*Model, error) {
	m := &Model{meta: f.Meta, arch: f.Meta.Arch(), weights: map[string][]float32{}}
	for _, t := range f.Tensors {
		w := make([]float32, t.Shape.Elems())
		if err := quant.Decode(t.Type, w, t.Bytes()); err != nil {
			return nil, fmt.Errorf("reference: tensor %q: %w", t.Name, err)
		}
		m.weights[t.Name] = w
	}
	m.layers = m.int("block_count", 0)
	m.dim = m.int("embedding_length", 0)
	m.heads = m.int("attention.head_count", 0)
	if m.layers == 0 || m.dim == 0 || m.heads == 0 {
		return nil, errors.New("reference: the file lacks the sizes of a model")
	}
	m.kvHeads = m.int("attention.head_count_kv", m.heads)
	m.headDim = m.int("attention.key_length", m.dim/m.heads)
	m.vocab = len(m.weights["token_embd.weight"]) / m.dim
	m.experts, m.used = m.int("expert_count", 0), m.int("expert_used_count", 0)
	m.eps = m.float("attention.layer_norm_rms_epsilon", 0)
	m.embedScale, m.residual, m.logitDivisor = 1, 1, 1
	m.attention = 1 / math.Sqrt(float64(m.headDim))
	switch m.arch {
	case "llama", "mistral3":
		m.window = m.int("attention.sliding_window", 0)
	case "qwen2", "qwen3":
		m.halves = true
	case "smollm3":
		m.noRoPE = 4
	case "granite":
		m.embedScale = m.float("embedding_scale", 1)
		m.residual = m.float("residual_scale", 1)
		m.attention = m.float("attention.scale", m.attention)
		m.logitDivisor = m.float("logit_scale", 1)
		if turns, err := m.meta.Bool("granite.rope.scaling.finetuned"); err == nil && !turns {
			m.noRoPE = 1
		}
	default:
		return nil, fmt.Errorf("reference: architecture %q is not covered", m.arch)
	}
	m.setRoPE()
	m.k, m.v = make([][][]float64, m.layers), make([][][]float64, m.layers)
	return m, nil
}

// setRoPE works out the angles (Su et al. 2021, section 3.2.2), with the scalings of Chen et al. 2023 and, for YaRN, of
// Peng et al. 2023, section 3.
func (m *Model) setRoPE() {
	dims := m.int("rope.dimension_count", m.headDim)
	base := m.float("rope.freq_base", 10000)
	factor := m.float("rope.scaling.factor", m.float("rope.scale_linear", 1))
	kind, err := m.meta.String(m.arch + ".rope.scaling.type")
	if err != nil {
		kind = "linear"
	}
	if factor == 0 || kind == "none" {
		factor = 1
	}
	m.magnitude = m.float("rope.scaling.attn_factor", 1)
	m.turn = make([]float64, dims/2)
	for i := range m.turn {
		m.turn[i] = math.Pow(base, -2*float64(i)/float64(dims))
		if f := m.weights["rope_freqs.weight"]; f != nil {
			m.turn[i] /= float64(f[i])
		}
	}
	if kind != "yarn" {
		for i := range m.turn {
			m.turn[i] /= factor
		}
		return
	}
	// The pair that turns n times within the original context, as a real number.
	context := float64(m.int("rope.scaling.original_context_length", m.int("context_length", 0)))
	pair := func(n float64) float64 {
		return float64(dims) * math.Log(context/(n*2*math.Pi)) / (2 * math.Log(base))
	}
	low := max(0, math.Floor(pair(m.float("rope.scaling.yarn_beta_fast", 32))))
	high := min(float64(dims-1), math.Ceil(pair(m.float("rope.scaling.yarn_beta_slow", 1))))
	for i := range m.turn {
		keep := 1 - min(1, max(0, (float64(i)-low)/max(0.001, high-low)))
		m.turn[i] = m.turn[i]/factor*(1-keep) + m.turn[i]*keep
	}
	grow := func(by float64) float64 { return 1 + 0.1*by*math.Log(max(1, factor)) }
	m.magnitude *= grow(1)
	if by := m.float("rope.scaling.yarn_log_multiplier", 0); by != 0 {
		m.magnitude /= grow(by)
	}
}

// Feed appends tokens to the sequence and returns the logits after each: (len(tokens), vocab).
func (m *Model) Feed(tokens ...int32) [][]float64 {
	logits := make([][]float64, len(tokens))
	for i, t := range tokens {
		logits[i] = m.step(int(t))
	}
	return logits
}

func (m *Model) step(token int) []float64 {
	x := widen(m.weights["token_embd.weight"][token*m.dim:][:m.dim])
	scale(x, m.embedScale)
	for l := range m.layers {
		blk := fmt.Sprintf("blk.%d.", l)

		h := m.norm(x, blk+"attn_norm")
		q, k, v := m.linear(h, blk+"attn_q"), m.linear(h, blk+"attn_k"), m.linear(h, blk+"attn_v")
		m.eachHead(q, func(head []float64) { m.prepare(head, l, blk+"attn_q_norm") })
		m.eachHead(k, func(head []float64) { m.prepare(head, l, blk+"attn_k_norm") })
		m.k[l], m.v[l] = append(m.k[l], k), append(m.v[l], v)
		h = m.linear(m.attend(q, l), blk+"attn_output")
		scale(h, m.residual)
		add(x, h)

		h = m.norm(x, blk+"ffn_norm")
		if m.experts > 0 {
			h = m.mixture(h, blk)
		} else {
			gate, up := m.linear(h, blk+"ffn_gate"), m.linear(h, blk+"ffn_up")
			h = m.linear(glu(gate, up), blk+"ffn_down")
		}
		scale(h, m.residual)
		add(x, h)
	}
	x = m.norm(x, "output_norm")
	var logits []float64
	if m.weights["output.weight"] != nil {
		logits = m.linear(x, "output")
	} else {
		logits = matmul(m.weights["token_embd.weight"], x)
	}
	scale(logits, 1/m.logitDivisor)
	return logits
}

// prepare normalises a head where the layer has weights for that, and turns it by the position of the newest token.
func (m *Model) prepare(head []float64, layer int, norm string) {
	if m.weights[norm+".weight"] != nil {
		copy(head, m.norm(head, norm))
	}
	if m.noRoPE > 0 && (layer+1)%m.noRoPE == 0 {
		return
	}
	position := float64(len(m.k[layer]))
	for i, f := range m.turn {
		a, b := 2*i, 2*i+1
		if m.halves {
			a, b = i, i+len(m.turn)
		}
		sin, cos := math.Sincos(position * f)
		head[a], head[b] = m.magnitude*(head[a]*cos-head[b]*sin), m.magnitude*(head[a]*sin+head[b]*cos)
	}
}

// attend is softmax(scale q kᵀ) v over the newest token's window, head by head.
func (m *Model) attend(q []float64, layer int) []float64 {
	keys, values := m.k[layer], m.v[layer]
	first := 0
	if m.window > 0 {
		first = max(0, len(keys)-m.window)
	}
	out := make([]float64, len(q))
	for h := range m.heads {
		at := h / (m.heads / m.kvHeads) * m.headDim // of the head's key and value
		query, sum := q[h*m.headDim:][:m.headDim], out[h*m.headDim:][:m.headDim]
		scores := make([]float64, len(keys)-first)
		for i := range scores {
			for j, x := range keys[first+i][at:][:m.headDim] {
				scores[i] += query[j] * x
			}
			scores[i] *= m.attention
		}
		for i, p := range softmax(scores) {
			for j, x := range values[first+i][at:][:m.headDim] {
				sum[j] += p * x
			}
		}
	}
	return out
}

// mixture is the weighted sum of the experts with the largest gates (Jiang et al. 2024, section 2.1).
func (m *Model) mixture(x []float64, blk string) []float64 {
	gates := softmax(matmul(m.weights[blk+"ffn_gate_inp.weight"], x))
	best := make([]int, m.experts)
	for i := range best {
		best[i] = i
	}
	sort.SliceStable(best, func(i, j int) bool { return gates[best[i]] > gates[best[j]] })
	best = best[:m.used]
	total := 0.0
	for _, e := range best {
		total += gates[e]
	}
	expert := func(name string, e int) []float32 {
		all := m.weights[blk+name+".weight"]
		n := len(all) / m.experts
		return all[e*n:][:n]
	}
	out := make([]float64, len(x))
	for _, e := range best {
		y := matmul(expert("ffn_down_exps", e), glu(matmul(expert("ffn_gate_exps", e), x), matmul(expert("ffn_up_exps", e), x)))
		scale(y, gates[e]/total)
		add(out, y)
	}
	return out
}

func (m *Model) linear(x []float64, name string) []float64 {
	y := matmul(m.weights[name+".weight"], x)
	if b := m.weights[name+".bias"]; b != nil {
		add(y, widen(b))
	}
	return y
}

// norm is RMSNorm (Zhang and Sennrich 2019).
func (m *Model) norm(x []float64, name string) []float64 {
	square := 0.0
	for _, v := range x {
		square += v * v
	}
	y := widen(m.weights[name+".weight"])
	for i := range y {
		y[i] *= x[i] / math.Sqrt(square/float64(len(x))+m.eps)
	}
	return y
}

func (m *Model) eachHead(x []float64, f func([]float64)) {
	for i := 0; i < len(x); i += m.headDim {
		f(x[i:][:m.headDim])
	}
}

func (m *Model) int(key string, other int) int {
	if n, err := m.meta.Uint(m.arch + "." + key); err == nil {
		return int(n)
	}
	return other
}

func (m *Model) float(key string, other float64) float64 {
	if x, err := m.meta.Float(m.arch + "." + key); err == nil {
		return x
	}
	return other
}

func matmul(w []float32, x []float64) []float64 {
	y := make([]float64, len(w)/len(x))
	for i := range y {
		for j, v := range w[i*len(x):][:len(x)] {
			y[i] += float64(v) * x[j]
		}
	}
	return y
}

func glu(gate, up []float64) []float64 {
	y := make([]float64, len(up))
	for i, z := range gate {
		y[i] = z / (1 + math.Exp(-z)) * up[i]
	}
	return y
}

func softmax(x []float64) []float64 {
	top := math.Inf(-1)
	for _, v := range x {
		top = max(top, v)
	}
	y, sum := make([]float64, len(x)), 0.0
	for i, v := range x {
		y[i] = math.Exp(v - top)
		sum += y[i]
	}
	scale(y, 1/sum)
	return y
}

func scale(x []float64, a float64) {
	for i := range x {
		x[i] *= a
	}
}

func add(x, y []float64) {
	for i := range x {
		x[i] += y[i]
	}
}

func widen(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}
