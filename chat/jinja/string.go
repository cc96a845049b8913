package jinja

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"
)

const stringMethods = " capitalize casefold center count endswith find format index isalnum isalpha isascii isdecimal isdigit" +
	" islower isnumeric isspace istitle isupper join ljust lower lstrip partition removeprefix removesuffix replace rfind rindex" +
	" rjust rpartition rsplit rstrip split splitlines startswith strip swapcase title upper zfill "

// stringMethod is t.name(args), as Python's str has it.
func (r *run) stringMethod(t Text, name string, a args) Value {
	r.spend(1 + len(t.S)>>8)
	switch name {
	case "upper", "lower", "casefold", "capitalize", "title", "swapcase":
		r.grow(len(t.S))
		return like(recase(name, t.S), t)
	case "strip", "lstrip", "rstrip":
		return r.strip(t, name, a)
	case "split", "rsplit":
		return r.split(t, name == "rsplit", a)
	case "splitlines":
		keep, _ := a.get(0, "keepends")
		return r.lines(t, truthy(keep))
	case "format":
		return r.format(t, a)
	case "isalnum", "isalpha", "isascii", "isdecimal", "isdigit", "isnumeric", "isspace", "islower", "isupper", "istitle":
		return is(name, t.S)
	}
	r.need(a, 1, name)
	arg := func(i int) Text {
		s, ok := a.pos[i].(Text)
		if !ok && name != "replace" {
			r.failf("TypeError: %s wants a str, not '%s'", name, typeName(a.pos[i]))
		}
		if !ok {
			return r.str(a.pos[i])
		}
		return s
	}
	switch name {
	case "startswith", "endswith", "find", "index", "count":
		if lo, ok := a.get(1, "start"); ok && len(a.pos) > 1 {
			return r.within(t, name, lo, a)
		}
	}
	switch name {
	case "startswith", "endswith":
		has := strings.HasPrefix
		if name == "endswith" {
			has = strings.HasSuffix
		}
		if l, ok := a.pos[0].(*List); ok && l.kind == tuple {
			for _, x := range l.Items {
				if s, ok := x.(Text); ok && has(t.S, s.S) {
					return true
				}
			}
			return false
		}
		return has(t.S, arg(0).S)
	case "replace":
		r.need(a, 2, name)
		n := -1
		if v, ok := a.get(2, "count"); ok && v != nil {
			k, _ := integerOf(v)
			n = int(min(k, math.MaxInt32))
		}
		return r.replace(t, arg(0), arg(1), n)
	case "removeprefix":
		if s := arg(0).S; strings.HasPrefix(t.S, s) {
			return t.slice(len(s), len(t.S))
		}
		return t
	case "removesuffix":
		if s := arg(0).S; strings.HasSuffix(t.S, s) {
			return t.slice(0, len(t.S)-len(s))
		}
		return t
	case "count":
		return int64(strings.Count(t.S, arg(0).S))
	case "find", "index", "rfind", "rindex":
		i := strings.Index(t.S, arg(0).S)
		if name[0] == 'r' {
			i = strings.LastIndex(t.S, arg(0).S)
		}
		if i < 0 {
			if strings.HasSuffix(name, "index") {
				r.failf("ValueError: substring not found")
			}
			return int64(-1)
		}
		return int64(utf8.RuneCountInString(t.S[:i]))
	case "partition", "rpartition":
		sep := arg(0)
		i := strings.Index(t.S, sep.S)
		if name == "rpartition" {
			i = strings.LastIndex(t.S, sep.S)
		}
		out := []Value{t, Text{}, Text{}}
		switch {
		case sep.S == "":
			r.failf("ValueError: empty separator")
		case i >= 0:
			j := i + len(sep.S)
			out = []Value{t.slice(0, i), t.slice(i, j), t.slice(j, len(t.S))}
		case name == "rpartition":
			out = []Value{Text{}, Text{}, t}
		}
		return &List{Items: out, kind: tuple}
	case "join":
		return r.listFilter("join", a.pos[0], args{pos: []Value{t}})
	}
	width, ok := integerOf(a.pos[0])
	if !ok {
		r.failf("TypeError: %s wants an int, not '%s'", name, typeName(a.pos[0]))
	}
	fill := Text{S: " "}
	if len(a.pos) > 1 {
		fill = arg(1)
	}
	return r.pad(t, name, width, fill)
}

