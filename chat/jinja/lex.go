package jinja

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

type kind uint8

const (
	textTok kind = iota // template text outside tags
	beginPrint
	beginStmt
	end
	name
	str
	integer
	float
	op
	eof
)

type token struct {
	kind kind
	s    string
	line int
}

// A SyntaxError says where a template is malformed.
type SyntaxError struct {
	Line int
	Msg  string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("jinja: line %d: %s", e.Line, e.Msg) }

// lex splits a template into tokens, with the block trimming that chat templates are written for: the newline after a
// statement or comment goes, and so do the blanks before one that starts its line.
func lex(src string) (toks []token, err error) {
	src = strings.ReplaceAll(strings.ReplaceAll(src, "\r\n", "\n"), "\r", "\n")
	src = strings.TrimSuffix(src, "\n")
	line, pos := 1, 0
	strip, lineStart := false, true // strip: the last tag ended in "-"; lineStart: pos begins a line of the source
	emit := func(k kind, s string) { toks = append(toks, token{k, s, line}) }
	for pos < len(src) {
		at := nextTag(src, pos)
		text := src[pos:at]
		raw := text
		if strip {
			text = strings.TrimLeftFunc(text, unicode.IsSpace)
			strip = false
		}
		if at == len(src) {
			if text != "" {
				emit(textTok, text)
			}
			break
		}
		tag, mark := src[at+1], byte(0)
		body := at + 2
		if body < len(src) && (src[body] == '-' || src[body] == '+') {
			mark = src[body]
			body++
		}
		switch {
		case mark == '-':
			text = strings.TrimRightFunc(text, unicode.IsSpace)
		case mark == 0 && tag != '{':
			if cut := strings.LastIndexByte(raw, '\n') + 1; (cut > 0 || lineStart) && strings.TrimSpace(raw[cut:]) == "" {
				text = strings.TrimRight(text, " \t\v\f\r\u00a0")
			}
		}
		if text != "" {
			emit(textTok, text)
		}
		line += strings.Count(src[pos:at], "\n")
		if tag == '#' {
			stop := strings.Index(src[body:], "#}")
			if stop < 0 {
				return nil, &SyntaxError{line, "a comment is not closed"}
			}
			stop += body
			line += strings.Count(src[at:stop], "\n")
			pos = stop + 2
			strip = stop > body && src[stop-1] == '-'
			pos, lineStart = skipNewline(src, pos, stop > body && src[stop-1] == '+', &line)
			continue
		}
		first := len(toks)
		if tag == '{' {
			emit(beginPrint, "{{")
		} else {
			emit(beginStmt, "{%")
		}
		var minus, plus bool
		if pos, minus, plus, err = lexTag(src, body, tag, &line, emit); err != nil {
			return nil, err
		}
		strip, lineStart = minus, false
		raws := tag == '%' && len(toks)-first == 3 && toks[first+1].kind == name && toks[first+1].s == "raw"
		if tag == '%' && !minus && !raws {
			pos, lineStart = skipNewline(src, pos, plus, &line)
		}
		if raws {
			toks = toks[:first]
			text, next, minus := rawBlock(src, pos)
			if next < 0 {
				return nil, &SyntaxError{line, "a raw block is not closed"}
			}
			if strip {
				text = strings.TrimLeftFunc(text, unicode.IsSpace)
			}
			emit(textTok, text)
			line += strings.Count(src[pos:next], "\n")
			pos, strip = next, minus
			if !minus {
				pos, lineStart = skipNewline(src, pos, false, &line)
			}
		}
	}
	emit(eof, "the end of the template")
	return toks, nil
}

func nextTag(src string, pos int) int {
	for i := pos; i+1 < len(src); i++ {
		if src[i] == '{' && (src[i+1] == '{' || src[i+1] == '%' || src[i+1] == '#') {
			return i
		}
	}
	return len(src)
}

func skipNewline(src string, pos int, keep bool, line *int) (int, bool) {
	if !keep && pos < len(src) && src[pos] == '\n' {
		*line++
		return pos + 1, true
	}
	return pos, false
}

// rawBlock returns the text up to {% endraw %}, where the source goes on, and whether the tag strips what follows.
func rawBlock(src string, pos int) (string, int, bool) {
	for i := pos; ; i++ {
		j := strings.Index(src[i:], "{%")
		if j < 0 {
			return "", -1, false
		}
		i += j
		rest := src[i+2:]
		inner, _, ok := strings.Cut(rest, "%}")
		if !ok {
			return "", -1, false
		}
		if strings.Trim(inner, "-+ \t\n") != "endraw" {
			continue
		}
		text := src[pos:i]
		if strings.HasPrefix(inner, "-") {
			text = strings.TrimRightFunc(text, unicode.IsSpace)
		} else if cut := strings.LastIndexByte(text, '\n') + 1; strings.TrimSpace(text[cut:]) == "" {
			text = text[:cut]
		}
		return text, i + 2 + len(inner) + 2, strings.HasSuffix(inner, "-")
	}
}

