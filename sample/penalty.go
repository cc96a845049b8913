package sample

import (
	"math"
	"slices"
)

// window returns the last n tokens accepted; -1 means all.
func (s *Sampler) window(n int) []int32 {
	if n < 0 || n > len(s.past) {
		n = len(s.past)
	}
	return s.past[len(s.past)-n:]
}

// adjust replaces the logit of each token whose count in at (vocab) is not 0, wherever the logits are kept now.
func (s *Sampler) adjust(at []int32, f func(n int32, logit float32) float32) {
	if s.isDense {
		for i, n := range at {
			if n != 0 {
				s.dense[i] = f(n, s.dense[i])
			}
		}
		return
	}
	for i := range s.cand {
		if n := at[s.cand[i].id]; n != 0 {
			s.cand[i].logit = f(n, s.cand[i].logit)
			s.sorted = 0
		}
	}
}

// penaltiesStep makes tokens among the last lastN less likely: by a factor, once, and for each time they occur.
func penaltiesStep(lastN int, repeat, frequency, presence float64) step {
	if repeat == 0 {
		repeat = 1 // the zero value of Params
	}
	if lastN == 0 || repeat == 1 && frequency == 0 && presence == 0 {
		return nil
	}
	r, f, p := float32(repeat), float32(frequency), float32(presence)
	penalise := func(n int32, l float32) float32 {
		if l <= 0 {
			l *= r
		} else {
			l /= r
		}
		return l - float32(n)*f - p
	}
	return func(s *Sampler) {
		if s.counts == nil {
			s.counts = make([]int32, s.vocab)
		}
		past := s.window(lastN)
		for _, t := range past {
			if t >= 0 && int(t) < s.vocab {
				s.counts[t]++
			}
		}
		if len(past) > 0 {
			s.adjust(s.counts, penalise)
		}
		for _, t := range past {
			if t >= 0 && int(t) < s.vocab {
				s.counts[t] = 0
			}
		}
	}
}

// dryStep penalises tokens that would go on with a repeat: a token that followed an earlier copy of the last n tokens,
// n at least allowed, loses multiplier * base^(n-allowed). A breaker in the text bounds the repeats that reach over it.
func dryStep(multiplier, base float64, allowed, lastN int, breakers [][]int32) step {
	if multiplier == 0 || base < 1 || lastN == 0 {
		return nil
	}
	longest := math.MaxInt32
	if base > 1.000001 {
		longest = int(math.Log(math.MaxFloat32) / math.Log(base)) // beyond it base^n is no float32
	}
	penalise := func(n int32, l float32) float32 {
		over := min(int(n)-1-allowed, longest) // adjust keeps 0 for tokens without a repeat, so lengths are stored plus 1
		return l - float32(multiplier)*float32(math.Pow(base, float64(over)))
	}
	return func(s *Sampler) {
		past := s.window(lastN)
		n := len(past)
		if n <= allowed {
			return
		}
		limit := repeatLimit(past, breakers)
		if limit < allowed {
			return
		}
		if s.repeats == nil {
			s.repeats = make([]int32, s.vocab)
		}
		s.matches = suffixMatches(past, slices.Grow(s.matches[:0], n)[:n])
		for k := 1; k < n; k++ {
			if m := min(int(s.matches[k]), limit); m >= allowed {
				if t := past[n-k]; t >= 0 && int(t) < s.vocab {
					s.repeats[t] = max(s.repeats[t], int32(m)+1)
				}
			}
		}
		s.adjust(s.repeats, penalise)
		for _, t := range past {
			if t >= 0 && int(t) < s.vocab {
				s.repeats[t] = 0
			}
		}
	}
}

// repeatLimit is how many tokens lie after the last breaker, which is the longest repeat that counts.
func repeatLimit(past []int32, breakers [][]int32) int {
	n := len(past)
	for i := n - 1; i >= 0; i-- {
		found := -1
		for _, b := range breakers {
			if len(b) > found && len(b) > 0 && len(b) <= n-i && slices.Equal(past[i:i+len(b)], b) {
				found = len(b)
			}
		}
		if found > 0 {
			return n - i - found
		}
	}
	return n
}

// suffixMatches sets z[k] to how many tokens before position n-k equal the last ones of past: the Z function (Gusfield
// 1997, section 1.4) of the reversed text, in linear time.
func suffixMatches(past, z []int32) []int32 {
	n := len(past)
	at := func(i int) int32 { return past[n-1-i] }
	z[0] = int32(n)
	for k, l, r := 1, 0, 0; k < n; k++ {
		m := 0
		if k < r {
			m = min(r-k, int(z[k-l]))
		}
		for k+m < n && at(m) == at(k+m) {
			m++
		}
		z[k] = int32(m)
		if k+m > r {
			l, r = k, k+m
		}
	}
	return z
}
