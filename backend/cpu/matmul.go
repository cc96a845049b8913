package cpu

import (
	"github.com/longrun-ai/longrun/asm"
	"github.com/longrun-ai/longrun/backend"
	"github.com/longrun-ai/longrun/graph"
	"github.com/longrun-ai/longrun/tensor"
	"github.com/longrun-ai/longrun/tensor/quant"
)

const (
	// chunkBytes is the weights that a thread claims at once: large enough to stream, small enough that a thread which
	// runs out of them waits some microseconds for the others.
	chunkBytes = 64 << 10

	// rowBlock is a multiple of how many rows the kernels take side by side.
	rowBlock = 16

	// columnTile is how many columns are multiplied before the next ones: their activations stay in the cache, and the
	// garbage collector is not kept waiting.
	columnTile = 32

	// decodedRows is how many rows of a type without a kernel are converted before they are multiplied.
	decodedRows = 4
)

// A matrix is rows of weights and the way to multiply them.
type matrix struct {
	w       []byte
	stride  int // bytes from row to row
	rows, k int
	block   int // rows a chunk
	mul     asm.Mul

	// Of a type without a kernel: rows are decoded and stored as F32, which mul takes.
	decode  func(dst []float32, src []byte)
	store   func(dst []byte, x []float32)
	scratch *scratch
}

func (c *compiler) matrix(t tensor.Tensor) matrix {
	k := c.d.kernels
	m := matrix{w: t.Bytes(), stride: t.RowBytes(), rows: t.Shape.Rows(), k: t.Shape.Cols(), mul: k.Mul[t.Type], scratch: c.scratch}
	if m.mul.F32 == nil && m.mul.Q8 == nil {
		f, _ := quant.Of(t.Type)
		m.decode, m.mul, m.store = f.Decode, k.Mul[tensor.F32], k.Store[tensor.F32]
		c.scratch.need(m.k, decodedRows*4*m.k)
	}
	m.block = max(rowBlock, chunkBytes/max(1, m.stride)/rowBlock*rowBlock)
	return m
}

// chunks is how many pieces the rows are cut in.
func (m *matrix) chunks() int { return (m.rows + m.block - 1) / m.block }

// product multiplies piece i of the rows with n columns: dst[c*stride+r] for all rows r of the piece and columns c. The
// columns are q, or x where the kernel takes floats.
func (m *matrix) product(worker, i int, dst []float32, stride int, x []float32, q *asm.Q8, n int) {
	lo, hi := i*m.block, min(m.rows, (i+1)*m.block)
	if m.decode != nil {
		m.decoded(worker, lo, hi, dst, stride, x, n)
		return
	}
	w := m.w[lo*m.stride : hi*m.stride]
	for c := 0; c < n; c += columnTile {
		cols := min(columnTile, n-c)
		if m.mul.Q8 != nil {
			m.mul.Q8(dst[c*stride+lo:], stride, w, m.stride, columns(q, c, cols), hi-lo)
		} else {
			m.mul.F32(dst[c*stride+lo:], stride, w, m.stride, x[c*m.k:], m.k, hi-lo, cols)
		}
		relax()
	}
}

// decoded is product for types without a kernel. Each row is converted once for all columns.
func (m *matrix) decoded(worker, lo, hi int, dst []float32, stride int, x []float32, n int) {
	row, rows := m.scratch.f[worker][:m.k], m.scratch.b[worker]
	for r := lo; r < hi; r += decodedRows {
		some := min(decodedRows, hi-r)
		for i := range some {
			m.decode(row, m.w[(r+i)*m.stride:][:m.stride])
			m.store(rows[i*4*m.k:], row)
		}
		for c := 0; c < n; c += columnTile {
			m.mul.F32(dst[c*stride+r:], stride, rows, 4*m.k, x[c*m.k:], m.k, some, min(columnTile, n-c))
		}
		relax()
	}
}

// columns is n columns of q from column c.
func columns(q *asm.Q8, c, n int) asm.Q8 {
	return asm.Q8{K: q.K, Cols: n, Q: q.Q[c*q.K:][:n*q.K], D: q.D[c*q.K/32:][:n*q.K/32], S: q.S[c*q.K/16:][:n*q.K/16]}
}

func newQ8(k, cols int) asm.Q8 {
	return asm.Q8{K: k, Cols: cols, Q: make([]int8, k*cols), D: make([]float32, k*cols/32), S: make([]int16, k*cols/16)}
}

// matmul is products of one value with several matrices.
type matmul struct {
	x      operand
	q      *asm.Q8
	parts  []part
	chunks int

	n    *graph.Node
	xs   []float32
	cols int // in this step
}

type part struct {
	matrix
	value graph.Value
	first int // chunk
	dst   []float32
}

// products compiles the products of one value. If one of them takes Q8 and no step before has made it, a step that does
// comes first.
func (c *compiler) products(nodes []graph.Value) ([]step, error) {
	v := c.g.Node(nodes[0]).In[0]
	x, err := c.operand(v)
	if err != nil {
		return nil, err
	}
	s := &matmul{x: x, n: c.g.Node(nodes[0])}
	q8 := false
	for _, node := range nodes {
		p := part{matrix: c.matrix(c.g.Node(c.g.Node(node).In[1]).Weight), value: node, first: s.chunks, dst: c.value(node)}
		s.chunks += p.matrix.chunks()
		s.parts = append(s.parts, p)
		q8 = q8 || p.mul.Q8 != nil
	}
	if !q8 {
		return []step{s}, nil
	}
	if p := c.packed[v]; p != nil {
		s.q = &p.q
		return []step{s}, nil
	}
	p := c.pack(v, int(nodes[0])-1)
	s.q = &p.q
	return []step{&quantize{rowsStep: rowsStep{value: nodes[0], n: s.n, kernels: c.d.kernels}, x: x, q: &p.q}, s}, nil
}

// pack finds memory for v as Q8 from node now on: that of a value which is read no more, or new.
func (c *compiler) pack(v graph.Value, now int) *packed {
	s := c.g.Shape(v)
	for old, p := range c.packed {
		if p.last < now && p.q.K == s.Cols() && p.q.Cols == s.Rows() {
			delete(c.packed, old)
			p.last = c.plan.Last[v-1]
			c.packed[v] = p
			return p
		}
	}
	p := &packed{newQ8(s.Cols(), s.Rows()), c.plan.Last[v-1]}
	c.packed[v] = p
	return p
}

func (s *matmul) node(chunk int) graph.Value { return s.part(chunk).value }

func (s *matmul) part(chunk int) *part {
	i := len(s.parts) - 1
	for s.parts[i].first > chunk {
		i--
	}
	return &s.parts[i]
}

func (s *matmul) prepare(f *backend.Frame) (int, error) {
	s.xs, s.cols = s.x.of(f), f.Rows(s.n)
	if s.cols == 0 {
		return 0, nil
	}
	return s.chunks, nil
}

func (s *matmul) chunk(worker, i int) {
	p := s.part(i)
	p.product(worker, i-p.first, p.dst, p.rows, s.xs, s.q, s.cols)
}

// quantize makes the columns of products.
type quantize struct {
	rowsStep
	x  operand
	q  *asm.Q8
	xs []float32
}

func (s *quantize) prepare(f *backend.Frame) (int, error) {
	s.xs = s.x.of(f)
	return s.split(f, s.q.K), nil
}

func (s *quantize) chunk(_, i int) {
	for r, hi := s.rows(i); r < hi; r++ {
		s.kernels.Quantize(*s.q, r, s.xs[r*s.q.K:][:s.q.K])
	}
}
