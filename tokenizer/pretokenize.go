package tokenizer

import (
	"iter"
	"unicode"
	"unicode/utf8"
)

// A pretokenizer is how a family cuts text into words, and what else its name decides. The stages work one after the
// other on every piece that the former left, as if that piece were the whole text.
type pretokenizer struct {
	stages      []stage
	wholeWords  bool // a word that is a token is taken as it is
	cleanSpaces bool // see Tokenizer
	addBOS      bool // unless the file says otherwise
}

// A stage appends to ends where the pieces of s end.
type stage func(s span, ends []int) []int

// pretokenizerOf returns the pre-tokenizer that a file calls name. Names share one where their published patterns cut alike.
func pretokenizerOf(name string) (p pretokenizer, ok bool) {
	p.cleanSpaces = true
	switch name {
	case "", "default":
		p.stages = []stage{each(runsOf(punctuation("$+<=>^~|"))), each(gpt2Word), each(runs(number)), each(threeDigits)}
	case "llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2", "jina-v5-nano":
		p.stages = []stage{each(cl100k(letter, 3, "\r\n"))}
		p.wholeWords, p.addBOS = true, true
	case "dbrx", "smaug-bpe", "glm4", "chatglm-bpe":
		p.stages = []stage{each(cl100k(letter, 3, "\r\n"))}
	case "gpt-2", "gpt2", "phi-2", "jina-es", "jina-de", "gigachat", "jina-v2-es", "jina-v2-de", "a.x-4.0", "mellum", "modern-bert",
		"jina-v1-en", "jina-v2-code", "roberta-bpe", "mpt", "olmo", "jais", "exaone4":
		p.stages = []stage{each(gpt2Word)}
	case "trillion", "granite-docling":
		p.stages = []stage{each(gpt2Word)}
		p.cleanSpaces = false
	case "starcoder", "refact", "codeshell", "exaone", "minerva-7b", "mellum2":
		p.stages = []stage{each(singles(number)), each(gpt2Word)}
	case "command-r", "smollm":
		p.stages = []stage{each(singles(number)), each(gpt2Word)}
		p.cleanSpaces = false
	case "stablelm2", "megrez":
		p.stages = []stage{each(cl100k(letter, 1, "\r\n"))}
	case "qwen2", "deepseek-r1-qwen", "kormo", "f2llmv2", "hunyuan", "solar-open", "grok-2", "bailingmoe", "bailingmoe2", "llada-moe":
		p.stages = []stage{each(cl100k(letter, 1, "\r\n"))}
		p.cleanSpaces = false
	case "deepseek-llm":
		p.stages = []stage{
			each(singlesOf(isLineEnd)), each(spaced(deepseekLetters())), each(spaced(deepseekPunct())), trailingSpace,
			each(runsOf(deepseekCJK())), each(runs(number)),
		}
		p.cleanSpaces = false
	case "deepseek-v3", "hunyuan-dense", "joyai-llm", "hy_v4":
		p.stages = []stage{each(upTo(3, number)), each(runsOf(deepseekV3CJK())), each(finds(deepseekV3Word))}
		p.cleanSpaces = false
	case "falcon":
		p.stages = []stage{each(runsOf(punctuation("$+<=>^~|`"))), each(gpt2Word), each(threeDigits)}
	case "qwen35":
		p.stages = []stage{each(cl100k(letter|mark, 1, "\r\n"))}
		p.cleanSpaces = false
	case "seed-coder":
		p.stages = []stage{each(cl100k(letter, 1, ""))}
		p.cleanSpaces = false
	case "poro-chat":
		p.stages = []stage{each(finds(bloomWord))}
		p.cleanSpaces = false
	case "bloom", "gpt3-finnish":
		p.stages = []stage{each(finds(bloomWord))}
	case "viking":
		p.stages = []stage{each(finds(bloomWord)), each(singles(number))}
		p.cleanSpaces = false
	case "tekken":
		p.stages = []stage{each(casedRule{1, false}.word)}
		p.wholeWords, p.addBOS, p.cleanSpaces = true, true, false
	case "gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2":
		p.stages = []stage{each(casedRule{3, true}.word)}
		p.cleanSpaces = false
	case "kimi-k2":
		p.stages = []stage{each(kimiWord(han()))}
		p.cleanSpaces = false
	case "superbpe":
		p.stages = []stage{each(runs(number)), digitGroups}
		p.cleanSpaces = false
	case "chameleon":
		p.stages = []stage{
			each(finds(chameleonSentinel)), each(finds(chameleonImage)), each(finds(chameleonIndent)), each(singles(number)),
			each(singlesOf(func(r rune) bool { return asciiPunct(r) || unicode.IsPunct(r) })), each(gpt2Word),
		}
		p.addBOS, p.cleanSpaces = true, false
	default:
		return pretokenizer{}, false
	}
	return p, true
}

