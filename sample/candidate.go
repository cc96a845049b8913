package sample

import (
	"math"
	"slices"
)

// A candidate is a token that may still be drawn. p is current only after softmax.
type candidate struct {
	id    int32
	logit float32
	p     float64
}

// before orders candidates: larger logit first, then lower id.
func before(a, b candidate) int {
	switch {
	case a.logit > b.logit:
		return -1
	case a.logit < b.logit:
		return 1
	}
	return int(a.id) - int(b.id)
}

// candidates moves the dense logits into cand, where filters can drop some.
func (s *Sampler) candidates() {
	if !s.isDense {
		return
	}
	s.cand = s.cand[:s.vocab]
	for i, l := range s.dense {
		s.cand[i] = candidate{id: int32(i), logit: l}
	}
	s.isDense, s.sorted = false, 0
}

// selectTop moves the k likeliest of the dense logits into cand, sorted: one pass with a heap of k whose root is the
// least of them, so that nearly every logit of a large vocabulary costs one comparison.
func (s *Sampler) selectTop(k int) {
	h := s.cand[:0]
	for i, l := range s.dense[:k] {
		h = append(h, candidate{id: int32(i), logit: l})
	}
	for i := k/2 - 1; i >= 0; i-- {
		sink(h, i)
	}
	for i, l := range s.dense[k:] {
		if l > h[0].logit { // an equal logit has a higher id than all seen
			h[0] = candidate{id: int32(k + i), logit: l}
			sink(h, 0)
		}
	}
	slices.SortFunc(h, before)
	s.cand, s.isDense, s.sorted = h, false, k
}

// sink restores the heap below i: a parent is never before its children.
func sink(h []candidate, i int) {
	for {
		least := i
		for _, c := range [2]int{2*i + 1, 2*i + 2} {
			if c < len(h) && before(h[c], h[least]) > 0 {
				least = c
			}
		}
		if least == i {
			return
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
}

// sortTop makes cand[:n] the n likeliest in falling order. Filters that stop early ask for a little at a time: sorting
// 128 Ki candidates costs a hundred times what finding their first few does.
func (s *Sampler) sortTop(n int) {
	n = min(n, len(s.cand))
	if n <= s.sorted {
		return
	}
	rest := s.cand[s.sorted:]
	partition(rest, n-s.sorted)
	slices.SortFunc(rest[:n-s.sorted], before)
	s.sorted = n
}

// partition moves the k first by order to the front, in any order (Hoare's selection, median of three).
func partition(c []candidate, k int) {
	lo, hi := 0, len(c)-1
	for lo < hi && k > lo && k <= hi {
		a, m, b := c[lo], c[lo+(hi-lo)/2], c[hi]
		if before(m, a) < 0 {
			a, m = m, a
		}
		if before(b, m) < 0 {
			m = b
			if before(m, a) < 0 {
				m = a
			}
		}
		i, j := lo, hi
		for i <= j {
			for before(c[i], m) < 0 {
				i++
			}
			for before(m, c[j]) < 0 {
				j--
			}
			if i <= j {
				c[i], c[j] = c[j], c[i]
				i++
				j--
			}
		}
		switch {
		case k <= j:
			hi = j
		case k >= i:
			lo = i
		default:
			return
		}
	}
}

// softmax sets every p from the logits.
func (s *Sampler) softmax() {
	top := float32(math.Inf(-1))
	for _, c := range s.cand {
		top = max(top, c.logit)
	}
	sum := 0.0
	for i := range s.cand {
		c := &s.cand[i]
		c.p = math.Exp(float64(c.logit) - float64(top))
		sum += c.p
	}
	for i := range s.cand {
		s.cand[i].p /= sum
	}
}
