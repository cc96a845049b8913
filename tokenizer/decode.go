package tokenizer

import (
	"strconv"
	"strings"
)

// Piece returns the bytes of one token, which need not be whole characters. A control or unknown token is "" unless
// special is set; an id out of range always is.
func (t *Tokenizer) Piece(id int32, special bool) string {
	if id < 0 || int(id) >= len(t.tokens) {
		return ""
	}
	text, a := t.tokens[id], t.attrs[id]
	switch {
	case a&(attrControl|attrUnknown) != 0:
		if !special {
			return ""
		}
		return text
	case a&attrUserDefined != 0:
		return text
	case a&attrNormal != 0:
		return t.kind.piece(text)
	case a&attrByte != 0:
		return byteOf(text)
	}
	return ""
}

// byteOf returns the byte that "<0x41>" names.
func byteOf(text string) string {
	hex, begins := strings.CutPrefix(text, "<0x")
	hex, ends := strings.CutSuffix(hex, ">")
	b, err := strconv.ParseUint(hex, 16, 8)
	if !begins || !ends || err != nil {
		return text
	}
	return string([]byte{byte(b)})
}

// Decode returns the text of ids, with the texts of control tokens in it if keepSpecial is set. The space that Encode put
// before a text is removed, and with vocabularies whose first tokenizers did so, spaces before punctuation are: text
// shown while it is generated comes from a Stream, which leaves both.
func (t *Tokenizer) Decode(ids []int32, keepSpecial bool) string {
	var b strings.Builder
	for i, id := range ids {
		s := t.Piece(id, keepSpecial)
		if i == 0 && t.spacePrefix {
			s = strings.TrimPrefix(s, " ")
		}
		b.WriteString(s)
	}
	if t.cleanSpaces {
		return cleanSpaces(b.String())
	}
	return b.String()
}

// cleanSpaces removes the space before ? ! . and , then those around a lone apostrophe, then the one before 's 'm 're
// and 've: three passes, because each sees what the former left.
func cleanSpaces(s string) string {
	s = strings.NewReplacer(" ?", "?", " !", "!", " .", ".", " ,", ",").Replace(s)
	s = strings.ReplaceAll(s, " ' ", "'")
	return strings.NewReplacer(" 's", "'s", " 'm", "'m", " 're", "'re", " 've", "'ve").Replace(s)
}
