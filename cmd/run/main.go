// Command run runs language models from GGUF files: run model.gguf "Why is the sky blue?"
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/longrun-ai/longrun"
	"golang.org/x/term"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	interrupts := make(chan os.Signal, 2)
	signal.Notify(interrupts, os.Interrupt)
	os.Exit(realMain(ctx, &process{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, interrupts: interrupts,
		stdinTTY: term.IsTerminal(int(os.Stdin.Fd())), stderrTTY: term.IsTerminal(int(os.Stderr.Fd())),
		stdoutTTY: term.IsTerminal(int(os.Stdout.Fd())), env: os.Getenv,
	}, os.Args[1:]))
}

// A process is what the program sees of the world, so that tests can stand in for it.
type process struct {
	stdin                          io.Reader
	stdout, stderr                 io.Writer
	stdinTTY, stdoutTTY, stderrTTY bool
	interrupts                     <-chan os.Signal // Ctrl-C
	env                            func(string) string
	edit                           func() lineEditor // nil: the terminal's own
}

// interruptible returns a context that Ctrl-C ends, until stop is called.
func (p *process) interruptible(ctx context.Context) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		select {
		case <-p.interrupts:
			cancel(errInterrupted)
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(nil); <-watched }
}

// input is stdin until ctx ends.
func (p *process) input(ctx context.Context) io.Reader { return &input{ctx, p.stdin} }

type input struct {
	ctx context.Context
	r   io.Reader
}

// Read gives up when the context ends, even in the middle of waiting: that read is left to whatever still comes.
func (in *input) Read(b []byte) (int, error) {
	type result struct {
		b   []byte
		err error
	}
	read := make(chan result, 1)
	go func() {
		own := make([]byte, len(b))
		n, err := in.r.Read(own)
		read <- result{own[:n], err}
	}()
	select {
	case r := <-read:
		return copy(b, r.b), r.err
	case <-in.ctx.Done():
		return 0, context.Cause(in.ctx)
	}
}

// Exit codes.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitModel       = 3 // the model file is invalid or not supported
	exitMemory      = 4 // too little memory, or no such device
	exitInterrupted = 130
	exitTerminated  = 143
)

var (
	// errUsage is what a command returns, wrapped, when its arguments make no sense.
	errUsage = errors.New("see run help")
	// errInterrupted is the cause of a context that Ctrl-C ended, errTerminated of one that SIGTERM ended.
	errInterrupted = errors.New("interrupted")
	errTerminated  = errors.New("terminated")
)

// A command is a word after run.
type command struct {
	name, args, help string
	run              func(ctx context.Context, p *process, args []string) error
}

func commands() []command {
	return []command{
		{"inspect", "MODEL", "show what a model file holds", inspect},
		{"devices", "", "show the devices of this machine", devices},
		{"tokenize", "MODEL [TEXT]", "turn text into tokens", tokenize},
		{"template", "MODEL", "render a chat template", renderTemplate},
		{"eval", "logits|sample", "evaluate a model for comparison with others", eval},
		{"version", "", "show the version", version},
	}
}

// realMain is the program without the process. It returns the exit code.
func realMain(ctx context.Context, p *process, args []string) int {
	err := dispatch(ctx, p, args)
	code := exitCode(ctx, err)
	switch {
	case code == exitInterrupted || code == exitTerminated, err == nil:
	case errors.Is(err, syscall.EPIPE): // nobody reads any more, as in run ... | head
	default:
		fmt.Fprintf(p.stderr, "run: %s.\n", sentence(err))
	}
	return code
}

func dispatch(ctx context.Context, p *process, args []string) error {
	if len(args) == 0 {
		help(p.stderr)
		return fmt.Errorf("no model file is named: %w", errUsage)
	}
	switch args[0] {
	case "help", "-h", "--help", "-help":
		if len(args) > 1 && args[0] == "help" {
			return dispatch(ctx, p, append(args[1:], "--help"))
		}
		help(p.stdout)
		return nil
	case "--version":
		return version(ctx, p, nil)
	case "--list-devices":
		return devices(ctx, p, nil)
	}
	all := commands()
	if i := slices.IndexFunc(all, func(c command) bool { return c.name == args[0] }); i >= 0 {
		ctx, stop := p.interruptible(ctx)
		defer stop()
		return all[i].run(ctx, p, args[1:])
	}
	if word := args[0]; !strings.ContainsAny(word, `-./\`) {
		if _, err := os.Stat(word); errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("there is no command and no model file %s: %w", word, errUsage)
		}
	}
	return generate(ctx, p, args)
}

func help(w io.Writer) {
	fmt.Fprint(w, `run MODEL.gguf                 chat with a model
run MODEL.gguf "PROMPT"        answer and exit; what is piped in is appended to the prompt
`)
	for _, c := range commands() {
		fmt.Fprintf(w, "%-30s %s\n", strings.TrimSpace("run "+c.name+" "+c.args), c.help)
	}
	fmt.Fprint(w, `
Each takes --help. Flags may stand before or after the model and have llama.cpp's names.
`)
}

// sentence is err without its end mark. Joined errors stand on lines of their own; here they are clauses.
func sentence(err error) string {
	return strings.TrimSuffix(strings.ReplaceAll(strings.TrimSpace(err.Error()), "\n", "; "), ".")
}

func exitCode(ctx context.Context, err error) int {
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errInterrupted):
		return exitInterrupted
	case ctx.Err() != nil:
		return exitTerminated
	case errors.Is(err, errUsage), errors.Is(err, longrun.ErrInvalid), errors.Is(err, longrun.ErrUnsupported):
		return exitUsage
	case errors.Is(err, longrun.ErrMemory), errors.Is(err, longrun.ErrNoDevice):
		return exitMemory
	case errors.Is(err, longrun.ErrFile):
		// A file that is not there is nothing to judge, unless it is a shard that another one needs.
		if bad := (*longrun.FormatError)(nil); !errors.Is(err, fs.ErrNotExist) || errors.As(err, &bad) {
			return exitModel
		}
	}
	return exitFailed
}
