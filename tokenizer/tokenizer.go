// Package tokenizer turns text into the token ids of a vocabulary and back: byte-level BPE ("gpt2" in a GGUF file) and
// SentencePiece BPE ("llama"), with the ids and the text that llama.cpp gives for the same file.
//
// The time to encode grows as n log n with the length of the text, whatever the text is.
package tokenizer

// A Tokenizer encodes and decodes with one vocabulary. It does not change after New and may be used concurrently.
type Tokenizer struct {
	tokens []string
	attrs  []attr
	byText map[string]int32
	kind   kind
	split  specials

	bos, eos, eot, nl, pad, unk int32 // -1: none
	eog                         map[int32]bool

	addBOS, addEOS bool
	spacePrefix    bool // text that begins, or follows a special token, gets a space before it
	cleanSpaces    bool // Decode drops the spaces before punctuation that old detokenisers dropped
}

// A kind is what differs between families of vocabularies.
type kind interface {
	// append appends the ids of text, in which nothing is special any more.
	append(ids []int32, text string) []int32
	// piece returns the bytes of a normal token whose text in the file is s.
	piece(s string) string
}

// Encode returns the ids of text. addSpecial puts BOS before and EOS after where the vocabulary asks for that. Only with
// parseSpecial do the texts of control tokens in text become these tokens: leave it false for anything a user wrote.
func (t *Tokenizer) Encode(text string, addSpecial, parseSpecial bool) []int32 {
	var ids []int32
	if addSpecial && t.addBOS {
		ids = append(ids, t.bos)
	}
	ids = t.encode(ids, text, true, only(parseSpecial))
	if addSpecial && t.addEOS {
		ids = append(ids, t.eos)
	}
	return ids
}

// Append appends the ids of text to ids, without BOS or EOS. A prompt can so be built of parts that may name control
// tokens and parts that may not; no token spans two parts.
func (t *Tokenizer) Append(ids []int32, text string, parseSpecial bool) []int32 {
	first := len(ids) == 0 || t.has(ids[len(ids)-1], attrControl|attrUnknown|attrUserDefined)
	return t.encode(ids, text, first, only(parseSpecial))
}

// encode appends the ids of text; first says that it begins the sequence or follows a special token, parse where text
// may become control tokens.
func (t *Tokenizer) encode(ids []int32, text string, first bool, parse where) []int32 {
	if len(text) == 0 {
		return ids
	}
	for _, f := range t.split.partition(text, parse) {
		if f.id >= 0 {
			ids = append(ids, f.id)
			first = true
			continue
		}
		s := text[f.start:f.end]
		if first && t.spacePrefix {
			s = " " + s
		}
		ids = t.kind.append(ids, s)
		first = false
	}
	return ids
}

func (t *Tokenizer) has(id int32, a attr) bool {
	return id >= 0 && int(id) < len(t.attrs) && t.attrs[id]&a != 0
}

// Len returns the number of tokens; ids are 0 to Len()-1.
func (t *Tokenizer) Len() int { return len(t.tokens) }

// BOS returns the token that begins a text, or -1.
func (t *Tokenizer) BOS() int32 { return t.bos }

// EOS returns the token that ends a text, or -1.
func (t *Tokenizer) EOS() int32 { return t.eos }

// EOT returns the token that ends a turn of a conversation, or -1.
func (t *Tokenizer) EOT() int32 { return t.eot }

// NL returns the token a line feed is encoded to, the first of them if they are several, or the padding token if there is none.
func (t *Tokenizer) NL() int32 { return t.nl }

// PAD returns the padding token, or -1.
func (t *Tokenizer) PAD() int32 { return t.pad }

// UNK returns the token for what the vocabulary cannot express, or -1.
func (t *Tokenizer) UNK() int32 { return t.unk }

// AddsBOS reports whether Encode puts BOS before a text when it is asked for special tokens.
func (t *Tokenizer) AddsBOS() bool { return t.addBOS }

// AddsEOS reports whether Encode puts EOS after a text when it is asked for special tokens.
func (t *Tokenizer) AddsEOS() bool { return t.addEOS }

// IsEOG reports whether generation ends with id: EOS, EOT and the tokens that other model families end with.
func (t *Tokenizer) IsEOG(id int32) bool { return t.eog[id] }

// IsControl reports whether id steers the model and is not part of the text.
func (t *Tokenizer) IsControl(id int32) bool { return t.has(id, attrControl) }

// ID returns the token whose text in the file is exactly text: "<|im_end|>", "Ġthe".
func (t *Tokenizer) ID(text string) (int32, bool) {
	id, ok := t.byText[text]
	return id, ok
}

// lookup returns the token of this text unless plain text must not become it.
func (t *Tokenizer) lookup(text string) (int32, bool) {
	id, ok := t.byText[text]
	if !ok || t.attrs[id]&attrGuarded != 0 {
		return -1, false
	}
	return id, true
}

// newline returns the token of a line feed.
func (t *Tokenizer) newline() int32 {
	switch k := t.kind.(type) {
	case *spm:
		if id := k.bytes['\n']; id >= 0 {
			return id
		}
	default:
		if ids := k.append(nil, "\n"); len(ids) > 0 {
			return ids[0]
		}
	}
	return t.pad
}