// words cuts text, which is valid UTF-8, into its words.
func (p pretokenizer) words(text string) iter.Seq[string] {
	s := newSpan(text)
	ends, next := []int{s.len()}, []int(nil)
	for _, stage := range p.stages {
		next = next[:0]
		start := 0
		for _, end := range ends {
			from := len(next)
			next = stage(s.cut(start, end), next)
			for i := from; i < len(next); i++ {
				next[i] += start
			}
			start = end
		}
		ends, next = next, ends
	}
	return func(yield func(string) bool) {
		start := 0
		for _, end := range ends {
			n := 0
			for _, r := range s.r[start:end] {
				n += utf8.RuneLen(r)
			}
			if n > 0 && !yield(text[:n]) {
				return
			}
			text, start = text[n:], end
		}
	}
}

// each makes a stage of a function that returns the length of the first piece of what is left, at least 1.
func each(first func(span) int) stage {
	return func(s span, ends []int) []int {
		for at := 0; at < s.len(); {
			at += first(s.cut(at, s.len()))
			ends = append(ends, at)
		}
		return ends
	}
}

// finds makes pieces of what match finds and of what lies between. match returns the length of its match at the start of
// a span, 0 if there is none, and must take a bounded time to say that.
func finds(match func(span) int) func(span) int {
	return func(s span) int {
		if n := match(s); n > 0 {
			return n
		}
		for i := 1; i < s.len(); i++ {
			if match(s.cut(i, s.len())) > 0 {
				return i
			}
		}
		return s.len()
	}
}

// runs finds [c]+, classes being written as a set.
func runs(c class) func(span) int {
	return func(s span) int {
		if n := s.run(0, c); n > 0 {
			return n
		}
		return s.runNot(0, c)
	}
}

// runsOf finds [in]+.
func runsOf(in func(rune) bool) func(span) int {
	return func(s span) int {
		if n := s.runOf(0, in); n > 0 {
			return n
		}
		return s.runOf(0, func(r rune) bool { return !in(r) })
	}
}

// singles finds [c].
func singles(c class) func(span) int {
	return func(s span) int {
		if s.is(0, c) {
			return 1
		}
		return s.runNot(0, c)
	}
}

// singlesOf finds [in].
func singlesOf(in func(rune) bool) func(span) int {
	return func(s span) int {
		if in(s.r[0]) {
			return 1
		}
		return s.runOf(0, func(r rune) bool { return !in(r) })
	}
}

// spaced finds \s?[in]+. No character of in is white space.
func spaced(in func(rune) bool) func(span) int {
	starts := func(s span, i int) bool {
		return in(s.r[i]) || s.is(i, space) && i+1 < s.len() && in(s.r[i+1])
	}
	return func(s span) int {
		if starts(s, 0) {
			return s.runOf(1, in)
		}
		i := 1
		for i < s.len() && !starts(s, i) {
			i++
		}
		return i
	}
}

// trailingSpace finds \s+$.
func trailingSpace(s span, ends []int) []int {
	i := s.len()
	for i > 0 && s.is(i-1, space) {
		i--
	}
	if i > 0 {
		ends = append(ends, i)
	}
	if i < s.len() {
		ends = append(ends, s.len())
	}
	return ends
}

// threeDigits finds [0-9][0-9][0-9].
func threeDigits(s span) int {
	return finds(func(s span) int {
		if s.len() >= 3 && isDigit(s.r[0]) && isDigit(s.r[1]) && isDigit(s.r[2]) {
			return 3
		}
		return 0
	})(s)
}
