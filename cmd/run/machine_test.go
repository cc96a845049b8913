package main

import (
	"bytes"
	"compress/bzip2"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/longrun-ai/longrun/internal/kit"
	"github.com/longrun-ai/longrun/loader/gguf"
	"github.com/longrun-ai/longrun/tensor"
)

// jsonl runs a command over lines and returns what it answers, one object for each.
func jsonl(t *testing.T, lines []string, args ...string) []map[string]any {
	t.Helper()
	got := run(t, strings.Join(lines, "\n")+"\n", args...)
	if got.code != 0 || got.stderr != "" {
		t.Fatalf("run %q: code %d, %s", args, got.code, got.stderr)
	}
	var answers []map[string]any
	d := json.NewDecoder(strings.NewReader(got.stdout))
	for d.More() {
		var a map[string]any
		if err := d.Decode(&a); err != nil {
			t.Fatal(err)
		}
		answers = append(answers, a)
	}
	if n := strings.Count(got.stdout, "\n"); len(answers) != len(lines) || n != len(lines) {
		t.Fatalf("run %q: %d objects in %d lines for %d lines", args, len(answers), n, len(lines))
	}
	return answers
}

func marshal(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// readBZ2 returns a file of the kit's copy in testdata, decompressed.
func readBZ2(t *testing.T, name string) []byte {
	t.Helper()
	f, err := os.Open(filepath.Join(kit.Testdata(t), "kit", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	data, err := io.ReadAll(bzip2.NewReader(f))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Files without tensors are enough for tokens.
func TestTokenizeJSONL(t *testing.T) {
	for _, name := range []string{"gpt-2", "llama-spm"} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), name+".gguf")
			if err := os.WriteFile(file, readBZ2(t, "tokenizer/ggml-vocab-"+name+".gguf.bz2"), 0o666); err != nil {
				t.Fatal(err)
			}
			var golden struct{ Cases []map[string]any }
			if err := json.Unmarshal(readBZ2(t, "tokenizer/"+name+".json.bz2"), &golden); err != nil {
				t.Fatal(err)
			}
			var lines []string
			for _, c := range golden.Cases {
				in := map[string]any{}
				for _, key := range []string{"text", "text_hex", "add_special", "parse_special"} {
					if v, ok := c[key]; ok {
						in[key] = v
					}
				}
				lines = append(lines, marshal(t, in))
			}
			for i, got := range jsonl(t, lines, "tokenize", file, "--jsonl") {
				want := map[string]any{}
				for key, v := range golden.Cases[i] {
					switch {
					case key == "ids", strings.HasPrefix(key, "detok"), strings.HasPrefix(key, "pieces"):
						want[key] = v
					}
				}
				for _, form := range []string{"", "_hex"} { // pieces are given where they differ
					if v, ok := want["detok"+form]; ok && want["pieces"] == nil && want["pieces_hex"] == nil {
						want["pieces"+form] = v
					}
				}
				if !reflect.DeepEqual(got, want) {
					t.Errorf("%s: %v, want %v", lines[i], got, want)
				}
			}
		})
	}
}

// A line that cannot be answered is told so, and the next one is answered.
func TestLines(t *testing.T) {
	got := jsonl(t, []string{
		`{"text":"Hello"}`, `{"text":`, `[]`, `{}`, `{"text_hex":"zz"}`, `{"text_hex":"48656c6c6f"}`, `{"text":"","add_special":true}`,
	}, "tokenize", demo(t), "--jsonl")
	for i, want := range []string{
		"", "unexpected end of JSON input", "cannot unmarshal array", "the line has neither text nor text_hex", "text_hex: ", "", "",
	} {
		text, _ := got[i]["error"].(string)
		if (want == "") != (text == "") || !strings.Contains(text, want) {
			t.Errorf("line %d: %v, want %q", i, got[i], want)
		}
	}
	if !reflect.DeepEqual(got[0], got[5]) || fmt.Sprint(got[6]["ids"]) != "[]" {
		t.Errorf("%v", got)
	}
}

func TestTokenizeText(t *testing.T) {
	m := demo(t)
	text := run(t, "", "tokenize", m, "Hello <|im_end|>")
	if want := "    42 \"H\"\n   503 \"ell\"\n    81 \"o\"\n   223 \" \"\n     2 \"<|im_end|>\"\n"; text.code != 0 || text.stdout != want {
		t.Errorf("%+v", text)
	}
	if got := run(t, "Hello <|im_end|>", "tokenize", m); got != text {
		t.Errorf("from stdin: %+v", got)
	}
	if got := run(t, "", "tokenize", m, "Hello", "--ids"); got.stdout != "42,503,81\n" {
		t.Errorf("%+v", got)
	}
	if got := run(t, "", "tokenize", m, "<|im_end|>", "--no-parse-special", "--ids"); strings.Count(got.stdout, ",") < 3 {
		t.Errorf("%+v", got)
	}
}

