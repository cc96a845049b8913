package longrun

import (
	"strings"

	"github.com/longrun-ai/longrun/tokenizer"
)

// output turns tokens into chunks. Text that may still become a stop text is held back, as are incomplete runes.
type output struct {
	stream *tokenizer.Stream
	stop   []string
	emit   func(Chunk) bool

	held   string  // text not yet emitted: a stop text may begin in it
	tokens []int32 // drawn since the last chunk
}

// verdict says whether to go on.
type verdict int

const (
	goOn    verdict = iota
	stopped         // a stop text came
	refused         // the caller has left
)

func (o *output) push(id int32) verdict {
	o.held += o.stream.Push(id)
	o.tokens = append(o.tokens, id)
	if at := firstOf(o.held, o.stop); at >= 0 {
		o.held = o.held[:at]
		if !o.flush(len(o.held)) {
			return refused
		}
		return stopped
	}
	if n := len(o.held) - partial(o.held, o.stop); n > 0 && !o.flush(n) {
		return refused
	}
	return goOn
}

// end emits what was held back.
func (o *output) end() {
	o.held += o.stream.Flush()
	if at := firstOf(o.held, o.stop); at >= 0 {
		o.held = o.held[:at]
	}
	if len(o.held) > 0 || len(o.tokens) > 0 {
		o.flush(len(o.held))
	}
}

// flush emits the first n bytes.
func (o *output) flush(n int) bool {
	c := Chunk{Text: o.held[:n], Tokens: o.tokens}
	o.held, o.tokens = o.held[n:], nil
	return o.emit(c)
}

// firstOf returns where the first of stops begins in s, -1 if none does.
func firstOf(s string, stops []string) int {
	first := -1
	for _, stop := range stops {
		if at := strings.Index(s, stop); at >= 0 && (first < 0 || at < first) {
			first = at
		}
	}
	return first
}

// partial returns the length of the longest end of s that begins one of stops.
func partial(s string, stops []string) (longest int) {
	for _, stop := range stops {
		for n := min(len(stop)-1, len(s)); n > longest; n-- {
			if strings.HasSuffix(s, stop[:n]) {
				longest = n
			}
		}
	}
	return longest
}
