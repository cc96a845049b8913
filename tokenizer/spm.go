package tokenizer

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"
)

const spaceMark = "▁" // stands for a space in SentencePiece vocabularies

// spm is SentencePiece BPE: of all neighbours that together are a token, those with the highest score join first
// (Kudo and Richardson 2018). What no token means is written as bytes.
type spm struct {
	t       *Tokenizer
	scores  []float32
	bytes   [256]int32 // the tokens "<0x00>" and so on, or of the byte as text; -1: none
	longest int        // token, in bytes
}

func newSPM(v Vocab, t *Tokenizer) *spm {
	s := &spm{t: t, scores: v.Scores}
	for _, text := range v.Tokens {
		s.longest = max(s.longest, len(text))
	}
	for b := range s.bytes {
		id, ok := t.lookup(fmt.Sprintf("<0x%02X>", b))
		if !ok {
			id, _ = t.lookup(string([]byte{byte(b)}))
		}
		s.bytes[b] = id
	}
	return s
}

func (s *spm) append(ids []int32, text string) []int32 {
	text = strings.ReplaceAll(text, " ", spaceMark)
	var m merger
	for i := 0; i < len(text); {
		_, n := utf8.DecodeRuneInString(text[i:])
		id, _ := s.t.lookup(text[i : i+n])
		m.add(i, i+n, id)
		i += n
	}
	m.run(func(l, r *symbol) (uint32, int32, bool) {
		if r.end-l.start > s.longest {
			return 0, 0, false
		}
		id, ok := s.t.lookup(text[l.start:r.end])
		if !ok {
			return 0, 0, false
		}
		return descending(s.scores[id]), id, true
	})
	for i := range m.symbols {
		switch sym := &m.symbols[i]; {
		case sym.start == sym.end:
		case sym.id >= 0:
			ids = append(ids, sym.id)
		default:
			ids = s.appendBytes(ids, text[sym.start:sym.end])
		}
	}
	return ids
}

// appendBytes writes text byte by byte; bytes without a token become the unknown token, one for all of text.
func (s *spm) appendBytes(ids []int32, text string) []int32 {
	for i := range len(text) {
		if id := s.bytes[text[i]]; id >= 0 {
			ids = append(ids, id)
		} else if s.t.unk >= 0 {
			return append(ids, s.t.unk)
		}
	}
	return ids
}

func (s *spm) piece(text string) string { return strings.ReplaceAll(text, spaceMark, " ") }

// descending maps scores to integers that rise as scores fall; -0 and 0 are the same.
func descending(score float32) uint32 {
	if score == 0 { // or -0
		return ^uint32(1 << 31)
	}
	b := math.Float32bits(score)
	if b>>31 == 0 {
		return ^(b | 1<<31)
	}
	return b
}
