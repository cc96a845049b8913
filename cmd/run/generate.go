package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"iter"
	"math"
	"os"
	"strings"

	"github.com/longrun-ai/longrun"
	"github.com/longrun-ai/longrun/chat"
)

// generateFlags are those of run MODEL.
type generateFlags struct {
	model    modelFlags
	sampling samplingFlags

	prompt, file, system, systemFile string
	template, templateFile           string
	templateArgs                     string
	predict                          int
	stop                             list
	asJSON, stream                   bool
	timings, noTimings               bool
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
	fs.StringVar(&g.template, "chat-template", "", "`name` of a chat template (chatml, llama2, llama3) or its Jinja text, instead of the file's")
	fs.StringVar(&g.templateArgs, "chat-template-kwargs", "", "`JSON` object of variables for the chat template, such as {\"enable_thinking\":false}")
	fs.StringVar(&g.templateFile, "chat-template-file", "", "`file` with a chat template in Jinja, instead of the model file's")
	fs.BoolVar(&g.asJSON, "json", false, "print one JSON object: text, tokens, finish_reason, usage, timings")
	fs.BoolVar(&g.stream, "stream", false, "with --json: print a line for each piece, then the object")
	fs.BoolVar(&g.timings, "show-timings", false, "show timings on stderr; the default on a terminal")
	fs.BoolVar(&g.noTimings, "no-show-timings", false, "show no timings")
	registerFixed(fs, generateFixed())
}

// generate answers one prompt, or chats when there is none and stdin is a terminal.
func generate(ctx context.Context, p *process, args []string) error {
	fs := newFlags("run")
	var g generateFlags
	g.register(fs)
	path := ""
	both(fs.StringVar, &path, "", "`file` of the model, instead of naming it first", "m", "model")
	pos, done, err := parse(p, fs, `run MODEL.gguf ["PROMPT"] [flags]`, args, 0, math.MaxInt)
	if done || err != nil {
		return err
	}
	if path == "" {
		if len(pos) == 0 {
			return fmt.Errorf("no model file is named: %w", errUsage)
		}
		path, pos = pos[0], pos[1:]
	}
	if len(pos) > 1 {
		return fmt.Errorf("the prompt is one argument, put it in quotes: %w", errUsage)
	}
	if err := g.sampling.check(); err != nil {
		return err
	}
	opts, err := g.options(p)
	if err != nil {
		return err
	}
	prompt := g.prompts(pos)
	if prompt.ask(p) && !g.asJSON {
		return g.converse(ctx, p, path, opts)
	}
	ctx, stop := p.interruptible(ctx)
	defer stop()
	text, err := prompt.read(ctx, p)
	if err != nil {
		return err
	}
	bar := newProgress(p)
	defer bar.clear()
	m, s, err := openSession(ctx, path, append(opts, longrun.WithProgress(bar.report)))
	bar.clear()
	if err != nil {
		return err
	}
	defer m.Close()
	defer s.Close()
	req, err := g.request(m)
	if err != nil {
		return err
	}
	var answer iter.Seq2[longrun.Chunk, error]
	if g.chats(m) {
		answer = s.Chat(ctx, g.messages(text), req)
	} else {
		if g.system != "" {
			return errNoSystem
		}
		answer = s.Generate(ctx, text, req)
	}
	return g.print(p, s, bar, answer)
}

var errNoSystem = fmt.Errorf("a system message needs a chat template, see --chat-template: %w", errUsage)

// converse chats until the person leaves. Ctrl-C ends the program while the model loads, afterwards only answers.
func (g *generateFlags) converse(ctx context.Context, p *process, path string, opts []longrun.Option) error {
	bar := newProgress(p)
	defer bar.clear()
	loading, loaded := p.interruptible(ctx)
	defer loaded()
	m, s, err := openSession(loading, path, append(opts, longrun.WithProgress(bar.report)))
	bar.clear()
	if err != nil {
		return err
	}
	defer m.Close()
	defer s.Close()
	loaded()
	if errors.Is(context.Cause(loading), errInterrupted) { // at the last moment
		return errInterrupted
	}
	req, err := g.request(m)
	if err != nil {
		return err
	}
	if !g.chats(m) {
		return fmt.Errorf("chatting needs a chat template: give a prompt to continue, or --chat-template: %w", errUsage)
	}
	return newREPL(p, m, s, req, g, bar).run(ctx)
}

func openSession(ctx context.Context, path string, opts []longrun.Option) (*longrun.Model, *longrun.Session, error) {
	m, err := longrun.Open(ctx, path, opts...)
	if err != nil {
		return nil, nil, err
	}
	s, err := m.NewSession()
	if err != nil {
		return nil, nil, errors.Join(err, m.Close())
	}
	return m, s, nil
}

// options are the flags as options of longrun.Open. They read the files that flags name.
func (g *generateFlags) options(p *process) ([]longrun.Option, error) {
	opts, err := g.model.options(p)
	if err != nil {
		return nil, err
	}
	if g.systemFile != "" {
		text, err := os.ReadFile(g.systemFile)
		if err != nil {
			return nil, err
		}
		g.system = string(text)
	}
	template := g.template
	if g.templateFile != "" {
		text, err := os.ReadFile(g.templateFile)
		if err != nil {
			return nil, err
		}
		template = string(text)
	} else if template != "" && !strings.Contains(template, "{") {
		source, ok := chat.Builtin(template)
		if !ok {
			return nil, fmt.Errorf("--chat-template %s: the names are chatml, llama2 and llama3, anything else must be Jinja: %w", template, errUsage)
		}
		template = source
	}
	return append(opts, longrun.WithChatTemplate(template)), nil
}

// chats reports whether prompts take the form of a chat template.
func (g *generateFlags) chats(m *longrun.Model) bool { return g.chat || m.HasTemplate() && !g.noChat }

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
	if err == nil && g.templateArgs != "" {
		if json.Unmarshal([]byte(g.templateArgs), &req.TemplateArgs) != nil {
			err = fmt.Errorf("--chat-template-kwargs %s: want a JSON object: %w", g.templateArgs, errUsage)
		}
	}
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
			if err := printJSON(p.stdout, map[string]any{"text": c.Text, "tokens": append([]int32{}, c.Tokens...)}); err != nil {
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
	if g.timings || p.stderrTTY && !g.asJSON && !g.noTimings {
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
