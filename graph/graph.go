// Package graph is computation as data: a list of nodes, built by methods, printed, and run by somebody else.
//
// A graph has a width: the number of token rows it is built for. A step may bring fewer, and asks for some of them.
package graph

import (
	"errors"
	"fmt"
	"strings"

	"github.com/longrun-ai/longrun/tensor"
)

// A Value names the result of a node; 0 is none.
type Value int32

// Rows says which rows of a value exist in a step.
type Rows uint8

const (
	All    Rows = iota // every row of the shape: weights, inputs and what is made of them alone
	Token              // one a token of the step, at most the graph's width
	Wanted             // one a token whose result is asked for, at most as many
)

// A Node applies Op to the results of In. Its result is (rows, columns) of F32, but for Tokens (I32) and Weight.
type Node struct {
	Op     Op
	In     []Value
	Attr   any // NormAttr, RoPEAttr, AttendAttr, ExpertsAttr, Activation, float32 or nil: what the builder method says
	Type   tensor.DType
	Shape  tensor.Shape
	Rows   Rows
	Label  string        // of a weight or input: its name
	Weight tensor.Tensor // of a Weight
}

// A Graph is its nodes in the order they were added. The builder methods keep the first error and do nothing after it,
// so that a model reads as mathematics and asks Err once.
type Graph struct {
	width int
	nodes []Node // nodes[v-1] makes Value v
	out   []Value
	named map[string]Value // weights by name: each is a node once
	err   error
}

// New returns an empty graph for at most width tokens a step.
func New(width int) *Graph { return &Graph{width: width, named: map[string]Value{}} }

// Width is the number of token rows the graph is built for.
func (g *Graph) Width() int { return g.width }

// Err returns the first error of any builder method.
func (g *Graph) Err() error { return g.err }

// Len is the number of nodes; their values are 1 to Len.
func (g *Graph) Len() int { return len(g.nodes) }

// Node returns the node that makes v, which is not 0. It is read, not written.
func (g *Graph) Node(v Value) *Node { return &g.nodes[v-1] }

// Outputs are the values that a step hands to its caller, in the order of Output's calls.
func (g *Graph) Outputs() []Value { return g.out }

// Shape returns the shape of v, the zero Shape for none.
func (g *Graph) Shape(v Value) tensor.Shape {
	if v == 0 {
		return tensor.Shape{}
	}
	return g.nodes[v-1].Shape
}

func (g *Graph) add(n Node) Value {
	if g.err != nil {
		return 0
	}
	for _, v := range n.In {
		if v < 0 || int(v) > len(g.nodes) {
			return g.fail(n.Op, n.In...)
		}
		if v != 0 {
			n.Rows = max(n.Rows, g.nodes[v-1].Rows)
		}
	}
	g.nodes = append(g.nodes, n)
	return Value(len(g.nodes))
}

func (g *Graph) fail(op Op, in ...Value) Value {
	if g.err != nil {
		return 0
	}
	msg := fmt.Sprintf("graph: node %d: %s does not take", len(g.nodes)+1, op)
	for _, v := range in {
		if v < 0 || int(v) > len(g.nodes) {
			msg += fmt.Sprintf(" v%d of another graph", v)
			continue
		}
		msg += fmt.Sprintf(" %s %s", g.name(v), g.Shape(v))
	}
	g.err = errors.New(msg)
	return 0
}

// name is how v appears as an input: a weight by its name in the file, any other result by its number.
func (g *Graph) name(v Value) string {
	if v != 0 && g.nodes[v-1].Op == Weight {
		return g.nodes[v-1].Label
	}
	if v == 0 {
		return "-"
	}
	return fmt.Sprintf("v%d", v)
}

// String is one line a node: result, shape, op, inputs, attributes. Weights appear where they are used.
func (g *Graph) String() string {
	var s strings.Builder
	for i, n := range g.nodes {
		if n.Op == Weight {
			continue
		}
		fmt.Fprintf(&s, "v%-3d %-9s %s", i+1, n.Shape, n.Op)
		for _, v := range n.In {
			fmt.Fprintf(&s, " %s", g.name(v))
		}
		if n.Label != "" {
			fmt.Fprintf(&s, " %q", n.Label)
		}
		if n.Attr != nil {
			fmt.Fprintf(&s, " %+v", n.Attr)
		}
		s.WriteByte('\n')
	}
	for i, v := range g.out {
		fmt.Fprintf(&s, "out%d %s\n", i, g.name(v))
	}
	return s.String()
}
