package cpu

import (
	"math"

	"github.com/longrun-ai/longrun/backend"
	"github.com/longrun-ai/longrun/graph"
)

// rotary is the cosines and sines of a step's positions, made once for all RoPE nodes that turn by the same angles.
type rotary struct {
	rowsStep
	pairs     int
	angles    []float64 // of each pair at position 1
	magnitude float64
	cos, sin  []float32 // (width, pairs)
	pos       []int32
}

type rotaryKey struct {
	attr    graph.RoPEAttr
	factors graph.Value
}

func newRotary(base rowsStep, width int, a graph.RoPEAttr, factors []float32) *rotary {
	n := a.Dims / 2
	t := &rotary{rowsStep: base, pairs: n, magnitude: 1, cos: make([]float32, width*n), sin: make([]float32, width*n)}
	t.angles = frequencies(a, factors)
	if a.YaRN.Magnitude != 0 {
		t.magnitude = float64(a.YaRN.Magnitude)
	}
	return t
}

// frequencies are the angles of each pair at position 1.
func frequencies(a graph.RoPEAttr, factors []float32) []float64 {
	f := make([]float64, a.Dims/2)
	low, high := corrections(a)
	for i := range f {
		extrap := math.Pow(float64(a.Base), -2*float64(i)/float64(a.Dims))
		if factors != nil {
			extrap /= float64(factors[i])
		}
		f[i] = extrap * float64(a.Scale)
		if a.YaRN.Ext != 0 {
			ramp := min(1, max(0, (float64(i)-low)/max(0.001, high-low)))
			mix := (1 - ramp) * float64(a.YaRN.Ext)
			f[i] = f[i]*(1-mix) + extrap*mix
		}
	}
	return f
}

// corrections are the pairs between which YaRN mixes (Peng et al. 2023, section 3.2): pair i turns b times within
// Context positions where b = Context Base^(-2i/Dims) / 2π.
func corrections(a graph.RoPEAttr) (low, high float64) {
	if a.YaRN.Ext == 0 {
		return 0, 0
	}
	pair := func(turns float32) float64 {
		return float64(a.Dims) * math.Log(float64(a.YaRN.Context)/(float64(turns)*2*math.Pi)) / (2 * math.Log(float64(a.Base)))
	}
	return max(0, math.Floor(pair(a.YaRN.BetaFast))), min(float64(a.Dims-1), math.Ceil(pair(a.YaRN.BetaSlow)))
}

func (t *rotary) prepare(f *backend.Frame) (int, error) {
	t.pos = f.Pos
	return t.split(f, 32*t.pairs), nil
}

func (t *rotary) chunk(_, i int) {
	for r, hi := t.rows(i); r < hi; r++ {
		cos, sin := t.cos[r*t.pairs:][:t.pairs], t.sin[r*t.pairs:][:t.pairs]
		for j, f := range t.angles {
			s, c := math.Sincos(float64(t.pos[r]) * f)
			cos[j], sin[j] = float32(c*t.magnitude), float32(s*t.magnitude)
		}
	}
}

// rope turns the heads of each row.
type rope struct {
	rowsStep
	dst    []float32
	x      operand
	table  *rotary
	head   int
	rotate func(x, cos, sin []float32)
	xs     []float32
}

// rope compiles a RoPE node, with a step before it that makes its angles unless one has.
func (c *compiler) rope(base rowsStep, dst []float32, x operand, n *graph.Node) ([]step, error) {
	a := n.Attr.(graph.RoPEAttr)
	factors, err := c.operand(n.In[1])
	if err != nil {
		return nil, err
	}
	s := &rope{rowsStep: base, dst: dst, x: x, head: a.HeadDim, rotate: c.d.kernels.RotatePairs}
	if a.Halves {
		s.rotate = c.d.kernels.RotateHalves
	}
	key := rotaryKey{a, n.In[1]}
	key.attr.HeadDim, key.attr.Halves = 0, false // the angles do not depend on these
	if s.table = c.rotaries[key]; s.table != nil {
		return []step{s}, nil
	}
	s.table = newRotary(base, c.g.Width(), a, factors.data)
	c.rotaries[key] = s.table
	return []step{s.table, s}, nil
}

func (s *rope) prepare(f *backend.Frame) (int, error) {
	s.xs = s.x.of(f)
	return s.split(f, s.x.cols), nil
}

func (s *rope) chunk(_, i int) {
	n, pairs := s.x.cols, s.table.pairs
	for r, hi := s.rows(i); r < hi; r++ {
		row := s.dst[r*n:][:n]
		copy(row, s.xs[r*n:])
		cos, sin := s.table.cos[r*pairs:][:pairs], s.table.sin[r*pairs:][:pairs]
		for at := 0; at < n; at += s.head {
			s.rotate(row[at:][:2*pairs], cos, sin)
		}
	}
}
