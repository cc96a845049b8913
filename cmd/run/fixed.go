package main

import (
	"errors"
	"flag"
	"slices"
)

// A fixed flag is one of llama.cpp's that cannot change anything here. It accepts the values that ask for what is so
// anyway and refuses the others with the reason.
type fixed struct {
	kind   fixedKind
	values []string // accepted; nil: every one
	why    string   // what is so, "" when every value is accepted
}

type fixedKind int

const (
	alone    fixedKind = iota // takes no value
	valued                    // takes one
	optional                  // takes one if it is on, off or auto
)

func (*fixed) String() string { return "" }

func (f *fixed) Set(v string) error {
	if f.why == "" || slices.Contains(f.values, v) {
		return nil
	}
	return errors.New(f.why)
}

func (f *fixed) arity(next string) int {
	if f.kind == valued || f.kind == optional && slices.Contains([]string{"on", "off", "auto", "0", "1"}, next) {
		return 1
	}
	return 0
}

// modelFixed are the fixed flags of commands that run a model, by name.
func modelFixed() map[string]*fixed {
	flags := map[string]*fixed{}
	add := func(f fixed, names ...string) {
		for _, name := range names {
			flags[name] = &f
		}
	}
	// How the file is read, and what goes to GPUs, changes no result.
	add(fixed{kind: alone}, "mmap", "no-mmap", "warmup", "no-warmup", "kvo", "kv-offload", "nkvo", "no-kv-offload", "cmoe", "cpu-moe", "offline")
	add(fixed{kind: valued}, "ncmoe", "n-cpu-moe")
	add(fixed{kind: optional}, "fa", "flash-attn") // attention always goes block by block, with an online softmax

	add(fixed{kind: alone, why: "the model is mapped from its file and cannot be locked in memory"}, "mlock")
	add(fixed{kind: valued, values: []string{"auto", "mmap"}, why: "model files are always mapped"}, "lm", "load-mode")
	add(fixed{kind: valued, why: "a model runs on one device, choose it with --device"},
		"sm", "split-mode", "ts", "tensor-split", "mg", "main-gpu", "ot", "override-tensor", "numa")
	add(fixed{kind: valued, why: "positions are scaled as the model file says"},
		"rope-scaling", "rope-scale", "rope-freq-base", "rope-freq-scale",
		"yarn-orig-ctx", "yarn-ext-factor", "yarn-attn-factor", "yarn-beta-slow", "yarn-beta-fast")
	add(fixed{kind: valued, why: "metadata is taken as the model file has it"}, "override-kv")
	add(fixed{kind: valued, why: "adapters are not supported"}, "lora", "lora-scaled", "control-vector", "control-vector-scaled")
	return flags
}

// generateFixed are those of run MODEL alone.
func generateFixed() map[string]*fixed {
	flags := map[string]*fixed{}
	add := func(f fixed, names ...string) {
		for _, name := range names {
			flags[name] = &f
		}
	}
	add(fixed{kind: alone}, "jinja", "no-display-prompt", "simple-io", "no-context-shift", "no-escape")
	add(fixed{kind: valued}, "keep") // counts when the context is shifted, which is never
	add(fixed{kind: optional}, "co", "color")

	add(fixed{kind: alone, why: "chat templates are always run as Jinja"}, "no-jinja")
	add(fixed{kind: alone, why: "a full context ends the answer"}, "context-shift")
	add(fixed{kind: alone, why: "the prompt is taken as it is"}, "e", "escape")
	add(fixed{kind: alone, why: `a text of several lines stands between """ and """`}, "mli", "multiline-input")
	add(fixed{kind: valued, why: "answers cannot be held to a grammar or schema"},
		"grammar", "grammar-file", "j", "json-schema", "jf", "json-schema-file")
	add(fixed{kind: valued, why: "thinking is part of the answer's text"},
		"reasoning-format", "rea", "reasoning", "reasoning-effort", "reasoning-budget")
	add(fixed{kind: valued, why: "speculative decoding is not supported"},
		"md", "model-draft", "spec-draft-model", "spec-type", "spec-draft-n-max")
	add(fixed{kind: valued, why: "models are not downloaded, give a file"},
		"hf", "hf-repo", "hff", "hf-file", "hft", "hf-token", "mu", "model-url")
	add(fixed{kind: valued, why: "logs go to stderr, -v shows more of them"}, "lv", "verbosity", "log-file", "log-jsonl")
	return flags
}

func registerFixed(fs *flag.FlagSet, flags map[string]*fixed) {
	for name, f := range flags {
		fs.Var(f, name, "")
	}
}
