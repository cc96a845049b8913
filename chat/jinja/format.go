package jinja

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// spec is one conversion: of "%-5.2f" or of "{:<5.2f}".
type spec struct {
	fill      string
	align     byte // '<', '>', '^' or 0
	plus      string
	zero      bool
	comma     bool
	width     int
	precision int // -1: none
	verb      byte
}

const maxWidth = 1 << 16

func (r *run) convert(s spec, v Value) Text {
	var t Text
	f, isNum := num(v)
	i, isInt := integerOf(v)
	sign := func(s2 string) string {
		if s.plus != "" && !strings.HasPrefix(s2, "-") {
			return s.plus + s2
		}
		return s2
	}
	switch s.verb {
	case 'd', 'i', 'x', 'X', 'o', 'b', 'c':
		if !isInt {
			if !isNum || s.verb != 'd' {
				r.failf("TypeError: %%%c format: an integer is required, not %s", s.verb, typeName(v))
			}
			i = int64(f)
		}
		switch s.verb {
		case 'x', 'X', 'o', 'b', 'c':
			t.S = sign(fmt.Sprintf("%"+string(s.verb), i))
		default:
			t.S = sign(strconv.FormatInt(i, 10))
		}
	case 'f', 'F', 'e', 'E', 'g', 'G', '%':
		if !isNum {
			r.failf("TypeError: must be real number, not %s", typeName(v))
		}
		p := s.precision
		if p < 0 {
			p = 6
		}
		switch s.verb {
		case '%':
			t.S = strconv.FormatFloat(100*f, 'f', p, 64) + "%"
		case 'g', 'G':
			t.S = fmt.Sprintf("%."+strconv.Itoa(max(p, 1))+string(s.verb), f)
		default:
			t.S = strconv.FormatFloat(f, s.verb|0x20, p, 64)
		}
		t.S = sign(t.S)
	default:
		if s.verb == 'r' {
			var b builder
			r.repr(&b, v)
			t = b.text()
		} else {
			t = r.str(v)
		}
		if at := r.runes(t); s.precision >= 0 && s.precision < len(at)-1 {
			t = t.slice(0, at[s.precision])
		}
	}
	if s.comma {
		t.S = commas(t.S)
	}
	name := map[byte]string{'<': "ljust", '>': "rjust", '^': "center"}[s.align]
	if name == "" {
		name = "ljust"
		if isNum {
			name = "rjust"
		}
		if s.zero && isNum {
			name = "zfill"
		}
	}
	fill := Text{S: " "}
	if s.fill != "" {
		fill.S = s.fill
	}
	return r.pad(t, name, int64(min(s.width, maxWidth)), fill).(Text)
}

