// Package engine steps any set of sequences of one model together: rows of different sequences, prompts and single
// tokens share a step, and sequences join and leave between steps.
package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/bits"
	"sync"
	"time"

	"github.com/longrun-ai/longrun/backend"
	"github.com/longrun-ai/longrun/graph"
	"github.com/longrun-ai/longrun/kvcache"
	"github.com/longrun-ai/longrun/model"
	"github.com/longrun-ai/longrun/tensor"
)

var (
	ErrBusy        = errors.New("every slot is taken")
	ErrContextFull = errors.New("the context is full")
	ErrMemory      = errors.New("not enough memory")
	ErrClosed      = errors.New("the model is closed")
)

const (
	MaxWidth    = 512          // the most rows a step takes
	MaxParallel = MaxWidth / 2 // the most sequences at a time
)

// gather is how long a step waits for sequences that took part in the last one. A sequence samples in far less; one that
// ended delays the others once.
const gather = time.Millisecond

// Config says how an Engine runs its model.
type Config struct {
	Devices  []backend.Device // by preference; together they support every node
	Context  int              // rows a sequence may hold; 0: as many as the model was trained for, or as memory holds
	Parallel int              // sequences at a time, at least 1
	K, V     tensor.DType     // types of cached rows
	Batch    int              // most rows of a prompt fed in one step, 1 to MaxWidth; 0: MaxWidth
	Log      *slog.Logger
}

// An Engine owns a model's programs and KV cache. Its methods are safe for concurrent use.
type Engine struct {
	cfg      Config
	model    model.Model
	vocab    int
	cache    *kvcache.Cache
	programs [10]backend.Program // by log2 of the width; made when first needed, by the loop alone

	work chan *Seq
	quit chan struct{} // closed by Close
	done chan struct{} // closed when the loop has ended

	mu     sync.Mutex
	slots  int // taken
	closed bool
	idle   sync.Cond // slots became 0
}

// New compiles nothing yet but finds out what runs where, makes the KV cache and starts the loop that Close ends.
func New(m model.Model, cfg Config) (*Engine, error) {
	c := m.Config()
	cfg.Parallel = max(cfg.Parallel, 1)
	if cfg.Parallel > MaxParallel {
		return nil, fmt.Errorf("engine: %d sequences at a time: at most %d are possible", cfg.Parallel, MaxParallel)
	}
	if cfg.Batch == 0 {
		cfg.Batch = MaxWidth
	}
	if cfg.Batch < 1 || cfg.Batch > MaxWidth {
		return nil, fmt.Errorf("engine: a batch of %d rows: 1 to %d are possible", cfg.Batch, MaxWidth)
	}
	cfg.Batch = min(cfg.Batch, (MaxWidth-cfg.Parallel+1)&^63) // or single tokens of the others would keep a prompt out of every step
	e := &Engine{cfg: cfg, model: m, vocab: c.Vocab, work: make(chan *Seq, cfg.Parallel), quit: make(chan struct{}), done: make(chan struct{})}
	e.idle.L = &e.mu
	if err := e.makeCache(); err != nil {
		return nil, err
	}
	go e.loop()
	return e, nil
}

// makeCache sizes the cache and puts each layer's rows on the device that attends to them.
func (e *Engine) makeCache() error {
	c := e.model.Config()
	g := e.build(1)
	place, err := backend.Place(g, e.cfg.Devices)
	if err != nil {
		return err
	}
	attends := make([]backend.Device, len(c.Cache))
	for v := graph.Value(1); int(v) <= g.Len(); v++ {
		if a, ok := g.Node(v).Attr.(graph.AttendAttr); ok {
			attends[a.Layer] = place.Device(v)
		}
	}

	context, fixed := e.cfg.Context, e.cfg.Context != 0
	if !fixed {
		context = c.Trained
	}
	page := kvcache.Bytes(c.Cache, e.cfg.K, e.cfg.V, e.cfg.Parallel)
	pages := kvcache.Pages(context)
	if free := free(attends); free > 0 && page > 0 && int64(pages) > free/page {
		if fixed || free < page {
			return fmt.Errorf("engine: a context of %d tokens for %d sequences takes %d MiB, %d MiB are free: ask for fewer (-c): %w",
				context, e.cfg.Parallel, int64(pages)*page>>20, free>>20, ErrMemory)
		}
		pages = int(free / page)
		context = pages * kvcache.PageRows
		e.cfg.Log.Warn("context shortened to what memory holds", "tokens", context, "trained", c.Trained)
	}
	e.cfg.Context = context
	e.cache, err = kvcache.New(c.Cache, e.cfg.K, e.cfg.V, pages*e.cfg.Parallel, func(l int, n int64) (tensor.Buffer, error) {
		if attends[l] == nil {
			return tensor.Host(nil), nil
		}
		b, err := attends[l].Alloc(n)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", err, ErrMemory)
		}
		return b, nil
	})
	return err
}

// free is the free memory of the device that has the least, 0 where no device knows.
func free(devices []backend.Device) (least int64) {
	for _, d := range devices {
		if d == nil {
			continue
		}
		if free, _ := d.Memory(); free > 0 && (least == 0 || free < least) {
			least = free
		}
	}
	return least
}

