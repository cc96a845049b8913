// Package longrun runs language models from GGUF files, in pure Go.
//
// Open maps a file and finds the devices of this machine; a Session is one conversation:
//
//	m, err := longrun.Open(ctx, "model.gguf")
//	...
//	defer m.Close()
//	s, err := m.NewSession()
//	...
//	defer s.Close()
//	for c, err := range s.Chat(ctx, []longrun.Message{longrun.User("Who are you?")}, m.Defaults()) {
//		...
//		fmt.Print(c.Text)
//	}
package longrun

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"

	"github.com/longrun-ai/longrun/backend"
	"github.com/longrun-ai/longrun/chat"
	"github.com/longrun-ai/longrun/internal/engine"
	"github.com/longrun-ai/longrun/loader/gguf"
	"github.com/longrun-ai/longrun/model"
	"github.com/longrun-ai/longrun/tensor/quant"
	"github.com/longrun-ai/longrun/tokenizer"
)

// A Model is an open model file on this machine's devices. It is safe for concurrent use.
type Model struct {
	opts     *options
	file     *gguf.File
	config   model.Config
	tok      *tokenizer.Tokenizer
	template *chat.Template // nil: the file has none
	devices  []backend.Device
	engine   *engine.Engine
	info     Info
}

// Info describes an open model.
type Info struct {
	Arch, Name string
	Bytes      int64 // size of the file's tensors and metadata
	Parameters int64
	Context    int // tokens a session holds
	Trained    int // tokens the model was trained for
	Vocab      int
	KVBytes    int64  // size of the KV cache
	Device     string // where most of it runs: "cpu"
	Tier       string // and with which kernels: "avx2"
}

// Open opens the model file at path, any file of a split one. When the fault lies with the file, the error is ErrFile; it
// may wrap a *FormatError that says where.
func Open(ctx context.Context, path string, opts ...Option) (*Model, error) {
	f, err := gguf.Open(path)
	if err != nil {
		return nil, tagged{err, ErrFile}
	}
	return open(ctx, f, opts)
}

// OpenReader opens a model file of size bytes, which it reads whole: for files embedded in a program, or in an archive.
func OpenReader(ctx context.Context, r io.ReaderAt, size int64, opts ...Option) (*Model, error) {
	f, err := gguf.OpenReader(r, size)
	if err != nil {
		return nil, tagged{err, ErrFile}
	}
	return open(ctx, f, opts)
}

func open(ctx context.Context, f *gguf.File, opts []Option) (_ *Model, err error) {
	m := &Model{opts: newOptions(opts), file: f}
	defer func() {
		if err != nil {
			err = errors.Join(err, m.release())
		}
	}()
	if err := m.opts.validate(); err != nil {
		return nil, err
	}
	for _, w := range f.Warnings {
		m.opts.log.Warn(w)
	}
	bound, err := m.bind()
	if err != nil {
		return nil, tagged{locate(f, err), ErrFile}
	}
	if err := m.load(ctx); err != nil {
		return nil, err
	}
	if err := m.openDevices(); err != nil {
		return nil, err
	}
	k, err := cacheType(m.opts.k)
	if err != nil {
		return nil, err
	}
	v, err := cacheType(m.opts.v)
	if err != nil {
		return nil, err
	}
	m.engine, err = engine.New(bound, engine.Config{
		Devices: m.devices, Context: m.opts.context, Parallel: m.opts.parallel, K: k, V: v, Batch: m.opts.batch, Log: m.opts.log,
	})
	if err != nil {
		return nil, err
	}
	m.describe()
	return m, nil
}

// bind makes the tokenizer, the chat template and the model, from metadata and shapes alone.
func (m *Model) bind() (model.Model, error) {
	meta := m.file.Meta
	arch, err := meta.String("general.architecture")
	if err != nil {
		return nil, err
	}
	family, err := model.Find(architectures(), arch)
	if err != nil {
		return nil, err
	}
	if len(m.file.Tensors) == 0 {
		return nil, &FormatError{Section: "tensors", Offset: -1, Problem: "the file holds none: it is a vocabulary, which can tokenize but not generate"}
	}
	weights := model.Weights{}
	for _, t := range m.file.Tensors {
		weights[t.Name] = t
	}
	bound, err := family.New(meta, weights, model.Options{Context: m.opts.context})
	if err != nil {
		return nil, err
	}
	m.config = bound.Config()
	if m.tok, err = tokenizer.FromMetadata(meta); err != nil {
		return nil, err
	}
	switch {
	case m.opts.template != "":
		if m.template, err = chat.Parse(m.opts.template); err != nil {
			return nil, tagged{err, ErrInvalid}
		}
	case meta.Has("tokenizer.chat_template"):
		source, err := meta.String("tokenizer.chat_template")
		if err != nil {
			return nil, err
		}
		if m.template, err = chat.Parse(source); err != nil { // generating without it still works
			m.opts.log.Warn("the file's chat template cannot be used", "err", err)
		}
	}
	if m.opts.context > m.config.Trained {
		m.opts.log.Warn("the context is longer than the model was trained for", "tokens", m.opts.context, "trained", m.config.Trained)
	}
	return bound, nil
}

