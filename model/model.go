// Package model turns checkpoints into graphs: it reads a file's hyper-parameters, binds its tensors to the fields of a
// struct that is its table of contents, and builds the forward pass. It computes nothing.
package model

import (
	"slices"
	"strings"

	"github.com/longrun-ai/longrun/graph"
	"github.com/longrun-ai/longrun/kvcache"
	"github.com/longrun-ai/longrun/tensor"
)

// Weights are a checkpoint's tensors by name.
type Weights map[string]tensor.Tensor

// Options are what a caller may choose about a model. The zero Options take everything from the file.
type Options struct {
	Context int // positions to plan for; 0 for as many as the model was trained on
}

// An Architecture is a family of models: New makes the model of a file whose general.architecture is one of Names. Its
// error lists every fault it can find, and nothing of the tensors but their names, types and shapes is looked at.
type Architecture struct {
	Names []string
	New   func(meta Metadata, w Weights, o Options) (Model, error)
}

// A Model builds graphs. It is read-only and safe for concurrent use.
type Model interface {
	Config() Config
	Build(g *graph.Graph, in Inputs) Outputs
}

// Inputs are the leaves that the caller has put into the graph.
type Inputs struct {
	Tokens graph.Value // (width, 1) ids
}

// Outputs are the results that the caller may ask for.
type Outputs struct {
	Logits graph.Value // (wanted rows, vocab)
}

// Config is what callers need to know about a model.
type Config struct {
	Arch, Name     string // Name is the file's own, "" if it has none
	Layers         int
	Vocab          int // token ids are below
	Dim            int // of the residual stream
	Heads, KVHeads int // of the first layer
	HeadDim        int
	Context        int             // positions planned for
	Trained        int             // positions the model was trained on
	Cache          []kvcache.Layer // rows that each layer keeps
}

// Find returns the architecture of that name.
func Find(archs []Architecture, name string) (Architecture, error) {
	var names []string
	for _, a := range archs {
		if slices.Contains(a.Names, name) {
			return a, nil
		}
		names = append(names, a.Names...)
	}
	slices.Sort(names)
	supported := strings.Join(names, ", ")
	if name == "" {
		return Architecture{}, fault("metadata", "general.architecture", "missing, want one of %s", supported)
	}
	return Architecture{}, fault("metadata", "general.architecture", "%.64q is not supported, want one of %s", name, supported)
}
