package engine

import (
	"context"
	"fmt"

	"github.com/longrun-ai/longrun/kvcache"
)

// A Seq is one sequence of tokens and its rows of the KV cache. It is not for concurrent use.
type Seq struct {
	e  *Engine
	kv *kvcache.Seq

	// What is asked of the next step: the loop reads it between a send on Engine.work and its reply.
	ctx    context.Context
	tokens []int32
	want   int       // how many of the last tokens want logits
	logits []float32 // (want, vocab)
	reply  chan error
	last   []float32 // Feed's logits
}

// NewSeq takes a slot until Close, or wraps ErrBusy.
func (e *Engine) NewSeq() (*Seq, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, fmt.Errorf("engine: %w", ErrClosed)
	}
	if e.slots >= e.cfg.Parallel {
		return nil, fmt.Errorf("engine: %d of %d sequences are in use: %w", e.slots, e.cfg.Parallel, ErrBusy)
	}
	e.slots++
	return &Seq{e: e, kv: e.cache.NewSeq(), reply: make(chan error, 1)}, nil
}

// Close gives the slot and the memory back. It may be called twice.
func (s *Seq) Close() {
	if s.kv == nil {
		return
	}
	s.kv.Close()
	s.kv = nil
	e := s.e
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.slots--; e.slots == 0 {
		e.idle.Broadcast()
	}
}

// Len is the number of tokens fed.
func (s *Seq) Len() int { return s.kv.Len() }

// Truncate forgets tokens n and up.
func (s *Seq) Truncate(n int) { s.kv.Truncate(n) }

// Feed appends tokens, at least one, and returns the logits after the last: (vocab), valid until the next call. progress,
// if not nil, is told after each step how many are done. On an error the tokens of finished steps stay.
func (s *Seq) Feed(ctx context.Context, tokens []int32, progress func(done int)) ([]float32, error) {
	if err := s.room(len(tokens)); err != nil {
		return nil, err
	}
	if s.last == nil {
		s.last = make([]float32, s.e.vocab)
	}
	for done := 0; done < len(tokens); {
		n := min(s.e.cfg.Batch, len(tokens)-done)
		want := 0
		if done+n == len(tokens) {
			want = 1
		}
		if err := s.ask(ctx, tokens[done:done+n], want, s.last); err != nil {
			return nil, err
		}
		done += n
		if progress != nil {
			progress(done)
		}
	}
	return s.last, nil
}

// FeedAll appends tokens and writes the logits after each to out: (len(tokens), vocab).
func (s *Seq) FeedAll(ctx context.Context, tokens []int32, out []float32) error {
	if err := s.room(len(tokens)); err != nil {
		return err
	}
	for len(tokens) > 0 {
		n := min(s.e.cfg.Batch, len(tokens))
		if err := s.ask(ctx, tokens[:n], n, out[:n*s.e.vocab]); err != nil {
			return err
		}
		tokens, out = tokens[n:], out[n*s.e.vocab:]
	}
	return nil
}

// room refuses what the context does not hold before any work is done.
func (s *Seq) room(n int) error {
	if have := s.kv.Len(); have+n > s.e.cfg.Context {
		return fmt.Errorf("engine: %d tokens and %d more do not fit into a context of %d: %w", have, n, s.e.cfg.Context, ErrContextFull)
	}
	return nil
}

// ask has the loop run one step with tokens.
func (s *Seq) ask(ctx context.Context, tokens []int32, want int, logits []float32) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if err := s.kv.Reserve(len(tokens)); err != nil {
		return err
	}
	s.ctx, s.tokens, s.want, s.logits = ctx, tokens, want, logits
	s.e.work <- s
	return <-s.reply
}
