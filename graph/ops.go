package graph

import "github.com/longrun-ai/longrun/tensor"

// Tokens is this step's token ids: (width, 1) of I32.
func (g *Graph) Tokens() Value {
	return g.add(Node{Op: Tokens, Type: tensor.I32, Shape: tensor.Dims(g.width, 1), Rows: Token})
}

// Input is (rows, cols) of F32 that the caller gives with each step, under a name: the n-th Input is Frame.In[n].
func (g *Graph) Input(name string, rows, cols int) Value {
	return g.add(Node{Op: Input, Shape: tensor.Dims(rows, cols), Label: name})
}

// Weight is t, whose memory outlives the graph. A name stands for one tensor however often it is used.
func (g *Graph) Weight(t tensor.Tensor) Value {
	if v := g.named[t.Name]; v != 0 {
		return v
	}
	v := g.add(Node{Op: Weight, Type: t.Type, Shape: t.Shape, Label: t.Name, Weight: t})
	if g.named != nil && v != 0 {
		g.named[t.Name] = v
	}
	return v
}

// Lookup is w[ids[i]] for every i: (vocab, dim) and (n, 1) give (n, dim).
func (g *Graph) Lookup(w, ids Value) Value {
	ws, is := g.Shape(w), g.Shape(ids)
	if is.Cols() != 1 || ws[0] != 1 || ws[1] != 1 {
		return g.fail(Lookup, w, ids)
	}
	return g.add(Node{Op: Lookup, In: []Value{w, ids}, Shape: tensor.Dims(is.Rows(), ws.Cols())})
}

// MatMul is x wᵀ: (n, in) and (out, in) give (n, out). w is a Weight of any type.
func (g *Graph) MatMul(x, w Value) Value {
	xs, ws := g.Shape(x), g.Shape(w)
	if x == 0 || w == 0 || xs.Cols() != ws.Cols() || ws[0] != 1 || ws[1] != 1 || g.Node(w).Op != Weight {
		return g.fail(MatMul, x, w)
	}
	return g.add(Node{Op: MatMul, In: []Value{x, w}, Shape: tensor.Dims(xs.Rows(), ws.Rows())})
}

// Add is x + y; y has the shape of x, or is one row added to every row of x.
func (g *Graph) Add(x, y Value) Value { return g.pair(Add, x, y, true) }

// Times is x * y, element by element; y has the shape of x, or is one row for every row of x.
func (g *Graph) Times(x, y Value) Value { return g.pair(Times, x, y, true) }

// Scale is a x.
func (g *Graph) Scale(x Value, a float32) Value {
	return g.add(Node{Op: Scale, In: []Value{x}, Attr: a, Shape: g.Shape(x)})
}

// RMSNorm is w * x / sqrt(mean(x²) + eps), row by row or head by head (Zhang and Sennrich 2019, eq. 4): (n, dim) and
// (1, width) give (n, dim). w may be 0 for all ones.
func (g *Graph) RMSNorm(x, w Value, a NormAttr) Value {
	xs, width := g.Shape(x), a.Width
	if width == 0 {
		width = xs.Cols()
	}
	if x == 0 || width <= 0 || xs.Cols()%width != 0 || w != 0 && (g.Shape(w) != tensor.Dims(width) || g.Node(w).Type != tensor.F32) {
		return g.fail(RMSNorm, x, w)
	}
	return g.add(Node{Op: RMSNorm, In: []Value{x, w}, Attr: a, Shape: xs})
}

// RoPE turns each head of x by its token's position (Su et al. 2021, eq. 34). factors is 0 or (1, Dims/2) of F32.
func (g *Graph) RoPE(x, factors Value, a RoPEAttr) Value {
	xs := g.Shape(x)
	if x == 0 || g.Node(x).Rows != Token || a.HeadDim <= 0 || xs.Cols()%a.HeadDim != 0 || a.Dims <= 0 || a.Dims%2 != 0 ||
		a.Dims > a.HeadDim || factors != 0 && (g.Shape(factors) != tensor.Dims(a.Dims/2) || g.Node(factors).Type != tensor.F32 || g.Node(factors).Op != Weight) {
		return g.fail(RoPE, x, factors)
	}
	return g.add(Node{Op: RoPE, In: []Value{x, factors}, Attr: a, Shape: xs})
}

