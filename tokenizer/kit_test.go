package tokenizer_test

import (
	"bytes"
	"compress/bzip2"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/longrun-ai/longrun/internal/kit"
	"github.com/longrun-ai/longrun/loader/gguf"
	"github.com/longrun-ai/longrun/tokenizer"
)

// A golden is a text and what llama.cpp makes of it.
type golden struct {
	Text         string  `json:"text"`
	TextHex      string  `json:"text_hex"`
	AddSpecial   bool    `json:"add_special"`
	ParseSpecial bool    `json:"parse_special"`
	IDs          []int32 `json:"ids"`
	Detok        *string `json:"detok"`
	DetokHex     *string `json:"detok_hex"`
	Pieces       *string `json:"pieces"`
	PiecesHex    *string `json:"pieces_hex"`
}

// text returns plain, or the bytes of hexed where that is set, and whether either is.
func text(t testing.TB, plain, hexed *string) (string, bool) {
	t.Helper()
	if hexed != nil {
		b, err := hex.DecodeString(*hexed)
		if err != nil {
			t.Fatal(err)
		}
		return string(b), true
	}
	if plain == nil {
		return "", false
	}
	return *plain, true
}

func (g *golden) check(t *testing.T, tok *tokenizer.Tokenizer) {
	t.Helper()
	in := g.Text
	if g.TextHex != "" {
		in, _ = text(t, nil, &g.TextHex)
	}
	if got := tok.Encode(in, g.AddSpecial, g.ParseSpecial); !slices.Equal(got, g.IDs) {
		t.Errorf("%q (special added %v, parsed %v)\ngot  %v\nwant %v", in, g.AddSpecial, g.ParseSpecial, got, g.IDs)
	}
	want, ok := text(t, g.Detok, g.DetokHex)
	if !ok {
		return
	}
	if got := tok.Decode(g.IDs, true); got != want {
		t.Errorf("text of %v\ngot  %q\nwant %q", g.IDs, got, want)
	}
	if p, ok := text(t, g.Pieces, g.PiecesHex); ok {
		want = p
	}
	var got strings.Builder
	s := tok.NewStream(true)
	for _, id := range g.IDs {
		got.WriteString(s.Push(id))
	}
	got.WriteString(s.Flush())
	if got.String() != want {
		t.Errorf("stream of %v\ngot  %q\nwant %q", g.IDs, got.String(), want)
	}
}

func readJSON(t testing.TB, path string, v any) {
	t.Helper()
	if err := json.Unmarshal(unpack(t, path), v); err != nil {
		t.Fatal(err)
	}
}

