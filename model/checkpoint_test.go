package model

import (
	"fmt"
	"maps"
	"math"
	"testing"

	"github.com/longrun-ai/longrun/tensor"
)

// fake is metadata in a map: uint64, float64, bool, string, []int64, []float64, []string.
type fake map[string]any

func get[T any](f fake, key, want string) (T, error) {
	v, ok := f[key].(T)
	if !ok {
		return v, fmt.Errorf("fake: %q is %T, want %s", key, f[key], want)
	}
	return v, nil
}

func (f fake) Has(key string) bool                  { _, ok := f[key]; return ok }
func (f fake) String(key string) (string, error)    { return get[string](f, key, "a string") }
func (f fake) Bool(key string) (bool, error)        { return get[bool](f, key, "a bool") }
func (f fake) Uint(key string) (uint64, error)      { return get[uint64](f, key, "an integer") }
func (f fake) Float(key string) (float64, error)    { return get[float64](f, key, "a number") }
func (f fake) Strings(key string) ([]string, error) { return get[[]string](f, key, "strings") }
func (f fake) Ints(key string) ([]int64, error)     { return get[[]int64](f, key, "integers") }
func (f fake) Floats(key string) ([]float64, error) { return get[[]float64](f, key, "numbers") }
func (f fake) with(more fake) fake                  { g := maps.Clone(f); maps.Copy(g, more); return g }

// metadata is that of a model of two layers: four heads of two elements, two KV heads, 32 tokens.
func metadata(arch string) fake {
	return fake{
		"general.architecture":                     arch,
		"general.name":                             "small",
		arch + ".block_count":                      uint64(2),
		arch + ".context_length":                   uint64(64),
		arch + ".embedding_length":                 uint64(8),
		arch + ".feed_forward_length":              uint64(24),
		arch + ".attention.head_count":             uint64(4),
		arch + ".attention.head_count_kv":          uint64(2),
		arch + ".attention.layer_norm_rms_epsilon": 1e-5,
		"tokenizer.ggml.tokens":                    words(32),
	}
}

func words(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprint(i)
	}
	return list
}

// weights spells out the tensors of that model, so as not to share Bind's reading of the tags.
func weights(more map[string]tensor.Shape) Weights {
	w := Weights{}
	add := func(name string, s tensor.Shape) { w[name] = tensor.Tensor{Name: name, Shape: s} }
	for name, s := range map[string]tensor.Shape{
		"token_embd": tensor.Dims(32, 8), "output_norm": tensor.Dims(8), "output": tensor.Dims(32, 8),
	} {
		add(name+".weight", s)
	}
	for i := range 2 {
		for name, s := range map[string]tensor.Shape{
			"attn_norm": tensor.Dims(8), "attn_q": tensor.Dims(8, 8), "attn_k": tensor.Dims(4, 8), "attn_v": tensor.Dims(4, 8),
			"attn_output": tensor.Dims(8, 8), "ffn_norm": tensor.Dims(8),
			"ffn_gate": tensor.Dims(24, 8), "ffn_up": tensor.Dims(24, 8), "ffn_down": tensor.Dims(8, 24),
		} {
			add(fmt.Sprintf("blk.%d.%s.weight", i, name), s)
		}
	}
	for name, s := range more {
		add(name, s)
	}
	return w
}

func (w Weights) without(names ...string) Weights {
	w = maps.Clone(w)
	for _, name := range names {
		delete(w, name)
	}
	return w
}

func (w Weights) with(t tensor.Tensor) Weights {
	w = maps.Clone(w)
	w[t.Name] = t
	return w
}

