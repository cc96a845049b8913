package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"

	"github.com/longrun-ai/longrun"
)

// generateFlags are those of run MODEL.
type generateFlags struct {
	model    modelFlags
	sampling samplingFlags

	prompt, file, system, systemFile string
	predict                          int
	stop                             list
	asJSON, stream, timings          bool
	special, ignoreEOS               bool
	chat, noChat, single             bool
}

func (g *generateFlags) register(fs *flag.FlagSet) {
	g.model.register(fs)
	g.sampling.register(fs)
	both(fs.StringVar, &g.prompt, "", "`text` of the prompt; - reads it from stdin", "p", "prompt")
	both(fs.StringVar, &g.file, "", "`file` with the prompt; - reads it from stdin", "f", "file")
	both(fs.StringVar, &g.system, "", "`text` of the system message", "sys", "system-prompt")
	both(fs.StringVar, &g.systemFile, "", "`file` with the system message", "sysf", "system-prompt-file")
	both(fs.IntVar, &g.predict, -1, "at most so many new `tokens`; -1: until the context is full", "n", "predict", "n-predict")
	for _, name := range []string{"r", "reverse-prompt"} {
		fs.Var(&g.stop, name, "`text` that ends the answer; may be given several times")
	}
	both(fs.BoolVar, &g.special, false, "show control tokens", "sp", "special")
	fs.BoolVar(&g.ignoreEOS, "ignore-eos", false, "go on where the model would end")
	both(fs.BoolVar, &g.chat, false, "chat in the form of the file's template, which is the default where it has one", "cnv", "conversation")
	both(fs.BoolVar, &g.noChat, false, "continue the prompt as it is, without a template", "no-cnv", "no-conversation")
	both(fs.BoolVar, &g.single, false, "end after one answer", "st", "single-turn")
	fs.BoolVar(&g.asJSON, "json", false, "print one JSON object: text, tokens, finish_reason, usage, timings")
	fs.BoolVar(&g.stream, "stream", false, "with --json: print a line for each piece, then the object")
	fs.BoolVar(&g.timings, "show-timings", false, "show timings on stderr; the default on a terminal")
}

// generate answers one prompt, or chats when there is none and stdin is a terminal.
func generate(ctx context.Context, p *process, args []string) error {
	fs := newFlags("run")
	var g generateFlags
	g.register(fs)
	modelPath := ""
	both(fs.StringVar, &modelPath, "", "`file` of the model, instead of naming it first", "m", "model")
	pos, done, err := parse(p, fs, `run MODEL.gguf ["PROMPT"] [flags]`, args, 0, 2)
	if done || err != nil {
		return err
	}
	if modelPath == "" {
		if len(pos) == 0 {
			return fmt.Errorf("no model file is named: %w", errUsage)
		}
		modelPath, pos = pos[0], pos[1:]
	}
	prompt, interactive, err := g.promptText(p, pos)
	if err != nil {
		return err
	}
	if g.systemFile != "" {
		text, err := os.ReadFile(g.systemFile)
		if err != nil {
			return err
		}
		g.system = string(text)
	}

	ctx, interrupt := context.WithCancelCause(ctx)
	defer interrupt(nil)
	if !interactive {
		go func() {
			select {
			case <-p.interrupts:
				interrupt(errInterrupted)
			case <-ctx.Done():
			}
		}()
	}
	bar := newProgress(p)
	defer bar.clear()
	m, err := longrun.Open(ctx, modelPath, append(g.model.options(p), longrun.WithProgress(bar.report))...)
	bar.clear()
	if err != nil {
		return err
	}
	defer m.Close()
	s, err := m.NewSession()
	if err != nil {
		return err
	}
	defer s.Close()
	req, err := g.request(m)
	if err != nil {
		return err
	}
	chats := g.chat || m.HasTemplate() && !g.noChat
	if g.system != "" && !chats {
		return fmt.Errorf("a system message needs a chat template: %w", errUsage)
	}
	if interactive {
		if !chats {
			return fmt.Errorf("the model file brings no chat template: give a prompt to continue: %w", errUsage)
		}
		return newREPL(p, m, s, req, &g, bar).run(ctx)
	}
	var answer iter.Seq2[longrun.Chunk, error]
	if chats {
		answer = s.Chat(ctx, g.messages(prompt), req)
	} else {
		answer = s.Generate(ctx, prompt, req)
	}
	return g.print(p, s, bar, answer)
}

