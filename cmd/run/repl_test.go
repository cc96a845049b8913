package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/peterh/liner"
)

// A script is a person at the terminal who says what is prepared: a line, errInterrupted for Ctrl-C. Then comes Ctrl-D.
type script struct {
	said    []any
	prompts []string
	history []string
	closed  int
}

func (s *script) Prompt(prompt string) (string, error) {
	s.prompts = append(s.prompts, prompt)
	if len(s.said) == 0 {
		return "", io.EOF
	}
	next := s.said[0]
	s.said = s.said[1:]
	switch next := next.(type) {
	case string:
		return next, nil
	case func() string:
		return next(), nil
	}
	return "", liner.ErrPromptAborted
}

func (s *script) AppendHistory(line string) { s.history = append(s.history, line) }
func (s *script) Close() error              { s.closed++; return nil }

// converse has the program talk with s.
func converse(t testing.TB, s *script, args ...string) ended {
	t.Helper()
	var stdout, stderr strings.Builder
	p := &process{stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr, stdinTTY: true, stdoutTTY: true, env: func(string) string { return "" },
		edit: func() lineEditor { return s }}
	code := realMain(t.Context(), p, args)
	if s.closed != 1 {
		t.Errorf("the editor was closed %d times", s.closed)
	}
	return ended{code, stdout.String(), stderr.String()}
}

const greeting = "tiny-longctx-30m (30M parameters, 131072 tokens of context)\n/help lists commands, Ctrl-D leaves.\n"

func TestConverse(t *testing.T) {
	m := demo(t)
	dir := t.TempDir()
	question, saved := filepath.Join(dir, "question"), filepath.Join(dir, "saved")
	if err := os.WriteFile(question, []byte("Hello"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name           string
		said           []any
		args           []string
		stdout, stderr string
	}{
		{"leave", nil, nil, "", "\n"},
		{"ask", []any{"Hello", "", "  "}, nil, hello + "\n", "\n"},
		{"bye", []any{"/bye"}, nil, "", ""},
		{"lines", []any{`"""Hel`, `lo"""`, "/undo", `"""`, `Hello"""`, "/exit"}, []string{"-n", "1"}, "lo\nH\n",
			"(cut off: the context or -n allows no more)\n(cut off: the context or -n allows no more)\n"},
		{"one turn", []any{"/undo", "Hello", "Hello"}, []string{"-st"}, hello + "\n", "run: there is no question yet.\n"},
		{"again", []any{"/regen", "Hello", "/regen"}, nil, hello + "\n" + hello + "\n", "run: there is no question yet.\n\n"},
		{"undo", []any{"Who are you?", "/undo", "Hello"}, nil, whoAreYou + "\n" + hello + "\n", "\n"},
		{"clear", []any{"Who are you?", "/clear", "Hello"}, nil, whoAreYou + "\n" + hello + "\n", "\n"},
		{"unknown", []any{"/nonsense"}, nil, "", "run: there is no command /nonsense, /help lists them.\n\n"},
		{"settings", []any{"/set top-k 1", "/set top-k", "/set temp 7", "/set nope 1", "/set temp x", "/set min-p 3", "Hello"}, nil, hello + "\n",
			"top-k: 40 -> 1\ntop-k: 1\ntemp: 0 -> 7\nrun: there is no setting nope, /set lists them.\nrun: temp: want temperature, not \"x\".\n" +
				"run: sample: min_p is 3, want a number from 0 to 1.\n\n"},
		{"system", []any{"/system", "/system Be brief.", "/system", "/clear", "/system"}, nil, "",
			"system: \"\"\nsystem: \"\" -> \"Be brief.\"\nsystem: \"Be brief.\"\nsystem: \"Be brief.\"\n\n"},
		{"read", []any{"/read " + question, "/read"}, nil, hello + "\n", "run: /read needs a file.\n\n"},
		{"tokens", []any{"/tokens Hello"}, nil, "", "3 tokens: [42 503 81]\n\n"},
		{"save", []any{"Hello", "/save " + saved, "/clear", "/regen", "/load " + saved, "/regen", "/load " + question, "/save"}, nil, hello + "\n" + hello + "\n",
			"run: there is no question yet.\n2 messages\nrun: " + question +
				" holds no conversation: invalid character 'H' looking for beginning of value.\nrun: /save needs a file.\n\n"},
		{"cut off", []any{"Who are you?"}, []string{"-n", "4"}, "I am a tiny\n", "(cut off: the context or -n allows no more)\n\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if testing.Short() && strings.Contains(tt.stdout, whoAreYou) {
				t.Skip("the long answer is not for short tests")
			}
			s := &script{said: tt.said}
			got := converse(t, s, append([]string{m, "--temp", "0"}, tt.args...)...)
			stderr, greeted := strings.CutPrefix(got.stderr, greeting)
			if got.code != 0 || got.stdout != tt.stdout || stderr != tt.stderr || !greeted {
				t.Errorf("code %d, stdout %q, stderr %q; want %q, %q", got.code, got.stdout, got.stderr, tt.stdout, tt.stderr)
			}
		})
	}
}

