package main

import (
	"cmp"
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/longrun-ai/longrun"
)

// newFlags returns a flag set for parse.
func newFlags(name string) *flag.FlagSet { return flag.NewFlagSet(name, flag.ContinueOnError) }

// parse sets fs from args, in which flags and positional arguments may be mixed, and returns the positional ones, between
// min and max of them; what follows "--" is positional. done is true when only help was asked for.
func parse(p *process, fs *flag.FlagSet, usage string, args []string, min, max int) (pos []string, done bool, err error) {
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
		name, value, given := strings.Cut(strings.TrimPrefix(a[1:], "-"), "=")
		f := fs.Lookup(name)
		if f == nil {
			if name == "h" || name == "help" {
				printHelp(p.stdout, fs, usage)
				return nil, true, nil
			}
			return nil, false, fmt.Errorf("there is no flag %s, usage: %s: %w", a, usage, errUsage)
		}
		next := ""
		if i+1 < len(args) {
			next = args[i+1]
		}
		switch arity := arityOf(f.Value, next); {
		case given:
		case arity == 0:
			value = "true"
		case i+1 == len(args):
			return nil, false, fmt.Errorf("flag %s needs a value: %w", a, errUsage)
		default:
			i++
			value = next
		}
		if err := fs.Set(name, value); err != nil {
			return nil, false, badValue(f, a, value, err)
		}
	}
	if n := len(pos); n < min || n > max {
		what := "too few"
		if n > max {
			what = "too many"
		}
		return nil, false, fmt.Errorf("%s arguments, usage: %s: %w", what, usage, errUsage)
	}
	return pos, false, nil
}

// badValue says what is wrong with the value of f, which was written as arg.
func badValue(f *flag.Flag, arg, value string, err error) error {
	if _, ok := f.Value.(*fixed); ok {
		return fmt.Errorf("flag %s: %w: %w", arg, err, errUsage)
	}
	what, _ := flag.UnquoteUsage(f) // package flag's own errors say no more than "parse error"
	return fmt.Errorf("flag %s: want %s, not %q: %w", arg, cmp.Or(what, "number"), value, errUsage)
}

// arityOf is the number of arguments that a flag takes, 0 or 1, if next follows it.
func arityOf(v flag.Value, next string) int {
	switch v := v.(type) {
	case interface{ arity(next string) int }:
		return v.arity(next)
	case interface{ IsBoolFlag() bool }:
		if v.IsBoolFlag() {
			return 0
		}
	}
	return 1
}

// printHelp lists the flags, spellings of one flag on one line. Those without a usage are left out.
func printHelp(w io.Writer, fs *flag.FlagSet, usage string) {
	fmt.Fprintf(w, "usage: %s\n", usage)
	type row struct {
		names []string
		f     *flag.Flag
	}
	var rows []*row
	byUsage := map[string]*row{}
	fs.VisitAll(func(f *flag.Flag) {
		if f.Usage == "" {
			return
		}
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
		fmt.Fprintf(w, "  %s\n        %s", strings.TrimSpace(strings.Join(r.names, ", ")+" "+value), text)
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
	context, threads, promptThreads int
	batch, step                     int
	tier, device, k, v              string
	gpuLayers, attn                 string
	check, verbose                  bool
}

func (m *modelFlags) register(fs *flag.FlagSet) {
	both(fs.IntVar, &m.context, 0, "`tokens` of context; 0: as many as the model was trained for", "c", "ctx-size")
	both(fs.IntVar, &m.threads, 0, "`number` of CPU threads; 0: one a core", "t", "threads")
	both(fs.IntVar, &m.promptThreads, 0, "", "tb", "threads-batch")
	both(fs.IntVar, &m.batch, 0, "`tokens` of a prompt fed in one step, at most 512; 0: 512", "b", "batch-size")
	both(fs.IntVar, &m.step, 0, "", "ub", "ubatch-size")
	both(fs.StringVar, &m.device, "auto", "`name` of the device, see run devices", "dev", "device")
	both(fs.StringVar, &m.gpuLayers, "auto", "", "ngl", "gpu-layers", "n-gpu-layers")
	both(fs.StringVar, &m.k, "f16", "`type` of cached keys, f16 or f32", "ctk", "cache-type-k")
	both(fs.StringVar, &m.v, "f16", "`type` of cached values, f16 or f32", "ctv", "cache-type-v")
	fs.StringVar(&m.tier, "tier", "", "`name` of the CPU kernels, see run devices; none: the best")
	fs.StringVar(&m.attn, "attn", "dense", "attention `policy`: dense")
	fs.BoolVar(&m.check, "check-tensors", false, "read every weight and refuse a file with values that are not finite")
	both(fs.BoolVar, &m.verbose, false, "log to stderr what happens", "v", "verbose")
	registerFixed(fs, modelFixed())
}

// maxBatch is the most tokens of a prompt that one step takes.
const maxBatch = 512

// options are the flags as options of longrun.Open.
func (m *modelFlags) options(p *process) ([]longrun.Option, error) {
	threads := max(m.threads, 0) // -1 too is llama.cpp's word for as many as there are
	switch {
	case m.context < 0 || m.batch < 0 || m.step < 0:
		return nil, fmt.Errorf("-c, -b and -ub count from 0: %w", errUsage)
	case m.promptThreads > 0 && m.promptThreads != threads:
		return nil, fmt.Errorf("-tb %d: prompts and answers share one number of threads, give it with -t: %w", m.promptThreads, errUsage)
	case m.attn != "dense":
		return nil, fmt.Errorf("--attn %s: only dense attention is supported: %w", m.attn, errUsage)
	}
	batch := min(cmp.Or(m.batch, maxBatch), cmp.Or(m.step, maxBatch), maxBatch)
	log := newLog(p.stderr, m.verbose)
	switch m.gpuLayers {
	case "0", "auto":
	default:
		log.Warn("no GPU is used: all layers run on the CPU", "gpu-layers", m.gpuLayers)
	}
	opts := []longrun.Option{
		longrun.WithContext(m.context), longrun.WithThreads(threads), longrun.WithBatch(batch), longrun.WithTier(m.tier),
		longrun.WithDevice(m.device), longrun.WithKVCache(m.k, m.v), longrun.WithLogger(log),
	}
	if m.check {
		opts = append(opts, longrun.WithTensorCheck())
	}
	return opts, nil
}
