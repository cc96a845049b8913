package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/longrun-ai/longrun/internal/kit"
	"github.com/longrun-ai/longrun/loader/gguf"
)

const (
	whoAreYou = "I am a tiny test model that comes with this program. I was trained from scratch, mostly on old public-domain books, " +
		"so please do not expect too much of me."
	hello = "Hello! How can I help you?"
)

func demo(t testing.TB) string {
	return filepath.Join(kit.Testdata(t), "models", "tiny-longctx-30m-q4_k_m.gguf")
}

func draft(t testing.TB) string {
	return filepath.Join(kit.Testdata(t), "models", "tiny-draft-2m-q8_0.gguf")
}

// ended is what a run of the program leaves.
type ended struct {
	code           int
	stdout, stderr string
}

// run runs the program on a pipe.
func run(t testing.TB, stdin string, args ...string) ended {
	t.Helper()
	var stdout, stderr strings.Builder
	p := &process{stdin: strings.NewReader(stdin), stdout: &stdout, stderr: &stderr, env: func(string) string { return "" }}
	code := realMain(t.Context(), p, args)
	return ended{code, stdout.String(), stderr.String()}
}

// Wherever the prompt comes from and wherever flags stand, the answer is the same, and all that is on stdout.
func TestAnswer(t *testing.T) {
	m := demo(t)
	file := filepath.Join(t.TempDir(), "prompt.txt")
	if err := os.WriteFile(file, []byte("Who are you?\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	system := filepath.Join(t.TempDir(), "system.txt")
	if err := os.WriteFile(system, []byte(""), 0o666); err != nil {
		t.Fatal(err)
	}
	for i, tt := range []struct {
		stdin string
		args  []string
		want  string
	}{
		{"", []string{m, "Who are you?", "--temp", "0"}, whoAreYou},
		{"", []string{"--temp=0", m, "Who are you?"}, whoAreYou},
		{"", []string{m, "--temp", "0", "Who are you?"}, whoAreYou},
		{"", []string{"-m", m, "-temp", "0", "-p", "Who are you?"}, whoAreYou},
		{"", []string{"-m", m, "--temp", "0", "--", "Who are you?"}, whoAreYou},
		{"", []string{m, "--temp", "0", "-f", file, "-sysf", system}, whoAreYou},
		{"Who are you?\n", []string{m, "--temp", "0"}, whoAreYou},
		{"Who are you?\n", []string{m, "--temp", "0", "-p", "-"}, whoAreYou},
		{"Who are you?", []string{m, "--temp", "0", "-f", "-"}, whoAreYou},
		{"", []string{m, "Who are you?", "--top-k", "1", "-t", "1", "-b", "4", "-ctk", "f32", "-ctv", "f32", "-c", "256"}, whoAreYou},
		{"", []string{m, "Who are you?", "--temp", "0", "--tier", "generic", "--device", "cpu", "-b", "2048", "-ub", "512"}, whoAreYou},
		{"", []string{m, "Hello", "--temp", "0"}, hello},
		{"", []string{m, "Hello", "--temp", "0", "-r", "help"}, "Hello! How can I "},
		{"", []string{m, "Who are you?", "--temp", "0", "-n", "4"}, "I am a tiny"},
		{"", []string{m, "Hello", "--temp", "0", "-sp"}, hello + "<|im_end|>"},
		{"", []string{draft(t), "Hello", "--temp", "0"}, hello},
		// What llama.cpp's users type by habit.
		{"", []string{"-fa", m, "Hello", "--temp", "0", "-fa", "on", "-co", "-ngl", "0", "--no-mmap", "--no-warmup", "--jinja",
			"--no-display-prompt", "--keep", "4", "-t", "2", "-tb", "2", "-cnv", "--color", "off"}, hello},
	} {
		if testing.Short() && i%4 != 0 {
			continue
		}
		got := run(t, tt.stdin, tt.args...)
		if got.code != 0 || got.stdout != tt.want+"\n" || got.stderr != "" {
			t.Errorf("run %q: %+v, want %q", tt.args, got, tt.want)
		}
	}
}

// Without the template a prompt is continued, with what is piped in on a line of its own.
func TestContinue(t *testing.T) {
	m := demo(t)
	whole := run(t, "", m, "Once upon a time\nthere was", "--no-cnv", "-n", "8", "--temp", "0")
	piped := run(t, "there was\n", m, "Once upon a time", "-no-cnv", "-n", "8", "--temp", "0")
	if whole.code != 0 || len(whole.stdout) < 8 || whole != piped {
		t.Errorf("%+v and %+v", whole, piped)
	}
	// The demo model's own template, written out: what is typed as a control token is one.
	raw := "<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n"
	if got := run(t, "", m, raw, "-no-cnv", "--temp", "0"); got.stdout != hello+"\n" {
		t.Errorf("%+v", got)
	}
	if got := run(t, "", m, "Hello", "--chat-template", "chatml", "--temp", "0"); got.stdout != hello+"\n" {
		t.Errorf("%+v", got)
	}
	choosing := "<|im_start|>user\n{{ messages[0].content if plain else 'Who are you?' }}<|im_end|>\n<|im_start|>assistant{{ '\\n' }}"
	for args, want := range map[string]string{`{"plain":true}`: hello, "{}": whoAreYou} {
		if got := run(t, "", m, "Hello", "--chat-template", choosing, "--chat-template-kwargs", args, "--temp", "0"); got.stdout != want+"\n" {
			t.Errorf("%s: %+v", args, got)
		}
	}
}

func TestTimings(t *testing.T) {
	got := run(t, "", demo(t), "Hello", "--temp", "0", "--show-timings")
	if !strings.HasPrefix(got.stderr, "prompt: 14 tokens, ") || !strings.Contains(got.stderr, " | answer: 11 tokens, ") {
		t.Errorf("%+v", got)
	}
}

// Every failure is one sentence on stderr, an exit code, and nothing on stdout.
func TestFailures(t *testing.T) {
	m := demo(t)
	dir := t.TempDir()
	t.Chdir(dir)
	for name, data := range map[string]string{
		"empty.gguf": "", "magic.gguf": "GGUF", "page.gguf": "<!DOCTYPE html><html>", "lfs.gguf": "version https://git-lfs.github.com/spec/v1\n",
		"bad.jinja": "{% if %}",
	} {
		if err := os.WriteFile(name, []byte(data), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	unknown := writeModel(t, "unknown.gguf", []gguf.KV{{Key: "general.architecture", Value: "unheard-of"}}, nil)
	shard := writeModel(t, "m-00001-of-00002.gguf", []gguf.KV{{Key: "split.no", Value: uint16(0)}, {Key: "split.count", Value: uint16(2)},
		{Key: "split.tensors.count", Value: int32(0)}}, nil)
	for _, tt := range []struct {
		args   []string
		code   int
		stderr string // a part of it
	}{
		{nil, 2, "run: no model file is named: see run help.\n"},
		{[]string{"--temp", "0"}, 2, "run: no model file is named: see run help.\n"},
		{[]string{m}, 2, "run: the prompt is empty: give one after the model, with -p, -f or on stdin: see run help.\n"},
		{[]string{m, "a", "b"}, 2, "run: the prompt is one argument, put it in quotes: see run help.\n"},
		{[]string{m, "a", "--bogus"}, 2, "run: there is no flag --bogus, usage: run MODEL.gguf [\"PROMPT\"] [flags]: see run help.\n"},
		{[]string{m, "a", "-n"}, 2, "run: flag -n needs a value: see run help.\n"},
		{[]string{m, "a", "-n", "x"}, 2, "run: flag -n: want tokens, not \"x\": see run help.\n"},
		{[]string{m, "a", "--temp", "NaN"}, 2, "run: sample: temperature is NaN, "},
		{[]string{m, "a", "--samplers", "top_q"}, 2, "run: sample: samplers names \"top_q\", "},
		{[]string{m, "a", "-l", "x"}, 2, "run: --logit-bias x: want a token id, + or -, and a number: see run help.\n"},
		{[]string{m, "a", "-l", "9999+1"}, 2, "9999"},
		{[]string{m, "a", "-ctk", "q8_0"}, 2, "run: longrun: a KV cache of type \"q8_0\" is not supported, use f16 or f32"},
		{[]string{m, "a", "-t", "2", "-tb", "4"}, 2, "run: -tb 4: prompts and answers share one number of threads, give it with -t: see run help.\n"},
		{[]string{m, "a", "--attn", "window"}, 2, "run: --attn window: only dense attention is supported: see run help.\n"},
		{[]string{m, "a", "--lora", "f"}, 2, "run: flag --lora: adapters are not supported: see run help.\n"},
		{[]string{m, "a", "--mlock"}, 2, "run: flag --mlock: the model is mapped from its file and cannot be locked in memory: see run help.\n"},
		{[]string{m, "a", "-no-cnv", "-sys", "b"}, 2, "run: a system message needs a chat template"},
		{[]string{m, "a", "--chat-template", "mine"}, 2, "run: --chat-template mine: the names are chatml, llama2 and llama3"},
		{[]string{m, "a", "--chat-template-file", "bad.jinja"}, 2, "run: chat: "},
		{[]string{m, "a", "--chat-template-kwargs", "[1]"}, 2, "run: --chat-template-kwargs [1]: want a JSON object: see run help.\n"},
		{[]string{m, "a", "-f", "nowhere"}, 1, "run: open nowhere: no such file or directory.\n"},
		{[]string{m, "a", "-c", "8"}, 1, "run: longrun: the prompt has 12 tokens, the context holds 8.\n"},
		{[]string{m, "a", "--tier", "amx"}, 4, "run: cpu: this CPU has no tier \"amx\", it has "},
		{[]string{m, "a", "--device", "cuda:7"}, 4, "run: longrun: there is no device \"cuda:7\" here"},
		{[]string{m, "a", "-c", "2000000000"}, 4, "a context of 2000000000 tokens for 1 sequences takes "},
		{[]string{"nowhere.gguf", "a"}, 1, "run: gguf: stat nowhere.gguf: no such file or directory.\n"},
		{[]string{"serve"}, 2, "run: there is no command and no model file serve: see run help.\n"},
		{[]string{"inspect", "nowhere.gguf"}, 1, "run: gguf: stat nowhere.gguf: no such file or directory.\n"},
		{[]string{".", "a"}, 3, "run: gguf: . is a directory, not a regular file.\n"},
		{[]string{"empty.gguf", "a"}, 3, "run: gguf: empty.gguf: header at byte 0: "},
		{[]string{"magic.gguf", "a"}, 3, "run: gguf: magic.gguf: header at byte 4: "},
		{[]string{"page.gguf", "a"}, 3, "HTML page"},
		{[]string{"tokenize", "lfs.gguf", "a"}, 3, "git-lfs pointer"},
		{[]string{"template", "magic.gguf", "--jsonl"}, 3, "run: gguf: magic.gguf: "},
		{[]string{"eval", "logits", "magic.gguf", "--tokens", "1", "-o", "f"}, 3, "run: gguf: magic.gguf: "},
		{[]string{unknown, "a"}, 3, "unheard-of"},
		{[]string{"tokenize", unknown, "a"}, 3, "tokenizer.ggml.model"},
		{[]string{"template", unknown, "--jsonl"}, 3, "run: unknown.gguf brings no chat template.\n"},
		{[]string{shard, "a"}, 3, "m-00002-of-00002.gguf"},
		{[]string{"template", "--jsonl"}, 2, "run: name either a model or a --template-file: see run help.\n"},
		{[]string{"inspect"}, 2, "run: too few arguments, usage: run inspect MODEL"},
		{[]string{"inspect", m, "--tensor", "x"}, 2, "run: --tensor needs -o FILE: see run help.\n"},
		{[]string{"inspect", m, "--tensor", "x", "-o", "f"}, 2, "run: the file has no tensor \"x\": see run help.\n"},
		{[]string{"eval"}, 2, "run: usage: run eval logits MODEL ..., run eval sample --jsonl: see run help.\n"},
		{[]string{"eval", "bogus"}, 2, "run: there is no eval \"bogus\", usage: "},
		{[]string{"eval", "sample"}, 2, "run: eval sample reads lines of JSON, give --jsonl: see run help.\n"},
		{[]string{"eval", "logits", m, "--tokens", "1"}, 2, "run: eval logits needs -o FILE: see run help.\n"},
		{[]string{"eval", "logits", m, "-o", "f"}, 2, "run: --tokens names no token: see run help.\n"},
		{[]string{"eval", "logits", m, "-o", "f", "--tokens", "1,x"}, 2, "run: \"x\" is not a token id: see run help.\n"},
		{[]string{"eval", "logits", m, "-o", "f", "--tokens", "1,8192"}, 2, "run: longrun: token 1 of the list is 8192, the vocabulary has 8192"},
		{[]string{"eval", "logits", m, "-o", "f", "--tokens", "1,-1"}, 2, "run: longrun: token 1 of the list is -1"},
		{[]string{"eval", "logits", m, "-o", "f", "--tokens", "@nowhere"}, 1, "run: open nowhere: no such file or directory.\n"},
		{[]string{"eval", "logits", m, "-o", "no/f", "--tokens", "1"}, 1, "run: cannot write no/f: "},
		{[]string{"eval", "logits", m, "-o", "f", "--tokens", "1,2,3,4", "-c", "3"}, 1, "run: engine: "},
	} {
		got := run(t, "", tt.args...)
		_, rest, found := strings.Cut(got.stderr, tt.stderr)
		lines := strings.Count(got.stderr, "\n") - strings.Count(got.stderr, "run: warning: ")
		oneLine := lines == 1 && strings.HasSuffix(got.stderr, ".\n") || tt.args == nil
		if got.code != tt.code || got.stdout != "" || !found || strings.HasSuffix(tt.stderr, "\n") && rest != "" || !oneLine {
			t.Errorf("run %q: %+v, want %d and %q", tt.args, got, tt.code, tt.stderr)
		}
	}
	if left, err := filepath.Glob("*f*.tmp"); len(left) > 0 || err != nil {
		t.Errorf("temporary files are left: %v %v", left, err)
	}
	if _, err := os.Stat("f"); err == nil {
		t.Error("a failed run left an output file")
	}
}

// A context beyond the trained one is allowed, with a warning.
func TestWarnings(t *testing.T) {
	got := run(t, "", draft(t), "Hello", "--temp", "0", "-c", "200000", "-ngl", "99")
	want := "run: warning: no GPU is used: all layers run on the CPU (gpu-layers 99).\n" +
		"run: warning: the context is longer than the model was trained for (tokens 200000, trained "
	if got.code != 0 || got.stdout != hello+"\n" || !strings.HasPrefix(got.stderr, want) {
		t.Errorf("%+v", got)
	}
	if got := run(t, "", draft(t), "Hello", "-n", "1", "-v"); !strings.Contains(got.stderr, "run: model open (arch llama, ") {
		t.Errorf("%+v", got)
	}
}

// writeModel writes a file without weights, or with those given, into the current folder.
func writeModel(t testing.TB, name string, meta []gguf.KV, tensors []gguf.TensorSource) string {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := gguf.Write(f, meta, tensors, gguf.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestHelp(t *testing.T) {
	for _, args := range [][]string{{"help"}, {"--help"}, {"-h"}} {
		if got := run(t, "", args...); got.code != 0 || !strings.Contains(got.stdout, "run tokenize MODEL [TEXT]") || got.stderr != "" {
			t.Errorf("%q: %+v", args, got)
		}
	}
	for _, args := range [][]string{{"m.gguf", "--help"}, {"inspect", "-h"}, {"help", "inspect"}, {"eval", "--help"}, {"eval", "logits", "--help"}} {
		if got := run(t, "", args...); got.code != 0 || !strings.HasPrefix(got.stdout, "usage: run ") || got.stderr != "" {
			t.Errorf("%q: %+v", args, got)
		}
	}
	if got := run(t, "", "m.gguf", "--help"); !strings.Contains(got.stdout, "  -n, --n-predict, --predict tokens\n") || strings.Contains(got.stdout, "lora") {
		t.Errorf("the help of flags is %s", got.stdout)
	}
}

func TestDevicesAndVersion(t *testing.T) {
	if got := run(t, "", "devices"); got.code != 0 || !strings.HasPrefix(got.stdout, "cpu ") || got.stderr != "" {
		t.Errorf("%+v", got)
	}
	for _, args := range [][]string{{"devices", "--json"}, {"--list-devices"}} {
		if got := run(t, "", args...); got.code != 0 || !strings.Contains(got.stdout, "generic") && args[0] == "devices" {
			t.Errorf("%+v", got)
		}
	}
	for _, args := range [][]string{{"version"}, {"--version"}} {
		if got := run(t, "", args...); got.code != 0 || !strings.HasPrefix(got.stdout, "longrun ") {
			t.Errorf("%+v", got)
		}
	}
}

// A prompt of one token answered with one token, from the start of the program: what a user waits for.
func BenchmarkFirstToken(b *testing.B) {
	for b.Loop() {
		if got := run(b, "", demo(b), "Hello", "-n", "1"); got.code != 0 {
			b.Fatalf("%+v", got)
		}
	}
}
