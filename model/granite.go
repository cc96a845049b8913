package model

// Granite is Llama with four scales (Granite team 2024, section 3.1); its files may turn RoPE off.
func Granite() Architecture {
	return Architecture{
		Names: []string{"granite"},
		New: func(meta Metadata, w Weights, o Options) (Model, error) {
			return newDecoder(meta, w, o, func(r *reader, m *decoder) {
				m.embedScale = float32(r.atLeastZero("embedding_scale", 0))
				m.residualScale = float32(r.atLeastZero("residual_scale", 0))
				m.attendScale = float32(r.atLeastZero("attention.scale", 0))
				if s := r.atLeastZero("logit_scale", 0); s != 0 {
					m.logitScale = float32(1 / s) // the file has the divisor
				}
				if !r.bool("rope.scaling.finetuned", true) {
					m.noRoPE = 1
				}
			})
		},
	}
}
