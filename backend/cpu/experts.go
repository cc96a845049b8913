package cpu

import (
	"math"

	"github.com/longrun-ai/longrun/asm"
	"github.com/longrun-ai/longrun/backend"
	"github.com/longrun-ai/longrun/graph"
	"github.com/longrun-ai/longrun/tensor"
)

// experts is what the steps of one Experts node share. A pick is a token and one of its experts; picks are sorted by
// expert, so that an expert's weights are read once for all its tokens.
type experts struct {
	expertsKey

	gates  []float32 // (rows, n): router's products
	weight []float32 // (rows, used), of each token's experts, largest first
	pick   []int32   // (rows, used): where in the sorted picks each stands
	expert []int32   // (rows, used)
	first  []int32   // (n + 1): picks of expert e are first[e] <= i < first[e+1]
	token  []int32   // (picks)

	x, act floats // (picks, dim), (picks, hidden): the columns of the products
	up     []float32
	down   []float32 // (picks, dim)
}

// expertsKey is what the buffers' sizes depend on: nodes of one key use the same.
type expertsKey struct {
	graph.ExpertsAttr
	rows, dim, hidden int
	n                 int     // experts
	q8                [2]bool // whether x, act are packed
}

func (c *compiler) expertBuffers(k expertsKey) *experts {
	if e := c.mixtures[k]; e != nil {
		return e
	}
	picks := k.rows * k.Used
	e := &experts{
		expertsKey: k,
		gates:      make([]float32, k.rows*k.n), weight: make([]float32, picks), pick: make([]int32, picks),
		expert: make([]int32, picks), first: make([]int32, k.n+1), token: make([]int32, picks),
		x: floats{x: make([]float32, picks*k.dim)}, act: floats{x: make([]float32, picks*k.hidden)},
		up: make([]float32, picks*k.hidden), down: make([]float32, picks*k.dim),
	}
	for i, f := range []*floats{&e.x, &e.act} {
		if k.q8[i] {
			q := newQ8(len(f.x)/picks, picks)
			f.q = &q
		}
	}
	c.mixtures[k] = e
	return e
}

// floats are columns for products, as float32s and, if a kernel takes them, as Q8.
type floats struct {
	x []float32
	q *asm.Q8
}

// experts compiles a node to: the router's product, the choice, gathering, the first two products of all chosen experts,
// activation, the third product, and the weighted sum. Every row's result is computed in an order that does not depend on
// the other rows.
func (c *compiler) experts(base rowsStep, dst []float32) ([]step, error) {
	n := base.n
	x, err := c.operand(n.In[0])
	if err != nil {
		return nil, err
	}
	weight := func(i int) tensor.Tensor { return c.g.Node(n.In[i]).Weight }
	router, gate, up, down := weight(1), c.parts(weight(2)), c.parts(weight(3)), c.parts(weight(4))
	rows := n.Shape.Rows()
	a := n.Attr.(graph.ExpertsAttr)
	e := c.expertBuffers(expertsKey{
		ExpertsAttr: a, rows: rows, dim: x.cols, hidden: gate[0].rows, n: len(gate),
		q8: [2]bool{gate[0].mul.Q8 != nil || up[0].mul.Q8 != nil, down[0].mul.Q8 != nil},
	})

	m := c.matrix(router)
	route := &matmul{x: x, n: n, parts: []part{{matrix: m, value: base.value, dst: e.gates}}, chunks: m.chunks()}
	var steps []step
	if m.mul.Q8 != nil {
		q := newQ8(e.dim, rows)
		route.q = &q
		steps = append(steps, &quantize{rowsStep: base, x: x, q: &q})
	}
	inner, outer := &expertProducts{rowsStep: base, e: e, x: &e.x}, &expertProducts{rowsStep: base, e: e, x: &e.act}
	inner.add(gate, e.act.x)
	inner.add(up, e.up)
	outer.add(down, e.down)
	return append(steps, route, &choose{rowsStep: base, e: e}, &gather{rowsStep: base, e: e, from: x}, inner,
		&activate{rowsStep: base, e: e}, outer, &mix{rowsStep: base, e: e, dst: dst}), nil
}

// parts are the matrices of each expert.
func (c *compiler) parts(t tensor.Tensor) []matrix {
	list := make([]matrix, t.Shape[1])
	for i := range list {
		one := t
		one.Shape = tensor.Dims(t.Shape[2], t.Shape[3])
		one.Off += int64(i) * one.Size()
		list[i] = c.matrix(one)
	}
	return list
}

// choose picks each token's experts.
type choose struct {
	rowsStep
	e *experts
}

func (s *choose) prepare(f *backend.Frame) (int, error) {
	s.live = f.Rows(s.n)
	return min(1, s.live), nil
}

func (s *choose) chunk(int, int) {
	e := s.e
	clear(e.first)
	for r := range s.live {
		e.route(r)
		for _, x := range e.expert[r*e.Used:][:e.Used] {
			e.first[x+1]++
		}
	}
	for i := range e.n {
		e.first[i+1] += e.first[i]
	}
	// Each expert's picks fill up from its first; afterwards first is one expert ahead, and is put back.
	for i, x := range e.expert[:s.live*e.Used] {
		e.pick[i] = e.first[x]
		e.token[e.first[x]] = int32(i / e.Used)
		e.first[x]++
	}
	copy(e.first[1:], e.first[:e.n])
	e.first[0] = 0
}

