package cpu

import (
	"fmt"
	"math"

	"github.com/longrun-ai/longrun/backend"
	"github.com/longrun-ai/longrun/graph"
	"github.com/longrun-ai/longrun/kvcache"
)

// store puts this step's keys and values in the cache: all of them, before any token attends.
type store struct {
	rowsStep
	a      graph.AttendAttr
	k, v   operand
	f      *backend.Frame
	ks, vs []float32
}

// attention is softmax(scale q kᵀ) v, a page of keys at a time (Milakov and Gimelshein 2018; Dao et al. 2022). The
// largest score, the sum of exponentials and the weighted values so far are brought to each page's maximum. A chunk is
// some consecutive tokens of one sequence and one KV head: they and the head's query heads share each row's loading. What
// a token gets depends on its own position and rows only, and not on its neighbours in the chunk.
type attention struct {
	rowsStep
	a       graph.AttendAttr
	dst     []float32
	q       operand
	group   int // query heads of a KV head
	tokens  int // of a chunk, at most
	tiles   []tile
	scratch *scratch
	qs      []float32
}

// A tile is tokens lo <= row < hi of one sequence.
type tile struct {
	seq    *kvcache.Seq
	lo, hi int
	pos    int // of lo
}

// tileColumns is about how many columns, tokens times query heads, a key is multiplied with at once.
const tileColumns = 32

func (c *compiler) attend(base rowsStep, dst []float32, q, k, v operand) []step {
	a := base.n.Attr.(graph.AttendAttr)
	s := &attention{rowsStep: base, a: a, dst: dst, q: q, group: q.cols / (a.KVHeads * a.HeadDim), scratch: c.scratch}
	s.tokens = max(1, tileColumns/s.group)
	s.tiles = make([]tile, 0, c.g.Width())
	c.scratch.need(s.tokens*s.group*(2*a.HeadDim+kvcache.PageRows+2), 0)
	return []step{&store{rowsStep: base, a: a, k: k, v: v}, s}
}

func (s *store) prepare(f *backend.Frame) (int, error) {
	if err := checkRuns(f); err != nil {
		return 0, err
	}
	s.ks, s.vs, s.f = s.k.of(f), s.v.of(f), f
	return s.split(f, 2*s.k.cols), nil
}

func (s *store) chunk(_, i int) {
	lo, hi := s.rows(i)
	for _, run := range s.f.Runs {
		for r := max(lo, run.Lo); r < min(hi, run.Hi); r++ {
			s.row(run.Seq, r)
		}
	}
}

func (s *store) row(seq *kvcache.Seq, r int) {
	cache, dim := seq.Cache(), s.a.HeadDim
	kt, vt := cache.Types(s.a.Layer)
	page, at := seq.Pages()[s.f.Pos[r]/kvcache.PageRows], int(s.f.Pos[r])%kvcache.PageRows
	for h := range s.a.KVHeads {
		b := cache.Block(s.a.Layer, page, h)
		if b.KStride != kt.RowBytes(dim) || b.VStride != vt.RowBytes(dim) {
			panic(fmt.Sprintf("the cache's layer %d has keys of %d bytes, not heads of %d", s.a.Layer, b.KStride, dim))
		}
		from := r*s.k.cols + h*dim
		s.kernels.Store[kt](b.K[at*b.KStride:][:b.KStride], s.ks[from:][:dim])
		s.kernels.Store[vt](b.V[at*b.VStride:][:b.VStride], s.vs[from:][:dim])
	}
}

func (s *attention) prepare(f *backend.Frame) (int, error) {
	s.qs, s.tiles = s.q.of(f), s.tiles[:0]
	for _, r := range f.Runs {
		for lo := r.Lo; lo < r.Hi; lo += s.tokens {
			s.tiles = append(s.tiles, tile{r.Seq, lo, min(r.Hi, lo+s.tokens), int(f.Pos[lo])})
		}
	}
	return len(s.tiles) * s.a.KVHeads, nil
}