func TestConverseHelp(t *testing.T) {
	s := &script{said: []any{"/help", "/?", "/show", "Hello", "/stats", "Hello", "/set"}}
	got := converse(t, s, draft(t), "--temp", "0")
	for _, want := range []string{
		"/help /?               list the commands\n", "/exit /bye             leave\n", "device   cpu, ",
		"prompt: 14 tokens, ", " | answer: 11 tokens, ", " cached), ", "  --temp, --temperature temperature\n",
	} {
		if !strings.Contains(got.stderr, want) {
			t.Errorf("%q is not in %s", want, got.stderr)
		}
	}
	if len(s.history) != 7 || s.prompts[0] != "> " {
		t.Errorf("history %q, prompts %q", s.history, s.prompts)
	}
	if got := completions("/re"); strings.Join(got, " ") != "/regen /read" {
		t.Errorf("/re completes to %q", got)
	}
}

// What no longer fits is refused with both numbers, and forgotten.
func TestConverseTooLong(t *testing.T) {
	s := &script{said: []any{"Who are you?", "Hello", "/clear", "Hello"}}
	got := converse(t, s, demo(t), "--temp", "0", "-c", "32")
	answers := strings.Split(got.stdout, "\n")
	_, stderr, _ := strings.Cut(got.stderr, "leaves.\n")
	want := "(cut off: the context or -n allows no more)\n" +
		"run: longrun: the prompt has 49 tokens, the context holds 32; /clear starts over, /undo forgets the last question.\n\n"
	if got.code != 0 || len(answers) != 3 || !strings.HasPrefix(whoAreYou, answers[0]) || answers[1] != hello || stderr != want {
		t.Errorf("%+v", got)
	}
}

// Two Ctrl-C in a row leave; anything in between is forgiven.
func TestConverseInterrupt(t *testing.T) {
	s := &script{said: []any{errInterrupted, "/tokens a", errInterrupted, errInterrupted, "never"}}
	got := converse(t, s, draft(t))
	if n := strings.Count(got.stderr, "(Ctrl-C again or Ctrl-D leaves)\n"); got.code != 130 || n != 2 || len(s.said) != 1 {
		t.Errorf("%+v", got)
	}
}

// Without a template there is nothing to chat in, but a person can be given one.
func TestConverseWithoutTemplate(t *testing.T) {
	var stdout, stderr strings.Builder
	p := &process{stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr, stdinTTY: true, env: func(string) string { return "" }}
	code := realMain(t.Context(), p, []string{draft(t), "-no-cnv"})
	want := "run: chatting needs a chat template: give a prompt to continue, or --chat-template: see run help.\n"
	if code != 2 || stderr.String() != want || stdout.Len() > 0 {
		t.Errorf("%d, %q, %q", code, &stdout, &stderr)
	}
}

// Where stdout is no terminal it gets answers alone, and lines are read as they are.
func TestConverseToFile(t *testing.T) {
	var stdout, stderr strings.Builder
	p := &process{stdin: strings.NewReader("Hello\r\nHello"), stdout: &stdout, stderr: &stderr, stdinTTY: true, env: func(string) string { return "" }}
	code := realMain(t.Context(), p, []string{demo(t), "--temp", "0"})
	if code != 0 || !strings.HasPrefix(stdout.String(), hello+"\n") || stderr.String() != greeting+"> > > \n" {
		t.Errorf("%d, %q, %q", code, &stdout, &stderr)
	}
}

// notify is a writer that tells of what is written.
type notify struct {
	text  strings.Builder
	wrote chan struct{}
}

func (n *notify) String() string { return n.text.String() }

func (n *notify) Write(b []byte) (int, error) {
	select {
	case n.wrote <- struct{}{}:
	default:
	}
	return n.text.Write(b)
}

// long is a request whose answer does not end by itself for long.
func long(t testing.TB, more ...string) []string {
	return append([]string{demo(t), "--ignore-eos", "--temp", "0", "-n", "100000"}, more...)
}

