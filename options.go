package longrun

import (
	"log/slog"
	"math"
	"strings"

	"github.com/longrun-ai/longrun/backend"
	"github.com/longrun-ai/longrun/backend/cpu"
	"github.com/longrun-ai/longrun/internal/engine"
	"github.com/longrun-ai/longrun/tensor"
)

// An Option changes how Open runs a model.
type Option func(*options)

type options struct {
	context  int
	batch    int
	parallel int
	threads  int
	tier     string
	device   string
	k, v     string
	template string
	check    bool
	drivers  []backend.Driver
	log      *slog.Logger
	progress func(stage string, done, total int64)
}

// WithContext sets how many tokens a session holds. The default is what the model was trained for, or less where memory
// holds no more. More than it was trained for is allowed, and logged.
func WithContext(tokens int) Option { return func(o *options) { o.context = tokens } }

// WithParallel sets how many sessions may be open at a time; the default is 1. Each has a context of its own.
func WithParallel(sessions int) Option { return func(o *options) { o.parallel = sessions } }

// WithBatch sets how many tokens of a prompt are fed in one step, 1 to 512; the default is 512.
func WithBatch(tokens int) Option { return func(o *options) { o.batch = tokens } }

// WithThreads sets how many threads the CPU uses; the default is one a core.
func WithThreads(n int) Option { return func(o *options) { o.threads = n } }

// WithTier chooses the CPU's kernels: "generic", "avx2", ... The default is the best that this CPU has.
func WithTier(name string) Option { return func(o *options) { o.tier = name } }

// WithDevice chooses the device by name: "cpu", or "auto" for the best found, which is the default.
func WithDevice(name string) Option { return func(o *options) { o.device = name } }

// WithDrivers puts drivers before the built-in ones. What their devices decline runs on the CPU.
func WithDrivers(d ...backend.Driver) Option {
	return func(o *options) { o.drivers = append(o.drivers, d...) }
}

// WithKVCache sets the types in which keys and values are kept: "f16", the default, or "f32".
func WithKVCache(k, v string) Option { return func(o *options) { o.k, o.v = k, v } }

// WithChatTemplate gives the Jinja source of a chat template, to be used instead of the file's.
func WithChatTemplate(source string) Option { return func(o *options) { o.template = source } }

// WithTensorCheck has Open read every weight and refuse a file with values that are not finite.
func WithTensorCheck() Option { return func(o *options) { o.check = true } }

// WithLogger sets where Open and the sessions log; the default is nowhere.
func WithLogger(l *slog.Logger) Option { return func(o *options) { o.log = l } }

// WithProgress sets a function that is told how far a stage is: "load" in bytes of the file, "prefill" in tokens of a
// prompt. It is called from the goroutine that loads or generates.
func WithProgress(f func(stage string, done, total int64)) Option {
	return func(o *options) { o.progress = f }
}

func newOptions(opts []Option) *options {
	o := &options{device: "auto", k: "f16", v: "f16", parallel: 1, log: slog.New(slog.DiscardHandler)}
	for _, opt := range opts {
		if opt != nil {
			opt(o)
		}
	}
	if o.log == nil {
		o.log = slog.New(slog.DiscardHandler)
	}
	return o
}

// report tells the progress function, if there is one.
func (o *options) report(stage string, done, total int64) {
	if o.progress != nil {
		o.progress(stage, done, total)
	}
}

func (o *options) validate() error {
	for _, n := range []struct {
		what           string
		n, least, most int
	}{
		{"a context", o.context, 0, math.MaxInt32}, {"a batch", o.batch, 0, engine.MaxWidth},
		{"parallel sessions", o.parallel, 1, engine.MaxParallel}, {"threads", o.threads, 0, cpu.MaxThreads},
	} {
		if n.n < n.least || n.n > n.most {
			return fail(ErrInvalid, "longrun: %s of %d: %d to %d are possible", n.what, n.n, n.least, n.most)
		}
	}
	for _, name := range []string{o.k, o.v} {
		if _, err := cacheType(name); err != nil {
			return err
		}
	}
	return nil
}

// cacheType returns the type that name stands for.
func cacheType(name string) (tensor.DType, error) {
	switch strings.ToLower(name) {
	case "f16":
		return tensor.F16, nil
	case "f32":
		return tensor.F32, nil
	}
	return 0, fail(ErrUnsupported, "longrun: a KV cache of type %q is not supported, use f16 or f32", name)
}