func (e *Engine) build(width int) *graph.Graph {
	g := graph.New(width)
	g.Output(e.model.Build(g, model.Inputs{Tokens: g.Tokens()}).Logits)
	return g
}

// Context is the number of rows a sequence may hold.
func (e *Engine) Context() int { return e.cfg.Context }

// KVBytes is the size of the KV cache.
func (e *Engine) KVBytes() int64 {
	return kvcache.Bytes(e.model.Config().Cache, e.cfg.K, e.cfg.V, kvcache.Pages(e.cfg.Context)*e.cfg.Parallel)
}

// Close ends the loop once every sequence is closed. Sequences can no longer be made. It may be called twice.
func (e *Engine) Close() {
	e.mu.Lock()
	first := !e.closed
	e.closed = true
	for e.slots > 0 {
		e.idle.Wait()
	}
	e.mu.Unlock()
	if first {
		close(e.quit)
	}
	<-e.done
}

// program returns the program for n rows: the narrowest that holds them.
func (e *Engine) program(n int) (backend.Program, error) {
	i := bits.Len(uint(n - 1))
	if e.programs[i] == nil {
		g := e.build(1 << i)
		place, err := backend.Place(g, e.cfg.Devices)
		if err != nil {
			return nil, err
		}
		if e.programs[i], err = backend.Compile(g, place); err != nil {
			return nil, err
		}
	}
	return e.programs[i], nil
}

// loop takes what sequences ask for, a step at a time.
func (e *Engine) loop() {
	defer close(e.done)
	var s step
	var pending []*Seq
	expected := 0 // sequences that are likely to ask again
	timer := time.NewTimer(gather)
	defer timer.Stop()
	for {
		if len(pending) == 0 {
			select {
			case w := <-e.work:
				pending = append(pending, w)
			case <-e.quit:
				return
			}
		}
		timer.Reset(gather)
	gathering:
		for len(pending) < expected {
			select {
			case w := <-e.work:
				pending = append(pending, w)
			case <-timer.C:
				break gathering
			}
		}
		for more := true; more; {
			select {
			case w := <-e.work:
				pending = append(pending, w)
			default:
				more = false
			}
		}
		pending = s.take(pending)
		expected = len(s.seqs)
		s.run(e)
	}
}

// A step is what one step holds, kept from step to step so that it allocates nothing.
type step struct {
	frame  backend.Frame
	seqs   []*Seq
	logits []float32
}

// take moves as many of pending as fit into the step, short ones first, and returns the others. Cancelled ones end.
func (s *step) take(pending []*Seq) (left []*Seq) {
	s.seqs = s.seqs[:0]
	rows := 0
	left = pending[:0]
	for _, single := range []bool{true, false} {
		for i, w := range pending {
			if w == nil || single && len(w.tokens) > 1 {
				continue
			}
			if err := w.ctx.Err(); err != nil {
				pending[i] = nil
				w.reply <- context.Cause(w.ctx)
				continue
			}
			if rows+len(w.tokens) <= MaxWidth {
				rows += len(w.tokens)
				s.seqs = append(s.seqs, w)
				pending[i] = nil
			}
		}
	}
	for _, w := range pending {
		if w != nil {
			left = append(left, w)
		}
	}
	return left
}

// run runs the step and answers its sequences.
func (s *step) run(e *Engine) {
	if len(s.seqs) == 0 {
		return
	}
	err := s.forward(e)
	for _, w := range s.seqs {
		if err == nil {
			w.kv.Extend(len(w.tokens))
		}
		w.reply <- err
	}
}

func (s *step) forward(e *Engine) error {
	f := &s.frame
	f.Step++
	f.Tokens, f.Pos, f.Runs, f.Want = f.Tokens[:0], f.Pos[:0], f.Runs[:0], f.Want[:0]
	for _, w := range s.seqs {
		lo := len(f.Tokens)
		f.Tokens = append(f.Tokens, w.tokens...)
		f.Runs = append(f.Runs, backend.SeqRun{Seq: w.kv, Lo: lo, Hi: len(f.Tokens)})
		for i := range w.tokens {
			f.Pos = append(f.Pos, int32(w.kv.Len()+i))
		}
		for i := len(w.tokens) - w.want; i < len(w.tokens); i++ {
			f.Want = append(f.Want, int32(lo+i))
		}
	}
	if need := len(f.Want) * e.vocab; cap(s.logits) < need {
		s.logits = make([]float32, need)
	}
	s.logits = s.logits[:len(f.Want)*e.vocab]
	if f.Out == nil {
		f.Out = make([][]float32, 1)
	}
	f.Out[0] = s.logits
	p, err := e.program(len(f.Tokens))
	if err != nil {
		return err
	}
	ctx := context.Background()
	if len(s.seqs) == 1 {
		ctx = s.seqs[0].ctx // nobody else minds when it stops in the middle
	}
	if err := p.Run(ctx, f); err != nil {
		return err
	}
	at := 0
	for _, w := range s.seqs {
		at += copy(w.logits, s.logits[at:][:w.want*e.vocab])
	}
	return nil
}
