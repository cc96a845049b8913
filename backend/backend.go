// Package backend says what a device must do to run graphs, and puts the parts of a graph on devices.
//
// A Driver finds devices at run time. A Device compiles the parts of a graph it supports to a Program; values that cross
// devices go through Ports. A Pipeline runs the programs of one graph side by side.
package backend

import (
	"context"

	"github.com/longrun-ai/longrun/graph"
	"github.com/longrun-ai/longrun/kvcache"
	"github.com/longrun-ai/longrun/tensor"
)

// A Driver opens the devices of one vendor's library, or of this machine's CPU. Absence is an ordinary error, shown to
// people who ask which devices there are.
type Driver interface {
	Name() string // "cpu", "cuda", "metal"
	Open() ([]Device, error)
}

// A Device runs programs. Its methods are called by one goroutine at a time, its programs by one each.
type Device interface {
	Name() string // "cpu", "cuda:0"
	Tier() string // which of its kernels it uses: "avx2", "sm_90"

	// Memory returns how many bytes are free and how many there are, 0 where unknown.
	Memory() (free, total int64)

	// Alloc returns n zeroed bytes that live until Close.
	Alloc(n int64) (tensor.Buffer, error)

	// Supports reports whether the device can run the node that makes v. Leaves (Tokens, Input, Weight) are not asked for.
	Supports(g *graph.Graph, v graph.Value) bool

	// Compile makes the program that runs segments own, in order; p is the memory plan of the whole graph. A weight is
	// uploaded or repacked the first time a device meets it.
	Compile(g *graph.Graph, p *graph.Plan, own []Segment) (Program, error)

	// Close frees everything; programs are not run after it. It may be called twice.
	Close() error
}

// A Program is compiled segments of one graph. Run takes a step; no two steps of one device overlap. Its error is the
// context's, or says which node failed.
type Program interface {
	Run(ctx context.Context, f *Frame) error
}

// A Segment is nodes that run one after the other on one device, without leaves. Before the first one, the device waits
// for In; after the last one it publishes Out.
type Segment struct {
	Nodes   []graph.Value
	In, Out []*Port
}

// A Frame is all that changes between steps.
type Frame struct {
	Step   uint32      // counts steps, never the same twice in a row
	Tokens []int32     // one id a row, at most the graph's width
	Pos    []int32     // position of each row in its sequence
	Runs   []SeqRun    // which rows belong to which sequence; they cover all rows in order
	Want   []int32     // rows whose results are asked for, ascending
	In     [][]float32 // contents of the graph's Inputs, in order
	Out    [][]float32 // filled: the graph's Outputs, in order, each with as many rows as the step has
}

// A SeqRun is the rows Lo <= row < Hi of a step, which extend Seq: row i stands at Pos[i] = Seq.Len() + i - Lo, for which
// room is reserved.
type SeqRun struct {
	Seq    *kvcache.Seq
	Lo, Hi int
}

// Rows returns how many rows of n's result this step has.
func (f *Frame) Rows(n *graph.Node) int {
	switch n.Rows {
	case graph.Token:
		return len(f.Tokens)
	case graph.Wanted:
		return len(f.Want)
	}
	return n.Shape.Rows()
}
