package tokenizer

import (
	"slices"
	"strings"
	"testing"

	"github.com/dlclark/regexp2"
)

const (
	gpt2Pattern  = `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
	shortForms   = `(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])`
	blankPattern = `\s*[\r\n]+|\s+(?!\S)|\s+`
	casedPattern = `[^\r\n\p{L}\p{N}]?(?:(?=\p{L})[^a-z])*(?:(?=\p{L})[^A-Z])+SUFFIX|` +
		`[^\r\n\p{L}\p{N}]?(?:(?=\p{L})[^a-z])+(?:(?=\p{L})[^A-Z])*SUFFIX|`
	hanSet = "\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFAFF\U00020000-\U0002A6DF\U0002A700-\U0002EBEF\U0002F800-\U0002FA1F"
)

// patterns are the published ones, in the form in which llama.cpp serves them: each runs over the pieces the former left.
func patterns(pre string) []string {
	switch pre {
	case "gpt-2":
		return []string{gpt2Pattern}
	case "default":
		return []string{`[\p{P}$+<=>^~|]+`, gpt2Pattern, `\p{N}+`, `[0-9][0-9][0-9]`}
	case "falcon":
		return []string{"[\\p{P}$+<=>^~|`]+", gpt2Pattern, `[0-9][0-9][0-9]`}
	case "starcoder", "smollm", "command-r":
		return []string{`\p{N}`, gpt2Pattern}
	case "llama-bpe":
		return []string{shortForms + `|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|` + blankPattern}
	case "qwen2":
		return []string{shortForms + `|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|` + blankPattern}
	case "bailingmoe":
		return []string{`'(?:[sSdDmMtT]|[lL][lL]|[vV][eE]|[rR][eE])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|` +
			`\s*[\r\n]|\s+(?!\S)|\s+`}
	case "qwen35":
		return []string{shortForms + `|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|` + blankPattern}
	case "seed-coder":
		return []string{shortForms + `|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}\r\n]+|` + blankPattern}
	case "deepseek-llm":
		return []string{`[\r\n]`, `\s?[` + deepseekSet() + `]+`, `\s?[!-/:-~！-／：-～‘-‟、。]+`, `\s+\z`,
			`[\u0800-\u9FA5\uAC00-\uD7FF-[\s]]+`, `\p{N}+`}
	case "deepseek-v3":
		return []string{`\p{N}{1,3}`, `[一-龥぀-ゟ゠-ヿ]+`, `[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_` + "`" + `{|}~][A-Za-z]+|` +
			`[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|` + blankPattern}
	case "tekken":
		return []string{strings.ReplaceAll(casedPattern, "SUFFIX", "") + `\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|` + blankPattern}
	case "gpt-4o":
		return []string{strings.ReplaceAll(casedPattern, "SUFFIX", shortForms+"?") + `\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|` + blankPattern}
	case "kimi-k2":
		return []string{`[` + hanSet + `]+|[^\r\n\p{L}\p{N}]?[\p{L}-[` + hanSet + `]]+` + shortForms + `?|\p{N}{1,3}|` +
			` ?[^\s\p{L}\p{N}]+[\r\n]*|` + blankPattern}
	case "bloom":
		return []string{` ?[^(\s|.,!?…。，、।۔،)]+`}
	case "viking":
		return []string{` ?[^(\s|.,!?…。，、।۔،)]+`, `\p{N}`}
	case "superbpe":
		return []string{`\p{N}+`, `(?=([0-9]{3})+(?![0-9]))`}
	case "chameleon":
		return []string{`<sentinel:[0-9]+>`, `(IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z`, "([\\t\\n]|    |  )", `\p{N}`,
			"[\\p{P}!-/:-@\\[-`{-~]", gpt2Pattern}
	}
	return nil
}