// What a file says is wrong ends as one sentence that names the key or tensor, and nothing else.
func TestNewRefuses(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, tt := range []struct {
		name string
		meta fake
		w    Weights // nil: those of the model
		want string
	}{
		{"no layers", fake{"llama.block_count": uint64(0)}, nil, `model: metadata "llama.block_count": is 0, want 1 to 4096`},
		{"layers without end", fake{"llama.block_count": uint64(1 << 31)}, nil, `model: metadata "llama.block_count": is 2147483648, want 1 to 4096`},
		{"layers as text", fake{"llama.block_count": "2"}, nil, `fake: "llama.block_count" is string, want an integer`},
		{"no heads", fake{"llama.attention.head_count": uint64(0), "llama.attention.head_count_kv": uint64(1)}, nil, `model: metadata "llama.attention.head_count": is 0, want 1 to 16384`},
		{"heads that do not divide", fake{"llama.attention.head_count": uint64(6)}, nil, `model: metadata "llama.embedding_length": is 8, want a multiple of 6, the number of heads`},
		{"more KV heads than heads", fake{"llama.attention.head_count_kv": uint64(8)}, nil, `model: metadata "llama.attention.head_count_kv": is 8, want a divisor of 4, the number of heads`},
		{"KV heads that do not divide", fake{"llama.attention.head_count_kv": uint64(3)}, nil, `model: metadata "llama.attention.head_count_kv": is 3, want a divisor of 4, the number of heads`},
		{"no KV heads", fake{"llama.attention.head_count_kv": uint64(0)}, nil, `model: metadata "llama.attention.head_count_kv": is 0, want 1 to 16384`},
		{"heads for three of two layers", fake{"llama.attention.head_count": []int64{4, 4, 4}}, nil, `model: metadata "llama.attention.head_count": has 3 elements, want one for each of 2 layers`},
		{"a layer without heads", fake{"llama.attention.head_count": []int64{4, -1}, "llama.attention.head_count_kv": uint64(1)}, nil, `model: metadata "llama.attention.head_count": element 1 is -1, want 1 to 16384`},
		{"values unlike keys", fake{"llama.attention.value_length": uint64(4)}, nil, `model: metadata "llama.attention.value_length": is 4, want 2, the length of keys`},
		{"odd RoPE", fake{"llama.rope.dimension_count": uint64(3), "llama.attention.key_length": uint64(4), "llama.attention.value_length": uint64(4)}, nil, `model: metadata "llama.rope.dimension_count": is 3, want an even number of at most 4, the size of a head`},
		{"RoPE beyond the head", fake{"llama.rope.dimension_count": uint64(4)}, nil, `model: metadata "llama.rope.dimension_count": is 4, want an even number of at most 2, the size of a head`},
		{"theta 0", fake{"llama.rope.freq_base": 0.0}, nil, `model: metadata "llama.rope.freq_base": is 0, want a positive finite number`},
		{"theta NaN", fake{"llama.rope.freq_base": nan}, nil, `model: metadata "llama.rope.freq_base": is NaN, want a positive finite number`},
		{"theta infinite", fake{"llama.rope.freq_base": inf}, nil, `model: metadata "llama.rope.freq_base": is +Inf, want a positive finite number`},
		{"negative epsilon", fake{"llama.attention.layer_norm_rms_epsilon": -1e-5}, nil, `model: metadata "llama.attention.layer_norm_rms_epsilon": is -1e-05, want a positive finite number`},
		{"RoPE scaled by NaN", fake{"llama.rope.scaling.factor": nan}, nil, `model: metadata "llama.rope.scaling.factor": is NaN, want a positive finite number`},
		{"unknown scaling", fake{"llama.rope.scaling.type": "bent"}, nil, `model: metadata "llama.rope.scaling.type": "bent" is not supported, want none, linear or yarn`},
		{"fewer tokens than rows", fake{"tokenizer.ggml.tokens": words(31)}, nil, `model: metadata "tokenizer.ggml.tokens": has 31 elements, want 32 as the embedding has rows`},
		{"a token twice", fake{"tokenizer.ggml.tokens": append(words(31), "7")}, nil, `model: metadata "tokenizer.ggml.tokens": element 31 is "7", as element 7 is`},
		{"vocabulary of another size", fake{"llama.vocab_size": uint64(33)}, nil, `model: metadata "llama.vocab_size": is 33, want 32, the number of tokens`},
		{"end beyond the vocabulary", fake{"tokenizer.ggml.eos_token_id": uint64(32)}, nil, `model: metadata "tokenizer.ggml.eos_token_id": is 32, want a token below 32`},
		{"fewer scores than tokens", fake{"tokenizer.ggml.scores": make([]float64, 5)}, nil, `model: metadata "tokenizer.ggml.scores": has 5 elements, want 32, the number of tokens`},
		{"fewer types than tokens", fake{"tokenizer.ggml.token_type": make([]int64, 5)}, nil, `model: metadata "tokenizer.ggml.token_type": has 5 elements, want 32, the number of tokens`},
		{"more experts used than there are", fake{"llama.expert_count": uint64(4), "llama.expert_used_count": uint64(5)}, nil, `model: metadata "llama.expert_used_count": is 5, want 1 to 4`},
		{"scaled queries", fake{"llama.attention.temperature_scale": 0.1}, nil, `model: metadata "llama.attention.temperature_scale": is 0.1, queries scaled by their position are not supported`},

		{"missing tensor", nil, weights(nil).without("blk.1.attn_k.weight"), `model: tensors "blk.1.attn_k.weight": missing, want (4, 8)`},
		{"wrong shape", nil, weights(map[string]tensor.Shape{"blk.0.ffn_up.weight": tensor.Dims(8, 24)}), `model: tensors "blk.0.ffn_up.weight": is (8, 24), want (24, 8)`},
		{"matrix of integers", nil, weights(nil).with(tensor.Tensor{Name: "output.weight", Type: tensor.I32, Shape: tensor.Dims(32, 8)}), `model: tensors "output.weight": is of type I32, which is not supported`},
		{"norm in half precision", nil, weights(nil).with(tensor.Tensor{Name: "output_norm.weight", Type: tensor.F16, Shape: tensor.Dims(8)}), `model: tensors "output_norm.weight": is of type F16, want F32`},
		{"a tensor too many", nil, weights(map[string]tensor.Shape{"blk.0.attn_q_norm.weight": tensor.Dims(2)}), `model: tensors "blk.0.attn_q_norm.weight": this architecture has no such tensor`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := tt.w
			if w == nil {
				w = weights(nil)
			}
			_, err := Llama().New(metadata("llama").with(tt.meta), w, Options{})
			if err == nil || err.Error() != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

// A file with many faults is told all of them at once, and one in which nothing fits is told so in bounds.
func TestNewReportsEveryFault(t *testing.T) {
	w := weights(nil).without("output_norm.weight", "blk.1.attn_k.weight")
	w["blk.0.ffn_up.weight"] = tensor.Tensor{Shape: tensor.Dims(8, 24)}
	const want = `model: tensors "blk.0.ffn_up.weight": is (8, 24), want (24, 8)
model: tensors "blk.1.attn_k.weight": missing, want (4, 8)
model: tensors "output_norm.weight": missing, want (1, 8)`
	if _, err := Llama().New(metadata("llama"), w, Options{}); err == nil || err.Error() != want {
		t.Errorf("got:\n%v\nwant:\n%s", err, want)
	}
	_, err := Llama().New(metadata("llama").with(fake{"llama.block_count": uint64(4096)}), weights(nil), Options{})
	if err == nil || len(err.Error()) > 4000 {
		t.Errorf("a report of %d bytes", len(fmt.Sprint(err)))
	}
}

func TestFind(t *testing.T) {
	archs := []Architecture{Qwen2(), Llama(), Granite()}
	if a, err := Find(archs, "llama"); err != nil || a.Names[0] != "llama" {
		t.Errorf("got %v, %v", a.Names, err)
	}
	for name, want := range map[string]string{
		"":      `model: metadata "general.architecture": missing, want one of granite, llama, mistral3, qwen2`,
		"gpt-9": `model: metadata "general.architecture": "gpt-9" is not supported, want one of granite, llama, mistral3, qwen2`,
	} {
		if _, err := Find(archs, name); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

// Whatever a key holds, New answers or refuses.
func FuzzNew(f *testing.F) {
	var keys []string
	for key := range metadata("llama") {
		keys = append(keys, key)
	}
	keys = append(keys, "llama.attention.key_length", "llama.attention.value_length", "llama.rope.dimension_count", "llama.rope.freq_base",
		"llama.rope.scaling.type", "llama.rope.scaling.factor", "llama.rope.scaling.original_context_length", "llama.expert_count",
		"llama.expert_used_count", "llama.vocab_size", "llama.attention.sliding_window", "tokenizer.ggml.eos_token_id")
	for i := range keys {
		f.Add(uint8(i), uint64(1)<<i, float64(i), "yarn", uint8(i))
	}
	f.Fuzz(func(t *testing.T, key uint8, n uint64, x float64, s string, kind uint8) {
		values := []any{n, x, s, n%2 == 0, []int64{int64(n), int64(key)}, make([]string, n%64), []float64{x}}
		_, _ = Llama().New(metadata("llama").with(fake{keys[int(key)%len(keys)]: values[int(kind)%len(values)]}), weights(nil), Options{})
	})
}
