package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/longrun-ai/longrun"
)

// A replCommand is a word after a slash.
type replCommand struct {
	names, args, help string
	run               func(r *repl, ctx context.Context, arg string) error
}

func replCommands() []replCommand {
	return []replCommand{
		{"/help /?", "", "list the commands", (*repl).help},
		{"/clear", "", "forget the conversation", func(r *repl, _ context.Context, _ string) error { r.clear(); return nil }},
		{"/regen", "", "answer the last question again", (*repl).regenerate},
		{"/undo", "", "forget the last question and its answer", (*repl).undo},
		{"/system", "[TEXT]", "show or change the system message", (*repl).system},
		{"/set", "[NAME VALUE]", "show or change a sampling setting, by its flag's name", (*repl).set},
		{"/show", "", "show the model and the session", (*repl).show},
		{"/read", "FILE", "send a file's text", (*repl).readFile},
		{"/save", "FILE", "write the conversation to a file, as JSON", (*repl).saveFile},
		{"/load", "FILE", "go on with a conversation that /save wrote", (*repl).loadFile},
		{"/tokens", "TEXT", "show the tokens of a text", (*repl).tokens},
		{"/stats", "", "show the last answer's timings, and those to come", (*repl).stats},
		{"/exit /bye", "", "leave", func(*repl, context.Context, string) error { return errLeave }},
	}
}

// command runs a line that begins with a slash.
func (r *repl) command(ctx context.Context, line string) error {
	name, arg, _ := strings.Cut(line, " ")
	for _, c := range replCommands() {
		if slices.Contains(strings.Fields(c.names), name) {
			return c.run(r, ctx, strings.TrimSpace(arg))
		}
	}
	return fmt.Errorf("there is no command %s, /help lists them", name)
}

// completions are the commands that line may become.
func completions(line string) (found []string) {
	for _, c := range replCommands() {
		for name := range strings.FieldsSeq(c.names) {
			if line != "" && strings.HasPrefix(name, line) {
				found = append(found, name)
			}
		}
	}
	return found
}

func (r *repl) help(context.Context, string) error {
	for _, c := range replCommands() {
		fmt.Fprintf(r.p.stderr, "%-22s %s\n", strings.TrimSpace(c.names+" "+c.args), c.help)
	}
	fmt.Fprintln(r.p.stderr, `""" begins and ends a text of several lines. Ctrl-C stops an answer.`)
	return nil
}

func (r *repl) regenerate(ctx context.Context, _ string) error {
	i := r.lastQuestion()
	if i < 0 {
		return errors.New("there is no question yet")
	}
	text := r.messages[i].Content
	r.messages = r.messages[:i]
	r.req.Sampling.Seed++ // or the answer would be the same
	return r.say(ctx, text)
}

func (r *repl) undo(context.Context, string) error {
	i := r.lastQuestion()
	if i < 0 {
		return errors.New("there is no question yet")
	}
	r.messages = r.messages[:i]
	return nil
}

func (r *repl) lastQuestion() int {
	for i := len(r.messages) - 1; i >= 0; i-- {
		if r.messages[i].Role == "user" {
			return i
		}
	}
	return -1
}

func (r *repl) system(_ context.Context, text string) error {
	if text == "" {
		fmt.Fprintf(r.p.stderr, "system: %q\n", r.flags.system)
		return nil
	}
	fmt.Fprintf(r.p.stderr, "system: %q -> %q\n", r.flags.system, text)
	if len(r.messages) > 0 && r.messages[0].Role == "system" {
		r.messages = r.messages[1:]
	}
	r.flags.system = text
	r.messages = append([]longrun.Message{longrun.System(text)}, r.messages...)
	return nil
}

// set changes a sampling setting through its flag, so that names and values are those of the command line.
func (r *repl) set(_ context.Context, arg string) error {
	fs := newFlags("set")
	next := samplingFlags{}
	next.register(fs)
	next.s = r.req.Sampling
	next.samplers, next.seed = strings.Join(next.s.Samplers, ";"), int64(next.s.Seed)
	name, value, ok := strings.Cut(arg, " ")
	f := fs.Lookup(strings.TrimLeft(name, "-"))
	switch {
	case name == "":
		printHelp(r.p.stderr, fs, "/set NAME VALUE")
		return nil
	case f == nil:
		return fmt.Errorf("there is no setting %s, /set lists them", name)
	case !ok:
		fmt.Fprintf(r.p.stderr, "%s: %s\n", f.Name, f.Value)
		return nil
	}
	old := f.Value.String()
	if err := f.Value.Set(strings.TrimSpace(value)); err != nil {
		what, _ := flag.UnquoteUsage(f)
		return fmt.Errorf("%s: want %s, not %q", f.Name, what, value)
	}
	s, err := next.sampling(func(text string) []int32 { return r.m.Tokenize(text, false) })
	if err != nil {
		return err
	}
	s.DRYBreakers = r.req.Sampling.DRYBreakers
	if err := s.Validate(); err != nil {
		return err
	}
	r.req.Sampling = s
	fmt.Fprintf(r.p.stderr, "%s: %s -> %s\n", f.Name, old, f.Value)
	return nil
}

func (r *repl) show(context.Context, string) error {
	i := r.m.Info()
	fmt.Fprintf(r.p.stderr, "model    %s (%s), %s, %.1f MiB\ncontext  %d of %d tokens used, %d trained\ncache    %.1f MiB\ndevice   %s, %s\n",
		cmp.Or(i.Name, "unnamed"), i.Arch, count(i.Parameters), float64(i.Bytes)/(1<<20), r.s.Len(), i.Context, i.Trained,
		float64(i.KVBytes)/(1<<20), i.Device, i.Tier)
	return nil
}

func (r *repl) readFile(ctx context.Context, name string) error {
	if name == "" {
		return errors.New("/read needs a file")
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	return r.say(ctx, string(b))
}

func (r *repl) saveFile(_ context.Context, name string) error {
	if name == "" {
		return errors.New("/save needs a file")
	}
	b, err := json.MarshalIndent(r.messages, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(name, append(b, '\n'), 0o600)
}

func (r *repl) loadFile(_ context.Context, name string) error {
	b, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	var messages []longrun.Message
	if err := json.Unmarshal(b, &messages); err != nil {
		return fmt.Errorf("%s holds no conversation: %w", name, err)
	}
	r.messages, r.flags.system = messages, ""
	if len(messages) > 0 && messages[0].Role == "system" {
		r.flags.system = messages[0].Content
	}
	fmt.Fprintf(r.p.stderr, "%d messages\n", len(messages))
	return nil
}

func (r *repl) tokens(_ context.Context, text string) error {
	ids := r.m.Tokenize(text, false)
	fmt.Fprintf(r.p.stderr, "%d tokens: %v\n", len(ids), ids)
	return nil
}

func (r *repl) stats(context.Context, string) error {
	r.verbose = true
	printTimings(r.p.stderr, r.s.Stats())
	return nil
}