// route turns a row of the router's products to gates and finds the largest ones.
func (e *experts) route(r int) {
	gates := e.gates[r*e.n:][:e.n]
	top := gates[0]
	for _, g := range gates {
		top = max(top, g)
	}
	var sum float64
	for i, g := range gates {
		v := math.Exp(float64(g) - float64(top))
		gates[i] = float32(v)
		sum += v
	}
	for i, g := range gates {
		gates[i] = float32(float64(g) / sum)
	}
	chosen, weight := e.expert[r*e.Used:][:e.Used], e.weight[r*e.Used:][:e.Used]
	var total float32
	for i := range chosen {
		best := int32(-1)
		for x, g := range gates {
			if !contains(chosen[:i], int32(x)) && (best < 0 || g > gates[best]) {
				best = int32(x)
			}
		}
		chosen[i], weight[i] = best, gates[best]
		total += gates[best]
	}
	for i := range weight {
		if e.Normalise {
			weight[i] /= total
		}
		weight[i] *= e.Scale
	}
}

func contains(list []int32, x int32) bool {
	for _, v := range list {
		if v == x {
			return true
		}
	}
	return false
}

// gather makes the columns of each expert's tokens.
type gather struct {
	rowsStep
	e    *experts
	from operand
	xs   []float32
}

func (s *gather) prepare(f *backend.Frame) (int, error) {
	s.xs = s.from.of(f)
	chunks := s.split(f, s.e.dim*s.e.Used)
	return chunks, nil
}

func (s *gather) chunk(_, i int) {
	lo, hi := s.rows(i)
	e := s.e
	for p := lo * e.Used; p < hi*e.Used; p++ {
		x := e.x.x[p*e.dim:][:e.dim]
		copy(x, s.xs[int(e.token[p])*e.dim:])
		if e.x.q != nil {
			s.kernels.Quantize(*e.x.q, p, x)
		}
	}
}

// expertProducts multiplies each expert's matrices with its columns.
type expertProducts struct {
	rowsStep
	e     *experts
	x     *floats
	kinds []expertMatrices
	work  []expertWork // in this step
}

type expertMatrices struct {
	of  []matrix // by expert
	dst []float32
}

// expertWork is one expert with tokens and one of its matrices, whose chunks start at first.
type expertWork struct{ kind, expert, first int }

func (s *expertProducts) add(of []matrix, dst []float32) {
	s.kinds = append(s.kinds, expertMatrices{of, dst})
	s.work = make([]expertWork, 0, len(s.kinds)*len(of))
}

func (s *expertProducts) prepare(f *backend.Frame) (chunks int, err error) {
	s.work = s.work[:0]
	if f.Rows(s.n) == 0 {
		return 0, nil
	}
	for x := range s.e.n {
		if s.e.first[x] == s.e.first[x+1] {
			continue
		}
		for k := range s.kinds {
			s.work = append(s.work, expertWork{k, x, chunks})
			chunks += s.kinds[k].of[x].chunks()
		}
	}
	return chunks, nil
}

func (s *expertProducts) chunk(worker, i int) {
	at := len(s.work) - 1
	for s.work[at].first > i {
		at--
	}
	w := s.work[at]
	lo, hi := int(s.e.first[w.expert]), int(s.e.first[w.expert+1])
	kind := &s.kinds[w.kind]
	m := &kind.of[w.expert]
	var q asm.Q8
	if s.x.q != nil {
		q = columns(s.x.q, lo, hi-lo)
	}
	m.product(worker, i-w.first, kind.dst[lo*m.rows:], m.rows, s.x.x[lo*m.k:], &q, hi-lo)
}

// activate is the step between the products.
type activate struct {
	rowsStep
	e *experts
}

func (s *activate) prepare(f *backend.Frame) (int, error) {
	return s.split(f, s.e.hidden*s.e.Used), nil
}

func (s *activate) chunk(_, i int) {
	lo, hi := s.rows(i)
	e := s.e
	for p := lo * e.Used; p < hi*e.Used; p++ {
		x := e.act.x[p*e.hidden:][:e.hidden]
		s.kernels.SiLUTimes(x, x, e.up[p*e.hidden:][:e.hidden])
		if e.act.q != nil {
			s.kernels.Quantize(*e.act.q, p, x)
		}
	}
}

// mix adds each token's experts, the one with the largest gate first.
type mix struct {
	rowsStep
	e   *experts
	dst []float32
}

func (s *mix) prepare(f *backend.Frame) (int, error) { return s.split(f, s.e.dim*s.e.Used), nil }

func (s *mix) chunk(_, i int) {
	lo, hi := s.rows(i)
	e := s.e
	for r := lo; r < hi; r++ {
		dst := s.dst[r*e.dim:][:e.dim]
		clear(dst)
		for p := r * e.Used; p < (r+1)*e.Used; p++ {
			x := e.down[int(e.pick[p])*e.dim:][:e.dim]
			s.kernels.Scale(x, e.weight[p], x)
			s.kernels.Add(dst, dst, x)
		}
	}
}
