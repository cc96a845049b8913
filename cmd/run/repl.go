package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/longrun-ai/longrun"
	"github.com/peterh/liner"
)

// A lineEditor reads lines that a person types; io.EOF is Ctrl-D, liner.ErrPromptAborted is Ctrl-C.
type lineEditor interface {
	Prompt(prompt string) (string, error)
	AppendHistory(line string)
	Close() error
}

// A repl is a conversation at a terminal.
type repl struct {
	p     *process
	m     *longrun.Model
	s     *longrun.Session
	req   longrun.Request
	flags *generateFlags
	bar   *progress

	messages []longrun.Message // all that was said
	verbose  bool              // print timings
	edit     lineEditor
	save     func() error // keeps the history
}

func newREPL(p *process, m *longrun.Model, s *longrun.Session, req longrun.Request, flags *generateFlags, bar *progress) *repl {
	r := &repl{p: p, m: m, s: s, req: req, flags: flags, bar: bar, verbose: flags.timings}
	r.clear()
	return r
}

// clear starts over; the system message stays.
func (r *repl) clear() {
	r.messages = nil
	if r.flags.system != "" {
		r.messages = []longrun.Message{longrun.System(r.flags.system)}
	}
}

// run reads and answers until the person leaves.
func (r *repl) run(ctx context.Context) error {
	if r.edit == nil {
		r.openEditor()
	}
	defer r.edit.Close()
	info := r.m.Info()
	fmt.Fprintf(r.p.stderr, "%s, context of %d tokens. /help lists commands, Ctrl-D leaves.\n", first(info.Name, info.Arch), info.Context)
	for ctx.Err() == nil {
		line, err := r.read()
		switch {
		case errors.Is(err, io.EOF):
			fmt.Fprintln(r.p.stderr)
			return r.close()
		case errors.Is(err, liner.ErrPromptAborted):
			return errors.Join(r.close(), errInterrupted)
		case err != nil:
			return err
		case strings.TrimSpace(line) == "":
			continue
		}
		r.edit.AppendHistory(line)
		if strings.HasPrefix(line, "/") {
			leave, err := r.command(ctx, line)
			if err != nil {
				fmt.Fprintf(r.p.stderr, "%s.\n", sentence(err))
			}
			if leave {
				return r.close()
			}
			continue
		}
		if err := r.say(ctx, line); err != nil {
			return err
		}
	}
	return errTerminated
}

func first(names ...string) string {
	for _, n := range names {
		if n != "" {
			return n
		}
	}
	return ""
}

func (r *repl) close() error {
	if r.save == nil {
		return nil
	}
	return r.save()
}

// read reads a line, or several between """.
func (r *repl) read() (string, error) {
	line, err := r.edit.Prompt("> ")
	if err != nil || !strings.HasPrefix(line, `"""`) {
		return line, err
	}
	text := strings.TrimPrefix(line, `"""`)
	for {
		if body, ok := strings.CutSuffix(text, `"""`); ok {
			return strings.TrimPrefix(body, "\n"), nil
		}
		if line, err = r.edit.Prompt(". "); err != nil {
			return "", err
		}
		text += "\n" + line
	}
}

// say adds what a person said and answers it. Ctrl-C ends the answer, a second one the program.
func (r *repl) say(ctx context.Context, text string) error {
	r.messages = append(r.messages, longrun.User(text))
	answer, err := r.answer(ctx)
	switch {
	case errors.Is(err, errInterrupted):
		fmt.Fprintln(r.p.stderr, "(interrupted)")
		select {
		case <-r.p.interrupts: // a second one while the first was handled
			return errInterrupted
		default:
		}
	case err != nil && ctx.Err() != nil:
		return err
	case err != nil:
		r.messages = r.messages[:len(r.messages)-1] // so that the next question does not meet the same fault
		fmt.Fprintf(r.p.stderr, "%s.\n", sentence(err))
		return nil
	}
	r.messages = append(r.messages, longrun.Assistant(answer))
	return nil
}