// Attend stores k and v as rows of the layer's cache at their tokens' positions, then is softmax(scale q kᵀ) v over the
// rows that each token may see: (n, heads*headDim) and twice (n, kvHeads*headDim) give the shape of q. Consecutive
// query heads share a KV head (Ainslie et al. 2023).
func (g *Graph) Attend(q, k, v Value, a AttendAttr) Value {
	qs, kv := g.Shape(q), tensor.Dims(g.width, a.KVHeads*a.HeadDim)
	if q == 0 || k == 0 || v == 0 || g.Shape(k) != kv || g.Shape(v) != kv || qs.Rows() != g.width || a.KVHeads <= 0 ||
		qs.Cols()%(a.KVHeads*a.HeadDim) != 0 || a.Mask == Window && a.Window <= 0 {
		return g.fail(Attend, q, k, v)
	}
	return g.add(Node{Op: Attend, In: []Value{q, k, v}, Attr: a, Shape: qs, Rows: Token})
}

// GLU is act(x) * y, element by element (Shazeer 2020).
func (g *Graph) GLU(x, y Value, act Activation) Value {
	if x == 0 || g.Shape(x) != g.Shape(y) {
		return g.fail(GLU, x, y)
	}
	return g.add(Node{Op: GLU, In: []Value{x, y}, Attr: act, Shape: g.Shape(x)})
}

// Experts is a mixture of feed-forward blocks (Jiang et al. 2024, section 2.1). With gates softmax(x routerᵀ), it is the
// sum over a token's experts e with the largest gates of gate_e * down_e(act(gate_e x) * up_e x). x is (n, dim), router
// (experts, dim), gate and up (experts, hidden, dim), down (experts, dim, hidden). Of equal gates the lower expert wins.
func (g *Graph) Experts(x, router, gate, up, down Value, a ExpertsAttr) Value {
	xs, rs, gs := g.Shape(x), g.Shape(router), g.Shape(gate)
	dim, n, hidden := xs.Cols(), rs.Rows(), gs[2]
	if x == 0 || rs != tensor.Dims(n, dim) || gs != tensor.Dims(n, hidden, dim) || g.Shape(up) != gs ||
		g.Shape(down) != tensor.Dims(n, dim, hidden) || a.Used < 1 || a.Used > n {
		return g.fail(Experts, x, router, gate, up, down)
	}
	return g.add(Node{Op: Experts, In: []Value{x, router, gate, up, down}, Attr: a, Shape: xs})
}

// Want is the rows of x whose results the step asks for: (width, dim) gives at most as many rows.
func (g *Graph) Want(x Value) Value {
	if x == 0 || g.Node(x).Rows != Token {
		return g.fail(Want, x)
	}
	return g.add(Node{Op: Want, In: []Value{x}, Shape: g.Shape(x), Rows: Wanted})
}

// Output asks for v: the n-th Output goes to Frame.Out[n].
func (g *Graph) Output(v Value) {
	if g.err == nil && v > 0 {
		g.out = append(g.out, v)
	}
}

func (g *Graph) pair(op Op, x, y Value, row bool) Value {
	xs, ys := g.Shape(x), g.Shape(y)
	if x == 0 || y == 0 || xs != ys && !(row && ys == tensor.Dims(xs.Cols())) || g.Node(y).Type != tensor.F32 || g.Node(x).Type != tensor.F32 {
		return g.fail(op, x, y)
	}
	return g.add(Node{Op: op, In: []Value{x, y}, Shape: xs})
}
