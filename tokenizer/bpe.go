package tokenizer

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// bpe is byte-level BPE: text is cut into words, a word into bytes, and neighbours join in the order of the file's merges
// (Sennrich et al. 2016, Radford et al. 2019).
type bpe struct {
	pre     pretokenizer
	chars   [firstStandIn + standIns]int16 // bytes of characters
	bytes   [256]int32                     // tokens of single bytes; -1: none, such bytes are lost
	merges  map[[2]int32]merge
	byBytes map[string]int32 // whole words that are tokens, for vocabularies that take these before any merge
}

type merge struct {
	rank uint32
	id   int32
}

func newBPE(v Vocab, t *Tokenizer, pre pretokenizer) (*bpe, error) {
	b := &bpe{pre: pre, chars: byteAlphabet(), merges: make(map[[2]int32]merge, len(v.Merges))}
	for i, r := range alphabet() {
		b.bytes[i], _ = t.lookup(string(r))
	}
	for rank, s := range v.Merges {
		if err := b.addMerge(t, s, uint32(rank)); err != nil {
			return nil, err
		}
	}
	if pre.wholeWords {
		b.byBytes = b.wholeWords(t)
	}
	return b, nil
}

// wholeWords returns the tokens by the bytes they mean.
func (b *bpe) wholeWords(t *Tokenizer) map[string]int32 {
	words := make(map[string]int32, len(t.tokens))
	for id, s := range t.tokens {
		if raw, exact := fromAlphabet(&b.chars, s); exact && t.attrs[id]&attrGuarded == 0 {
			words[string(raw)] = int32(id)
		}
	}
	return words
}

// addMerge adds "left right". A part may begin with the space that parts them, so it is looked for after the first byte.
func (b *bpe) addMerge(t *Tokenizer, s string, rank uint32) error {
	fail := func(format string, args ...any) error {
		return &FormatError{at(keyMerges, int(rank)), fmt.Sprintf("%.60q: ", s) + fmt.Sprintf(format, args...)}
	}
	cut := -1
	if len(s) > 1 {
		cut = strings.IndexByte(s[1:], ' ') + 1
	}
	if cut < 1 {
		return fail("two tokens with a space between are needed")
	}
	var ids [3]int32
	for i, text := range [3]string{s[:cut], s[cut+1:], s[:cut] + s[cut+1:]} {
		id, ok := t.byText[text]
		if !ok {
			return fail("%.40q is not in the vocabulary", text)
		}
		ids[i] = id
	}
	key := [2]int32{ids[0], ids[1]}
	if _, again := b.merges[key]; !again && t.attrs[ids[2]]&attrGuarded == 0 {
		b.merges[key] = merge{rank, ids[2]}
	}
	return nil
}

func (b *bpe) append(ids []int32, text string) []int32 {
	if !utf8.ValidString(text) {
		text = string([]rune(text)) // each byte that is not part of a character becomes U+FFFD
	}
	rank := func(l, r *symbol) (uint32, int32, bool) {
		m, ok := b.merges[[2]int32{l.id, r.id}]
		return m.rank, m.id, ok
	}
	var m merger
	for word := range b.pre.words(text) {
		if id, ok := b.byBytes[word]; ok {
			ids = append(ids, id)
			continue
		}
		m.reset()
		for i := range len(word) {
			m.add(i, i+1, b.bytes[word[i]])
		}
		m.run(rank)
		for i := range m.symbols {
			if s := &m.symbols[i]; s.start < s.end && s.id >= 0 {
				ids = append(ids, s.id)
			}
		}
	}
	return ids
}

func (b *bpe) piece(text string) string {
	raw, _ := fromAlphabet(&b.chars, text)
	return string(raw)
}
