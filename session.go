package longrun

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/longrun-ai/longrun/chat"
	"github.com/longrun-ai/longrun/internal/engine"
	"github.com/longrun-ai/longrun/sample"
	"github.com/longrun-ai/longrun/tokenizer"
)

// Sampling are the settings by which tokens are drawn; the zero value always takes the likeliest.
type Sampling = sample.Params

// DefaultSampling returns llama.cpp's settings.
func DefaultSampling() Sampling { return sample.Defaults() }

// A Message is one turn of a conversation.
type Message = chat.Message

// System returns a message that instructs the model.
func System(text string) Message { return Message{Role: "system", Content: text} }

// User returns a message from a person.
func User(text string) Message { return Message{Role: "user", Content: text} }

// Assistant returns a message from the model.
func Assistant(text string) Message { return Message{Role: "assistant", Content: text} }

// A Request says how to answer. Model.Defaults returns the usual one.
type Request struct {
	Sampling     Sampling
	MaxTokens    int      // at most so many new tokens; negative: until the context is full
	Stop         []string // texts that end the answer; they are not part of it
	IgnoreEOS    bool     // go on where the model would end
	ParseSpecial bool     // Generate: text that looks like a control token is one
	KeepSpecial  bool     // control tokens are part of the text

	// TemplateArgs are variables for the chat template, such as enable_thinking: what encodes to JSON.
	TemplateArgs map[string]any
}

// A Chunk is a piece of an answer.
type Chunk struct {
	Text   string  // whole runes, or the bytes the model made where they are no UTF-8
	Tokens []int32 // the tokens drawn since the last chunk
}

// A FinishReason says why an answer ended.
type FinishReason string

const (
	FinishStop      FinishReason = "stop"      // the model ended it, or a stop text came
	FinishLength    FinishReason = "length"    // MaxTokens were made, or the context is full
	FinishCancelled FinishReason = "cancelled" // the context was cancelled, or the caller left the loop
	FinishError     FinishReason = "error"
)

// Stats are the figures of a session's last answer.
type Stats struct {
	PromptTokens int // of the prompt ...
	CachedTokens int // ... of which so many were in the cache already
	Tokens       int // made
	PromptTime   time.Duration
	DecodeTime   time.Duration // from the first new token to the end
	FinishReason FinishReason
}

// PromptRate is the number of prompt tokens processed a second.
func (s Stats) PromptRate() float64 { return rate(s.PromptTokens-s.CachedTokens, s.PromptTime) }

// DecodeRate is the number of tokens made a second after the first.
func (s Stats) DecodeRate() float64 { return rate(s.Tokens-1, s.DecodeTime) }

func rate(n int, d time.Duration) float64 {
	if n <= 0 || d <= 0 {
		return 0
	}
	return float64(n) / d.Seconds()
}

// A Session is one sequence: its tokens and their part of the KV cache. It is not for concurrent use.
type Session struct {
	m      *Model
	seq    *engine.Seq
	tokens []int32 // those in the cache
	stats  Stats
	closed bool
}

// NewSession takes one of the model's sessions until Close. When all are taken the error wraps ErrBusy.
func (m *Model) NewSession() (*Session, error) {
	seq, err := m.engine.NewSeq()
	if err != nil {
		return nil, fmt.Errorf("longrun: %w", err)
	}
	return &Session{m: m, seq: seq}, nil
}

// Close gives the session back. It may be called twice.
func (s *Session) Close() error {
	if !s.closed {
		s.closed = true
		s.seq.Close()
	}
	return nil
}

// Stats returns the figures of the last answer.
func (s *Session) Stats() Stats { return s.stats }

// Len is the number of tokens in the session's context.
func (s *Session) Len() int { return len(s.tokens) }

// Reset forgets all tokens.
func (s *Session) Reset() {
	if !s.closed {
		s.truncate(0)
	}
}

// open refuses a closed session.
func (s *Session) open() error {
	if s.closed {
		return fail(ErrClosed, "longrun: the session is closed")
	}
	return nil
}

// failed is what a caller is told of err, which a step returned.
func (s *Session) failed(ctx context.Context, err error) error {
	if short := shortened(err); short != nil {
		return short
	}
	return cancelled(ctx, err)
}

func (s *Session) truncate(n int) {
	s.seq.Truncate(n)
	s.tokens = s.tokens[:n]
}

// Generate continues prompt. The error, if any, comes last. Leaving the loop stops at once, cancelling ctx within one
// token or one chunk of the prompt. A prompt that begins like the session's last one is not processed twice.
func (s *Session) Generate(ctx context.Context, prompt string, req Request) iter.Seq2[Chunk, error] {
	return s.generate(ctx, func() ([]int32, error) { return s.m.tok.Encode(prompt, true, req.ParseSpecial), nil }, req)
}

// Chat answers a conversation, which is given whole each time, in the form that the file's chat template gives it. What
// messages say never becomes a control token. Without a template the error wraps ErrUnsupported.
func (s *Session) Chat(ctx context.Context, messages []Message, req Request) iter.Seq2[Chunk, error] {
	return s.generate(ctx, func() ([]int32, error) { return s.m.render(messages, req.TemplateArgs) }, req)
}