// unpack reads a file, which may be packed.
func unpack(t testing.TB, path string) []byte {
	t.Helper()
	if _, err := os.Stat(path + ".bz2"); err == nil {
		path += ".bz2"
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(path, ".bz2") {
		r = bzip2.NewReader(f)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func metadata(t testing.TB, path string) gguf.Metadata {
	t.Helper()
	b := unpack(t, path)
	file, err := gguf.OpenReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return file.Meta
}

func open(t testing.TB, m tokenizer.Metadata) *tokenizer.Tokenizer {
	t.Helper()
	tok, err := tokenizer.FromMetadata(m)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func TestVocabularies(t *testing.T) {
	dir := filepath.Join(kit.Testdata(t), "kit", "tokenizer")
	for _, name := range []string{"gpt-2", "llama-spm"} {
		t.Run(name, func(t *testing.T) { checkVocabulary(t, dir, name) })
	}
}

func TestKitVocabularies(t *testing.T) {
	if testing.Short() {
		t.Skip("a short run has the vocabularies of testdata")
	}
	dir := filepath.Join(kit.Dir(t), "tokenizer")
	for _, name := range []string{"gpt-2", "llama-bpe", "qwen2", "starcoder", "command-r", "deepseek-llm", "llama-spm", "phi-3"} {
		t.Run(name, func(t *testing.T) { checkVocabulary(t, dir, name) })
	}
}

func TestKitUnsupported(t *testing.T) {
	if testing.Short() {
		t.Skip("takes vocabularies that are large to unpack")
	}
	dir := filepath.Join(kit.Dir(t), "tokenizer")
	for name, want := range map[string]string{
		"bert-bge":       `tokenizer: tokenizer model "bert" is not supported yet`,
		"nomic-bert-moe": `tokenizer: tokenizer model "t5" is not supported yet`,
		"gemma-4":        `tokenizer: tokenizer model "gemma4" is not supported yet`,
	} {
		_, err := tokenizer.FromMetadata(metadata(t, filepath.Join(dir, "ggml-vocab-"+name+".gguf")))
		if _, ok := errors.AsType[*tokenizer.UnsupportedError](err); !ok || err.Error() != want {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
	}
}

// checkVocabulary compares with all that the kit knows of a vocabulary.
func checkVocabulary(t *testing.T, dir, name string) {
	tok := open(t, metadata(t, filepath.Join(dir, "ggml-vocab-"+name+".gguf")))
	var file struct {
		Cases []golden
		Meta  struct {
			Tokens int `json:"n_tokens"`
			BOS    int32
			EOS    int32
			EOT    int32
			NL     int32
			PAD    int32
			AddBOS int `json:"add_bos"`
			AddEOS int `json:"add_eos"`
			EOG    []int32
		}
	}
	readJSON(t, filepath.Join(dir, name+".json"), &file)
	m := &file.Meta
	got := []int32{int32(tok.Len()), tok.BOS(), tok.EOS(), tok.EOT(), tok.NL(), tok.PAD()}
	if want := []int32{int32(m.Tokens), m.BOS, m.EOS, m.EOT, m.NL, m.PAD}; !slices.Equal(got, want) {
		t.Errorf("tokens, BOS, EOS, EOT, NL, PAD are %v, want %v", got, want)
	}
	if tok.AddsBOS() != (m.AddBOS != 0) || tok.AddsEOS() != (m.AddEOS != 0) {
		t.Errorf("adds BOS %v and EOS %v, want %v and %v", tok.AddsBOS(), tok.AddsEOS(), m.AddBOS, m.AddEOS)
	}
	var eog []int32
	for id := range int32(tok.Len()) {
		if tok.IsEOG(id) {
			eog = append(eog, id)
		}
	}
	if !slices.Equal(eog, m.EOG) {
		t.Errorf("generation ends at %v, want %v", eog, m.EOG)
	}
	if len(file.Cases) == 0 {
		t.Fatal("no cases")
	}
	for i := range file.Cases {
		file.Cases[i].check(t, tok)
	}
	checkLines(t, tok, filepath.Join(dir, "ggml-vocab-"+name+".gguf"))
}

// checkLines compares with the texts and ids that llama.cpp tests itself with.
func checkLines(t *testing.T, tok *tokenizer.Tokenizer, base string) {
	in, err := os.ReadFile(base + ".inp")
	if err != nil {
		t.Fatal(err)
	}
	out, err := os.ReadFile(base + ".out")
	if err != nil {
		t.Fatal(err)
	}
	texts := strings.Split(string(in), "\n__ggml_vocab_test__\n")
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	for i, line := range lines {
		var want []int32
		for _, s := range strings.Fields(line) {
			id, err := strconv.ParseInt(s, 10, 32)
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, int32(id))
		}
		if got := tok.Encode(texts[i], false, false); !slices.Equal(got, want) {
			t.Errorf("%q\ngot  %v\nwant %v", texts[i], got, want)
		}
	}
}

func TestKitPretokenizers(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a vocabulary that is large to unpack")
	}
	dir := filepath.Join(kit.Dir(t), "tokenizer")
	base := open(t, metadata(t, filepath.Join(dir, "ggml-vocab-llama-bpe.gguf")))
	var file struct {
		Texts  []string
		Groups []struct {
			Pre []string
			IDs [][]int32
		}
	}
	readJSON(t, filepath.Join(dir, "pretokenizers.json"), &file)
	for _, g := range file.Groups {
		for _, pre := range g.Pre {
			t.Run(pre, func(t *testing.T) {
				tok, err := base.WithPre(pre)
				if err != nil {
					t.Fatal(err)
				}
				for i, text := range file.Texts {
					if got := tok.Encode(text, false, false); !slices.Equal(got, g.IDs[i]) {
						t.Errorf("%q\ngot  %v\nwant %v", text, got, g.IDs[i])
					}
				}
			})
		}
	}
}

func TestModels(t *testing.T) {
	checkModels(t, filepath.Join(kit.Testdata(t), "kit", "tokenizer"))
}

func TestKitModels(t *testing.T) {
	if testing.Short() {
		t.Skip("a short run has the vocabularies of testdata")
	}
	checkModels(t, kit.Dir(t))
}

// checkModels compares with the texts that come with the model files listed in models.json.
func checkModels(t *testing.T, dir string) {
	var models []struct {
		Name, File string
		Tokenize   []golden
	}
	readJSON(t, filepath.Join(dir, "models.json"), &models)
	if len(models) == 0 {
		t.Fatal("no models")
	}
	for _, m := range models {
		t.Run(m.Name, func(t *testing.T) {
			meta := metadata(t, filepath.Join(dir, m.File))
			tok, err := tokenizer.FromMetadata(meta)
			if model, _ := meta.String("tokenizer.ggml.model"); model == "bert" || model == "t5" {
				if _, ok := errors.AsType[*tokenizer.UnsupportedError](err); !ok {
					t.Errorf("got %v, want that %s is not supported", err, model)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for i := range m.Tokenize {
				m.Tokenize[i].check(t, tok)
			}
		})
	}
}