// within answers a search in t[start:stop], given as the second and third argument.
func (r *run) within(t Text, name string, start Value, a args) Value {
	cut := slice{x: &lit{t}, lo: &lit{start}}
	if len(a.pos) > 2 {
		cut.hi = &lit{a.pos[2]}
	}
	part := r.slice(&cut).(Text)
	v := r.stringMethod(part, name, args{pos: a.pos[:1]})
	if i, ok := v.(int64); ok && i >= 0 && name != "count" {
		skip, _ := integerOf(start)
		if n := int64(utf8.RuneCountInString(t.S)); skip < 0 {
			skip = max(0, skip+n)
		}
		return i + skip
	}
	return v
}

func (r *run) pad(t Text, name string, width int64, fill Text) Value {
	n := width - int64(utf8.RuneCountInString(t.S))
	if n <= 0 {
		return t
	}
	var left, right int64
	var b builder
	switch name {
	case "ljust":
		right = n
	case "rjust":
		left = n
	case "zfill":
		left, fill = n, Text{S: "0"}
		if t.S != "" && (t.S[0] == '-' || t.S[0] == '+') {
			b.add(t.slice(0, 1))
			t = t.slice(1, len(t.S))
		}
	default:
		left = n/2 + n&width&1
		right = n - left
	}
	b.add(r.repeat(fill, left).(Text))
	b.add(t)
	b.add(r.repeat(fill, right).(Text))
	return b.text()
}

func recase(name, s string) string {
	switch name {
	case "upper":
		return strings.ReplaceAll(strings.ToUpper(s), "ß", "SS") // the one upper case in use with two letters
	case "lower", "casefold":
		return strings.ToLower(s)
	}
	begins := true // of a word, or of the text
	return strings.Map(func(c rune) rune {
		was := begins
		switch name {
		case "swapcase":
			if unicode.IsUpper(c) {
				return unicode.ToLower(c)
			}
			return unicode.ToUpper(c)
		case "title":
			begins = !unicode.IsLetter(c)
		default:
			begins = false
		}
		if was {
			return unicode.ToTitle(c)
		}
		return unicode.ToLower(c)
	}, s)
}

func is(name, s string) bool {
	cased := false
	for _, c := range s {
		cased = cased || unicode.IsUpper(c) || unicode.IsLower(c)
		ok := true
		switch name {
		case "isalnum":
			ok = unicode.IsLetter(c) || unicode.IsNumber(c)
		case "isalpha":
			ok = unicode.IsLetter(c)
		case "isascii":
			ok = c < 0x80
		case "isdecimal", "isdigit":
			ok = unicode.IsDigit(c)
		case "isnumeric":
			ok = unicode.IsNumber(c)
		case "isspace":
			ok = unicode.IsSpace(c)
		}
		if !ok {
			return false
		}
	}
	switch name {
	case "islower":
		return cased && s == strings.ToLower(s)
	case "isupper":
		return cased && s == strings.ToUpper(s)
	case "istitle":
		return cased && s == recase("title", s)
	}
	return s != "" || name == "isascii"
}

// space is what Python strips and splits on by default.
func space(c rune) bool { return unicode.IsSpace(c) || c >= 0x1c && c <= 0x1f }

func (r *run) strip(t Text, name string, a args) Value {
	cut := space
	if v, ok := a.get(0, "chars"); ok && v != nil {
		chars := r.str(v).S
		cut = func(c rune) bool { return strings.ContainsRune(chars, c) }
	}
	lo, hi := 0, len(t.S)
	if name != "rstrip" {
		lo = hi - len(strings.TrimLeftFunc(t.S, cut))
	}
	if name != "lstrip" {
		hi = lo + len(strings.TrimRightFunc(t.S[lo:], cut))
	}
	return t.slice(lo, hi)
}

