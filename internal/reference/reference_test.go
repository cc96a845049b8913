package reference

import (
	"bytes"
	"path/filepath"
	"slices"
	"testing"

	"github.com/longrun-ai/longrun/internal/kit"
	"github.com/longrun-ai/longrun/loader/gguf"
	"github.com/longrun-ai/longrun/tensor/quant"
)

// Peer and reference differ by the peer's float32 sums: 1e-14 each as a square, and a model strings some hundred of them
// together, with exponentials in between that magnify what they get.
const bound = 1e-11

func TestKit(t *testing.T) {
	t.Run("testdata", func(t *testing.T) { compare(t, filepath.Join(kit.Testdata(t), "kit")) })
	if !testing.Short() {
		t.Run("kit", func(t *testing.T) { compare(t, kit.Dir(t)) })
	}
}

func compare(t *testing.T, dir string) {
	covered := []string{"llama", "qwen2", "qwen3", "smollm3", "granite"}
	for _, e := range kit.LoadModels(t, dir) {
		if !slices.Contains(covered, e.Arch) {
			continue
		}
		t.Run(e.Name, func(t *testing.T) {
			image := e.Image(t)
			f, err := gguf.OpenReader(bytes.NewReader(image), int64(len(image)))
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range f.Tensors {
				if _, ok := quant.Of(w.Type); !ok {
					t.Skipf("%s cannot be decoded", w.Type)
				}
			}
			m, err := Open(f)
			if err != nil {
				t.Fatal(err)
			}
			ref := e.Ref
			if e.Exact != "" {
				ref = e.Exact
			}
			logits := m.Feed(e.Prompt...)
			if n := kit.NMSE(slices.Concat(logits...), e.Floats(t, ref)); !(n <= bound) {
				t.Errorf("NMSE %.3g, want at most %g", n, bound)
			}
			if e.Exact != "" {
				return // the peer's greedy tokens are those of its rounded activations
			}
			last := logits[len(logits)-1]
			for i, want := range e.Greedy {
				got := int32(slices.Index(last, slices.Max(last)))
				if got != want {
					t.Fatalf("greedy token %d is %d, want %d", i, got, want)
				}
				last = m.Feed(got)[0]
			}
		})
	}
}
