package tokenizer

import (
	"slices"
	"strings"
)

// The token types of a GGUF file.
const (
	typeNormal      = 1
	typeUnknown     = 2
	typeControl     = 3
	typeUserDefined = 4
	typeByte        = 6
)

// An attr is a set of properties of a token. A file gives one of them; tokens known by name may get more.
type attr uint8

const (
	attrNormal attr = 1 << iota
	attrUnknown
	attrControl
	attrUserDefined
	attrByte
	attrGuarded // plain text never becomes this token
	attrRStrip  // swallows the white space after it
	attrLStrip  // swallows the white space before it
)

func attrsOf(types []int32, n int) []attr {
	attrs := make([]attr, n)
	for i := range attrs {
		attrs[i] = attrNormal
		if types == nil {
			continue
		}
		switch types[i] {
		case typeNormal:
		case typeUnknown:
			attrs[i] = attrUnknown | attrGuarded
		case typeControl:
			attrs[i] = attrControl | attrGuarded
		case typeUserDefined:
			attrs[i] = attrUserDefined
		case typeByte:
			attrs[i] = attrByte
		default: // unused or unknown: never text
			attrs[i] = 0
		}
	}
	return attrs
}

// findSpecials completes what the file says of its special tokens by their names, which are conventions: files that
// mark an end-of-turn token as normal text, or name no such token at all, are common.
func (t *Tokenizer) findSpecials(v Vocab) {
	t.eog = map[int32]bool{}
	first := func(known int32, names ...string) int32 {
		for _, name := range names {
			if known >= 0 {
				break
			}
			if id, ok := t.byText[name]; ok {
				t.attrs[id] |= attrControl | attrGuarded
				known = id
			}
		}
		return known
	}
	t.eot = first(t.eot, "<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<|endoftext|>", "<|end_of_text|>", "<EOT>", "_<EOT>",
		"[EOT]", "<｜end▁of▁sentence｜>", "<end_of_utterance>")
	eom := first(v.EOM, "<|eom_id|>")
	first(-1, "<|fim_prefix|>", "<fim-prefix>", "<fim_prefix>", "<｜fim▁begin｜>", "<PRE>", "▁<PRE>", "<|code_prefix|>", "<|prefix|>")
	first(-1, "<|fim_suffix|>", "<fim-suffix>", "<fim_suffix>", "<｜fim▁hole｜>", "<SUF>", "▁<SUF>", "<|code_suffix|>", "<|suffix|>")
	first(-1, "<|fim_middle|>", "<fim-middle>", "<fim_middle>", "<｜fim▁end｜>", "<MID>", "▁<MID>", "<|code_middle|>", "<|middle|>")
	ends := []int32{
		t.eos, t.eot, eom,
		first(v.FIMPad, "<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>", "[PAD]"),
		first(v.FIMRep, "<|fim_repo|>", "<|repo_name|>", "<fim-repo>", "<REPO>", "<reponame>"),
		first(v.FIMSep, "<|file_sep|>"),
	}
	for _, name := range []string{
		"<|eot_id|>", "<|im_end|>", "<|end|>", "<|return|>", "<|call|>", "<|flush|>", "<|calls|>", "<end_of_turn>", "<|endoftext|>", "</s>",
		"<|eom_id|>", "<EOT>", "_<EOT>", "[EOT]", "[EOS]", "<|end_of_text|>", "<end_of_utterance>", "<eos>", "<turn|>", "<|tool_response>",
		"<｜end▁of▁sentence｜>", "[e~[",
	} {
		ends = append(ends, first(-1, name))
	}
	for _, id := range ends {
		if id >= 0 {
			t.eog[id] = true
		}
	}
	t.exceptions()
	t.strips(v)
}

// exceptions undoes what the names in findSpecials mean where a family uses them for something else. Tokens that frame
// the parts of an answer are shown like text, but stay out of reach of a user's text.
func (t *Tokenizer) exceptions() {
	shown := func(name string) {
		if id, ok := t.byText[name]; ok {
			t.attrs[id] = attrUserDefined | t.attrs[id]&attrGuarded
		}
	}
	for _, name := range []string{"<|channel|>", "<|message|>", "<|start|>", "<|constrain|>"} {
		shown(name)
	}
	ends := func(name string) bool {
		id, ok := t.byText[name]
		return ok && t.eog[id]
	}
	call := ends("<|call|>") || ends("<|calls|>")
	if ends("<|end|>") && call && (ends("<|return|>") || ends("<|flush|>")) { // there it ends a part, not the answer
		delete(t.eog, t.byText["<|end|>"])
		shown("<|end|>")
	}
	if ends("<|tool_response>") && ends("</s>") { // there it is the HTML tag
		id := t.byText["</s>"]
		delete(t.eog, id)
		t.attrs[id] = attrNormal
	}
}

