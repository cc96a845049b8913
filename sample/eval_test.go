package sample

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/longrun-ai/longrun/internal/kit"
)

// TestGoldens compares every sampler with llama.cpp's. Its probabilities are float32 and printed with seven digits, so
// 1e-5 leaves room for a sum of 80 of them: 80 x 2^-24 = 5e-6.
func TestGoldens(t *testing.T) {
	t.Run("whole", func(t *testing.T) { goldens(t, filepath.Join(kit.Dir(t), "cases", "sampling.json")) })
	t.Run("copied", func(t *testing.T) { goldens(t, filepath.Join(kit.Testdata(t), "kit", "cases", "sampling.json")) })
}

func goldens(t *testing.T, path string) {
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var cases []json.RawMessage
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) == 0 {
		t.Fatalf("%s holds no case", path)
	}
	type dist struct {
		Sampler string
		IDs     []int32
		Probs   []float64
	}
	for i, line := range cases {
		var want, got dist
		if err := json.Unmarshal(line, &want); err != nil {
			t.Fatal(err)
		}
		out, err := EvalJSON(line)
		if err != nil {
			t.Errorf("%d %s: %v", i, want.Sampler, err)
			continue
		}
		if err := json.Unmarshal(out, &got); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.IDs, want.IDs) {
			t.Errorf("%d %s: ids %v, want %v", i, want.Sampler, got.IDs, want.IDs)
			continue
		}
		for j, p := range got.Probs {
			if math.Abs(p-want.Probs[j]) > 1e-5 {
				t.Errorf("%d %s: token %d has %g, want %g", i, want.Sampler, got.IDs[j], p, want.Probs[j])
			}
		}
	}
}

func TestEvalJSONRefuses(t *testing.T) {
	for line, want := range map[string]string{
		`{`:                                "sample: a case in JSON: unexpected end of JSON input",
		`{"sampler":"top_k","k":1}`:        "sample: a case without logits",
		`{"sampler":"magic","logits":[1]}`: `sample: no sampler is named "magic"`,
		`{"sampler":"top_k","k":1,"logits":[null,null]}`:          ErrNoToken.Error(),
		`{"sampler":"chain","chain":[[]],"logits":[1]}`:           "sample: an empty link in a chain",
		`{"sampler":"chain","chain":[["temp"]],"logits":[1]}`:     "",
		`{"sampler":"logit_bias","bias":[[2,1]],"logits":[1]}`:    "sample: bias wants pairs of a token below 1 and a value",
		`{"sampler":"chain","chain":[["temp",1,2]],"logits":[1]}`: `sample: "temp" takes 1 settings`,
	} {
		_, err := EvalJSON([]byte(line))
		if got := text(err); got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func FuzzEvalJSON(f *testing.F) {
	f.Add([]byte(`{"sampler":"dry","multiplier":0.8,"base":1.75,"allowed_length":0,"last_n":-1,"breakers":[[],[1]],"logits":[1,2],"last_tokens":[0,-1,9,0]}`))
	f.Add([]byte(`{"sampler":"chain","chain":[["top_k",2],["xtc",1,0.1],["temp_ext",1,0.5,2],["typical",0.5]],"logits":[1,null,3e38,-3e38]}`))
	f.Add([]byte(`{"sampler":"penalties","last_n":3,"repeat":1.1,"logits":[1],"last_tokens":[0,0]}`))
	f.Fuzz(func(t *testing.T, line []byte) { _, _ = EvalJSON(line) })
}
