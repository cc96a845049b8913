package tokenizer

import (
	"slices"
	"unicode"
)

// These patterns are scanned as llama.cpp serves them, which is simpler than the published ones: it tells capitals from
// small letters in ASCII only, and lets every other letter be both.

// A casedRule is a pattern of the o200k family, in which a word ends before a capital that follows a small letter:
//
//	[^\r\n\p{L}\p{N}]?[upper]*[lower]+(suffix)?|[^\r\n\p{L}\p{N}]?[upper]+[lower]*(suffix)?|\p{N}{1,digits}| ?[^\s\p{L}\p{N}]+[\r\n/]*|
//	\s*[\r\n]+|\s+(?!\S)|\s+
type casedRule struct {
	digits int
	suffix bool // (?i:'s|'t|'re|'ve|'m|'ll|'d)
}

func (w casedRule) word(s span) int {
	i := 0
	if !s.is(0, letter) && s.is(1, letter) && leads(s) {
		i = 1
	}
	if !s.is(i, letter) {
		return wordRule{letter, w.digits, "\r\n/"}.rest(s)
	}
	n := casedWord(s, i)
	if w.suffix {
		n += contraction(s, n, true)
	}
	return n
}

// casedWord returns the end of [upper]*[lower]+|[upper]+[lower]* at the letter i.
func casedWord(s span, i int) int {
	capital := func(i int) bool { return s.r[i] >= 'A' && s.r[i] <= 'Z' }
	small := func(i int) bool { return s.r[i] >= 'a' && s.r[i] <= 'z' }
	up := i
	for s.is(up, letter) && !small(up) {
		up++
	}
	low := up
	for s.is(low, letter) && !capital(low) {
		low++
	}
	if low > up {
		return low
	}
	for j := up - 1; j >= i; j-- { // [lower]+ needs one letter, the last that may be small
		if !capital(j) {
			return j + 1
		}
	}
	return up
}

// kimiWord scans Han characters as words of their own, then words without case, else as cl100k does.
func kimiWord(han func(rune) bool) func(span) int {
	return func(s span) int {
		if n := s.runOf(0, han); n > 0 {
			return n
		}
		word := func(i int) bool { return s.is(i, letter) && !han(s.r[i]) }
		i := 0
		if word(1) && leads(s) {
			i = 1
		}
		if !word(i) {
			return wordRule{letter, 3, "\r\n"}.rest(s)
		}
		for word(i) {
			i++
		}
		return i + contraction(s, i, true)
	}
}

// deepseekV3Word finds [!-/:-@\[-`{-~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+.
func deepseekV3Word(s span) int {
	if asciiPunct(s.r[0]) && s.len() > 1 && asciiLetter(s.r[1]) {
		return s.runOf(1, asciiLetter)
	}
	if s.is(0, letter|mark) {
		return s.run(0, letter|mark)
	}
	if s.is(1, letter|mark) && !s.is(0, punct|symbolic) && !isLineEnd(s.r[0]) {
		return s.run(1, letter|mark)
	}
	i := 0
	if s.at(0, ' ') {
		i = 1
	}
	if n := s.run(i, punct|symbolic); n > i {
		return s.runOf(n, isLineEnd)
	}
	if s.is(0, space) {
		return blank(s, true)
	}
	return 0
}

// bloomWord finds ␠?[^(\s|.,!?…。，、।۔،)]+.
func bloomWord(s span) int {
	i := 0
	if s.at(0, ' ') {
		i = 1
	}
	n := s.runOf(i, func(r rune) bool {
		return !unicode.IsSpace(r) && !slices.Contains([]rune("(|.,!?…。，、।۔،)"), r)
	})
	if n == i {
		return 0
	}
	return n
}

// chameleonSentinel finds <sentinel:[0-9]+>.
func chameleonSentinel(s span) int {
	n := s.prefix("<sentinel:")
	if n == 0 {
		return 0
	}
	if end := s.runOf(n, isDigit); end > n && s.at(end, '>') {
		return end + 1
	}
	return 0
}

// chameleonImage finds IMGIMG[A-I]{1,4}Z.
func chameleonImage(s span) int {
	n := s.prefix("IMGIMG")
	end := n
	for end < n+4 && end < s.len() && s.r[end] >= 'A' && s.r[end] <= 'I' {
		end++
	}
	if n == 0 || end == n || !s.at(end, 'Z') {
		return 0
	}
	return end + 1
}

// chameleonIndent finds [\t\n], four spaces or two.
func chameleonIndent(s span) int {
	if s.at(0, '\t') || s.at(0, '\n') {
		return 1
	}
	return max(s.prefix("    "), s.prefix("  "))
}

// prefix returns the length of p if s begins with it, else 0.
func (s span) prefix(p string) int {
	for i := range len(p) {
		if !s.at(i, rune(p[i])) {
			return 0
		}
	}
	return len(p)
}

// digitGroups cuts before every group of three digits, counted from the end of their run: (?=(\d{3})+(?!\d)).
func digitGroups(s span, ends []int) []int {
	for i := 0; i < s.len(); {
		end := s.runOf(i, isDigit)
		for at := end - (end-i)/3*3; at < end; at += 3 {
			if at > 0 {
				ends = append(ends, at)
			}
		}
		i = max(end, i+1)
	}
	return append(ends, s.len())
}

// upTo finds [c]{1,n}.
func upTo(n int, c class) func(span) int {
	return func(s span) int {
		if s.is(0, c) {
			return s.runUpTo(n, c)
		}
		return s.runNot(0, c)
	}
}

func asciiLetter(r rune) bool { return r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' }

func asciiPunct(r rune) bool {
	return r > ' ' && r < 0x7F && !asciiLetter(r) && !isDigit(r)
}
