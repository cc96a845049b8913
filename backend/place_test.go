package backend

import (
	"testing"

	"github.com/longrun-ai/longrun/graph"
)

func TestPlaceRefuses(t *testing.T) {
	leaf := graph.New(1)
	leaf.Output(leaf.Input("x", 1, 4))
	sum := graph.New(1)
	x := sum.Input("x", 1, 4)
	sum.Output(sum.Add(x, x))
	for g, want := range map[*graph.Graph]string{
		leaf: "backend: output 0 is Input, which no device makes",
		sum:  "backend: no device runs node 2, Add",
	} {
		if _, err := Place(g, nil); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