// Ctrl-C and SIGTERM end an answer within a token; what was made of it is on stdout.
func TestInterruptAnswer(t *testing.T) {
	for _, tt := range []struct {
		name      string
		code      int
		args      []string
		terminate bool
	}{
		{"SIGINT", 130, nil, false}, {"SIGTERM", 143, nil, true}, {"SIGINT with JSON", 130, []string{"--json", "--stream"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx, terminate := context.WithCancel(t.Context())
			defer terminate()
			interrupts := make(chan os.Signal, 2)
			stdout := &notify{wrote: make(chan struct{}, 1)}
			var stderr strings.Builder
			go func() {
				<-stdout.wrote
				if tt.terminate {
					terminate()
				} else {
					interrupts <- os.Interrupt
				}
			}()
			p := &process{stdin: strings.NewReader(""), stdout: stdout, stderr: &stderr, interrupts: interrupts, env: func(string) string { return "" }}
			code := realMain(ctx, p, append(long(t, tt.args...), "Hello"))
			text := stdout.String()
			if code != tt.code || stderr.Len() > 0 || len(text) > 10000 || !strings.HasSuffix(text, "\n") {
				t.Errorf("code %d, %d bytes, stderr %q", code, len(text), &stderr)
			}
			if tt.args != nil && !strings.Contains(text, `{"finish_reason":"cancelled","text":"H`) {
				t.Errorf("%q", text)
			}
		})
	}
}

// In a conversation Ctrl-C ends the answer, and what was made of it stays in the conversation.
func TestInterruptConversation(t *testing.T) {
	interrupts := make(chan os.Signal, 2)
	stdout := &notify{wrote: make(chan struct{}, 1)}
	var stderr strings.Builder
	s := &script{said: []any{
		func() string { go func() { <-stdout.wrote; interrupts <- os.Interrupt }(); return "Hello" },
		"/tokens a",
		func() string { // twice, before the first is looked at
			select {
			case <-stdout.wrote: // by the first answer
			default:
			}
			go func() { <-stdout.wrote; interrupts <- os.Interrupt; interrupts <- os.Interrupt }()
			return "Hello"
		},
		errInterrupted, // in case the second came too late
	}}
	p := &process{stdin: strings.NewReader(""), stdout: stdout, stderr: &stderr, stdinTTY: true, interrupts: interrupts, env: func(string) string { return "" },
		edit: func() lineEditor { return s }}
	code := realMain(t.Context(), p, long(t))
	if n := strings.Count(stderr.String(), "(interrupted)\n"); code != 130 || n != 2 || !strings.Contains(stderr.String(), "1 tokens: ") {
		t.Errorf("code %d, stderr %q", code, &stderr)
	}
}

// stuck is a terminal, or a pipe, on which nothing comes.
type stuck struct{ release chan struct{} }

func (s stuck) Read([]byte) (int, error)      { <-s.release; return 0, io.EOF }
func (s stuck) Prompt(string) (string, error) { <-s.release; return "", io.EOF }
func (s stuck) AppendHistory(string)          {}
func (s stuck) Close() error                  { return nil }

// A program that waits for input still ends when it is told to.
func TestInterruptWaiting(t *testing.T) {
	for _, tt := range []struct {
		args  []string
		typed bool
	}{
		{[]string{demo(t)}, false}, {[]string{draft(t)}, true}, {[]string{"tokenize", draft(t), "--jsonl"}, false}, {[]string{"tokenize", draft(t)}, false},
		{[]string{"template", draft(t), "--jsonl"}, false}, {[]string{"eval", "sample", "--jsonl"}, false},
	} {
		for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
			in := stuck{make(chan struct{})}
			defer close(in.release)
			interrupts := make(chan os.Signal, 2)
			ctx, terminate := context.WithCancel(t.Context())
			defer terminate()
			want := 130
			time.AfterFunc(20*time.Millisecond, func() {
				if signal == os.Interrupt {
					interrupts <- signal
					interrupts <- signal
				} else {
					terminate()
				}
			})
			if signal != os.Interrupt {
				want = 143
			}
			var stdout, stderr strings.Builder
			p := &process{stdin: in, stdout: &stdout, stderr: &stderr, stdinTTY: tt.typed, interrupts: interrupts, env: func(string) string { return "" },
				edit: func() lineEditor { return in }}
			if code := realMain(ctx, p, tt.args); code != want || stdout.Len() > 0 || strings.Contains(stderr.String(), "run: ") {
				t.Errorf("%q, %v: code %d, %q, %q", tt.args, signal, code, &stdout, &stderr)
			}
		}
	}
}

// broken is a pipe whose reader has left.
type broken struct{ after int }

func (b *broken) Write(p []byte) (int, error) {
	if b.after -= len(p); b.after < 0 {
		return 0, syscall.EPIPE
	}
	return len(p), nil
}

// Whoever has read enough, as head does, gets no complaint.
func TestReaderLeaves(t *testing.T) {
	for _, args := range [][]string{append(long(t), "Hello"), append(long(t, "--json", "--stream"), "Hello"), {"tokenize", demo(t), strings.Repeat("Hello ", 1000)}} {
		var stderr strings.Builder
		p := &process{stdin: strings.NewReader(""), stdout: &broken{after: 20}, stderr: &stderr, env: func(string) string { return "" }}
		if code := realMain(t.Context(), p, args); code != 1 || stderr.Len() > 0 {
			t.Errorf("%q: code %d, %q", args, code, &stderr)
		}
	}
}