// load reads the file once, so that the first answer does not wait for the disk, and checks it if that was asked for.
func (m *Model) load(ctx context.Context) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		switch r := recover().(type) {
		case nil:
		case error:
			if err = shortened(r); err == nil {
				panic(r)
			}
		default:
			panic(r)
		}
	}()
	const (
		page = 4096
		step = 16 << 20
	)
	var done int64
	var sum byte
	for _, t := range m.file.Tensors {
		b := t.Bytes()
		if m.opts.check {
			if i := quant.Check(t.Type, b); i >= 0 {
				return tagged{&FormatError{Section: "tensors", Name: t.Name, Offset: m.file.Offset(t.Name),
					Problem: fmt.Sprintf("block %d of %s holds values that are not finite", i, t.Type)}, ErrFile}
			}
		}
		for len(b) > 0 {
			if err := cancelled(ctx, context.Cause(ctx)); err != nil {
				return err
			}
			n := min(step, len(b))
			for i := 0; i < n; i += page {
				sum ^= b[i]
			}
			b, done = b[n:], done+int64(n)
			m.opts.report("load", done, m.file.Size())
		}
	}
	_ = sum
	m.opts.report("load", m.file.Size(), m.file.Size())
	return nil
}

// openDevices opens the drivers given and the built-in ones and keeps the devices asked for.
func (m *Model) openDevices() error {
	var all []string
	for _, d := range append(m.opts.drivers, drivers(m.opts)...) {
		found, err := d.Open()
		if err != nil {
			if d.Name() == "cpu" {
				return tagged{err, ErrNoDevice}
			}
			m.opts.log.Info("no such devices", "driver", d.Name(), "err", err)
			continue
		}
		for _, dev := range found {
			all = append(all, dev.Name())
			// The CPU serves what a chosen device declines.
			if want := m.opts.device; want != "auto" && want != dev.Name() && dev.Name() != "cpu" {
				if err := dev.Close(); err != nil {
					return err
				}
				continue
			}
			m.devices = append(m.devices, dev)
		}
	}
	if want := m.opts.device; want != "auto" && (len(m.devices) == 0 || m.devices[0].Name() != want) {
		return fail(ErrNoDevice, "longrun: there is no device %q here, only %q", want, all)
	}
	return nil
}

func (m *Model) describe() {
	c := m.config
	m.info = Info{
		Arch: c.Arch, Name: c.Name, Bytes: m.file.Size(), Context: m.engine.Context(), Trained: c.Trained, Vocab: c.Vocab,
		KVBytes: m.engine.KVBytes(), Device: m.devices[0].Name(), Tier: m.devices[0].Tier(),
	}
	for _, t := range m.file.Tensors {
		m.info.Parameters += int64(t.Shape.Elems())
	}
	m.opts.log.Info("model open", "arch", c.Arch, "name", c.Name, "parameters", m.info.Parameters, "context", m.info.Context,
		"kv_bytes", m.info.KVBytes, "device", m.info.Device, "tier", m.info.Tier)
}

// Info describes the model.
func (m *Model) Info() Info { return m.info }

// Defaults returns a request with the usual sampling, to be changed as wished.
func (m *Model) Defaults() Request { return Request{Sampling: DefaultSampling(), MaxTokens: -1} }

// HasTemplate reports whether the file brings a chat template, which Chat needs.
func (m *Model) HasTemplate() bool { return m.template != nil }

// Tokenize returns the tokens of text; prompt adds those that a prompt begins and ends with. Text that looks like a
// control token stays text.
func (m *Model) Tokenize(text string, prompt bool) []int32 { return m.tok.Encode(text, prompt, false) }

// Detokenize returns the text of tokens, control tokens left out.
func (m *Model) Detokenize(tokens []int32) string { return m.tok.Decode(tokens, false) }

// Close waits for the sessions to be closed, then frees everything. It may be called twice.
func (m *Model) Close() error { return m.release() }

func (m *Model) release() error {
	if m.engine != nil {
		m.engine.Close()
	}
	var errs []error
	for _, d := range m.devices {
		errs = append(errs, d.Close())
	}
	return errors.Join(append(errs, m.file.Close())...)
}

// Drivers returns the built-in drivers by preference, the CPU last.
func Drivers(opts ...Option) []backend.Driver { return drivers(newOptions(opts)) }
