package tokenizer

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// byteVocab is a byte-level vocabulary of all bytes, the tokens of merges and then those of more.
func byteVocab(pre string, merges []string, more ...string) Vocab {
	v := none()
	v.Model, v.Pre, v.Merges = "gpt2", pre, merges
	for _, r := range alphabet() {
		v.Tokens = append(v.Tokens, string(r))
	}
	for _, m := range merges {
		v.Tokens = append(v.Tokens, strings.Replace(m, " ", "", 1))
	}
	v.Tokens = append(v.Tokens, more...)
	v.Types = slices.Repeat([]int32{1}, len(v.Tokens))
	return v
}

// spmVocab is a SentencePiece vocabulary: <unk>, <s>, </s>, all bytes, and pieces, the first with the highest score.
func spmVocab(pieces ...string) Vocab {
	v := none()
	v.Model, v.UNK, v.BOS, v.EOS = "llama", 0, 1, 2
	add := func(s string, typ int32, score float32) {
		v.Tokens, v.Types, v.Scores = append(v.Tokens, s), append(v.Types, typ), append(v.Scores, score)
	}
	add("<unk>", typeUnknown, 0)
	add("<s>", typeControl, 0)
	add("</s>", typeControl, 0)
	for b := range 256 {
		add("<0x"+strings.ToUpper(string("0123456789abcdef"[b>>4])+string("0123456789abcdef"[b&15]))+">", typeByte, 0)
	}
	for i, p := range pieces {
		add(p, 1, float32(-i))
	}
	return v
}

func none() Vocab {
	return Vocab{BOS: -1, EOS: -1, EOT: -1, EOM: -1, UNK: -1, SEP: -1, PAD: -1, FIMPad: -1, FIMRep: -1, FIMSep: -1}
}

func mustNew(t testing.TB, v Vocab) *Tokenizer {
	t.Helper()
	tok, err := New(v)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// texts returns the texts of ids in the file.
func (t *Tokenizer) texts(ids []int32) (s []string) {
	for _, id := range ids {
		s = append(s, t.tokens[id])
	}
	return s
}

func TestNewRefuses(t *testing.T) {
	yes := true
	for _, tt := range []struct {
		name string
		edit func(*Vocab)
		want string
	}{
		{"model", func(v *Vocab) { v.Model = "rwkv" }, `tokenizer: tokenizer model "rwkv" is not supported yet`},
		{"no model", func(v *Vocab) { v.Model = "" }, `tokenizer: tokenizer model "" is not supported yet`},
		{"pre", func(v *Vocab) { v.Pre = "jais-2" }, `tokenizer: pre-tokenizer "jais-2" is not supported yet`},
		{"no tokens", func(v *Vocab) { v.Tokens = nil }, `tokenizer: tokenizer.ggml.tokens: 0 tokens, from 1 to 2^31-1 are needed`},
		{"duplicate", func(v *Vocab) { v.Tokens[9] = "ab" }, `tokenizer: tokenizer.ggml.tokens[256]: "ab" is token 9 already`},
		{"short types", func(v *Vocab) { v.Types = v.Types[1:] }, `tokenizer: tokenizer.ggml.token_type: 257 types for 258 tokens`},
		{"short scores", func(v *Vocab) { v.Scores = []float32{1} }, `tokenizer: tokenizer.ggml.scores: 1 scores for 258 tokens`},
		{"no scores", func(v *Vocab) { v.Model = "llama" }, `tokenizer: tokenizer.ggml.scores: missing, a vocabulary of this kind needs them`},
		{"NaN", func(v *Vocab) {
			zero := float32(0)
			v.Scores = slices.Repeat([]float32{zero / zero}, 258)
		}, `tokenizer: tokenizer.ggml.scores[0]: not a number`},
		{"EOS", func(v *Vocab) { v.EOS = 258 }, `tokenizer: tokenizer.ggml.eos_token_id: token 258 of a vocabulary of 258`},
		{"negative", func(v *Vocab) { v.PAD = -2 }, `tokenizer: tokenizer.ggml.padding_token_id: token -2 of a vocabulary of 258`},
		{"merge of an unknown", func(v *Vocab) { v.Merges[1] = "ab xy" },
			`tokenizer: tokenizer.ggml.merges[1]: "ab xy": "xy" is not in the vocabulary`},
		{"merge into an unknown", func(v *Vocab) { v.Merges[1] = "a c" },
			`tokenizer: tokenizer.ggml.merges[1]: "a c": "ac" is not in the vocabulary`},
		{"merge of one", func(v *Vocab) { v.Merges[1] = "ab" },
			`tokenizer: tokenizer.ggml.merges[1]: "ab": two tokens with a space between are needed`},
		{"empty merge", func(v *Vocab) { v.Merges[0] = "" },
			`tokenizer: tokenizer.ggml.merges[0]: "": two tokens with a space between are needed`},
		{"BOS unnamed", func(v *Vocab) { v.AddBOS = &yes },
			`tokenizer: tokenizer.ggml.add_bos_token: true, but tokenizer.ggml.bos_token_id names no token`},
		{"EOS unnamed", func(v *Vocab) { v.AddEOS = &yes },
			`tokenizer: tokenizer.ggml.add_eos_token: true, but tokenizer.ggml.eos_token_id names no token`},
		{"two faults", func(v *Vocab) { v.BOS, v.Types = 999, nil; v.Scores = []float32{} },
			"tokenizer: tokenizer.ggml.scores: 0 scores for 258 tokens\ntokenizer: tokenizer.ggml.bos_token_id: token 999 of a vocabulary of 258"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := byteVocab("gpt-2", []string{"a b", "ab c"})
			tt.edit(&v)
			_, err := New(v)
			if err == nil || err.Error() != tt.want {
				t.Fatalf("got  %v\nwant %s", err, tt.want)
			}
			_, format := errors.AsType[*FormatError](err)
			if _, unsupported := errors.AsType[*UnsupportedError](err); !format && !unsupported {
				t.Errorf("%T", err)
			}
		})
	}
}

