package tokenizer

import "strings"

// A Part is a piece of a prompt. Only where Special is set does text that looks like a control token become one.
type Part struct {
	Text    string
	Special bool
}

// EncodeParts returns the ids of the parts' texts in a row, as Encode does of one text, without BOS and EOS. Where parts
// meet leaves no trace: if nothing but Special parts holds control tokens, the ids are those of the whole text.
func (t *Tokenizer) EncodeParts(parts []Part) []int32 {
	var text strings.Builder
	var special []bool // by byte of the text, the part's
	for _, p := range parts {
		text.WriteString(p.Text)
		for range len(p.Text) {
			special = append(special, p.Special)
		}
	}
	return t.encode(nil, text.String(), true, func(start, end int) bool {
		for _, s := range special[start:end] {
			if !s {
				return false
			}
		}
		return true
	})
}

// A where says whether text[start:end] may become a control token; nil: never.
type where func(start, end int) bool

func anywhere(int, int) bool { return true }

// only is where, for all or nothing.
func only(parse bool) where {
	if parse {
		return anywhere
	}
	return nil
}
