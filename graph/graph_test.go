package graph

import (
	"strings"
	"testing"

	"github.com/longrun-ai/longrun/tensor"
)

func weight(name string, dims ...int) tensor.Tensor {
	return tensor.Tensor{Name: name, Shape: tensor.Dims(dims...)}
}

func TestFirstErrorIsKept(t *testing.T) {
	g := New(3)
	x := g.Lookup(g.Weight(weight("token_embd.weight", 32, 8)), g.Tokens())
	q := g.MatMul(x, g.Weight(weight("blk.0.attn_q.weight", 8, 9)))
	g.Add(g.RoPE(q, 0, RoPEAttr{}), x)
	const want = "graph: node 5: MatMul does not take v3 (3, 8) blk.0.attn_q.weight (8, 9)"
	if err := g.Err(); err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// Every builder refuses operands that do not fit, rather than leaving it to a kernel.
func TestBuildersRefuse(t *testing.T) {
	for name, build := range map[string]func(g *Graph, x Value){
		"Lookup":  func(g *Graph, x Value) { g.Lookup(g.Weight(weight("w", 4, 8)), x) },
		"MatMul":  func(g *Graph, x Value) { g.MatMul(x, x) },
		"Add":     func(g *Graph, x Value) { g.Add(x, g.Weight(weight("w", 7))) },
		"Times":   func(g *Graph, x Value) { g.Times(x, g.Weight(weight("w", 2, 8))) },
		"RMSNorm": func(g *Graph, x Value) { g.RMSNorm(x, 0, NormAttr{Width: 3}) },
		"RoPE":    func(g *Graph, x Value) { g.RoPE(x, 0, RoPEAttr{HeadDim: 8, Dims: 3}) },
		"Attend":  func(g *Graph, x Value) { g.Attend(x, x, x, AttendAttr{KVHeads: 2, HeadDim: 8}) },
		"GLU":     func(g *Graph, x Value) { g.GLU(x, g.Input("y", 3, 7), SiLU) },
		"Experts": func(g *Graph, x Value) { g.Experts(x, x, x, x, x, ExpertsAttr{Used: 1}) },
		"Want":    func(g *Graph, x Value) { g.Want(g.Input("y", 3, 8)) },
	} {
		g := New(3)
		x := g.Lookup(g.Weight(weight("token_embd.weight", 32, 8)), g.Tokens())
		if g.Err() != nil {
			t.Fatal(g.Err())
		}
		build(g, x)
		if err := g.Err(); err == nil || !strings.Contains(err.Error(), name+" does not take") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestString(t *testing.T) {
	g := New(2)
	x := g.Lookup(g.Weight(weight("token_embd.weight", 32, 8)), g.Tokens())
	h := g.RMSNorm(x, g.Weight(weight("norm.weight", 8)), NormAttr{Eps: 1e-5})
	g.Output(g.MatMul(g.Want(g.Add(x, g.Scale(h, 2))), g.Weight(weight("token_embd.weight", 32, 8))))
	const want = `v2   (2, 1)    Tokens
v3   (2, 8)    Lookup token_embd.weight v2
v5   (2, 8)    RMSNorm v3 norm.weight {Eps:1e-05 Width:0}
v6   (2, 8)    Scale v5 2
v7   (2, 8)    Add v3 v6
v8   (2, 8)    Want v7
v9   (2, 32)   MatMul v8 token_embd.weight
out0 v9
`
	if g.Err() != nil || g.String() != want {
		t.Errorf("%v\n%s", g.Err(), g)
	}
	if g.Node(7).Rows != Token || g.Node(9).Rows != Wanted || g.Node(1).Rows != All {
		t.Error("rows are not followed from inputs to results")
	}
}

// Values that live at the same time never share memory, and a chain of adds needs no more than three values.
func TestPlan(t *testing.T) {
	g := New(4)
	x := g.Lookup(g.Weight(weight("w", 32, 40)), g.Tokens())
	first := x
	for range 20 {
		x = g.Add(x, first)
	}
	g.Output(x)
	p := NewPlan(g)
	for a := Value(1); int(a) <= g.Len(); a++ {
		for b := a + 1; int(b) <= g.Len(); b++ {
			la, lb := p.Offset[a-1], p.Offset[b-1]
			if la < 0 || lb < 0 || p.Last[a-1] < int(b)-1 {
				continue
			}
			if la < lb+g.Shape(b).Elems() && lb < la+g.Shape(a).Elems() {
				t.Errorf("v%d and v%d live together and share memory", a, b)
			}
		}
	}
	if p.Size > 3*160+align {
		t.Errorf("arena of %d elements, three values of 160 suffice", p.Size)
	}
}