// answer prints the answer to the messages and returns it, and what was made of it when it failed.
func (r *repl) answer(ctx context.Context) (string, error) {
	ctx, interrupt := context.WithCancelCause(ctx)
	defer interrupt(nil)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		select {
		case <-r.p.interrupts:
			interrupt(errInterrupted)
		case <-ctx.Done():
		}
	}()
	defer func() { interrupt(nil); <-stopped }()
	var text strings.Builder
	var failed error
	for c, err := range r.s.Chat(ctx, r.messages, r.req) {
		r.bar.clear()
		if err != nil {
			failed = err
			break
		}
		text.WriteString(c.Text)
		if _, err := io.WriteString(r.p.stdout, c.Text); err != nil {
			return text.String(), err
		}
	}
	if !strings.HasSuffix(text.String(), "\n") {
		fmt.Fprintln(r.p.stdout)
	}
	if failed == nil && r.verbose {
		printTimings(r.p.stderr, r.s.Stats())
	}
	return text.String(), failed
}

// A replCommand is a word after a slash.
type replCommand struct {
	names, args, help string
	run               func(r *repl, ctx context.Context, arg string) error
}

var errLeave = errors.New("leave")

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
		{"/tokens", "TEXT", "show the tokens of a text", (*repl).tokens},
		{"/stats", "", "show the last answer's timings, and those to come", (*repl).stats},
		{"/exit /bye", "", "leave", func(*repl, context.Context, string) error { return errLeave }},
	}
}

// command runs a line that begins with a slash.
func (r *repl) command(ctx context.Context, line string) (leave bool, err error) {
	name, arg, _ := strings.Cut(line, " ")
	for _, c := range replCommands() {
		if slices.Contains(strings.Fields(c.names), name) {
			err := c.run(r, ctx, strings.TrimSpace(arg))
			return errors.Is(err, errLeave) || ctx.Err() != nil, ignore(err, errLeave)
		}
	}
	return false, fmt.Errorf("there is no command %s, /help lists them", name)
}

// ignore is err, unless it is target.
func ignore(err, target error) error {
	if errors.Is(err, target) {
		return nil
	}
	return err
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
		return fmt.Errorf("%s: %w", name, err)
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
	fmt.Fprintf(r.p.stderr, "model    %s (%s), %.1f M parameters, %.1f MiB\ncontext  %d of %d tokens used, %d trained\ncache    %.1f MiB\ndevice   %s, %s\n",
		first(i.Name, "unnamed"), i.Arch, float64(i.Parameters)/1e6, float64(i.Bytes)/(1<<20), r.s.Len(), i.Context, i.Trained,
		float64(i.KVBytes)/(1<<20), i.Device, i.Tier)
	return nil
}

func (r *repl) readFile(ctx context.Context, name string) error {
	b, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	return r.say(ctx, string(b))
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

// openEditor makes the terminal's line editor, with the history of earlier sessions.
func (r *repl) openEditor() {
	l := liner.NewLiner()
	l.SetCtrlCAborts(true)
	l.SetCompleter(func(line string) (found []string) {
		for _, c := range replCommands() {
			for _, name := range strings.Fields(c.names) {
				if strings.HasPrefix(name, line) && line != "" {
					found = append(found, name)
				}
			}
		}
		return found
	})
	r.edit = l
	dir, err := os.UserCacheDir()
	if err != nil || r.p.env("RUN_NOHISTORY") != "" {
		return
	}
	path := filepath.Join(dir, "longrun", "history")
	if f, err := os.Open(path); err == nil {
		l.ReadHistory(f)
		f.Close()
	}
	r.save = func() error {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return fmt.Errorf("cannot keep the history: %w", err)
		}
		f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
		if err != nil {
			return fmt.Errorf("cannot keep the history: %w", err)
		}
		_, err = l.WriteHistory(f)
		return errors.Join(err, f.Close())
	}
}
