package model

// SmolLM3 is Llama without RoPE in every fourth layer (Yang et al. 2025, "RoPE to NoPE and back again", section 3).
func SmolLM3() Architecture {
	return Architecture{
		Names: []string{"smollm3"},
		New: func(meta Metadata, w Weights, o Options) (Model, error) {
			return newDecoder(meta, w, o, func(r *reader, m *decoder) { m.noRoPE = 4 })
		},
	}
}
