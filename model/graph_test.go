package model

import (
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/longrun-ai/longrun/graph"
	"github.com/longrun-ai/longrun/kvcache"
	"github.com/longrun-ai/longrun/tensor"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// The graph of each family, with what its files may hold beside the necessary.
func TestGraphs(t *testing.T) {
	normed := map[string]tensor.Shape{}
	biased := map[string]tensor.Shape{"rope_freqs.weight": tensor.Dims(1)}
	mixed := map[string]tensor.Shape{}
	for _, blk := range []string{"blk.0.", "blk.1."} {
		normed[blk+"attn_q_norm.weight"], normed[blk+"attn_k_norm.weight"] = tensor.Dims(2), tensor.Dims(2)
		biased[blk+"attn_q.bias"], biased[blk+"ffn_down.bias"] = tensor.Dims(8), tensor.Dims(8)
		mixed[blk+"ffn_gate_inp.weight"] = tensor.Dims(4, 8)
		mixed[blk+"ffn_gate_exps.weight"], mixed[blk+"ffn_up_exps.weight"] = tensor.Dims(4, 24, 8), tensor.Dims(4, 24, 8)
		mixed[blk+"ffn_down_exps.weight"] = tensor.Dims(4, 8, 24)
	}
	var plain []string
	for _, blk := range []string{"blk.0.", "blk.1."} {
		plain = append(plain, blk+"ffn_gate.weight", blk+"ffn_up.weight", blk+"ffn_down.weight")
	}
	for _, tt := range []struct {
		name string
		arch Architecture
		meta fake
		w    Weights
	}{
		{"llama", Llama(), metadata("llama").with(fake{
			"llama.attention.sliding_window": uint64(5), "llama.rope.scaling.type": "linear", "llama.rope.scaling.factor": 4.0,
		}), weights(biased)},
		{"mixtral", Llama(), metadata("llama").with(fake{"llama.expert_count": uint64(4), "llama.expert_used_count": uint64(2)}), weights(mixed).without(plain...)},
		{"yarn", Llama(), metadata("mistral3").with(fake{
			"mistral3.rope.scaling.type": "yarn", "mistral3.rope.scaling.factor": 4.0,
			"mistral3.rope.scaling.original_context_length": uint64(16), "mistral3.rope.scaling.yarn_log_multiplier": 1.0,
		}), weights(nil)},
		{"qwen2", Qwen2(), metadata("qwen2"), weights(biased).without("output.weight", "rope_freqs.weight")},
		{"qwen3", Qwen3(), metadata("qwen3"), weights(normed)},
		{"smollm3", SmolLM3(), metadata("smollm3"), weights(nil)},
		{"granite", Granite(), metadata("granite").with(fake{
			"granite.embedding_scale": 1.5, "granite.residual_scale": 0.5, "granite.attention.scale": 0.25, "granite.logit_scale": 4.0,
		}), weights(nil)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, err := tt.arch.New(tt.meta, tt.w, Options{})
			if err != nil {
				t.Fatal(err)
			}
			g := graph.New(3)
			g.Output(m.Build(g, Inputs{Tokens: g.Tokens()}).Logits)
			if err := g.Err(); err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", tt.name+".txt")
			if *update {
				if err := os.WriteFile(golden, []byte(g.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if want, err := os.ReadFile(golden); err != nil || g.String() != string(want) {
				t.Errorf("graph differs from %s (error %v); go test -update accepts it:\n%s", golden, err, g)
			}
		})
	}
}

func TestConfig(t *testing.T) {
	m, err := Llama().New(metadata("llama").with(fake{"llama.attention.head_count_kv": []int64{2, 1}}), weights(map[string]tensor.Shape{
		"blk.1.attn_k.weight": tensor.Dims(2, 8), "blk.1.attn_v.weight": tensor.Dims(2, 8),
	}), Options{Context: 100})
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		Arch: "llama", Name: "small", Layers: 2, Vocab: 32, Dim: 8, Heads: 4, KVHeads: 2, HeadDim: 2, Context: 100, Trained: 64,
		Cache: []kvcache.Layer{{Heads: 2, HeadDim: 2}, {Heads: 1, HeadDim: 2}},
	}
	if got := m.Config(); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}
