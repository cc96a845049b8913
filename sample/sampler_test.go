package sample

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func random(n int, seed uint64) []float32 {
	r := rand.New(rand.NewPCG(seed, 1))
	l := make([]float32, n)
	for i := range l {
		l[i] = float32(r.NormFloat64() * 3)
	}
	return l
}

func TestGreedyTakesTheLowestOfEqualIDs(t *testing.T) {
	for _, p := range []Params{{}, func() Params { p := Defaults(); p.Temperature = 0; return p }()} {
		s, err := New(p, 4)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.Sample([]float32{1, 7, 7, 2}); got != 1 || err != nil {
			t.Errorf("got %d, %v, want 1", got, err)
		}
	}
}

func TestSampleFollowsDist(t *testing.T) {
	// With n draws a frequency strays from p by less than 5 sqrt(p(1-p)/n) in all but 6e-7 of seeds.
	const n = 40000
	logits := random(64, 3)
	s, err := New(Defaults(), 64)
	if err != nil {
		t.Fatal(err)
	}
	d := s.Dist(logits)
	got := make([]float64, 64)
	for range n {
		id, err := s.Sample(logits)
		if err != nil {
			t.Fatal(err)
		}
		got[id] += 1. / n
	}
	sum := 0.0
	for i, id := range d.IDs {
		p := d.Probs[i]
		sum += p
		if math.Abs(got[id]-p) > 5*math.Sqrt(p*(1-p)/n) {
			t.Errorf("token %d drawn with %g, want %g", id, got[id], p)
		}
		got[id] = 0
	}
	if math.Abs(sum-1) > 1e-12 {
		t.Errorf("the density sums to %v", sum)
	}
	if i := slices.IndexFunc(got, func(f float64) bool { return f > 0 }); i >= 0 {
		t.Errorf("token %d was drawn, which the density does not list", i)
	}
}

func TestMirostatHoldsTheSurprise(t *testing.T) {
	logits := random(1000, 5)
	s := New1000(t, Params{Mirostat: 2, MirostatTau: 5, MirostatEta: 0.1, Temperature: 1, Seed: 9})
	plain := New1000(t, Params{Temperature: 1}).Dist(logits)
	bits, n := 0.0, 3000
	for range n {
		id, err := s.Sample(logits)
		if err != nil {
			t.Fatal(err)
		}
		bits -= math.Log2(plain.Probs[slices.Index(plain.IDs, id)])
	}
	// The controller moves mu by eta per bit; its time constant is 10 tokens, so 3000 of them average well within 0.5 bits.
	if mean := bits / float64(n); mean < 4.5 || mean > 6.5 {
		t.Errorf("mean surprise %.2f bits, want about 5", mean)
	}
	one := New1000(t, Params{Mirostat: 1, MirostatTau: 5, MirostatEta: 0.1, Temperature: 1})
	if d := one.Dist(logits); len(d.IDs) < 2 || len(d.IDs) >= 1000 {
		t.Errorf("version 1 left %d tokens", len(d.IDs))
	}
}