// promptText is the prompt from all places it may stand in; interactive means that there is none, and a person to ask.
func (g *generateFlags) promptText(p *process, pos []string) (text string, interactive bool, err error) {
	var parts []string
	stdin := false
	add := func(s string) {
		if s == "-" {
			stdin = true
		} else if s != "" {
			parts = append(parts, s)
		}
	}
	add(g.prompt)
	for _, a := range pos {
		add(a)
	}
	switch g.file {
	case "", "-":
		add(g.file)
	default:
		b, err := os.ReadFile(g.file)
		if err != nil {
			return "", false, err
		}
		parts = append(parts, strings.TrimSuffix(string(b), "\n")) // as llama.cpp does
	}
	if stdin || !p.stdinTTY {
		b, err := io.ReadAll(p.stdin)
		if err != nil {
			return "", false, fmt.Errorf("cannot read stdin: %w", err)
		}
		if s := strings.TrimSuffix(string(b), "\n"); s != "" {
			parts = append(parts, s)
		}
	}
	if len(parts) == 0 {
		if p.stdinTTY && !g.asJSON && !stdin {
			return "", true, nil
		}
		return "", false, fmt.Errorf("the prompt is empty: give one after the model, with -p, -f or on stdin: %w", errUsage)
	}
	return strings.Join(parts, "\n"), false, nil
}

func (g *generateFlags) messages(prompt string) []longrun.Message {
	var messages []longrun.Message
	if g.system != "" {
		messages = append(messages, longrun.System(g.system))
	}
	return append(messages, longrun.User(prompt))
}

func (g *generateFlags) request(m *longrun.Model) (longrun.Request, error) {
	req := m.Defaults()
	var err error
	req.Sampling, err = g.sampling.sampling(func(text string) []int32 { return m.Tokenize(text, false) })
	req.MaxTokens, req.Stop, req.IgnoreEOS, req.KeepSpecial = g.predict, g.stop, g.ignoreEOS, g.special
	req.ParseSpecial = true // who writes a raw prompt writes its control tokens
	return req, err
}

// print prints an answer as it comes.
func (g *generateFlags) print(p *process, s *longrun.Session, bar *progress, answer iter.Seq2[longrun.Chunk, error]) error {
	var text strings.Builder
	tokens := []int32{}
	var failed error
	for c, err := range answer {
		bar.clear()
		if err != nil {
			failed = err
			break
		}
		text.WriteString(c.Text)
		tokens = append(tokens, c.Tokens...)
		switch {
		case !g.asJSON:
			if _, err := io.WriteString(p.stdout, c.Text); err != nil {
				return err
			}
		case g.stream:
			if err := printJSON(p.stdout, map[string]any{"text": c.Text, "tokens": c.Tokens}); err != nil {
				return err
			}
		}
	}
	if !g.asJSON && text.Len() > 0 && !strings.HasSuffix(text.String(), "\n") {
		if _, err := io.WriteString(p.stdout, "\n"); err != nil {
			return err
		}
	}
	st := s.Stats()
	if g.asJSON && (failed == nil || st.FinishReason == longrun.FinishCancelled) {
		if err := printJSON(p.stdout, result(text.String(), tokens, st)); err != nil {
			return err
		}
	}
	if failed != nil {
		if cause := errInterrupted; errors.Is(failed, cause) {
			return cause
		}
		return failed
	}
	if g.timings || p.stderrTTY && !g.asJSON {
		printTimings(p.stderr, st)
	}
	return nil
}

// result is the object of --json.
func result(text string, tokens []int32, st longrun.Stats) any {
	return map[string]any{
		"text":          text,
		"tokens":        tokens,
		"finish_reason": st.FinishReason,
		"usage": map[string]any{
			"prompt_tokens": st.PromptTokens, "completion_tokens": st.Tokens, "total_tokens": st.PromptTokens + st.Tokens,
			"cached_tokens": st.CachedTokens,
		},
		"timings": map[string]any{
			"prompt_n": st.PromptTokens - st.CachedTokens, "prompt_ms": ms(st.PromptTime), "prompt_per_second": st.PromptRate(),
			"predicted_n": st.Tokens, "predicted_ms": ms(st.DecodeTime), "predicted_per_second": st.DecodeRate(),
		},
	}
}
