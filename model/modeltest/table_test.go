package modeltest

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/longrun-ai/longrun/internal/kit"
	"github.com/longrun-ai/longrun/tensor"
)

var update = flag.Bool("update", false, "rewrite docs/models.md")

const preface = `# Models

Every model here is compared with llama.cpp: the logits of 48 positions of the prompt, whose squared error relative to
their squares (NMSE) is at most the limit. The weights are random and the shapes small; what counts is that each part of
an architecture is computed as defined. Files of F32 matrices also give the peer's best token in every row and its 16
greedy tokens. Quantised files are compared with the logits of their decoded weights, with a limit of four times the
peer's own error, since it rounds activations to 8 bits as we may.

All of it holds for every tier of kernels, bit for bit the same on one thread and two, and for prompts fed in chunks of 1,
7 and 16. What these files do not have is compared with a float64 implementation kept for that: sliding windows, linear scaling of
RoPE (also together with frequency factors), RoPE on a part of a head, the further parameters of YaRN, biases of every
matrix, Granite without RoPE. A file that asks for anything else is refused, with the key or tensor named.

This page is written by the test that compares: ` + "`go test ./model/modeltest -update`" + `.

| model | architecture | what it has | matrices | NMSE at most | holds |
|---|---|---|---|---|---|
`

// The page lists what this program runs, as found by running it.
func TestModelsPage(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out the models that are not in testdata")
	}
	page := preface
	for _, e := range models(t, kit.Dir(t)) {
		f := open(t, e.Image(t))
		holds, matrices := "yes", e.Quant
		if matrices == "" {
			matrices = "F32"
		}
		if typ := undecodable(f); typ != "" {
			holds = "no: " + typ + " cannot be decoded yet"
		} else {
			got := newRunner(t, bind(t, f), "", 1, tensor.F32).prompt(t, e.Prompt, len(e.Prompt))
			if n := kit.NMSE(got, logits(t, &e)); !(n <= bound(&e)) {
				holds = fmt.Sprintf("no: %.1g", n)
			}
		}
		features, _, _ := strings.Cut(e.Features, " (")
		page += fmt.Sprintf("| %s | %s | %s | %s | %.2g | %s |\n", e.Name, e.Arch, features, matrices, bound(&e), holds)
	}
	path := filepath.Join("..", "..", "docs", "models.md")
	if *update {
		if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile(path); err != nil || string(have) != page {
		t.Errorf("%s is out of date (error %v); go test ./model/modeltest -update rewrites it:\n%s", path, err, page)
	}
}
