package modeltest

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/longrun-ai/longrun/asm"
	"github.com/longrun-ai/longrun/internal/kit"
	"github.com/longrun-ai/longrun/internal/reference"
	"github.com/longrun-ai/longrun/internal/tiny"
	"github.com/longrun-ai/longrun/loader/gguf"
	"github.com/longrun-ai/longrun/tensor"
)

// What the kit has no golden for, against package reference, over more tokens than two pages of the cache hold.
func TestAgreesWithReference(t *testing.T) {
	small := tiny.Shape{Vocab: 260, Dim: 64, Layers: 2, Hidden: 96, Heads: 4, KVHeads: 2}
	with := func(change func(*tiny.Shape)) tiny.Shape {
		s := small
		change(&s)
		return s
	}
	meta := func(kvs ...any) (list []gguf.KV) {
		for pair := range slices.Chunk(kvs, 2) {
			list = append(list, gguf.KV{Key: pair[0].(string), Value: pair[1]})
		}
		return list
	}
	for name, s := range map[string]tiny.Shape{
		"plain": small,
		"tied":  with(func(s *tiny.Shape) { s.Tied = true }),
		"biases": with(func(s *tiny.Shape) {
			s.Biases = []string{"attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"}
		}),
		"window":         with(func(s *tiny.Shape) { s.Meta = meta("llama.attention.sliding_window", uint32(20)) }),
		"window of page": with(func(s *tiny.Shape) { s.Meta = meta("llama.attention.sliding_window", uint32(64)) }),
		"window of one":  with(func(s *tiny.Shape) { s.Meta = meta("llama.attention.sliding_window", uint32(1)) }),
		"linear":         with(func(s *tiny.Shape) { s.Meta = meta("llama.rope.scaling.factor", float32(3)) }),
		"linear, old":    with(func(s *tiny.Shape) { s.Meta = meta("llama.rope.scale_linear", float32(3)) }),
		"none": with(func(s *tiny.Shape) {
			s.Meta = meta("llama.rope.scaling.type", "none", "llama.rope.scaling.factor", float32(3))
		}),
		"factors and linear": with(func(s *tiny.Shape) {
			s.Factors, s.RoPEBase, s.Meta = 8, 500000, meta("llama.rope.scaling.factor", float32(2))
		}),
		"partial rope": with(func(s *tiny.Shape) { s.Meta = meta("llama.rope.dimension_count", uint32(8)) }),
		"yarn": with(func(s *tiny.Shape) {
			s.Meta = meta("llama.rope.scaling.type", "yarn", "llama.rope.scaling.factor", float32(4), "llama.rope.scaling.original_context_length", uint32(40),
				"llama.rope.scaling.attn_factor", float32(1.25), "llama.rope.scaling.yarn_beta_fast", float32(16), "llama.rope.scaling.yarn_beta_slow", float32(2))
		}),
		"yarn, mistral3": with(func(s *tiny.Shape) {
			s.Arch = "mistral3"
			s.Meta = meta("mistral3.rope.scaling.type", "yarn", "mistral3.rope.scaling.factor", float32(4), "mistral3.rope.scaling.original_context_length", uint32(40),
				"mistral3.rope.scaling.yarn_log_multiplier", float32(0.5))
		}),
		"wide heads":  with(func(s *tiny.Shape) { s.HeadDim = 40 }),
		"one KV head": with(func(s *tiny.Shape) { s.KVHeads = 1 }),
		"experts":     with(func(s *tiny.Shape) { s.Experts, s.Used = 6, 3 }),
		"all experts": with(func(s *tiny.Shape) { s.Experts, s.Used = 3, 3 }),
		"qwen2": with(func(s *tiny.Shape) {
			s.Arch, s.Biases = "qwen2", []string{"attn_q", "attn_k", "attn_v"}
		}),
		"qwen3":   with(func(s *tiny.Shape) { s.Arch, s.HeadDim = "qwen3", 24 }),
		"smollm3": with(func(s *tiny.Shape) { s.Arch, s.Layers = "smollm3", 5 }),
		"granite": with(func(s *tiny.Shape) {
			s.Arch = "granite"
			s.Meta = meta("granite.embedding_scale", float32(12), "granite.residual_scale", float32(0.22), "granite.attention.scale", float32(0.015), "granite.logit_scale", float32(8))
		}),
		"granite without RoPE": with(func(s *tiny.Shape) {
			s.Arch, s.Meta = "granite", meta("granite.rope.scaling.finetuned", false)
		}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			image, err := tiny.Image(s, tensor.F32, 7)
			if err != nil {
				t.Fatal(err)
			}
			f := open(t, image)
			ref, err := reference.Open(f)
			if err != nil {
				t.Fatal(err)
			}
			draw := rand.New(rand.NewPCG(1, 0))
			tokens := make([]int32, 150)
			for i := range tokens {
				tokens[i] = draw.Int32N(int32(s.Vocab))
			}
			var want []float32
			for _, row := range ref.Feed(tokens...) {
				for _, x := range row {
					want = append(want, float32(x))
				}
			}
			m := bind(t, f)
			for _, k := range asm.Tiers() {
				// Sums of at most 150 float32s, each off by 2^-24 and mostly at random: 1e-12 in three layers.
				r := newRunner(t, m, k.Tier, 2, tensor.F32)
				for _, size := range []int{150, 32} {
					if n := kit.NMSE(r.prompt(t, tokens, size), want); !(n <= 1e-10) {
						t.Errorf("%s, %d at a time: NMSE %.3g, want at most 1e-10", k.Tier, size, n)
					}
				}
			}
		})
	}
}