func (r *run) split(t Text, right bool, a args) Value {
	most := math.MaxInt32
	if v, ok := a.get(1, "maxsplit"); ok {
		if n, ok := integerOf(v); ok && n >= 0 {
			most = int(min(n, math.MaxInt32))
		}
	}
	sep, _ := a.get(0, "sep")
	var cuts []Span // the parts
	switch s, ok := sep.(Text); {
	case sep == nil:
		cuts = fields(t.S, most, right)
	case !ok:
		r.failf("TypeError: must be str or None, not %s", typeName(sep))
	case s.S == "":
		r.failf("ValueError: empty separator")
	case right:
		hi := len(t.S)
		for ; most > 0; most-- {
			i := strings.LastIndex(t.S[:hi], s.S)
			if i < 0 {
				break
			}
			cuts = append([]Span{{i + len(s.S), hi}}, cuts...)
			r.spend(len(cuts) >> 4)
			hi = i
		}
		cuts = append([]Span{{0, hi}}, cuts...)
	default:
		lo := 0
		for ; most > 0; most-- {
			i := strings.Index(t.S[lo:], s.S)
			if i < 0 {
				break
			}
			cuts = append(cuts, Span{lo, lo + i})
			lo += i + len(s.S)
		}
		cuts = append(cuts, Span{lo, len(t.S)})
	}
	r.grow(48 * len(cuts))
	l := &List{Items: make([]Value, len(cuts))}
	for i, c := range cuts {
		l.Items[i] = t.slice(c.Lo, c.Hi)
	}
	return l
}

// fields are the parts between runs of blanks, after at most n cuts from the left or the right.
func fields(s string, n int, right bool) (parts []Span) {
	start := -1
	for i, c := range s {
		switch {
		case space(c):
			if start >= 0 {
				parts = append(parts, Span{start, i})
				start = -1
			}
		case start < 0:
			start = i
		}
	}
	if start >= 0 {
		parts = append(parts, Span{start, len(s)})
	}
	if len(parts) <= n+1 || len(parts) == 0 {
		return parts
	}
	if right {
		keep := parts[len(parts)-n:]
		return append([]Span{{0, parts[len(parts)-n-1].Hi}}, keep...)
	}
	return append(parts[:n:n], Span{parts[n].Lo, len(s)})
}

func (r *run) lines(t Text, keep bool) Value {
	l := &List{}
	for at := 0; at < len(t.S); {
		end := strings.IndexAny(t.S[at:], "\n\r\v\f\x1c\x1d\x1e\u0085\u2028\u2029")
		if end < 0 {
			l.Items = append(l.Items, t.slice(at, len(t.S)))
			break
		}
		end += at
		next := end + runeLen(t.S[end:])
		if strings.HasPrefix(t.S[end:], "\r\n") {
			next = end + 2
		}
		if keep {
			end = next
		}
		l.Items = append(l.Items, t.slice(at, end))
		at = next
		r.grow(48)
	}
	return l
}

// replace keeps the marks of what it leaves, and those of the replacement.
func (r *run) replace(t, old, new Text, n int) Value {
	var b builder
	lo := 0
	for n != 0 {
		i := strings.Index(t.S[lo:], old.S)
		if old.S == "" {
			if i = 0; lo > 0 || b.b.Len() > 0 {
				if lo == len(t.S) {
					break
				}
				i = runeLen(t.S[lo:])
			}
		}
		if i < 0 {
			break
		}
		r.grow(i + len(new.S))
		b.add(t.slice(lo, lo+i))
		b.add(new)
		lo += i + len(old.S)
		n--
		if old.S == "" && new.S == "" {
			break
		}
	}
	r.grow(len(t.S) - lo)
	b.add(t.slice(lo, len(t.S)))
	return b.text()
}
