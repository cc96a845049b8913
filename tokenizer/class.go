package tokenizer

import "unicode"

// A class is what the scanners need to know of a character.
type class uint8

const (
	letter   class = 1 << iota // \p{L}
	number                     // \p{N}
	space                      // \s, with Unicode's White_Space
	punct                      // \p{P}
	mark                       // \p{M}
	symbolic                   // \p{S}
)

// classOf returns the class of r, 0 for controls, format characters and unassigned ones.
func classOf(r rune) class {
	switch {
	case unicode.IsLetter(r):
		return letter
	case unicode.IsNumber(r):
		return number
	case unicode.IsSpace(r):
		return space
	case unicode.IsPunct(r):
		return punct
	case unicode.IsMark(r):
		return mark
	case unicode.IsSymbol(r):
		return symbolic
	}
	return 0
}

// A span is a stretch of text as the scanners see it.
type span struct {
	r []rune
	c []class
}

func newSpan(text string) span {
	var ascii [128]class
	for r := range ascii {
		ascii[r] = classOf(rune(r))
	}
	s := span{r: []rune(text)}
	s.c = make([]class, len(s.r))
	for i, r := range s.r {
		if r < 128 {
			s.c[i] = ascii[r]
		} else {
			s.c[i] = classOf(r)
		}
	}
	return s
}

func (s span) len() int               { return len(s.r) }
func (s span) cut(i, j int) span      { return span{s.r[i:j], s.c[i:j]} }
func (s span) is(i int, c class) bool { return i < len(s.c) && s.c[i]&c != 0 }
func (s span) at(i int, r rune) bool  { return i < len(s.r) && s.r[i] == r }

// run returns the end of the characters from i on that are of one of the classes c.
func (s span) run(i int, c class) int {
	for i < len(s.c) && s.c[i]&c != 0 {
		i++
	}
	return i
}

// runUpTo returns the end of the first n characters at most that are of one of the classes c.
func (s span) runUpTo(n int, c class) int { return s.cut(0, min(n, s.len())).run(0, c) }

// runNot returns the end of the characters from i on that are of none of the classes c.
func (s span) runNot(i int, c class) int {
	for i < len(s.c) && s.c[i]&c == 0 {
		i++
	}
	return i
}

// runOf returns the end of the characters from i on that in accepts.
func (s span) runOf(i int, in func(rune) bool) int {
	for i < len(s.r) && in(s.r[i]) {
		i++
	}
	return i
}
