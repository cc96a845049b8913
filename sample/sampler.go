package sample

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// ErrNoToken says that the logits leave nothing to choose: all of them are NaN or -Inf, as a broken model file makes them.
var ErrNoToken = errors.New("sample: no token has a finite logit")

// A Sampler draws tokens for one sequence. It is not safe for concurrent use.
type Sampler struct {
	vocab   int
	minKeep int
	greedy  bool
	bias    []biased
	chain   []step
	miro    *mirostat

	pcg  *rand.PCG
	rng  *rand.Rand
	past []int32 // every token accepted, oldest first

	dense   []float32   // (vocab) logits until a filter needs candidates
	cand    []candidate // survivors, once a filter has run
	isDense bool
	sorted  int // cand[:sorted] holds the likeliest, in falling order

	counts  []int32 // (vocab) scratch of the penalties: zero between tokens
	repeats []int32 // (vocab) scratch of dry: zero between tokens
	matches []int32
}

type biased struct {
	id int32
	by float32
}

// A step is one sampler of the chain with its settings bound.
type step func(*Sampler)

// New returns a Sampler for logits of vocab tokens.
func New(p Params, vocab int) (*Sampler, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	s := newSampler(vocab, p.MinKeep, p.Seed)
	s.greedy = p.Temperature <= 0
	for id, by := range p.Bias {
		if int(id) >= vocab {
			return nil, fmt.Errorf("sample: logit_bias names token %d of a vocabulary of %d", id, vocab)
		}
		s.bias = append(s.bias, biased{id, by})
	}
	temperature := temperatureStep(p.Temperature, p.DynatempRange, p.DynatempExponent)
	if p.Mirostat > 0 {
		s.miro = &mirostat{version: p.Mirostat, tau: p.MirostatTau, eta: p.MirostatEta, mu: 2 * p.MirostatTau}
		s.chain = []step{temperature}
		return s, nil
	}
	for _, name := range p.Samplers {
		switch name, _ = canonical(name); name {
		case "penalties":
			s.add(penaltiesStep(p.RepeatLastN, p.RepeatPenalty, p.FrequencyPenalty, p.PresencePenalty))
		case "dry":
			s.add(dryStep(p.DRYMultiplier, p.DRYBase, p.DRYAllowedLength, p.DRYPenaltyLastN, p.DRYBreakers))
		case "top_n_sigma":
			s.add(topNSigmaStep(p.TopNSigma))
		case "top_k":
			s.add(topKStep(p.TopK))
		case "typ_p":
			s.add(typicalStep(p.TypicalP))
		case "top_p":
			s.add(topPStep(p.TopP))
		case "min_p":
			s.add(minPStep(p.MinP))
		case "xtc":
			s.add(xtcStep(p.XTCProbability, p.XTCThreshold))
		case "temperature":
			s.add(temperature)
		}
	}
	return s, nil
}

func newSampler(vocab, minKeep int, seed uint64) *Sampler {
	// The second word only has to be fixed: PCG's streams for neighbouring seeds are unrelated.
	pcg := rand.NewPCG(seed, 0x9e3779b97f4a7c15)
	return &Sampler{
		vocab: vocab, minKeep: minKeep, pcg: pcg, rng: rand.New(pcg),
		past: make([]int32, 0, 4096), dense: make([]float32, vocab), cand: make([]candidate, 0, vocab),
	}
}

// add appends a step; nil is a sampler that its settings turn off.
func (s *Sampler) add(f step) {
	if f != nil {
		s.chain = append(s.chain, f)
	}
}

// Sample applies the chain to logits (vocab), which it leaves as they are, and draws a token. It does not remember the
// token: call Accept when it is kept. Equal logits count as the lower id first.
func (s *Sampler) Sample(logits []float32) (int32, error) {
	if err := s.apply(logits); err != nil {
		return 0, err
	}
	if s.miro != nil {
		return s.miro.draw(s), nil
	}
	if s.greedy {
		return s.best(), nil
	}
	s.candidates()
	s.softmax()
	return s.cand[s.draw()].id, nil
}

