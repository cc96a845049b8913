package model

// Qwen2 is Llama with biases of queries, keys and values and RoPE over halves (Yang et al. 2024, section 2.2).
func Qwen2() Architecture {
	return Architecture{
		Names: []string{"qwen2"},
		New: func(meta Metadata, w Weights, o Options) (Model, error) {
			return newDecoder(meta, w, o, func(r *reader, m *decoder) { m.halves = true })
		},
	}
}

// Qwen3 is Qwen2 with normalised queries and keys instead of biases (Yang et al. 2025, section 2).
func Qwen3() Architecture {
	return Architecture{
		Names: []string{"qwen3"},
		New: func(meta Metadata, w Weights, o Options) (Model, error) {
			return newDecoder(meta, w, o, func(r *reader, m *decoder) { m.halves, m.qkNorm = true, true })
		},
	}
}
