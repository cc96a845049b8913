package modeltest

import (
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/longrun-ai/longrun/asm"
	"github.com/longrun-ai/longrun/internal/kit"
	"github.com/longrun-ai/longrun/loader/gguf"
	"github.com/longrun-ai/longrun/model"
	"github.com/longrun-ai/longrun/tensor"
	"github.com/longrun-ai/longrun/tensor/quant"
)

// bound is how far a model's logits may be from the peer's, as squared error relative to squares, and why:
//
//   - F32: both sum float32s, which gives 1e-12; 1e-8 is the peer's advice, and far below what changes a token.
//   - F16 and BF16: the peer rounds activations to these types. It compares with the decoded weights instead, where
//     rounding an activation to 11 or 8 bits costs at most 2^-22 or 2^-16 an element, a few times over in a model.
//   - quantised: the activations of a product may be rounded to 8 bits, as the peer's are. Four times its own error, and
//     1e-5 where that is next to nothing.
func bound(e *kit.Model) float64 {
	switch e.Quant {
	case "", "F32":
		return 1e-8
	case "F16":
		return 1e-5
	case "BF16":
		return 1e-4
	}
	return 4*e.PeerNMSE + 1e-5
}

// boundHalf is for a cache of F16 under an F32 model, where rounding a key or value to 11 bits costs at most 2^-22: a
// dozen of these, since softmax magnifies the errors of scores and layers follow each other. It is the peer's advice.
const boundHalf = 3e-6

// exactly reports whether tokens must be the peer's.
func exactly(e *kit.Model) bool { return e.Quant == "" || e.Quant == "F32" }

// logits are what a model's logits are compared with.
func logits(t testing.TB, e *kit.Model) []float32 {
	if exactly(e) {
		return e.Floats(t, e.Ref)
	}
	return e.Floats(t, e.Exact)
}

// models are the kit's models of the architectures here.
func models(t testing.TB, dir string) []kit.Model {
	return slices.DeleteFunc(kit.LoadModels(t, dir), func(e kit.Model) bool {
		_, err := model.Find(architectures, e.Arch)
		return err != nil
	})
}

// undecodable names the first type of f that cannot be decoded, "" for none.
func undecodable(f *gguf.File) string {
	for _, x := range f.Tensors {
		if _, ok := quant.Of(x.Type); !ok {
			return x.Type.String()
		}
	}
	return ""
}

// The two models that every clone has, and all of the kit where that is here, on every tier.
func TestGolden(t *testing.T) {
	t.Run("testdata", func(t *testing.T) { golden(t, filepath.Join(kit.Testdata(t), "kit")) })
	if !testing.Short() {
		t.Run("kit", func(t *testing.T) { golden(t, kit.Dir(t)) })
	}
}

func golden(t *testing.T, dir string) {
	for _, e := range models(t, dir) {
		t.Run(e.Name, func(t *testing.T) {
			f := open(t, e.Image(t))
			if typ := undecodable(f); typ != "" {
				t.Skipf("%s cannot be decoded yet", typ)
			}
			m, want := bind(t, f), logits(t, &e)
			for _, k := range asm.Tiers() {
				t.Run(k.Tier, func(t *testing.T) {
					r := newRunner(t, m, k.Tier, 1, tensor.F32)
					got := r.prompt(t, e.Prompt, len(e.Prompt))
					if n := kit.NMSE(got, want); !(n <= bound(&e)) {
						t.Errorf("NMSE %.3g, want at most %.3g", n, bound(&e))
					} else {
						t.Logf("NMSE %.3g", n)
					}
					compareBest(t, &e, got, want)
					if exactly(&e) {
						compareGreedy(t, &e, r)
						half := newRunner(t, m, k.Tier, 1, tensor.F16).prompt(t, e.Prompt, 16)
						if n := kit.NMSE(half, want); !(n <= boundHalf) {
							t.Errorf("cache of F16: NMSE %.3g, want at most %.3g", n, boundHalf)
						}
					}
					for _, size := range []int{1, 7, 16} {
						sameBits(t, got, r.prompt(t, e.Prompt, size), "fed %d at a time", size)
					}
					sameBits(t, got, newRunner(t, m, k.Tier, 2, tensor.F32).prompt(t, e.Prompt, 16), "on 2 threads")
				})
			}
		})
	}
}

// compareBest wants the same best token in every row. Where weights are quantised it asks only rows whose best token
// leads by more than ten times the row's error.
func compareBest(t *testing.T, e *kit.Model, got, want []float32) {
	t.Helper()
	for i := range e.Rows {
		g, w := got[i*e.Cols:][:e.Cols], want[i*e.Cols:][:e.Cols]
		if best(g) == best(w) {
			continue
		}
		first := best(w)
		lead, square := math.Inf(1), 0.0
		for j, x := range w {
			if j != int(first) {
				lead = min(lead, float64(w[first]-x))
			}
			square += float64(g[j]-x) * float64(g[j]-x)
		}
		if exactly(e) || lead > 10*math.Sqrt(square/float64(e.Cols)) {
			t.Errorf("row %d: best token %d, want %d, which leads by %.3g", i, best(g), first, lead)
		}
	}
}

// compareGreedy continues the prompt with the best tokens.
func compareGreedy(t *testing.T, e *kit.Model, r *runner) {
	t.Helper()
	s := r.cache.NewSeq()
	defer s.Close()
	rows := r.feed(t, s, e.Prompt...)
	last := rows[len(rows)-e.Cols:]
	var all []float32
	for i, want := range e.Greedy {
		if got := best(last); got != want {
			t.Fatalf("greedy token %d is %d, want %d", i, got, want)
		}
		last = r.feed(t, s, want)
		all = append(all, last...)
	}
	if n := kit.NMSE(all, e.Floats(t, e.RefGreedy)); !(n <= bound(e)) {
		t.Errorf("after greedy tokens: NMSE %.3g, want at most %.3g", n, bound(e))
	}
}

func sameBits(t *testing.T, want, got []float32, format string, args ...any) {
	t.Helper()
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			args = append(args, i, got[i], want[i])
			t.Errorf(format+": logit %d is %g, want %g", args...)
			return
		}
	}
}
