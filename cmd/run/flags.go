package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/longrun-ai/longrun"
)

// newFlags returns a flag set whose Parse keeps quiet: parse says what is wrong, or prints the help.
func newFlags(name string) *flag.FlagSet {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	return fs
}

// parse parses args, in which flags and positional arguments may be mixed, and returns the positional ones, between min
// and max of them. done is true when only help was asked for.
func parse(p *process, fs *flag.FlagSet, usage string, args []string, min, max int) (pos []string, done bool, err error) {
	ordered, err := flagsFirst(fs, args)
	if err != nil {
		return nil, false, err
	}
	switch err := fs.Parse(ordered); {
	case errors.Is(err, flag.ErrHelp):
		printHelp(p.stdout, fs, usage)
		return nil, true, nil
	case err != nil:
		return nil, false, fmt.Errorf("%s: %w", strings.TrimPrefix(err.Error(), "flag provided but not defined: "), fmt.Errorf("usage: %s: %w", usage, errUsage))
	}
	if n := fs.NArg(); n < min || n > max {
		what := "too few"
		if n > max {
			what = "too many"
		}
		return nil, false, fmt.Errorf("%s arguments, usage: %s: %w", what, usage, errUsage)
	}
	return fs.Args(), false, nil
}

// flagsFirst moves positional arguments behind the flags, since package flag stops at the first of them. What follows
// "--" is positional.
func flagsFirst(fs *flag.FlagSet, args []string) ([]string, error) {
	var flags, pos []string
	for i := 0; i < len(args); i++ {
		a := args[i]
		if a == "--" {
			pos = append(pos, args[i+1:]...)
			break
		}
		if len(a) < 2 || a[0] != '-' {
			pos = append(pos, a)
			continue
		}
		flags = append(flags, a)
		name, _, hasValue := strings.Cut(strings.TrimLeft(a, "-"), "=")
		f := fs.Lookup(name)
		if f == nil {
			if name == "h" || name == "help" {
				continue
			}
			return nil, fmt.Errorf("there is no flag %s: %w", a, errUsage)
		}
		if b, ok := f.Value.(interface{ IsBoolFlag() bool }); hasValue || ok && b.IsBoolFlag() {
			continue
		}
		if i+1 == len(args) {
			return nil, fmt.Errorf("flag %s needs a value: %w", a, errUsage)
		}
		i++
		flags = append(flags, args[i])
	}
	return append(append(flags, "--"), pos...), nil
}

// printHelp lists the flags, spellings of one flag on one line.
func printHelp(w io.Writer, fs *flag.FlagSet, usage string) {
	fmt.Fprintf(w, "usage: %s\n", usage)
	type row struct {
		names []string
		f     *flag.Flag
	}
	var rows []*row
	byUsage := map[string]*row{}
	fs.VisitAll(func(f *flag.Flag) {
		r := byUsage[f.Usage]
		if r == nil {
			r = &row{f: f}
			byUsage[f.Usage] = r
			rows = append(rows, r)
		}
		dashes := "--"
		if len(f.Name) <= 3 {
			dashes = "-"
		}
		r.names = append(r.names, dashes+f.Name)
	})
	for _, r := range rows {
		value, text := flag.UnquoteUsage(r.f)
		fmt.Fprintf(w, "  %s %s\n        %s", strings.Join(r.names, ", "), value, text)
		if d := r.f.DefValue; d != "" && d != "false" && d != "[]" {
			fmt.Fprintf(w, " (default %s)", d)
		}
		fmt.Fprintln(w)
	}
}

// both registers one variable under several names; add is a method of a flag set such as fs.IntVar.
func both[T any](add func(p *T, name string, value T, usage string), p *T, value T, usage string, names ...string) {
	for _, name := range names {
		add(p, name, value, usage)
	}
}

// modelFlags are the flags of every command that runs a model.
type modelFlags struct {
	context, threads, batch int
	tier, device, k, v      string
	check, verbose, quiet   bool
}

func (m *modelFlags) register(fs *flag.FlagSet) {
	both(fs.IntVar, &m.context, 0, "`tokens` of context; 0: as many as the model was trained for", "c", "ctx-size")
	both(fs.IntVar, &m.threads, 0, "`number` of CPU threads; 0: one a core", "t", "threads")
	both(fs.IntVar, &m.batch, 0, "`tokens` of a prompt fed in one step, 1 to 512; 0: 512", "b", "batch-size", "ub", "ubatch-size")
	both(fs.StringVar, &m.device, "auto", "`name` of the device", "dev", "device")
	both(fs.StringVar, &m.k, "f16", "`type` of cached keys, f16 or f32", "ctk", "cache-type-k")
	both(fs.StringVar, &m.v, "f16", "`type` of cached values, f16 or f32", "ctv", "cache-type-v")
	fs.StringVar(&m.tier, "tier", "", "`name` of the CPU kernels, see run devices; none: the best")
	fs.BoolVar(&m.check, "check-tensors", false, "read every weight and refuse a file with values that are not finite")
	both(fs.BoolVar, &m.verbose, false, "log to stderr what happens", "v", "verbose")
}

// options are the flags as options of longrun.Open.
func (m *modelFlags) options(p *process) []longrun.Option {
	opts := []longrun.Option{
		longrun.WithContext(m.context), longrun.WithThreads(m.threads), longrun.WithBatch(m.batch), longrun.WithTier(m.tier),
		longrun.WithDevice(m.device), longrun.WithKVCache(m.k, m.v),
	}
	if m.check {
		opts = append(opts, longrun.WithTensorCheck())
	}
	level := slog.LevelWarn
	if m.verbose {
		level = slog.LevelDebug
	}
	return append(opts, longrun.WithLogger(slog.New(slog.NewTextHandler(p.stderr, &slog.HandlerOptions{
		Level: level,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	}))))
}