func commas(s string) string {
	lo := len(s) - len(strings.TrimLeft(s, "+-"))
	hi := lo
	for hi < len(s) && s[hi] >= '0' && s[hi] <= '9' {
		hi++
	}
	for i := hi - 3; i > lo; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// percent is t % v.
func (r *run) percent(t Text, v Value) Value {
	values := []Value{v}
	if l, ok := v.(*List); ok && l.kind == tuple {
		values = l.Items
	}
	var b builder
	used := 0
	for at := 0; at < len(t.S); {
		i := strings.IndexByte(t.S[at:], '%')
		if i < 0 {
			r.grow(len(t.S) - at)
			b.add(t.slice(at, len(t.S)))
			break
		}
		b.add(t.slice(at, at+i))
		at += i + 1
		s := spec{precision: -1}
		var arg Value
		named := false
		if rest := t.S[at:]; strings.HasPrefix(rest, "(") {
			key, _, ok := strings.Cut(rest[1:], ")")
			if d, isDict := v.(*Dict); ok && isDict {
				arg, named = r.index(d, Text{S: key}), true
				at += len(key) + 2
			}
		}
		for ; at < len(t.S) && strings.IndexByte("-+ 0#", t.S[at]) >= 0; at++ {
			switch t.S[at] {
			case '-':
				s.align = '<'
			case '0':
				s.zero = true
			case '+', ' ':
				s.plus = t.S[at : at+1]
			}
		}
		s.width, at = digits(t.S, at)
		if at < len(t.S) && t.S[at] == '.' {
			s.precision, at = digits(t.S, at+1)
		}
		if at == len(t.S) {
			r.failf("ValueError: incomplete format")
		}
		s.verb = t.S[at]
		at++
		if s.verb == '%' {
			b.add(Text{S: "%"})
			continue
		}
		if strings.IndexByte("srdifFeEgGxXoc", s.verb) < 0 {
			r.failf("ValueError: unsupported format character '%c'", s.verb)
		}
		if !named {
			if used == len(values) {
				r.failf("TypeError: not enough arguments for format string")
			}
			arg = values[used]
			used++
		}
		if s.align == 0 && !s.zero {
			s.align = '>'
		}
		out := r.convert(s, arg)
		r.grow(i + len(out.S))
		b.add(out)
	}
	if _, isDict := v.(*Dict); used < len(values) && !isDict {
		r.failf("TypeError: not all arguments converted during string formatting")
	}
	return b.text()
}

func digits(s string, at int) (n, next int) {
	for ; at < len(s) && s[at] >= '0' && s[at] <= '9'; at++ {
		n = min(10*n+int(s[at]-'0'), maxWidth)
	}
	return n, at
}

// format is t.format(args).
func (r *run) format(t Text, a args) Value {
	var b builder
	auto := 0
	for at := 0; at < len(t.S); {
		i := strings.IndexAny(t.S[at:], "{}")
		if i < 0 {
			r.grow(len(t.S) - at)
			b.add(t.slice(at, len(t.S)))
			break
		}
		b.add(t.slice(at, at+i))
		at += i
		if at+1 < len(t.S) && t.S[at+1] == t.S[at] {
			b.add(t.slice(at, at+1))
			at += 2
			continue
		}
		end := strings.IndexByte(t.S[at:], '}')
		if t.S[at] == '}' || end < 0 {
			r.failf("ValueError: Single '%c' encountered in format string", t.S[at])
		}
		field, layout, _ := strings.Cut(t.S[at+1:at+end], ":")
		at += end + 1
		field, conversion, _ := strings.Cut(field, "!")
		head, rest, _ := strings.Cut(field, ".")
		var v Value
		ok := false
		if n, err := strconv.Atoi(head); err == nil || head == "" {
			if head == "" {
				n = auto
				auto++
			}
			if v, ok = a.get(max(n, 0), ""); !ok {
				r.failf("IndexError: Replacement index %d out of range for positional args tuple", n)
			}
		} else if v, ok = a.keyword(head); !ok {
			r.failf("KeyError: '%s'", head)
		}
		if rest != "" {
			v = r.path(v, Text{S: rest})
		}
		s := parseSpec(layout)
		if conversion == "r" {
			s.verb = 'r'
		}
		out := r.convert(s, v)
		r.grow(i + len(out.S))
		b.add(out)
	}
	return b.text()
}

func parseSpec(s string) (out spec) {
	out.precision = -1
	if n := runeLen(s); len(s) > n && n > 0 && strings.IndexByte("<>^", s[n]) >= 0 {
		out.fill, out.align, s = s[:n], s[n], s[n+1:]
	} else if s != "" && strings.IndexByte("<>^", s[0]) >= 0 {
		out.align, s = s[0], s[1:]
	}
	at := 0
	if at < len(s) && (s[at] == '+' || s[at] == ' ') {
		out.plus = s[at : at+1]
		at++
	}
	if at < len(s) && s[at] == '0' {
		out.zero = true
		at++
	}
	out.width, at = digits(s, at)
	if at < len(s) && s[at] == ',' {
		out.comma = true
		at++
	}
	if at < len(s) && s[at] == '.' {
		out.precision, at = digits(s, at+1)
	}
	if at < len(s) {
		out.verb = s[at]
	} else if out.precision >= 0 || out.comma {
		out.verb = 0
	}
	return out
}

// strftime formats a time by C's conversions.
func strftime(t time.Time, layout string) string {
	var b strings.Builder
	for i := 0; i < len(layout); i++ {
		if layout[i] != '%' || i+1 == len(layout) {
			b.WriteByte(layout[i])
			continue
		}
		i++
		trim := layout[i] == '-' && i+1 < len(layout)
		if trim {
			i++
		}
		s := ""
		switch layout[i] {
		case 'Y', 'G':
			s = strconv.Itoa(t.Year())
		case 'y':
			s = t.Format("06")
		case 'm':
			s = t.Format("01")
		case 'd':
			s = t.Format("02")
		case 'e':
			s = t.Format("_2")
		case 'H':
			s = t.Format("15")
		case 'I':
			s = t.Format("03")
		case 'M':
			s = t.Format("04")
		case 'S':
			s = t.Format("05")
		case 'f':
			s = fmt.Sprintf("%06d", t.Nanosecond()/1000)
		case 'B':
			s = t.Format("January")
		case 'b', 'h':
			s = t.Format("Jan")
		case 'A':
			s = t.Format("Monday")
		case 'a':
			s = t.Format("Mon")
		case 'p':
			s = t.Format("PM")
		case 'j':
			s = fmt.Sprintf("%03d", t.YearDay())
		case 'w':
			s = strconv.Itoa(int(t.Weekday()))
		case 'u':
			s = strconv.Itoa((int(t.Weekday())+6)%7 + 1)
		case 'V':
			_, w := t.ISOWeek()
			s = fmt.Sprintf("%02d", w)
		case 'Z':
			s = t.Format("MST")
		case 'z':
			s = t.Format("-0700")
		case 's':
			s = strconv.FormatInt(t.Unix(), 10)
		case 'c':
			s = t.Format("Mon Jan _2 15:04:05 2006")
		case 'x', 'D':
			s = t.Format("01/02/06")
		case 'X', 'T':
			s = t.Format("15:04:05")
		case 'R':
			s = t.Format("15:04")
		case 'F':
			s = t.Format("2006-01-02")
		case 'n':
			s = "\n"
		case 't':
			s = "\t"
		case '%':
			s = "%"
		default:
			s = layout[i-1 : i+1]
		}
		if trim {
			if s = strings.TrimLeft(s, "0 "); s == "" {
				s = "0"
			}
		}
		b.WriteString(s)
	}
	return b.String()
}