// lexTag reads the tokens of one tag from pos and returns the position after it, and the mark before its end.
func lexTag(src string, pos int, tag byte, line *int, emit func(kind, string)) (next int, minus, plus bool, err error) {
	closer := "}}"
	if tag == '%' {
		closer = "%}"
	}
	depth := 0
	for pos < len(src) {
		c := src[pos]
		if depth == 0 {
			if strings.HasPrefix(src[pos:], closer) {
				emit(end, closer)
				return pos + 2, false, false, nil
			}
			if (c == '-' || c == '+') && strings.HasPrefix(src[pos+1:], closer) {
				emit(end, closer)
				return pos + 3, c == '-', c == '+', nil
			}
		}
		switch {
		case c == '\n':
			*line++
			pos++
		case c == ' ' || c == '\t' || c == '\v' || c == '\f':
			pos++
		case c == '"' || c == '\'':
			s, n := unquote(src[pos:])
			if n == 0 {
				return 0, false, false, &SyntaxError{*line, "a string is not closed"}
			}
			emit(str, s)
			*line += strings.Count(src[pos:pos+n], "\n")
			pos += n
		case c >= '0' && c <= '9':
			n, isFloat := number(src[pos:])
			s := strings.ReplaceAll(src[pos:pos+n], "_", "")
			if isFloat {
				emit(float, s)
			} else {
				emit(integer, s)
			}
			pos += n
		default:
			r, _ := utf8.DecodeRuneInString(src[pos:])
			if r == '_' || unicode.IsLetter(r) {
				start := pos
				for pos < len(src) {
					r, n := utf8.DecodeRuneInString(src[pos:])
					if r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
						break
					}
					pos += n
				}
				emit(name, src[start:pos])
				continue
			}
			n := 1
			if pos+1 < len(src) {
				switch src[pos : pos+2] {
				case "**", "//", "==", "!=", "<=", ">=":
					n = 2
				}
			}
			switch {
			case strings.IndexByte("([{", c) >= 0:
				depth++
			case strings.IndexByte(")]}", c) >= 0:
				depth--
			case strings.IndexByte("+-*/%~<>=!.,:|", c) < 0:
				return 0, false, false, &SyntaxError{*line, fmt.Sprintf("unexpected %q", r)}
			}
			emit(op, src[pos:pos+n])
			pos += n
		}
	}
	return 0, false, false, &SyntaxError{*line, "a tag is not closed"}
}

// number returns the length of the numeral s begins with.
func number(s string) (n int, isFloat bool) {
	if len(s) > 2 && s[0] == '0' && strings.IndexByte("xXoObB", s[1]) >= 0 {
		for n = 2; n < len(s) && (s[n] == '_' || unicode.Is(unicode.ASCII_Hex_Digit, rune(s[n]))); n++ {
		}
		return n, false
	}
	digits := func() {
		for n < len(s) && (s[n] >= '0' && s[n] <= '9' || s[n] == '_') {
			n++
		}
	}
	digits()
	if n+1 < len(s) && s[n] == '.' && s[n+1] >= '0' && s[n+1] <= '9' {
		isFloat = true
		n++
		digits()
	}
	if n+1 < len(s) && (s[n] == 'e' || s[n] == 'E') {
		m := n + 1
		if s[m] == '+' || s[m] == '-' {
			m++
		}
		if m < len(s) && s[m] >= '0' && s[m] <= '9' {
			isFloat = true
			n = m
			digits()
		}
	}
	return n, isFloat
}

// unquote decodes the string literal s begins with, by Python's rules, and returns its length; 0 when it does not end.
func unquote(s string) (string, int) {
	q := s[0]
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == q:
			return b.String(), i + 1
		case c != '\\' || i+1 == len(s):
			b.WriteByte(c)
		default:
			i++
			if j := strings.IndexByte(`abfnrtv\'"`, s[i]); j >= 0 {
				b.WriteByte("\a\b\f\n\r\t\v\\'\""[j])
				continue
			}
			if n := map[byte]int{'x': 2, 'u': 4, 'U': 8}[s[i]]; n > 0 && i+n < len(s) {
				if v, err := strconv.ParseUint(s[i+1:i+1+n], 16, 32); err == nil {
					b.WriteRune(rune(v))
					i += n
					continue
				}
			}
			if s[i] != '\n' {
				b.WriteByte('\\')
				b.WriteByte(s[i])
			}
		}
	}
	return "", 0
}