// strips marks the tokens that swallow white space beside them, which no key of the file tells.
func (t *Tokenizer) strips(v Vocab) {
	set := func(name string, a attr, on bool) {
		if id, ok := t.byText[name]; ok && on {
			t.attrs[id] |= a
		} else if ok {
			t.attrs[id] &^= a
		}
	}
	name := strings.ToLower(v.Name)
	switch {
	case strings.Contains(v.Pre, "jina-v2-de"), strings.Contains(v.Pre, "jina-v2-es"), strings.Contains(v.Pre, "jina-v2-code"):
		set("<mask>", attrLStrip, true)
	case strings.Contains(name, "phi-3"), strings.Contains(name, "phi3"):
		for i, a := range t.attrs {
			if a&(attrControl|attrUserDefined|attrUnknown) != 0 {
				t.attrs[i] |= attrRStrip
			}
		}
		set("</s>", attrRStrip, true)
		for _, s := range []string{"<unk>", "<s>", "<|endoftext|>"} {
			set(s, attrRStrip, false)
		}
	case strings.Contains(name, "modern-bert"):
		set("[MASK]", attrLStrip, true)
	}
}

// specials finds special tokens in text.
type specials struct {
	tokens []special // by text, so that those with a common beginning lie together
}

type special struct {
	text     string
	id       int32
	priority int32 // longer tokens win, then lower ids; 0 is the first
	attr     attr
}

func newSpecials(v Vocab, t *Tokenizer) specials {
	var all []special
	for id, a := range t.attrs {
		if a&(attrControl|attrUserDefined|attrUnknown) != 0 && t.tokens[id] != "" {
			all = append(all, special{t.tokens[id], int32(id), 0, a})
		}
	}
	slices.SortStableFunc(all, func(a, b special) int { return len(b.text) - len(a.text) })
	for i := range all {
		all[i].priority = int32(i)
	}
	slices.SortFunc(all, func(a, b special) int { return strings.Compare(a.text, b.text) })
	return specials{all}
}

// A fragment is one special token, or text without any if id is -1.
type fragment struct {
	start, end int
	id         int32
}

// partition cuts text at its special tokens. Where two overlap, the longer wins wherever it stands, and of equal ones
// the one further left. Guarded tokens are text but where parse allows them.
func (s specials) partition(text string, parse where) []fragment {
	found := s.find(text, parse != nil)
	if len(found) == 0 {
		return []fragment{{0, len(text), -1}}
	}
	taken := make([]bool, len(text)) // by a token or stripped beside one
	var frags []fragment
	for _, sp := range found {
		for from := 0; ; {
			i := strings.Index(text[from:], sp.text)
			if i < 0 {
				break
			}
			start := from + i
			end := start + len(sp.text)
			from = end
			if slices.Contains(taken[start:end], true) || sp.attr&attrGuarded != 0 && !parse(start, end) {
				from = start + 1
				continue
			}
			frags = append(frags, fragment{start, end, sp.id})
			if sp.attr&attrLStrip != 0 {
				for start > 0 && !taken[start-1] && isSpaceByte(text[start-1]) {
					start--
				}
			}
			if sp.attr&attrRStrip != 0 {
				for end < len(text) && !taken[end] && isSpaceByte(text[end]) {
					end++
				}
			}
			for i := start; i < end; i++ {
				taken[i] = true
			}
		}
	}

	for i := 0; i < len(text); i++ { // what is left is text
		start := i
		for i < len(text) && !taken[i] {
			i++
		}
		if i > start {
			frags = append(frags, fragment{start, i, -1})
		}
	}
	slices.SortFunc(frags, func(a, b fragment) int { return a.start - b.start })
	return frags
}

// find returns the special tokens that occur in text, by priority.
func (s specials) find(text string, parse bool) (found []*special) {
	seen := make([]bool, len(s.tokens))
	for i := range text {
		lo, hi := 0, len(s.tokens) // those that agree with text[i:i+depth]
		for depth := 0; lo < hi && i+depth < len(text); depth++ {
			c := text[i+depth]
			lo += search(s.tokens[lo:hi], depth, c, false)
			hi = lo + search(s.tokens[lo:hi], depth, c, true)
			if lo < hi && len(s.tokens[lo].text) == depth+1 {
				seen[lo] = true
			}
		}
	}
	for i, ok := range seen {
		if sp := &s.tokens[i]; ok && (parse || sp.attr&attrGuarded == 0) {
			found = append(found, sp)
		}
	}
	slices.SortFunc(found, func(a, b *special) int { return int(a.priority - b.priority) })
	return found
}

// search returns the index of the first token whose byte at depth is at least c, or above c; shorter ones come first.
func search(tokens []special, depth int, c byte, above bool) int {
	lo, hi := 0, len(tokens)
	for lo < hi {
		mid := (lo + hi) / 2
		s := tokens[mid].text
		if len(s) <= depth || s[depth] < c || above && s[depth] == c {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

func isSpaceByte(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }
