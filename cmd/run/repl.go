package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/longrun-ai/longrun"
	"github.com/peterh/liner"
)

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
	typed    chan typed // the line that is being typed; nil: none
	aborted  bool       // Ctrl-C was the last thing the person did
}

// typed is what lineEditor.Prompt returns.
type typed struct {
	line string
	err  error
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

var errLeave = errors.New("leave")

// A fatal error ends the conversation; others are told and forgotten.
type fatal struct{ err error }

func (f fatal) Error() string { return f.err.Error() }
func (f fatal) Unwrap() error { return f.err }

// run reads and answers until the person leaves.
func (r *repl) run(ctx context.Context) (err error) {
	r.edit = r.p.openEditor()
	defer func() { err = errors.Join(err, r.edit.Close()) }()
	info := r.m.Info()
	fmt.Fprintf(r.p.stderr, "%s (%s, %d tokens of context)\n/help lists commands, Ctrl-D leaves.\n",
		cmp.Or(info.Name, info.Arch, "A model"), count(info.Parameters), info.Context)
	for {
		line, err := r.read(ctx)
		switch {
		case errors.Is(err, io.EOF):
			fmt.Fprintln(r.p.stderr)
			return nil
		case errors.Is(err, liner.ErrPromptAborted) && r.aborted:
			return errInterrupted
		case errors.Is(err, liner.ErrPromptAborted):
			fmt.Fprintln(r.p.stderr, "(Ctrl-C again or Ctrl-D leaves)")
			r.aborted = true
			continue
		case err != nil:
			return err
		}
		r.aborted = false
		if strings.TrimSpace(line) == "" {
			continue
		}
		r.edit.AppendHistory(line)
		err = r.handle(ctx, line)
		bad := fatal{}
		switch {
		case errors.Is(err, errLeave):
			return nil
		case errors.As(err, &bad):
			return bad.err
		case err != nil:
			fmt.Fprintf(r.p.stderr, "run: %s.\n", sentence(err))
		}
	}
}

// count is a number of parameters as people say it.
func count(parameters int64) string {
	if parameters >= 1e9 {
		return fmt.Sprintf("%.1fB parameters", float64(parameters)/1e9)
	}
	return fmt.Sprintf("%.0fM parameters", float64(parameters)/1e6)
}

// read reads a line, or several between """.
func (r *repl) read(ctx context.Context) (string, error) {
	line, err := r.line(ctx, "> ")
	if err != nil || !strings.HasPrefix(line, `"""`) {
		return line, err
	}
	text := strings.TrimPrefix(line, `"""`)
	for {
		if body, ok := strings.CutSuffix(text, `"""`); ok {
			return strings.TrimPrefix(body, "\n"), nil
		}
		if line, err = r.line(ctx, ". "); err != nil {
			return "", err
		}
		text += "\n" + line
	}
}

// line waits for a line, but not beyond the end of ctx. An interrupt from outside the terminal counts as Ctrl-C; the
// prompt then stands as it was.
func (r *repl) line(ctx context.Context, prompt string) (string, error) {
	if r.typed == nil {
		c := make(chan typed, 1)
		go func() {
			line, err := r.edit.Prompt(prompt)
			c <- typed{line, err}
		}()
		r.typed = c
	}
	select {
	case t := <-r.typed:
		r.typed = nil
		return t.line, t.err
	case <-r.p.interrupts:
		return "", liner.ErrPromptAborted
	case <-ctx.Done():
		return "", errTerminated
	}
}

// handle runs a command or answers a question.
func (r *repl) handle(ctx context.Context, line string) error {
	if strings.HasPrefix(line, "/") {
		return r.command(ctx, line)
	}
	if err := r.say(ctx, line); err != nil {
		return err
	}
	if r.flags.single {
		return errLeave
	}
	return nil
}

// say adds what a person said and answers it. Ctrl-C ends the answer, a second one the program.
func (r *repl) say(ctx context.Context, text string) error {
	r.messages = append(r.messages, longrun.User(text))
	answer, err := r.answer(ctx)
	if answer == "" && err != nil { // so that the next question does not meet the same fault
		r.messages = r.messages[:len(r.messages)-1]
	} else {
		r.messages = append(r.messages, longrun.Assistant(answer))
	}
	switch {
	case errors.Is(err, errInterrupted):
		fmt.Fprintln(r.p.stderr, "(interrupted)")
		select {
		case <-r.p.interrupts: // a second one while the first was handled
			return fatal{errInterrupted}
		default:
			r.aborted = true
			return nil
		}
	case errors.Is(err, longrun.ErrContextFull):
		return fmt.Errorf("%w; /clear starts over, /undo forgets the last question", err)
	case err != nil && ctx.Err() != nil:
		return fatal{errTerminated}
	case err == nil && r.s.Stats().FinishReason == longrun.FinishLength:
		fmt.Fprintln(r.p.stderr, "(cut off: the context or -n allows no more)")
	}
	return err
}

// answer prints the answer to the messages and returns it, and what was made of it when it failed.
func (r *repl) answer(ctx context.Context) (string, error) {
	ctx, stop := r.p.interruptible(ctx)
	defer stop()
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
			return text.String(), fatal{err}
		}
	}
	r.bar.clear()
	stop()
	if failed == nil && errors.Is(context.Cause(ctx), errInterrupted) { // at the last moment
		failed = errInterrupted
	}
	if text.Len() > 0 && !strings.HasSuffix(text.String(), "\n") {
		fmt.Fprintln(r.p.stdout)
	}
	if failed == nil && r.verbose {
		printTimings(r.p.stderr, r.s.Stats())
	}
	return text.String(), failed
}
