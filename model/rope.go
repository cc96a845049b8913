package model

import (
	"math"

	"github.com/longrun-ai/longrun/graph"
)

// readRoPE reads the rotary embedding with its scaling: linear by a factor (Chen et al. 2023), or YaRN. Pairs are
// neighbours, as in the llama files that GGUF's converters make; a family that wants halves says so. headDim is 0 where the
// size of a head could not be read.
func readRoPE(r *reader, headDim, trained int) graph.RoPEAttr {
	a := graph.RoPEAttr{HeadDim: headDim, Base: float32(r.positive("rope.freq_base", 10000)), Scale: 1}
	a.Dims = r.intOr("rope.dimension_count", headDim, 2, maxHeadDim)
	if headDim > 0 && (a.Dims%2 != 0 || a.Dims > headDim) {
		r.fault("rope.dimension_count", "is %d, want an even number of at most %d, the size of a head", a.Dims, headDim)
	}

	factor := r.atLeastZero("rope.scale_linear", 1) // the key of older files
	if r.has("rope.scaling.factor") {
		factor = r.atLeastZero("rope.scaling.factor", 1)
	}
	if factor == 0 { // writes "no scaling" in some files
		factor = 1
	}
	magnitude := r.positive("rope.scaling.attn_factor", 1)
	switch kind := r.string("rope.scaling.type", "linear"); kind {
	case "none":
	case "linear":
		a.Scale = float32(1 / factor)
	case "yarn":
		a.Scale = float32(1 / factor)
		a.YaRN.Ext = float32(r.atLeastZero("rope.scaling.yarn_ext_factor", 1))
		a.YaRN.BetaFast = float32(r.positive("rope.scaling.yarn_beta_fast", 32))
		a.YaRN.BetaSlow = float32(r.positive("rope.scaling.yarn_beta_slow", 1))
		a.YaRN.Context = r.intOr("rope.scaling.original_context_length", trained, 1, maxContext)
		if a.YaRN.Ext != 0 {
			magnitude *= temperature(factor, 1)
			if m := r.atLeastZero("rope.scaling.yarn_log_multiplier", 0); m != 0 {
				magnitude /= temperature(factor, m)
			}
		}
	default:
		r.fault("rope.scaling.type", "%.64q is not supported, want none, linear or yarn", kind)
	}
	if magnitude != 1 || a.YaRN.Ext != 0 {
		a.YaRN.Magnitude = float32(magnitude)
	}
	return a
}

// temperature is sqrt(1/t) of Peng et al. 2023, equation 15, with its 0.1 multiplied by m.
func temperature(factor, m float64) float64 {
	return 1 + 0.1*m*math.Log(max(factor, 1))
}