// render returns the tokens of messages in the template's form. It is tokenized as it is: the template writes the
// control tokens it wants, and no others are added.
func (m *Model) render(messages []Message, args map[string]any) ([]int32, error) {
	if m.template == nil {
		return nil, fail(ErrUnsupported, "longrun: the model file brings no chat template, use Generate")
	}
	parts, err := m.template.Parts(messages, chat.Options{
		AddGenerationPrompt: true, BOS: m.special(m.tok.BOS()), EOS: m.special(m.tok.EOS()), Now: time.Now(), Kwargs: args,
	})
	if err != nil {
		return nil, err
	}
	texts := make([]tokenizer.Part, len(parts))
	for i, p := range parts {
		texts[i] = tokenizer.Part{Text: p.Text, Special: p.Trusted}
	}
	return m.tok.EncodeParts(texts), nil
}

// special is the text of a control token, "" for none.
func (m *Model) special(id int32) string {
	if id < 0 {
		return ""
	}
	return m.tok.Piece(id, true)
}

// Feed appends exactly these tokens and writes the logits after each to out: (len(tokens), vocab).
func (s *Session) Feed(ctx context.Context, tokens []int32, out []float32) error {
	if err := s.open(); err != nil {
		return err
	}
	if err := s.m.checkTokens(tokens); err != nil {
		return err
	}
	if need := len(tokens) * s.m.info.Vocab; len(out) < need {
		return fail(ErrInvalid, "longrun: logits of %d tokens need %d numbers, room for %d", len(tokens), need, len(out))
	}
	err := s.failed(ctx, s.seq.FeedAll(ctx, tokens, out))
	s.tokens = append(s.tokens, tokens[:s.seq.Len()-len(s.tokens)]...)
	return err
}

func (m *Model) checkTokens(tokens []int32) error {
	for i, t := range tokens {
		if t < 0 || int(t) >= m.info.Vocab {
			return fail(ErrInvalid, "longrun: token %d of the list is %d, the vocabulary has %d", i, t, m.info.Vocab)
		}
	}
	return nil
}

func (s *Session) generate(ctx context.Context, prompt func() ([]int32, error), req Request) iter.Seq2[Chunk, error] {
	return func(yield func(Chunk, error) bool) {
		s.stats = Stats{FinishReason: FinishError}
		left := false
		err := s.failed(ctx, s.answer(ctx, prompt, req, func(c Chunk) bool {
			left = !yield(c, nil)
			return !left
		}))
		switch {
		case ctx.Err() != nil && err != nil, left:
			s.stats.FinishReason = FinishCancelled
		case err != nil:
			s.stats.FinishReason = FinishError
		}
		if err != nil && !left {
			yield(Chunk{}, err)
		}
	}
}

// answer makes the answer and hands its chunks to emit, until that returns false.
func (s *Session) answer(ctx context.Context, prompt func() ([]int32, error), req Request, emit func(Chunk) bool) error {
	if err := s.open(); err != nil {
		return err
	}
	ids, err := prompt()
	if err != nil {
		return err
	}
	if len(ids) == 0 {
		return fail(ErrInvalid, "longrun: the prompt holds no token")
	}
	if err := s.m.checkTokens(ids); err != nil {
		return err
	}
	if slices.Contains(req.Stop, "") {
		return fail(ErrInvalid, "longrun: an empty stop text would stop at once")
	}
	sampler, err := sample.New(req.Sampling, s.m.info.Vocab)
	if err != nil {
		return tagged{err, ErrInvalid}
	}
	start := time.Now()
	logits, err := s.prefill(ctx, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		sampler.Accept(id)
	}
	first := time.Now()
	s.stats.PromptTime = first.Sub(start)
	defer func() { s.stats.DecodeTime = time.Since(first) }()

	out := output{stream: s.m.tok.NewStream(req.KeepSpecial), stop: req.Stop, emit: emit}
	for n := 0; req.MaxTokens < 0 || n < req.MaxTokens; n++ {
		id, err := sampler.Sample(logits)
		if err != nil {
			return err
		}
		sampler.Accept(id)
		s.stats.Tokens++
		if s.m.tok.IsEOG(id) && !req.IgnoreEOS {
			s.stats.FinishReason = FinishStop
			if out.tokens = append(out.tokens, id); req.KeepSpecial {
				out.held += out.stream.Push(id)
			}
			out.end()
			return nil
		}
		switch out.push(id) {
		case stopped:
			s.stats.FinishReason = FinishStop
			return nil
		case refused:
			return nil
		}
		if n+1 == req.MaxTokens || len(s.tokens) == s.m.info.Context {
			break
		}
		if err := s.open(); err != nil { // the caller closed it in the loop
			return err
		}
		if logits, err = s.seq.Feed(ctx, []int32{id}, nil); err != nil {
			return err
		}
		s.tokens = append(s.tokens, id)
	}
	s.stats.FinishReason = FinishLength
	out.end()
	return nil
}

// prefill brings the session's context to ids and returns the logits after the last. What the context already begins
// with stays; the last token is always fed, since its logits are wanted.
func (s *Session) prefill(ctx context.Context, ids []int32) ([]float32, error) {
	keep := 0
	for keep < min(len(ids)-1, len(s.tokens)) && ids[keep] == s.tokens[keep] {
		keep++
	}
	if len(ids) > s.m.info.Context {
		return nil, fail(ErrContextFull, "longrun: the prompt has %d tokens, the context holds %d", len(ids), s.m.info.Context)
	}
	s.truncate(keep)
	s.stats.PromptTokens, s.stats.CachedTokens = len(ids), keep
	s.m.opts.report("prefill", int64(keep), int64(len(ids)))
	logits, err := s.seq.Feed(ctx, ids[keep:], func(done int) {
		s.m.opts.report("prefill", int64(keep+done), int64(len(ids)))
	})
	s.tokens = append(s.tokens, ids[keep:s.seq.Len()]...)
	return logits, err
}