func TestNothingIsInvented(t *testing.T) {
	tok := mustNew(t, byteVocab("llama-bpe", nil)) // a family that begins with BOS, a file that names none
	if tok.BOS() != -1 || tok.EOS() != -1 || tok.AddsBOS() || len(tok.Encode("", true, true)) != 0 {
		t.Errorf("BOS %d, EOS %d, added %v", tok.BOS(), tok.EOS(), tok.Encode("", true, true))
	}
}

func TestPlainTextNeverBecomesControl(t *testing.T) {
	v := byteVocab("llama-bpe", []string{"< s", "<s >"}, "<|im_end|>", "<|start|>", "<u>")
	n := len(v.Tokens)
	v.Types[n-5+1], v.Types[n-3], v.Types[n-2], v.Types[n-1] = typeControl, typeControl, typeControl, typeUserDefined // <s> is the second merge
	bpe := mustNew(t, v)
	spm := spmVocab("<", "s", ">", "<s", "▁", "/", "</", "</s")
	for _, tt := range []struct {
		tok  *Tokenizer
		text string
		want []string // plain
		ctl  []string // parsed
	}{
		{bpe, "<s>", []string{"<s", ">"}, []string{"<s>"}},
		{bpe, "<|start|>", []string{"<", "|", "s", "t", "a", "r", "t", "|", ">"}, []string{"<|start|>"}},
		{bpe, "a<|im_end|>", []string{"a", "<", "|", "i", "m", "_", "e", "n", "d", "|", ">"}, []string{"a", "<|im_end|>"}},
		{bpe, "<u><s>", []string{"<u>", "<s", ">"}, []string{"<u>", "<s>"}},
		{mustNew(t, spm), "<s></s>", []string{"▁", "<s", ">", "</s", ">"}, []string{"<s>", "</s>"}},
	} {
		if got := tt.tok.texts(tt.tok.Encode(tt.text, false, false)); !slices.Equal(got, tt.want) {
			t.Errorf("%q plain: got %q, want %q", tt.text, got, tt.want)
		}
		if got := tt.tok.texts(tt.tok.Encode(tt.text, false, true)); !slices.Equal(got, tt.ctl) {
			t.Errorf("%q parsed: got %q, want %q", tt.text, got, tt.ctl)
		}
	}
}

