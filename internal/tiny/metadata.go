package tiny

import (
	"fmt"
	"slices"

	"github.com/longrun-ai/longrun/loader/gguf"
)

// metadata is what a file of this shape says about itself.
func metadata(s Shape) []gguf.KV {
	context, base := s.Context, s.RoPEBase
	if context == 0 {
		context = 4096
	}
	if base == 0 {
		base = 10000
	}
	kvs := []gguf.KV{
		{Key: "general.architecture", Value: s.Arch},
		{Key: "general.name", Value: "made up"},
	}
	set := func(key string, value any) { kvs = append(kvs, gguf.KV{Key: key, Value: value}) }
	number := func(key string, n int) { set(s.Arch+"."+key, uint32(n)) }
	number("vocab_size", s.Vocab)
	number("context_length", context)
	number("embedding_length", s.Dim)
	number("block_count", s.Layers)
	number("feed_forward_length", s.Hidden)
	number("attention.head_count", s.Heads)
	number("attention.head_count_kv", s.KVHeads)
	number("attention.key_length", s.HeadDim)
	number("attention.value_length", s.HeadDim)
	number("rope.dimension_count", s.HeadDim)
	set(s.Arch+".rope.freq_base", base)
	set(s.Arch+".attention.layer_norm_rms_epsilon", float32(1e-5))
	if s.Experts > 0 {
		number("expert_count", s.Experts)
		number("expert_used_count", s.Used)
	}
	if s.Vocab >= fixedTokens {
		kvs = append(kvs, vocabulary(s.Vocab)...)
	}
	for _, kv := range s.Meta {
		if i := slices.IndexFunc(kvs, func(x gguf.KV) bool { return x.Key == kv.Key }); i >= 0 {
			kvs[i] = kv
		} else {
			kvs = append(kvs, kv)
		}
	}
	return kvs
}

// fixedTokens are unknown, begin, end and the bytes.
const fixedTokens = 3 + 256

// vocabulary is a SentencePiece vocabulary of n tokens: all bytes, then words that are numbers.
func vocabulary(n int) []gguf.KV {
	tokens, scores, types := make([]string, n), make([]float32, n), make([]int32, n)
	const normal, unknown, control, single = 1, 2, 3, 6 // as in SentencePiece's sentencepiece_model.proto
	for i := range tokens {
		switch {
		case i == 0:
			tokens[i], types[i] = "<unk>", unknown
		case i < 3:
			tokens[i], types[i] = [...]string{"<s>", "</s>"}[i-1], control
		case i < fixedTokens:
			tokens[i], types[i] = fmt.Sprintf("<0x%02X>", i-3), single
		default:
			tokens[i], types[i] = fmt.Sprintf("\u2581%d", i), normal
			scores[i] = float32(-i)
		}
	}
	return []gguf.KV{
		{Key: "tokenizer.ggml.model", Value: "llama"},
		{Key: "tokenizer.ggml.tokens", Value: tokens},
		{Key: "tokenizer.ggml.scores", Value: scores},
		{Key: "tokenizer.ggml.token_type", Value: types},
		{Key: "tokenizer.ggml.bos_token_id", Value: uint32(1)},
		{Key: "tokenizer.ggml.eos_token_id", Value: uint32(2)},
		{Key: "tokenizer.ggml.unknown_token_id", Value: uint32(0)},
		{Key: "tokenizer.ggml.add_bos_token", Value: true},
	}
}