// first is the first position that the token at pos sees.
func (s *attention) first(pos int) int {
	if s.a.Mask == graph.Window {
		return max(0, pos-s.a.Window+1)
	}
	return 0
}

func (s *attention) chunk(worker, i int) {
	t, h := s.tiles[i/s.a.KVHeads], i%s.a.KVHeads
	dim, tokens := s.a.HeadDim, t.hi-t.lo
	cols := tokens * s.group
	mem := s.scratch.f[worker]
	q, mem := mem[:cols*dim], mem[cols*dim:]                                // (tokens, group, dim), scaled
	acc, mem := mem[:cols*dim], mem[cols*dim:]                              // like q
	scores, mem := mem[:cols*kvcache.PageRows], mem[cols*kvcache.PageRows:] // (tokens, group, PageRows)
	top, sum := mem[:cols], mem[cols:][:cols]

	clear(acc)
	clear(sum)
	for c := range cols {
		top[c] = float32(math.Inf(-1))
		s.kernels.Scale(q[c*dim:][:dim], s.a.Scale, s.qs[s.at(t, h, c):][:dim])
	}
	cache, pages := t.seq.Cache(), t.seq.Pages()
	kt, vt := cache.Types(s.a.Layer)
	mul, add := s.kernels.Mul[kt].F32, s.kernels.Acc[vt]
	last := t.pos + tokens - 1
	for page := s.first(t.pos) / kvcache.PageRows; page <= last/kvcache.PageRows; page++ {
		base := page * kvcache.PageRows
		b := cache.Block(s.a.Layer, pages[page], h)
		lo, hi := max(0, s.first(t.pos)-base), min(kvcache.PageRows, last+1-base)
		mul(scores[lo:], kvcache.PageRows, b.K[lo*b.KStride:], b.KStride, q, dim, hi-lo, cols)
		for i := range tokens {
			lo, hi := s.span(t.pos+i, base)
			if lo >= hi {
				continue
			}
			for c := i * s.group; c < (i+1)*s.group; c++ {
				s.softmax(scores[c*kvcache.PageRows:][lo:hi], &top[c], &sum[c], acc[c*dim:][:dim])
			}
		}
		// Rows beyond a token's own are not multiplied by zero: they may hold a NaN.
		for i := 0; i < tokens; {
			lo, hi := s.span(t.pos+i, base)
			n := 1
			for ; i+n < tokens; n++ {
				if l, h := s.span(t.pos+i+n, base); l != lo || h != hi {
					break
				}
			}
			if c := i * s.group; lo < hi {
				add(acc[c*dim:], scores[c*kvcache.PageRows+lo:], kvcache.PageRows, b.V[lo*b.VStride:], b.VStride, dim, hi-lo, n*s.group)
			}
			i += n
		}
		relax()
	}
	for c := range cols {
		s.kernels.Scale(s.dst[s.at(t, h, c):][:dim], 1/sum[c], acc[c*dim:][:dim])
	}
}

// at is where column c of a tile and KV head stands in the rows of q.
func (s *attention) at(t tile, h, c int) int {
	return (t.lo+c/s.group)*s.q.cols + (h*s.group+c%s.group)*s.a.HeadDim
}

// span is the rows of the page at base that the token at pos sees.
func (s *attention) span(pos, base int) (lo, hi int) {
	return max(0, s.first(pos)-base), min(kvcache.PageRows, pos+1-base)
}

// softmax makes scores weights relative to the largest so far, and what there is already relative to it too.
func (s *attention) softmax(scores []float32, top, sum *float32, acc []float32) {
	if c := s.a.SoftCap; c != 0 {
		for i, v := range scores {
			scores[i] = c * float32(math.Tanh(float64(v/c)))
		}
	}
	m := max(*top, s.kernels.Max(scores))
	if m != *top { // a NaN is never equal
		shrink := float32(math.Exp(float64(*top - m)))
		s.kernels.Scale(acc, shrink, acc)
		*sum *= shrink
		*top = m
	}
	*sum += s.kernels.ExpSum(scores, m)
}