// As many templates must render to the peers' text as the engine's own tests ask for.
func TestTemplateJSONL(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(kit.Testdata(t), "kit/cases/templates_rendered.json"))
	if err != nil {
		t.Fatal(err)
	}
	var templates []struct {
		Template, Source string
		Cases            []struct {
			Context  json.RawMessage
			Expected *string
		}
	}
	if err := json.Unmarshal(data, &templates); err != nil {
		t.Fatal(err)
	}
	right, all := 0, 0
	for _, tmpl := range templates {
		file := filepath.Join(t.TempDir(), "t.jinja")
		if err := os.WriteFile(file, []byte(tmpl.Source), 0o666); err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, c := range tmpl.Cases {
			var context bytes.Buffer
			if err := json.Compact(&context, c.Context); err != nil {
				t.Fatal(err)
			}
			lines = append(lines, fmt.Sprintf(`{"context":%s,"now":"2025-01-02T03:04:05"}`, &context))
		}
		for i, got := range jsonl(t, lines, "template", "--template-file", file, "--jsonl") {
			all++
			want := tmpl.Cases[i].Expected
			if _, failed := got["error"].(string); want == nil && failed || want != nil && got["text"] == *want && len(got) == 1 {
				right++
			}
		}
	}
	if all < 10 || float64(right) < 0.95*float64(all) {
		t.Errorf("%d of %d are right", right, all)
	}
}

