// Package sample turns logits into tokens: penalties, filters and a seeded draw, chained in an order the caller may
// choose. Names, order, defaults and definitions are those of llama.cpp, so that settings tuned there mean the same here.
package sample

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Params are the settings of one request. Defaults gives what most people want; the zero value is greedy.
type Params struct {
	Seed uint64 `json:"seed"`

	// Samplers is the chain by name, applied left to right after the logit bias: see Chain. Unknown names are an error.
	Samplers []string `json:"samplers"`

	Temperature      float64 `json:"temperature"`       // <= 0 takes the likeliest token
	DynatempRange    float64 `json:"dynatemp_range"`    // temperature moves by this much with the entropy; 0 off
	DynatempExponent float64 `json:"dynatemp_exponent"` // how entropy becomes temperature
	TopK             int     `json:"top_k"`             // <= 0 off
	TopP             float64 `json:"top_p"`             // 1 off
	MinP             float64 `json:"min_p"`             // share of the likeliest token's probability; 0 off
	TypicalP         float64 `json:"typical_p"`         // 1 off
	TopNSigma        float64 `json:"top_n_sigma"`       // standard deviations below the largest logit; <= 0 off
	XTCProbability   float64 `json:"xtc_probability"`   // chance that the likeliest tokens are removed; 0 off
	XTCThreshold     float64 `json:"xtc_threshold"`     // ... those above this probability, all but the last; > 0.5 off

	RepeatPenalty    float64 `json:"repeat_penalty"`    // divides positive logits, multiplies the others; 1 and 0 off
	RepeatLastN      int     `json:"repeat_last_n"`     // tokens looked back upon by the three penalties; 0 off, -1 all
	PresencePenalty  float64 `json:"presence_penalty"`  // once per token seen
	FrequencyPenalty float64 `json:"frequency_penalty"` // per occurrence

	DRYMultiplier    float64   `json:"dry_multiplier"` // 0 off
	DRYBase          float64   `json:"dry_base"`
	DRYAllowedLength int       `json:"dry_allowed_length"` // repeats up to this long are free
	DRYPenaltyLastN  int       `json:"dry_penalty_last_n"` // 0 off, -1 all
	DRYBreakers      [][]int32 `json:"dry_breakers"`       // token sequences that end a repeat

	Mirostat    int     `json:"mirostat"` // 0 off, else version 1 or 2, which replaces the chain but for the temperature
	MirostatTau float64 `json:"mirostat_tau"`
	MirostatEta float64 `json:"mirostat_eta"`

	Bias    map[int32]float32 `json:"logit_bias"` // added to these logits first; -Inf bans a token
	MinKeep int               `json:"min_keep"`   // no filter leaves fewer tokens
}

// Chain lists the names Params.Samplers takes, in their default order.
func Chain() []string {
	return []string{"penalties", "dry", "top_n_sigma", "top_k", "typ_p", "top_p", "min_p", "xtc", "temperature"}
}

// Defaults returns llama.cpp's settings: temperature 0.8 over top-k 40, top-p 0.95 and min-p 0.05, everything else off.
func Defaults() Params {
	return Params{
		Samplers:         Chain(),
		Temperature:      0.8,
		DynatempExponent: 1,
		TopK:             40,
		TopP:             0.95,
		MinP:             0.05,
		TypicalP:         1,
		TopNSigma:        -1,
		XTCThreshold:     0.1,
		RepeatPenalty:    1,
		RepeatLastN:      64,
		DRYBase:          1.75,
		DRYAllowedLength: 2,
		DRYPenaltyLastN:  -1,
		MirostatTau:      5,
		MirostatEta:      0.1,
	}
}

// canonical maps the spellings people use for a sampler to its name in Chain.
func canonical(name string) (string, bool) {
	switch name = strings.ReplaceAll(strings.ToLower(name), "-", "_"); name {
	case "temp":
		return "temperature", true
	case "typical", "typical_p", "typ":
		return "typ_p", true
	case "top_nsigma":
		return "top_n_sigma", true
	case "nucleus":
		return "top_p", true
	}
	return name, slices.Contains(Chain(), name)
}

// Validate reports the first setting that means nothing, by its JSON name.
func (p Params) Validate() error {
	const huge = 1e6 // beyond it a float32 logit loses its fraction
	for _, r := range []struct {
		name     string
		v        float64
		low, top float64
	}{
		{"temperature", p.Temperature, -huge, huge},
		{"dynatemp_range", p.DynatempRange, 0, huge},
		{"dynatemp_exponent", p.DynatempExponent, 0, huge},
		{"top_p", p.TopP, 0, 1},
		{"min_p", p.MinP, 0, 1},
		{"typical_p", p.TypicalP, 0, 1},
		{"top_n_sigma", p.TopNSigma, -huge, huge},
		{"xtc_probability", p.XTCProbability, 0, 1},
		{"xtc_threshold", p.XTCThreshold, 0, 1},
		{"repeat_penalty", p.RepeatPenalty, 0, huge},
		{"presence_penalty", p.PresencePenalty, -huge, huge},
		{"frequency_penalty", p.FrequencyPenalty, -huge, huge},
		{"dry_multiplier", p.DRYMultiplier, 0, huge},
		{"dry_base", p.DRYBase, 0, huge},
		{"mirostat_tau", p.MirostatTau, 0, huge},
		{"mirostat_eta", p.MirostatEta, 0, huge},
	} {
		if !(r.v >= r.low && r.v <= r.top) {
			return fmt.Errorf("sample: %s is %v, want a number from %v to %v", r.name, r.v, r.low, r.top)
		}
	}
	for _, r := range []struct {
		name   string
		v, low int
	}{
		{"repeat_last_n", p.RepeatLastN, -1},
		{"dry_penalty_last_n", p.DRYPenaltyLastN, -1},
		{"dry_allowed_length", p.DRYAllowedLength, 0},
		{"min_keep", p.MinKeep, 0},
	} {
		if r.v < r.low {
			return fmt.Errorf("sample: %s is %d, want %d or more", r.name, r.v, r.low)
		}
	}
	if p.Mirostat < 0 || p.Mirostat > 2 {
		return fmt.Errorf("sample: mirostat is %d, want 0, 1 or 2", p.Mirostat)
	}
	for _, name := range p.Samplers {
		if _, ok := canonical(name); !ok {
			return fmt.Errorf("sample: samplers names %q, want some of %s", name, strings.Join(Chain(), ", "))
		}
	}
	for id, b := range p.Bias {
		if id < 0 || math.IsNaN(float64(b)) || math.IsInf(float64(b), 1) {
			return fmt.Errorf("sample: logit_bias of token %d is %v, want a token's id and a finite number or -Inf", id, b)
		}
	}
	return nil
}
