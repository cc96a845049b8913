package sample

import "math"

// mirostat steers the surprise of the text towards tau bits a token (Basu et al. 2020): version 1 estimates the exponent
// of a Zipf law (algorithm 1), version 2 cuts at a surprise directly.
type mirostat struct {
	version  int
	tau, eta float64
	mu       float64 // the largest surprise allowed, bits
}

// filter leaves the tokens mirostat allows, sorted, with current probabilities.
func (m *mirostat) filter(s *Sampler) {
	s.candidates()
	s.softmax()
	n := 1
	if m.version == 1 {
		const head = 100 // tokens that the exponent is fitted to
		s.sortTop(head)
		n = m.keep(s.cand[:min(head, len(s.cand))], s.vocab)
		s.sortTop(n)
	} else {
		for ; n < len(s.cand); n++ {
			s.sortTop(max(128, 2*n) &^ 127)
			if -math.Log2(s.cand[n].p) > m.mu {
				break
			}
		}
		s.sortTop(n)
	}
	s.cand = s.cand[:min(n, len(s.cand))]
	s.sorted = len(s.cand)
	s.softmax()
}

// keep is version 1's count of tokens: k = (e 2^mu / (1 - N^-e))^(1/z), with z the exponent of the sorted head and
// e = z - 1.
func (m *mirostat) keep(head []candidate, vocab int) int {
	tb, tt := 0.0, 0.0
	for i := 0; i+1 < len(head) && head[i+1].p > 0; i++ {
		t := math.Log(float64(i+2) / float64(i+1))
		tb += t * math.Log(head[i].p/head[i+1].p)
		tt += t * t
	}
	if tt == 0 {
		return 1
	}
	z := tb / tt
	e := z - 1
	k := math.Pow(e*math.Exp2(m.mu)/(1-math.Pow(float64(vocab), -e)), 1/z)
	if math.IsNaN(k) {
		return 1
	}
	return int(min(max(k, 1), float64(vocab)))
}

// draw filters, draws, and moves mu by how far the surprise was from tau.
func (m *mirostat) draw(s *Sampler) int32 {
	m.filter(s)
	c := s.cand[s.draw()]
	m.mu -= m.eta * (-math.Log2(c.p) - m.tau)
	return c.id
}