func TestPartition(t *testing.T) {
	v := byteVocab("gpt-2", nil, "abc", "cdef", "xx", "<r>", "<l>")
	n := len(v.Tokens)
	for i := range 5 {
		v.Types[n-5+i] = typeUserDefined
	}
	tok := mustNew(t, v)
	tok.attrs[n-2] |= attrRStrip
	tok.attrs[n-1] |= attrLStrip
	tok.split = newSpecials(v, tok)
	for _, tt := range []struct {
		text string
		want []string
	}{
		{"abcdef", []string{"ab", "*cdef"}}, // the longer one, though it begins later
		{"abcabc", []string{"*abc", "*abc"}},
		{"xxx", []string{"*xx", "x"}},
		{"a <r> \n b <r>", []string{"a ", "*<r>", "b ", "*<r>"}},
		{"a \t<l> b", []string{"a", "*<l>", " b"}},
		{" <r>  <l> ", []string{" ", "*<r>", "*<l>", " "}},
		{"plain", []string{"plain"}},
	} {
		var got []string
		for _, f := range tok.split.partition(tt.text, nil) {
			s := tt.text[f.start:f.end]
			if f.id >= 0 {
				s = "*" + s
			}
			got = append(got, s)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%q: got %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestAppend(t *testing.T) {
	tok := mustNew(t, spmVocab("▁", "a", "b", "▁a"))
	ids := tok.Append(nil, "<s>", true)
	ids = tok.Append(ids, "a", false) // follows a special token, so it gets its space
	ids = tok.Append(ids, "b", false) // follows text, so it does not
	ids = tok.Append(ids, "</s>a", false)
	if got, want := tok.texts(ids[:3]), []string{"<s>", "▁a", "b"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if slices.Contains(ids[3:], tok.EOS()) {
		t.Errorf("plain text became EOS: %q", tok.texts(ids))
	}
	if got, want := tok.Decode(ids, false), "ab</s>a"; strings.TrimPrefix(got, " ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestEndOfGeneration(t *testing.T) {
	for _, tt := range []struct {
		tokens []string
		eot    string
		eog    []string
	}{
		{[]string{"<|endoftext|>", "<|im_end|>"}, "<|im_end|>", []string{"<|endoftext|>", "<|im_end|>"}},
		{[]string{"<|end|>", "<|return|>", "<|call|>"}, "<|end|>", []string{"<|return|>", "<|call|>"}},
		{[]string{"</s>", "<|tool_response>"}, "", []string{"<|tool_response>"}},
		{[]string{"<fim_pad>", "<|file_sep|>"}, "", []string{"<fim_pad>", "<|file_sep|>"}},
		{[]string{"<|user|>"}, "", nil},
	} {
		tok := mustNew(t, byteVocab("gpt-2", nil, tt.tokens...))
		eot := int32(-1)
		if tt.eot != "" {
			eot, _ = tok.ID(tt.eot)
		}
		if tok.EOT() != eot {
			t.Errorf("%q: EOT is %d, want %d", tt.tokens, tok.EOT(), eot)
		}
		var eog []string
		for id := range int32(tok.Len()) {
			if tok.IsEOG(id) {
				eog = append(eog, tok.tokens[id])
			}
		}
		if !slices.Equal(eog, tt.eog) {
			t.Errorf("%q: generation ends at %q, want %q", tt.tokens, eog, tt.eog)
		}
	}
}

func TestCleanSpaces(t *testing.T) {
	for in, want := range map[string]string{
		"":                        "",
		" ?":                      "?",
		"a ? b ! c . d ,":         "a? b! c. d,",
		"a  .":                    "a .",
		"x ' y":                   "x'y",
		" ' ' ":                   "'' ",
		"it 's I 'm we 're I 've": "it's I'm we're I've",
		"I 'd don 't we 'll 'tis": "I 'd don 't we 'll 'tis",
		"a 's' 'r":                "a's' 'r",
	} {
		if got := cleanSpaces(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestStream(t *testing.T) {
	tok := mustNew(t, spmVocab())
	for _, tt := range []struct {
		name string
		in   string
		want []string // by Push, then by Flush
	}{
		{"ASCII", "ab", []string{"a", "b", ""}},
		{"two bytes", "é!", []string{"", "é", "!", ""}},
		{"four bytes", "😀", []string{"", "", "", "😀", ""}},
		{"cut short", "\xe6\xbc", []string{"", "", "\xe6\xbc"}},
		{"broken off", "\xe6\xbca", []string{"", "", "\xe6\xbca", ""}},
		{"broken off by a character", "\xf0\x9f\xc3\xa9", []string{"", "", "\xf0\x9f", "é", ""}},
		{"never a character", "\xff\x80", []string{"\xff", "\x80", ""}},
		{"surrogate", "\xed\xa0\x80", []string{"", "\xed\xa0", "\x80", ""}},
		{"overlong", "\xc0\x80", []string{"\xc0", "\x80", ""}},
	} {
		s, got := tok.NewStream(false), []string(nil)
		for i := range len(tt.in) {
			got = append(got, s.Push(int32(3+int(tt.in[i])))) // the tokens of bytes follow the three special ones
		}
		got = append(got, s.Flush())
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
		if s.Flush() != "" {
			t.Errorf("%s: something is left after Flush", tt.name)
		}
	}
}

func TestPieceOutOfRange(t *testing.T) {
	tok := mustNew(t, spmVocab())
	for _, id := range []int32{-1, -1 << 31, int32(tok.Len()), 1<<31 - 1} {
		if tok.Piece(id, true) != "" || tok.IsEOG(id) || tok.IsControl(id) || tok.Decode([]int32{id}, true) != "" {
			t.Errorf("token %d means something", id)
		}
	}
}

// hostileTexts would each take hours if any step took time with the square of the length.
func hostileTexts() map[string]string {
	const n = 1 << 20
	return map[string]string{
		"no spaces":        strings.Repeat("a", n),
		"no spaces, mixed": strings.Repeat("abcbacab", n/8),
		"spaces":           strings.Repeat(" ", n) + "x",
		"line feeds":       strings.Repeat(" \n", n/2) + "x",
		"digits":           strings.Repeat("1", n),
		"apostrophes":      strings.Repeat("'", n),
		"invalid UTF-8":    strings.Repeat("\xff", n),
		"NUL":              strings.Repeat("\x00", n),
		"surrogates":       strings.Repeat("\xed\xa0\x80", n/3),
		"marks":            strings.Repeat("e\u0301", n/3),
		"Han":              strings.Repeat("漢", n/3),
		"special tokens":   strings.Repeat("<|im_end|>", n/10),
		"nearly special":   strings.Repeat("<|im_end|", n/9),
		"sentinels":        strings.Repeat("<sentinel:1", n/11),
	}
}

func TestHostileTexts(t *testing.T) {
	merges := []string{"a a", "aa aa", "aaaa aaaa", "a b", "b a", "Ġ Ġ", "ĠĠ ĠĠ", "1 1"}
	pieces := []string{"▁", "a", "aa", "aaaa", "aaaaaaaa", "ab", "ba", "▁▁", "▁▁▁▁", "1", "11"}
	spm := spmVocab(append(pieces, "<|im_end|>")...)
	spm.Types[len(spm.Types)-1] = typeControl
	toks := map[string]*Tokenizer{"spm": mustNew(t, spm)}
	for _, pre := range scanned {
		v := byteVocab(pre, merges, "<|im_end|>", "xxxxxxxx", "  ")
		n := len(v.Types)
		v.Types[n-3], v.Types[n-2], v.Types[n-1] = typeControl, typeUserDefined, typeUserDefined
		toks[pre] = mustNew(t, v)
	}
	for name, text := range hostileTexts() {
		for pre, tok := range toks {
			n := len(text)
			switch { // what is cut off leaves whole tokens, and enough to take minutes if it went with the square
			case testing.Short():
				n = n / 64 / 60 * 60
			case pre != "spm" && pre != "llama-bpe":
				n = n / 16 / 60 * 60
			}
			text := text[:n]
			got := tok.Decode(tok.Encode(text, false, true), true)
			want := text
			if pre != "spm" {
				want = string([]rune(text))
			}
			if tok.cleanSpaces {
				want = cleanSpaces(want)
			}
			if got != want {
				t.Errorf("%s, %s: %d bytes came back as %d", name, pre, len(want), len(got))
			}
		}
	}
}

func FuzzTokenizerRoundTrip(f *testing.F) {
	for _, text := range sampleTexts() {
		f.Add(text, true)
	}
	f.Add("<s>a</s> <|im_end|>\n<u> b", true)
	f.Add("\xff\xed\xa0\x80\xc0\x80\xf4\x90\x80\x80", false)
	merges := []string{"a b", "ab c", "Ġ Ġ", "Ġ a", "e r", "1 2", "c d", "< s", "<s >"}
	spm := spmVocab("▁", "a", "b", "▁a", "ab", "▁▁", "é", "<", "s", ">", "<s", "漢", "<|im_end|>", "<u>")
	n := len(spm.Types)
	spm.Types[n-2], spm.Types[n-1] = typeControl, typeUserDefined
	toks := map[string]*Tokenizer{"spm": mustNew(f, spm)}
	for _, pre := range scanned {
		v := byteVocab(pre, merges, "<|im_end|>", "<u>")
		n := len(v.Types)
		v.Types[n-3], v.Types[n-2], v.Types[n-1] = typeControl, typeControl, typeUserDefined
		toks[pre] = mustNew(f, v)
	}
	f.Fuzz(func(t *testing.T, text string, parse bool) {
		if len(text) > 1<<12 { // TestHostileTexts has longer ones
			return
		}
		for name, tok := range toks {
			want := text
			if name != "spm" {
				want = string([]rune(text)) // U+FFFD for what is not UTF-8
			} else if tok.spacePrefix {
				want = strings.ReplaceAll(text, spaceMark, " ")
			}
			valid := utf8.ValidString(want)
			ids := tok.Encode(text, false, parse)
			s := tok.NewStream(true)
			var streamed strings.Builder
			for _, id := range ids {
				if !parse && tok.IsControl(id) {
					t.Fatalf("%s: plain text %q became %q", name, text, tok.tokens[id])
				}
				piece := s.Push(id)
				if valid && !utf8.ValidString(piece) {
					t.Fatalf("%s: half a character in %q", name, piece)
				}
				streamed.WriteString(piece)
			}
			streamed.WriteString(s.Flush())
			got := streamed.String()
			if name == "spm" { // each stretch between special tokens begins with a space of its own
				got, want = strings.ReplaceAll(got, " ", ""), strings.ReplaceAll(want, " ", "")
			}
			if got != want {
				t.Fatalf("%s: %q came back as %q", name, want, got)
			}
		}
	})
}
