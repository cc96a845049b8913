package model

// Llama is the architecture of Llama 1 to 3, of the Mistral and Mixtral models and of the many that share their files'
// name: neighbouring pairs in RoPE, with frequency factors where the file has them, experts where it counts some, and a
// sliding window (Jiang et al. 2023, section 2) where it names one.
func Llama() Architecture {
	return Architecture{
		Names: []string{"llama", "mistral3"},
		New: func(meta Metadata, w Weights, o Options) (Model, error) {
			return newDecoder(meta, w, o, func(r *reader, m *decoder) {
				m.window = r.intOr("attention.sliding_window", 0, 0, maxContext)
				if t := r.atLeastZero("attention.temperature_scale", 0); t != 0 {
					r.fault("attention.temperature_scale", "is %g, queries scaled by their position are not supported", t)
				}
			})
		},
	}
}
