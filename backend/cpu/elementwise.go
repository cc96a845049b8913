package cpu

import (
	"fmt"

	"github.com/longrun-ai/longrun/backend"
	"github.com/longrun-ai/longrun/graph"
)

type lookup struct {
	rowsStep
	dst     []float32
	w       []byte
	wStride int
	vocab   int
	decode  func(dst []float32, src []byte)
	ids     []int32
}

func (s *lookup) prepare(f *backend.Frame) (int, error) {
	for i, id := range f.Tokens {
		if id < 0 || int(id) >= s.vocab {
			return 0, fmt.Errorf("row %d: token %d is not in the vocabulary of %d", i, id, s.vocab)
		}
	}
	s.ids = f.Tokens
	return s.split(f, s.n.Shape.Cols()), nil
}

func (s *lookup) chunk(_, i int) {
	cols := s.n.Shape.Cols()
	for r, hi := s.rows(i); r < hi; r++ {
		s.decode(s.dst[r*cols:][:cols], s.w[int(s.ids[r])*s.wStride:][:s.wStride])
	}
}

// pair is f over two values, element by element.
type pair struct {
	rowsStep
	dst    []float32
	x, y   operand
	f      func(dst, x, y []float32)
	xs, ys []float32
}

func (s *pair) prepare(f *backend.Frame) (int, error) {
	s.xs, s.ys = s.x.of(f), s.y.of(f)
	return s.split(f, s.x.cols), nil
}

func (s *pair) chunk(_, i int) {
	lo, hi := s.rows(i)
	n := s.x.cols
	if !s.y.row || s.live == 1 {
		s.f(s.dst[lo*n:hi*n], s.xs[lo*n:hi*n], s.ys[lo*n:hi*n])
		return
	}
	for r := lo; r < hi; r++ {
		s.f(s.dst[r*n:][:n], s.xs[r*n:][:n], s.ys[:n])
	}
}

type scale struct {
	rowsStep
	dst []float32
	x   operand
	by  float32
	xs  []float32
}

func (s *scale) prepare(f *backend.Frame) (int, error) {
	s.xs = s.x.of(f)
	return s.split(f, s.x.cols), nil
}

func (s *scale) chunk(_, i int) {
	lo, hi := s.rows(i)
	lo, hi = lo*s.x.cols, hi*s.x.cols
	s.kernels.Scale(s.dst[lo:hi], s.by, s.xs[lo:hi])
}

type norm struct {
	rowsStep
	dst    []float32
	x, w   operand
	width  int
	eps    float32
	xs, ws []float32
}

func newNorm(base rowsStep, dst []float32, x, w operand, a graph.NormAttr) *norm {
	s := &norm{rowsStep: base, dst: dst, x: x, w: w, width: a.Width, eps: a.Eps}
	if s.width == 0 {
		s.width = x.cols
	}
	return s
}

func (s *norm) prepare(f *backend.Frame) (int, error) {
	s.xs, s.ws = s.x.of(f), s.w.of(f)
	return s.split(f, s.x.cols), nil
}

func (s *norm) chunk(_, i int) {
	lo, hi := s.rows(i)
	for at := lo * s.x.cols; at < hi*s.x.cols; at += s.width {
		s.kernels.RMSNorm(s.dst[at:][:s.width], s.xs[at:][:s.width], s.ws, s.eps)
	}
}

// want gathers the rows that the step asks for.
type want struct {
	rowsStep
	dst []float32
	x   operand
	xs  []float32
	ids []int32
}

func (s *want) prepare(f *backend.Frame) (int, error) {
	s.xs, s.ids = s.x.of(f), f.Want
	return s.split(f, s.x.cols), nil
}

func (s *want) chunk(_, i int) {
	n := s.x.cols
	for r, hi := s.rows(i); r < hi; r++ {
		copy(s.dst[r*n:][:n], s.xs[int(s.ids[r])*n:])
	}
}