func New1000(t *testing.T, p Params) *Sampler {
	t.Helper()
	s, err := New(p, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestRewindAndClone(t *testing.T) {
	p := Defaults()
	p.Seed, p.RepeatPenalty, p.DRYMultiplier, p.XTCProbability = 7, 1.2, 0.8, 0.5
	s := New1000(t, p)
	logits := random(1000, 2)
	draw := func(s *Sampler) (ids []int32) {
		for range 50 {
			id, err := s.Sample(logits)
			if err != nil {
				t.Fatal(err)
			}
			s.Accept(id)
			ids = append(ids, id)
		}
		return ids
	}
	draw(s)
	c, m := s.Clone(), s.Mark()
	want := draw(s)
	if got := draw(c); !slices.Equal(got, want) {
		t.Errorf("a clone drew %v, want %v", got, want)
	}
	s.Rewind(m)
	if got := draw(s); !slices.Equal(got, want) {
		t.Errorf("rewound, drew %v, want %v", got, want)
	}
}

func TestSampleRefuses(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	s, err := New(Defaults(), 3)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Sample([]float32{nan, -inf, nan}); !errors.Is(err, ErrNoToken) {
		t.Errorf("got %v, want ErrNoToken", err)
	}
	if _, err := s.Sample([]float32{0, inf, 1}); text(err) != "sample: the logit of token 1 is +Inf" {
		t.Errorf("got %v", err)
	}
	if _, err := s.Sample([]float32{0}); text(err) != "sample: 1 logits for a vocabulary of 3" {
		t.Errorf("got %v", err)
	}
	if id, err := s.Sample([]float32{nan, 1, -inf}); id != 1 || err != nil {
		t.Errorf("got %d, %v, want the one finite logit", id, err)
	}
}

func TestValidate(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		edit func(*Params)
		name string
	}{
		{func(p *Params) { p.Temperature = nan }, "temperature"},
		{func(p *Params) { p.Temperature = 1e9 }, "temperature"},
		{func(p *Params) { p.TopP = 2 }, "top_p"},
		{func(p *Params) { p.MinP = -0.1 }, "min_p"},
		{func(p *Params) { p.RepeatPenalty = -1 }, "repeat_penalty"},
		{func(p *Params) { p.RepeatLastN = -2 }, "repeat_last_n"},
		{func(p *Params) { p.Mirostat = 3 }, "mirostat"},
		{func(p *Params) { p.Samplers = []string{"top_q"} }, "samplers"},
		{func(p *Params) { p.Bias = map[int32]float32{1: float32(nan)} }, "logit_bias"},
	} {
		p := Defaults()
		c.edit(&p)
		if err := p.Validate(); err == nil || !strings.HasPrefix(err.Error(), "sample: "+c.name) {
			t.Errorf("got %v, want a fault in %s", err, c.name)
		}
	}
	if err := Defaults().Validate(); err != nil {
		t.Errorf("the defaults: %v", err)
	}
}

func TestPartialSortIsSort(t *testing.T) {
	for _, n := range []int{1, 2, 3, 40, 1000} {
		logits := random(n, uint64(n))
		for i := range logits {
			logits[i] = float32(math.Round(float64(logits[i]))) // many equal ones
		}
		for _, k := range []int{1, 2, n / 5, n / 2, n} {
			if k < 1 || k > n {
				continue
			}
			s := newSampler(n, 0, 0)
			want := newSampler(n, 0, 0)
			for _, s := range []*Sampler{s, want} {
				if err := s.apply(logits); err != nil {
					t.Fatal(err)
				}
			}
			want.candidates()
			slices.SortFunc(want.cand, before)
			s.selectTop(k)
			if !slices.Equal(s.cand, want.cand[:k]) {
				t.Errorf("n=%d: selectTop(%d) differs from sorting", n, k)
			}
			s.isDense = true
			s.candidates()
			s.sortTop(k/2 + 1)
			s.sortTop(k)
			if !slices.Equal(s.cand[:k], want.cand[:k]) {
				t.Errorf("n=%d: sortTop(%d) differs from sorting", n, k)
			}
		}
	}
}

func TestSampleDoesNotAllocate(t *testing.T) {
	p := Defaults()
	p.RepeatPenalty, p.DRYMultiplier, p.XTCProbability = 1.1, 0.8, 0.5
	s := New1000(t, p)
	logits := random(1000, 1)
	if n := testing.AllocsPerRun(100, func() {
		id, _ := s.Sample(logits)
		s.Accept(id)
	}); n != 0 {
		t.Errorf("%v allocations a token", n)
	}
}

func BenchmarkSample(b *testing.B) {
	logits := random(128256, 1)
	for name, edit := range map[string]func(*Params){
		"default": func(*Params) {},
		"greedy":  func(p *Params) { p.Temperature = 0; p.Samplers = nil },
		"top_p":   func(p *Params) { p.TopK = 0 },
	} {
		b.Run(name+"/128256", func(b *testing.B) {
			p := Defaults()
			edit(&p)
			s, err := New(p, len(logits))
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := s.Sample(logits); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
