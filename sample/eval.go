package sample

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

// A Case is one sampler, or a chain of them, applied to given logits: the form in which samplers are compared between
// programs. Which settings count depends on Sampler.
type Case struct {
	Sampler string              `json:"sampler"`
	Chain   [][]json.RawMessage `json:"chain"` // of ["name", settings...]

	K           int          `json:"k"`
	P           float64      `json:"p"`
	N           float64      `json:"n"`
	T           float64      `json:"t"`
	Delta       float64      `json:"delta"`
	Exponent    float64      `json:"exponent"`
	Probability float64      `json:"probability"`
	Threshold   float64      `json:"threshold"`
	LastN       int          `json:"last_n"`
	Repeat      float64      `json:"repeat"`
	Frequency   float64      `json:"frequency"`
	Presence    float64      `json:"presence"`
	Multiplier  float64      `json:"multiplier"`
	Base        float64      `json:"base"`
	Allowed     int          `json:"allowed_length"`
	Breakers    [][]int32    `json:"breakers"`
	Bias        [][]*float64 `json:"bias"` // of [token, value]; null is -Inf

	Logits     []*float32 `json:"logits"` // null is -Inf
	LastTokens []int32    `json:"last_tokens"`
}

// EvalJSON applies one Case in JSON and returns {"ids":[...],"probs":[...]}: the survivors by falling probability, then
// by id, and the softmax over them.
func EvalJSON(line []byte) ([]byte, error) {
	var c Case
	if err := json.Unmarshal(line, &c); err != nil {
		return nil, fmt.Errorf("sample: a case in JSON: %w", err)
	}
	d, err := c.Dist()
	if err != nil {
		return nil, err
	}
	return json.Marshal(struct {
		IDs   []int32   `json:"ids"`
		Probs []float64 `json:"probs"`
	}{d.IDs, d.Probs})
}

// Dist returns the density that the case's sampler leaves.
func (c *Case) Dist() (Dist, error) {
	logits := make([]float32, len(c.Logits))
	for i, l := range c.Logits {
		logits[i] = float32(math.Inf(-1))
		if l != nil {
			logits[i] = *l
		}
	}
	if len(logits) == 0 {
		return Dist{}, errors.New("sample: a case without logits")
	}
	s := newSampler(len(logits), 1, 0)
	if err := c.build(s); err != nil {
		return Dist{}, err
	}
	for _, t := range c.LastTokens {
		s.Accept(t)
	}
	if err := s.apply(logits); err != nil {
		return Dist{}, err
	}
	return s.dist(), nil
}

// build gives s the chain of c.
func (c *Case) build(s *Sampler) error {
	switch c.Sampler {
	case "logit_bias":
		for _, b := range c.Bias {
			if len(b) != 2 || b[0] == nil || *b[0] < 0 || *b[0] >= float64(s.vocab) {
				return fmt.Errorf("sample: bias wants pairs of a token below %d and a value", s.vocab)
			}
			by := float32(math.Inf(-1))
			if b[1] != nil {
				by = float32(*b[1])
			}
			s.bias = append(s.bias, biased{int32(*b[0]), by})
		}
		return nil
	case "chain":
		for _, link := range c.Chain {
			if err := chainLink(s, link); err != nil {
				return err
			}
		}
		return nil
	}
	return c.step(s)
}

// chainLink appends one ["name", settings...] of a chain.
func chainLink(s *Sampler, link []json.RawMessage) error {
	if len(link) == 0 {
		return errors.New("sample: an empty link in a chain")
	}
	var l Case
	if err := json.Unmarshal(link[0], &l.Sampler); err != nil {
		return fmt.Errorf("sample: the name of a link: %w", err)
	}
	settings := map[string][]any{
		"top_k": {&l.K}, "top_p": {&l.P}, "min_p": {&l.P}, "typical": {&l.P}, "temp": {&l.T}, "top_n_sigma": {&l.N},
		"temp_ext":  {&l.T, &l.Delta, &l.Exponent},
		"xtc":       {&l.Probability, &l.Threshold},
		"penalties": {&l.LastN, &l.Repeat, &l.Frequency, &l.Presence},
		"dry":       {&l.Multiplier, &l.Base, &l.Allowed, &l.LastN, &l.Breakers},
	}[l.Sampler]
	for i, raw := range link[1:] {
		if i >= len(settings) {
			return fmt.Errorf("sample: %q takes %d settings", l.Sampler, len(settings))
		}
		if err := json.Unmarshal(raw, settings[i]); err != nil {
			return fmt.Errorf("sample: setting %d of %q: %w", i+1, l.Sampler, err)
		}
	}
	return l.step(s)
}

// step appends the one sampler that c names, after the checks Params would make of the same settings.
func (c *Case) step(s *Sampler) error {
	p := Params{
		Temperature: c.T, DynatempRange: c.Delta, DynatempExponent: c.Exponent, TopNSigma: c.N,
		XTCProbability: c.Probability, XTCThreshold: c.Threshold,
		RepeatPenalty: c.Repeat, RepeatLastN: max(c.LastN, -1), FrequencyPenalty: c.Frequency, PresencePenalty: c.Presence,
		DRYMultiplier: c.Multiplier, DRYBase: c.Base, DRYAllowedLength: c.Allowed,
	}
	if err := p.Validate(); err != nil {
		return err
	}
	switch c.Sampler {
	case "top_k":
		s.add(topKStep(c.K))
	case "top_p":
		s.add(topPStep(c.P))
	case "min_p":
		s.add(minPStep(c.P))
	case "typical":
		s.add(typicalStep(c.P))
	case "top_n_sigma":
		s.add(topNSigmaStep(c.N))
	case "temp":
		s.add(temperatureStep(c.T, 0, 1))
	case "temp_ext":
		s.add(temperatureStep(c.T, c.Delta, c.Exponent))
	case "xtc":
		s.add(xtcStep(c.Probability, c.Threshold))
	case "penalties":
		s.add(penaltiesStep(p.RepeatLastN, c.Repeat, c.Frequency, c.Presence))
	case "dry":
		s.add(dryStep(c.Multiplier, c.Base, c.Allowed, p.RepeatLastN, c.Breakers))
	default:
		return fmt.Errorf("sample: no sampler is named %q", c.Sampler)
	}
	return nil
}
