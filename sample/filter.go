package sample

import (
	"cmp"
	"math"
	"slices"
)

// topKStep keeps the k likeliest.
func topKStep(k int) step {
	if k <= 0 {
		return nil
	}
	return func(s *Sampler) {
		n := max(k, s.minKeep, 1)
		switch {
		case s.isDense && n < s.vocab/4:
			s.selectTop(n)
		default:
			s.candidates()
			s.sortTop(n)
			s.cand = s.cand[:min(n, len(s.cand))]
		}
	}
}

// topPStep keeps the fewest tokens whose probabilities reach p (Holtzman et al. 2019, section 3.1).
func topPStep(p float64) step {
	if p >= 1 {
		return nil
	}
	return func(s *Sampler) {
		s.candidates()
		s.softmax()
		sum := 0.0
		for i := range s.cand {
			if i >= s.sorted {
				s.sortTop(max(128, 2*s.sorted))
			}
			if sum += s.cand[i].p; sum >= p && i+1 >= s.minKeep {
				s.cand = s.cand[:i+1]
				s.sorted = i + 1
				return
			}
		}
	}
}

// minPStep keeps tokens at least p times as likely as the likeliest (Nguyen et al. 2024, section 3).
func minPStep(p float64) step {
	if p <= 0 {
		return nil
	}
	return func(s *Sampler) {
		s.candidates()
		top := s.cand[0].logit
		for _, c := range s.cand {
			top = max(top, c.logit)
		}
		least := top + float32(math.Log(p))
		kept := 0
		for _, c := range s.cand {
			if c.logit >= least {
				kept++
			}
		}
		if kept < s.minKeep {
			s.sortTop(s.minKeep)
			s.cand = s.cand[:min(s.minKeep, len(s.cand))]
			return
		}
		sorted := s.sorted
		s.cand = slices.DeleteFunc(s.cand, func(c candidate) bool { return c.logit < least })
		s.sorted = min(sorted, kept) // the sorted ones come first, and those dropped are its tail
	}
}

// typicalStep keeps the tokens whose surprise is nearest the entropy until they hold probability p (Meister et al. 2022,
// section 4).
func typicalStep(p float64) step {
	if p >= 1 {
		return nil
	}
	return func(s *Sampler) {
		s.candidates()
		s.softmax()
		entropy := entropy(s.cand)
		off := func(c candidate) float64 { return math.Abs(-math.Log(c.p) - entropy) }
		slices.SortFunc(s.cand, func(a, b candidate) int {
			if d := cmp.Compare(off(a), off(b)); d != 0 {
				return d
			}
			return before(a, b)
		})
		s.sorted = 0
		sum := 0.0
		for i, c := range s.cand {
			if sum += c.p; sum > p && i+1 >= s.minKeep {
				s.cand = s.cand[:i+1]
				return
			}
		}
	}
}

// topNSigmaStep keeps logits within n standard deviations of the largest (Tang et al. 2024, section 3).
func topNSigmaStep(n float64) step {
	if n <= 0 {
		return nil
	}
	return func(s *Sampler) {
		s.candidates()
		top := math.Inf(-1)
		sum, count := 0.0, 0
		for _, c := range s.cand {
			if l := float64(c.logit); !math.IsInf(l, -1) {
				top = max(top, l)
				sum += l
				count++
			}
		}
		if count <= 1 {
			return
		}
		mean, square := sum/float64(count), 0.0
		for _, c := range s.cand {
			if l := float64(c.logit); !math.IsInf(l, -1) {
				square += (l - mean) * (l - mean)
			}
		}
		least := float32(top - n*math.Sqrt(square/float64(count)))
		sorted := s.sorted
		s.cand = slices.DeleteFunc(s.cand, func(c candidate) bool { return c.logit < least })
		s.sorted = min(sorted, len(s.cand))
	}
}

// xtcStep removes, with the given probability, every token at least as likely as threshold but the least of them.
func xtcStep(probability, threshold float64) step {
	if probability <= 0 || threshold > 0.5 {
		return nil
	}
	return func(s *Sampler) {
		s.candidates()
		if len(s.cand) < 2 || s.rng.Float64() > probability {
			return
		}
		s.softmax()
		// A probability of at least threshold can be held by 1/threshold tokens; sort no more when they are fewer.
		above := 0
		for above < len(s.cand) {
			if above >= s.sorted {
				s.sortTop(max(64, 2*s.sorted))
			}
			if s.cand[above].p < threshold {
				break
			}
			above++
		}
		if drop := above - 1; drop > 0 && len(s.cand)-drop >= s.minKeep {
			// Moving the survivors down keeps the buffer's capacity for the next token.
			s.cand = append(s.cand[:0], s.cand[drop:]...)
			s.sorted -= drop
		}
	}
}

// temperatureStep divides the logits by t; with a span of d > 0, by a temperature in [t-d, t+d] that grows with the
// entropy to the given exponent. At 0 or less only the likeliest token stays.
func temperatureStep(t, d, exponent float64) step {
	if d <= 0 {
		return func(s *Sampler) { s.scale(t) }
	}
	return func(s *Sampler) {
		s.candidates()
		if len(s.cand) <= 1 {
			return
		}
		s.softmax()
		share := entropy(s.cand) / math.Log(float64(len(s.cand)))
		low, high := max(0, t-d), t+d
		s.scale(low + (high-low)*math.Pow(share, exponent))
	}
}

// scale divides what is left by t.
func (s *Sampler) scale(t float64) {
	if t <= 0 {
		s.candidates()
		s.sortTop(1)
		s.cand = s.cand[:1]
		s.sorted = 1
		return
	}
	if s.isDense {
		for i := range s.dense {
			s.dense[i] /= float32(t)
		}
		return
	}
	for i := range s.cand {
		s.cand[i].logit /= float32(t)
	}
}

// entropy is that of the current probabilities, in nats.
func entropy(c []candidate) float64 {
	h := 0.0
	for _, c := range c {
		if c.p > 0 {
			h -= c.p * math.Log(c.p)
		}
	}
	return h
}
