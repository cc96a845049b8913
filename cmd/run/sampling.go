package main

import (
	"errors"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/longrun-ai/longrun"
)

// samplingFlags are llama.cpp's names for longrun.Sampling.
type samplingFlags struct {
	s        longrun.Sampling
	seed     int64
	samplers string
	breakers list
	bias     list
}

// A list is a flag that may be given several times.
type list []string

func (l *list) String() string     { return fmt.Sprint([]string(*l)) }
func (l *list) Set(v string) error { *l = append(*l, v); return nil }

func (f *samplingFlags) register(fs *flag.FlagSet) {
	f.s = longrun.DefaultSampling()
	s, d := &f.s, longrun.DefaultSampling()
	both(fs.Int64Var, &f.seed, -1, "`number` that random draws start from; -1: another one each time", "s", "seed")
	both(fs.StringVar, &f.samplers, strings.Join(d.Samplers, ";"), "`names` of the samplers, in order", "samplers")
	both(fs.Float64Var, &s.Temperature, d.Temperature, "`temperature`; 0 takes the likeliest token", "temp", "temperature")
	fs.Float64Var(&s.DynatempRange, "dynatemp-range", d.DynatempRange, "`range` of the temperature around --temp; 0: off")
	fs.Float64Var(&s.DynatempExponent, "dynatemp-exp", d.DynatempExponent, "`exponent` of the dynamic temperature")
	fs.IntVar(&s.TopK, "top-k", d.TopK, "keep this `number` of tokens; 0: all")
	fs.Float64Var(&s.TopP, "top-p", d.TopP, "keep tokens up to this `probability` together; 1: all")
	fs.Float64Var(&s.MinP, "min-p", d.MinP, "keep tokens of at least this `share` of the likeliest; 0: all")
	both(fs.Float64Var, &s.TypicalP, d.TypicalP, "locally typical sampling up to this `probability`; 1: off", "typical", "typical-p")
	both(fs.Float64Var, &s.TopNSigma, d.TopNSigma, "keep logits within this `number` of deviations of the largest; -1: off", "top-nsigma", "top-n-sigma")
	fs.Float64Var(&s.XTCProbability, "xtc-probability", d.XTCProbability, "`chance` of removing all likely tokens but one; 0: off")
	fs.Float64Var(&s.XTCThreshold, "xtc-threshold", d.XTCThreshold, "`probability` from which a token is likely for XTC")
	fs.IntVar(&s.RepeatLastN, "repeat-last-n", d.RepeatLastN, "`tokens` the penalties look back upon; 0: off, -1: all")
	fs.Float64Var(&s.RepeatPenalty, "repeat-penalty", d.RepeatPenalty, "`factor` against repeated tokens; 1: off")
	fs.Float64Var(&s.PresencePenalty, "presence-penalty", d.PresencePenalty, "`amount` off the logits of tokens that occurred; 0: off")
	fs.Float64Var(&s.FrequencyPenalty, "frequency-penalty", d.FrequencyPenalty, "`amount` off for each occurrence; 0: off")
	fs.Float64Var(&s.DRYMultiplier, "dry-multiplier", d.DRYMultiplier, "`factor` of the DRY penalty; 0: off")
	fs.Float64Var(&s.DRYBase, "dry-base", d.DRYBase, "`base` of the DRY penalty")
	fs.IntVar(&s.DRYAllowedLength, "dry-allowed-length", d.DRYAllowedLength, "repeats of up to so many `tokens` are free")
	fs.IntVar(&s.DRYPenaltyLastN, "dry-penalty-last-n", d.DRYPenaltyLastN, "`tokens` DRY looks back upon; 0: off, -1: all")
	fs.Var(&f.breakers, "dry-sequence-breaker", "`text` that ends a repeat; may be given several times; none for no breaker")
	fs.IntVar(&s.Mirostat, "mirostat", d.Mirostat, "`version` of Mirostat, 1 or 2; 0: off")
	fs.Float64Var(&s.MirostatTau, "mirostat-ent", d.MirostatTau, "target `entropy` of Mirostat")
	fs.Float64Var(&s.MirostatEta, "mirostat-lr", d.MirostatEta, "learning `rate` of Mirostat")
	for _, name := range []string{"l", "logit-bias"} {
		fs.Var(&f.bias, name, "`ID+BIAS` or ID-BIAS: add to a token's logit; may be given several times")
	}
}

// check says what is wrong with the settings, before a model is loaded for them.
func (f *samplingFlags) check() error {
	s, err := f.sampling(func(string) []int32 { return nil })
	if err == nil {
		err = s.Validate()
	}
	if err != nil && !errors.Is(err, errUsage) {
		err = fmt.Errorf("%w: %w", err, errUsage)
	}
	return err
}

// sampling returns the settings; the texts in them are tokenized by encode.
func (f *samplingFlags) sampling(encode func(text string) []int32) (longrun.Sampling, error) {
	s := f.s
	s.Samplers = strings.FieldsFunc(f.samplers, func(r rune) bool { return r == ';' || r == ',' })
	if s.Seed = uint64(f.seed); f.seed < 0 {
		s.Seed = uint64(rand.Uint32())
	}
	breakers := f.breakers
	s.DRYBreakers = nil
	if breakers == nil {
		breakers = list{"\n", ":", "\"", "*"} // llama.cpp's
	}
	for _, b := range breakers {
		if ids := encode(b); b != "none" && len(ids) > 0 {
			s.DRYBreakers = append(s.DRYBreakers, ids)
		}
	}
	for _, b := range f.bias {
		id, bias, err := parseBias(b)
		if err != nil {
			return s, err
		}
		if s.Bias == nil {
			s.Bias = map[int32]float32{}
		}
		s.Bias[id] = bias
	}
	return s, nil
}

// parseBias reads 15043+1.5, 15043-1 or 15043-inf.
func parseBias(text string) (id int32, bias float32, err error) {
	at := strings.IndexAny(text, "+-")
	if at <= 0 {
		return 0, 0, fmt.Errorf("--logit-bias %s: want a token id, + or -, and a number: %w", text, errUsage)
	}
	n, err1 := strconv.ParseInt(text[:at], 10, 32)
	v, err2 := strconv.ParseFloat(text[at:], 32)
	if err1 != nil || err2 != nil || math.IsNaN(v) || n < 0 {
		return 0, 0, fmt.Errorf("--logit-bias %s: want a token id, + or -, and a number: %w", text, errUsage)
	}
	return int32(n), float32(v), nil
}