// deepseekSet writes the letters of deepseekLetters as a character class.
func deepseekSet() string {
	in := deepseekLetters()
	var b strings.Builder
	for r := rune(0); r < 0x20000; r++ {
		if in(r) && !in(r-1) {
			b.WriteString(string(r) + "-")
		}
		if in(r) && !in(r+1) {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// scanned lists a name for each way to cut.
var scanned = [...]string{"gpt-2", "default", "falcon", "starcoder", "smollm", "command-r", "llama-bpe", "qwen2", "bailingmoe", "qwen35",
	"seed-coder", "deepseek-llm", "deepseek-v3", "tekken", "gpt-4o", "kimi-k2", "bloom", "viking", "superbpe", "chameleon"}

// An oracle cuts text with the patterns themselves.
type oracle []*regexp2.Regexp

func newOracle(pre string) (o oracle) {
	for _, p := range patterns(pre) {
		o = append(o, regexp2.MustCompile(p, regexp2.None))
	}
	return o
}

func (o oracle) words(t *testing.T, text string) []string {
	pieces := []string{text}
	for _, re := range o {
		var next []string
		for _, s := range pieces {
			r, at := []rune(s), 0
			m, err := re.FindRunesMatch(r)
			for ; m != nil && err == nil; m, err = re.FindNextMatch(m) {
				next = append(next, string(r[at:m.Index]), m.String())
				at = m.Index + m.Length
			}
			if err != nil {
				t.Fatal(err)
			}
			next = append(next, string(r[at:]))
		}
		pieces = slices.DeleteFunc(next, func(s string) bool { return s == "" })
	}
	return slices.DeleteFunc(pieces, func(s string) bool { return s == "" })
}

func sampleTexts() []string {
	return []string{
		"", " ", "  ", "\n", "\r\n", " \n ", "  \n\n  x", "\t\tx", "Hello world", "  Hello   World!", "hello \nworld",
		"I can't, WON'T, shouldn't've; they're, WE'LL, it's, I'd, ’s", "1 12 123 1234 12345 ½²③٣٤٥12", "3.14,159-26", "x=1;y=22//z\n\n/\r\n",
		"HTTPServer iPhone eBay ÄÖüßÉCOLE", "Привет, мир! été naïve", "你好，世界！今天\u3000天气。", "カタカナ ひらがな", "한국어 문장", "हिन्दी में", "e\u0301\u0302 \u0301a",
		"😀👍🏽 a😀b 🇫🇷", "a\u00a0b\u2028c\u0085d", "\x00\x01a\x1b[0m~~x~é~", "<sentinel:12><sentinel:>IMGIMGABZIMGIMGABCDEZ", "(a|b).c,d!e?f…g",
		"      x     \n    y", "a~b`c^d$e+f<g=h>i|j", "\ufeff\u200b\u00ad", "ǅ ʼn ꟲ ℝΩK", " 漢 漢字a 漢'll a'LL漢", "İstanbul ıI ſ'ſ",
	}
}

func compareWithOracle(t *testing.T, pre, text string, o oracle) {
	t.Helper()
	p, ok := pretokenizerOf(pre)
	if !ok {
		t.Fatalf("%s is not served", pre)
	}
	got, want := slices.Collect(p.words(text)), o.words(t, text)
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q\ngot  %q\nwant %q", pre, text, got, want)
	}
}

func TestWordsAgainstPatterns(t *testing.T) {
	for _, pre := range scanned {
		o := newOracle(pre)
		for _, text := range sampleTexts() {
			compareWithOracle(t, pre, text, o)
		}
	}
}

func FuzzPretokVsRegexp2(f *testing.F) {
	for _, text := range sampleTexts() {
		f.Add(text)
	}
	oracles := map[string]oracle{}
	for _, pre := range scanned {
		oracles[pre] = newOracle(pre)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 256 { // backtracking takes time
			return
		}
		text = string([]rune(text))
		for _, pre := range scanned {
			compareWithOracle(t, pre, text, oracles[pre])
		}
	})
}