// Accept adds token to what the penalties look back upon.
func (s *Sampler) Accept(token int32) { s.past = append(s.past, token) }

// A Dist is a density over tokens: IDs by falling probability, then by id, and the probability of each. Tokens it does
// not list have none.
type Dist struct {
	IDs   []int32
	Probs []float64
}

// Dist returns the whole density that Sample draws from, and moves the random source only where a filter itself throws
// dice. It is empty where Sample reports ErrNoToken.
func (s *Sampler) Dist(logits []float32) Dist {
	if s.apply(logits) != nil {
		return Dist{}
	}
	if s.miro != nil {
		s.miro.filter(s)
	}
	if s.greedy {
		return Dist{IDs: []int32{s.best()}, Probs: []float64{1}}
	}
	return s.dist()
}

func (s *Sampler) dist() Dist {
	s.candidates()
	s.softmax()
	s.sortTop(len(s.cand))
	var d Dist
	for _, c := range s.cand {
		if c.p > 0 {
			d.IDs = append(d.IDs, c.id)
			d.Probs = append(d.Probs, c.p)
		}
	}
	return d
}

// A Mark is a point a Sampler can go back to.
type Mark struct {
	past int
	pcg  rand.PCG
	mu   float64
}

// Mark remembers the tokens accepted so far and the random source.
func (s *Sampler) Mark() Mark {
	m := Mark{past: len(s.past), pcg: *s.pcg}
	if s.miro != nil {
		m.mu = s.miro.mu
	}
	return m
}

// Rewind goes back to m, a Mark of this Sampler with no later Rewind before it.
func (s *Sampler) Rewind(m Mark) {
	s.past = s.past[:m.past]
	*s.pcg = m.pcg
	if s.miro != nil {
		s.miro.mu = m.mu
	}
}

// Clone returns a Sampler that goes on as this one would.
func (s *Sampler) Clone() *Sampler {
	c := newSampler(s.vocab, s.minKeep, 0)
	c.greedy, c.bias, c.chain = s.greedy, s.bias, s.chain
	c.past = append(c.past, s.past...)
	*c.pcg = *s.pcg
	if s.miro != nil {
		m := *s.miro
		c.miro = &m
	}
	return c
}

// apply loads logits and runs the chain. A NaN counts as -Inf; one +Inf, which no softmax survives, is an error.
func (s *Sampler) apply(logits []float32) error {
	if len(logits) != s.vocab {
		return fmt.Errorf("sample: %d logits for a vocabulary of %d", len(logits), s.vocab)
	}
	copy(s.dense, logits)
	s.isDense, s.sorted = true, 0
	for _, b := range s.bias {
		s.dense[b.id] += b.by
	}
	inf := float32(math.Inf(-1))
	top := inf
	for i, l := range s.dense {
		if l != l {
			s.dense[i] = inf
		} else if l > top {
			top = l
		}
	}
	if math.IsInf(float64(top), 0) {
		if top > 0 {
			return fmt.Errorf("sample: the logit of token %d is +Inf", slices.Index(s.dense, top))
		}
		return ErrNoToken
	}
	for _, f := range s.chain {
		f(s)
	}
	return nil
}

// best is the likeliest survivor, the lowest id among equals.
func (s *Sampler) best() int32 {
	if s.isDense {
		at := 0
		for i, l := range s.dense {
			if l > s.dense[at] {
				at = i
			}
		}
		return int32(at)
	}
	best := s.cand[0]
	for _, c := range s.cand[1:] {
		if before(c, best) < 0 {
			best = c
		}
	}
	return best.id
}

// draw picks an index of cand, whose probabilities must be current.
func (s *Sampler) draw() int {
	u := s.rng.Float64()
	last := 0
	for i, c := range s.cand {
		if c.p > 0 {
			last = i
			if u -= c.p; u < 0 {
				return i
			}
		}
	}
	return last // rounding left a crumb of the sum
}
