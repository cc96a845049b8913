package tokenizer

import (
	"strings"
	"unicode"
)

// gpt2Word scans 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+ (GPT-2).
func gpt2Word(s span) int {
	if n := contraction(s, 0, false); n > 0 {
		return n
	}
	i := 0
	if s.at(0, ' ') {
		i = 1
	}
	for _, c := range []class{letter, number} {
		if s.is(i, c) {
			return s.run(i, c)
		}
	}
	if n := s.runNot(i, space|letter|number); n > i {
		return n
	}
	return blank(s, false)
}

// A wordRule is a pattern of the family that began with cl100k:
//
//	(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[letters]+|\p{N}{1,digits}| ?[^\s\p{N}letters]+[tail]*|\s*[\r\n]+|\s+(?!\S)|\s+
type wordRule struct {
	letters class
	digits  int
	tail    string // what may follow punctuation
}

func cl100k(letters class, digits int, tail string) func(span) int {
	return wordRule{letters, digits, tail}.word
}

func (w wordRule) word(s span) int {
	if n := contraction(s, 0, true); n > 0 {
		return n
	}
	if s.is(0, w.letters) {
		return s.run(0, w.letters)
	}
	if s.is(1, w.letters) && leads(s) {
		return s.run(1, w.letters)
	}
	return w.rest(s)
}

// leads reports whether a character may stand before a word as part of it: [^\r\n\p{L}\p{N}].
func leads(s span) bool { return !s.is(0, letter|number) && !isLineEnd(s.r[0]) }

// rest scans what is no word.
func (w wordRule) rest(s span) int {
	if s.is(0, number) {
		return s.runUpTo(w.digits, number)
	}
	i := 0
	if s.at(0, ' ') {
		i = 1
	}
	if n := s.runNot(i, space|number|letter|w.letters); n > i {
		return s.runOf(n, func(r rune) bool { return strings.ContainsRune(w.tail, r) })
	}
	return blank(s, true)
}

// blank scans white space: \s+(?!\S)|\s+, before that \s*[\r\n]+ if lines is set; or one character if there is none.
func blank(s span, lines bool) int {
	n := s.run(0, space)
	for i := n; i > 0 && lines; i-- {
		if isLineEnd(s.r[i-1]) {
			return i
		}
	}
	if n > 1 && n < s.len() {
		return n - 1
	}
	return max(n, 1)
}

// contraction returns the length of an English contraction at i, whose letters may be capitals if fold is set, or 0.
func contraction(s span, i int, fold bool) int {
	if !s.at(i, '\'') || i+1 >= s.len() {
		return 0
	}
	at := func(i int) rune {
		if i >= s.len() {
			return 0
		}
		if r := s.r[i]; fold && r < 128 {
			return unicode.ToLower(r)
		}
		return s.r[i]
	}
	switch a, b := at(i+1), at(i+2); {
	case a == 's', a == 't', a == 'm', a == 'd':
		return 2
	case a == 'r' && b == 'e', a == 'v' && b == 'e', a == 'l' && b == 'l':
		return 3
	}
	return 0
}

func isLineEnd(r rune) bool { return r == '\r' || r == '\n' }

func isDigit(r rune) bool { return r >= '0' && r <= '9' }