func TestTemplate(t *testing.T) {
	m := demo(t)
	source := run(t, "", "template", m)
	if source.code != 0 || !strings.Contains(source.stdout, "<|im_start|>") {
		t.Fatalf("%+v", source)
	}
	got := jsonl(t, []string{
		`{"context":{"messages":[{"role":"user","content":"Hi"}],"add_generation_prompt":true}}`,
		`{"context":{"messages":3}}`,
		`{"context":[]}`,
		`{"now":"yesterday"}`,
	}, "template", m, "--jsonl")
	if got[0]["text"] != "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n" {
		t.Errorf("%q", got[0])
	}
	for _, g := range got[1:] {
		if g["error"] == nil || g["text"] != nil {
			t.Errorf("%v", g)
		}
	}
	// A template that is no template answers every line.
	bad := filepath.Join(t.TempDir(), "bad.jinja")
	if err := os.WriteFile(bad, []byte("{% for %}"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, g := range jsonl(t, []string{`{"context":{}}`, `{}`}, "template", "--template-file", bad, "--jsonl") {
		if g["error"] == nil {
			t.Errorf("%v", g)
		}
	}
}

func TestEvalSample(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(kit.Testdata(t), "kit/cases/sampling.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []map[string]any
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	want := make([]map[string]any, len(cases))
	lines := make([]string, len(cases))
	for i, c := range cases {
		want[i] = map[string]any{"ids": c["ids"], "probs": c["probs"]}
		delete(c, "ids")
		delete(c, "probs")
		lines[i] = marshal(t, c)
	}
	for i, got := range jsonl(t, append(lines, `{"sampler":"none","logits":[1]}`), "eval", "sample", "--jsonl") {
		if i == len(cases) {
			if got["error"] != `sample: no sampler is named "none"` {
				t.Errorf("%v", got)
			}
			continue
		}
		if len(got) != 2 || !reflect.DeepEqual(got["ids"], want[i]["ids"]) {
			t.Errorf("%s: %v, want %v", lines[i], got, want[i])
			continue
		}
		probs := got["probs"].([]any)
		for j, w := range want[i]["probs"].([]any) {
			if d := probs[j].(float64) - w.(float64); math.Abs(d) > 1e-5 { // the goldens are rounded to six digits
				t.Errorf("%s: probability %d is %v, want %v", lines[i], j, probs[j], w)
			}
		}
	}
}

// floats reads a file of float32s.
func floats(t *testing.T, path string) []float32 {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float32, len(raw)/4)
	for i := range x {
		x[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return x
}

func TestEvalLogits(t *testing.T) {
	dir := t.TempDir()
	for _, m := range kit.LoadModels(t, filepath.Join(kit.Testdata(t), "kit")) {
		file := filepath.Join(dir, m.Name+".gguf")
		if err := os.WriteFile(file, m.Image(t), 0o666); err != nil {
			t.Fatal(err)
		}
		list := strings.Trim(strings.ReplaceAll(fmt.Sprint(m.Prompt), " ", ","), "[]")
		listFile := filepath.Join(dir, "tokens")
		if err := os.WriteFile(listFile, []byte(strings.ReplaceAll(list, ",", ", ")+"\n"), 0o666); err != nil {
			t.Fatal(err)
		}
		out, greedyOut := filepath.Join(dir, "f"), filepath.Join(dir, "g")
		var first []float32
		for _, args := range [][]string{
			{"--tokens", list},
			{"--tokens", "@" + listFile, "--chunk", "7", "--threads", "1"},
			{"--tokens", list, "--chunk", "1", "-c", "256", "--device", "cpu", "--attn", "dense", "-b", "16"},
			{"--tokens", list, "--tier", "generic"},
		} {
			args = append([]string{"eval", "logits", file, "-o", out, "--greedy", "16", "--greedy-out", greedyOut, "-ctk", "f32", "-ctv", "f32"}, args...)
			got := run(t, "", args...)
			var answer struct {
				Rows, Cols         int
				Greedy             []int32
				Device, Tier, Attn string
			}
			if err := json.Unmarshal([]byte(got.stdout), &answer); err != nil || got.code != 0 {
				t.Fatalf("%q: %+v, %v", args, got, err)
			}
			if answer.Rows != len(m.Prompt) || answer.Cols != m.Cols || answer.Device != "cpu" || answer.Tier == "" || answer.Attn != "dense" {
				t.Errorf("%q: %s", args, got.stdout)
			}
			logits, greedy := floats(t, out), floats(t, greedyOut)
			if len(logits) != m.Rows*m.Cols || len(greedy) != 16*m.Cols {
				t.Fatalf("%q: %d and %d logits", args, len(logits), len(greedy))
			}
			// The kit's bounds: files of F32 near the peer, others near the exact logits of what they hold.
			ref, bound := m.Ref, 1e-8
			if m.Quant != "" {
				ref, bound = m.Exact, 4*m.PeerNMSE+1e-5
			}
			if e := kit.NMSE(logits, m.Floats(t, ref)); !(e <= bound) {
				t.Errorf("%q: error %g, at most %g", args, e, bound)
			}
			if m.Quant == "" {
				if !reflect.DeepEqual(answer.Greedy, m.Greedy) {
					t.Errorf("%q: greedy %v, want %v", args, answer.Greedy, m.Greedy)
				}
				if e := kit.NMSE(greedy, m.Floats(t, m.RefGreedy)); !(e <= bound) {
					t.Errorf("%q: error of greedy steps %g", args, e)
				}
			}
			if first == nil {
				first = logits
			} else if answer.Tier != "generic" && !reflect.DeepEqual(first, logits) {
				t.Errorf("%q: other logits than in one piece", args)
			}
		}
	}
}

// odd is a file with everything that JSON has no words for.
func odd(t *testing.T) string {
	f32 := func(x ...float32) func(io.Writer) error {
		return func(w io.Writer) error { return binary.Write(w, binary.LittleEndian, x) }
	}
	return writeModel(t, filepath.Join(t.TempDir(), "odd.gguf"), []gguf.KV{
		{Key: "general.architecture", Value: "unheard-of"},
		{Key: "u8s", Value: []uint8{1, 2}}, {Key: "i8", Value: int8(-3)}, {Key: "flag", Value: true},
		{Key: "exact", Value: uint64(1 << 53)}, {Key: "beyond", Value: uint64(1<<53 + 1)}, {Key: "most", Value: []uint64{7, math.MaxUint64}},
		{Key: "least", Value: int64(math.MinInt64)},
		{Key: "tenth", Value: float32(0.1)}, {Key: "third", Value: 1.0 / 3},
		{Key: "nan", Value: float32(math.NaN())}, {Key: "inf", Value: []float32{1, float32(math.Inf(1)), float32(math.Inf(-1))}},
		{Key: "text", Value: "<&>\u2028\""}, {Key: "texts", Value: []string{"a", ""}}, {Key: "none", Value: []string{}},
	}, []gguf.TensorSource{
		{Name: "v", Type: tensor.F32, Shape: tensor.Dims(3), Data: f32(1, 2, 3)},
		{Name: "m", Type: tensor.F32, Shape: tensor.Dims(2, 3), Data: f32(1, 2, 3, 4, 5, 6)},
		{Name: "x", Type: tensor.F32, Shape: tensor.Dims(2, 1, 2), Data: f32(1, 2, 3, float32(math.Inf(1)))},
	})
}

func TestInspectJSON(t *testing.T) {
	got := run(t, "", "inspect", odd(t), "--json")
	var all struct {
		Metadata map[string]any
		Tensors  []map[string]any
	}
	d := json.NewDecoder(strings.NewReader(got.stdout))
	d.UseNumber()
	if err := d.Decode(&all); err != nil || got.code != 0 {
		t.Fatalf("%+v: %v", got, err)
	}
	for key, want := range map[string]string{
		"general.architecture": `"unheard-of"`,
		"u8s":                  "[1,2]", "i8": "-3", "flag": "true",
		"exact": "9007199254740992", "beyond": `"9007199254740993"`, "most": `[7,"18446744073709551615"]`, "least": `"-9223372036854775808"`,
		"tenth": "0.10000000149011612", "third": "0.3333333333333333",
		"nan": `"NaN"`, "inf": `[1,"Infinity","-Infinity"]`,
		"text": marshal(t, "<&>\u2028\""), "texts": `["a",""]`, "none": "[]",
	} {
		if s := marshal(t, all.Metadata[key]); s != want {
			t.Errorf("%s is %s, want %s", key, s, want)
		}
	}
	size := int64(0)
	for i, want := range []struct {
		name, shape string
		bytes       int
	}{{"v", "[3]", 12}, {"m", "[3,2]", 24}, {"x", "[2,1,2]", 16}} {
		x := all.Tensors[i]
		if x["name"] != want.name || x["type"] != "F32" || marshal(t, x["shape"]) != want.shape || fmt.Sprint(x["bytes"]) != fmt.Sprint(want.bytes) || len(x) != 5 {
			t.Errorf("%v, want %v", x, want)
		}
		offset, err := x["offset"].(json.Number).Int64()
		if err != nil || offset%32 != 0 || offset <= size {
			t.Errorf("offset %d after %d", offset, size)
		}
		size = offset + int64(want.bytes) - 1
	}
}

func TestInspect(t *testing.T) {
	m := odd(t)
	got := run(t, "", "inspect", m)
	if got.code != 0 || !strings.Contains(got.stdout, "\n3 tensors, 0.0 M parameters, 0.0 MiB, 3 F32\n") {
		t.Errorf("%+v", got)
	}
	out := filepath.Join(t.TempDir(), "x")
	for name, want := range map[string]struct {
		json string
		data []float32
	}{
		"m": {"{\"rows\":2,\"cols\":3}\n", []float32{1, 2, 3, 4, 5, 6}},
		"x": {"{\"rows\":2,\"cols\":2}\n", []float32{1, 2, 3, float32(math.Inf(1))}},
	} {
		got := run(t, "", "inspect", m, "--tensor", name, "-o", out)
		if got.code != 0 || got.stdout != want.json || !reflect.DeepEqual(floats(t, out), want.data) {
			t.Errorf("%s: %+v, %v", name, got, floats(t, out))
		}
	}
	// A device is written to, not replaced.
	if got := run(t, "", "inspect", m, "--tensor", "m", "-o", os.DevNull); got.code != 0 {
		t.Errorf("%+v", got)
	}
	if st, err := os.Stat(os.DevNull); err != nil || st.Mode().IsRegular() {
		t.Errorf("%s is %v", os.DevNull, st.Mode())
	}
}

func TestJSON(t *testing.T) {
	type object struct {
		Text         string
		Tokens       []int32
		FinishReason string `json:"finish_reason"`
		Usage        map[string]int
		Timings      map[string]float64
	}
	read := func(got ended) (objects []object) {
		t.Helper()
		d := json.NewDecoder(strings.NewReader(got.stdout))
		for d.More() {
			var o object
			if err := d.Decode(&o); err != nil {
				t.Fatal(err)
			}
			objects = append(objects, o)
		}
		if got.code != 0 || got.stderr != "" {
			t.Errorf("%+v", got)
		}
		return objects
	}
	one := read(run(t, "", demo(t), "Hello", "--temp", "0", "--json"))
	want := map[string]int{"prompt_tokens": 14, "completion_tokens": 11, "total_tokens": 25, "cached_tokens": 0}
	if len(one) != 1 || one[0].Text != hello || one[0].FinishReason != "stop" || len(one[0].Tokens) != 11 || !reflect.DeepEqual(one[0].Usage, want) {
		t.Errorf("%+v", one)
	}
	for _, key := range []string{"prompt_n", "prompt_ms", "prompt_per_second", "predicted_n", "predicted_ms", "predicted_per_second"} {
		if one[0].Timings[key] <= 0 {
			t.Errorf("timings: %v", one[0].Timings)
		}
	}
	if got := read(run(t, "", demo(t), "Hello", "--temp", "0", "--json", "-n", "3")); got[0].FinishReason != "length" || len(got[0].Tokens) != 3 {
		t.Errorf("%+v", got)
	}
	pieces := read(run(t, "", demo(t), "Hello", "--temp", "0", "--json", "--stream"))
	text, tokens := "", []int32(nil)
	for _, o := range pieces[:len(pieces)-1] {
		text, tokens = text+o.Text, append(tokens, o.Tokens...)
	}
	if last := pieces[len(pieces)-1]; len(pieces) < 5 || text != hello || last.Text != hello || !reflect.DeepEqual(tokens, last.Tokens) {
		t.Errorf("%+v", pieces)
	}
}
