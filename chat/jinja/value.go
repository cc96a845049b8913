package jinja

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// A Value is one of nil (none), bool, int64, *big.Int, float64, Text, *List, *Dict, *Func, *loopVar or *Undefined.
type Value any

// A Text is a string that remembers which of its bytes came from the user. Concatenation, slices, strips, splits, joins
// and replacements keep the spans; whatever else makes a text from a marked one marks all of it.
type Text struct {
	S    string
	User []Span // rising and apart; nil for a text of the template's own
	safe bool   // went through safe or escape: + escapes what it is joined to
}

// A Span is the bytes [Lo, Hi) of a Text.
type Span struct{ Lo, Hi int }

// FromUser marks all of s.
func FromUser(s string) Text {
	if s == "" {
		return Text{}
	}
	return Text{S: s, User: []Span{{0, len(s)}}}
}

func (t Text) slice(lo, hi int) Text {
	out := Text{S: t.S[lo:hi]}
	for _, u := range t.User {
		if a, b := max(u.Lo, lo), min(u.Hi, hi); a < b {
			out.User = append(out.User, Span{a - lo, b - lo})
		}
	}
	return out
}

// like returns s, marked when any of from is.
func like(s string, from ...Text) Text {
	for _, f := range from {
		if f.User != nil {
			return FromUser(s)
		}
	}
	return Text{S: s}
}

// A builder joins Texts.
type builder struct {
	b    strings.Builder
	user []Span
}

func (b *builder) add(t Text) {
	at := b.b.Len()
	b.b.WriteString(t.S)
	for _, u := range t.User {
		u.Lo, u.Hi = u.Lo+at, u.Hi+at
		if n := len(b.user); n > 0 && b.user[n-1].Hi == u.Lo {
			b.user[n-1].Hi = u.Hi
		} else {
			b.user = append(b.user, u)
		}
	}
}

func (b *builder) text() Text { return Text{S: b.b.String(), User: b.user} }

type listKind uint8

const (
	plainList listKind = iota
	tuple
	span      // range()
	view      // dict.items() and its like: iterable, with a length, no JSON
	generator // what filters like map return: iterable, without a length
)

// A List is an ordered sequence, or what stands for one.
type List struct {
	Items []Value
	kind  listKind
}

// A Dict maps values to values in the order of insertion. namespace() is one too.
type Dict struct {
	Keys      []Value
	Values    []Value
	at        map[string]int
	namespace bool
}

// NewDict returns an empty Dict.
func NewDict() *Dict { return &Dict{at: map[string]int{}} }

// Set stores v under a text key.
func (d *Dict) Set(key string, v Value) { d.put("s"+key, Text{S: key}, v) }

func (d *Dict) put(h string, key, v Value) {
	if i, ok := d.at[h]; ok {
		d.Values[i] = v
		return
	}
	d.at[h] = len(d.Keys)
	d.Keys, d.Values = append(d.Keys, key), append(d.Values, v)
}

func (d *Dict) get(h string) (Value, bool) {
	i, ok := d.at[h]
	if !ok {
		return nil, false
	}
	return d.Values[i], true
}

func (d *Dict) remove(h string) {
	i := d.at[h]
	d.Keys, d.Values = slices.Delete(d.Keys, i, i+1), slices.Delete(d.Values, i, i+1)
	delete(d.at, h)
	for k, j := range d.at {
		if j > i {
			d.at[k] = j - 1
		}
	}
}

// A Func is anything that can be called.
type Func struct {
	name string
	call func(r *run, a args) Value
}

// An Undefined stands for a name or attribute that is not there. why is what using it raises.
type Undefined struct{ why string }

func bigValue(b *big.Int) Value {
	if b.IsInt64() {
		return b.Int64()
	}
	return b
}

func typeName(v Value) string {
	switch v := v.(type) {
	case nil:
		return "NoneType"
	case bool:
		return "bool"
	case int64, *big.Int:
		return "int"
	case float64:
		return "float"
	case Text:
		return "str"
	case *List:
		return []string{"list", "tuple", "range", "dict_view", "generator"}[v.kind]
	case *Dict:
		if v.namespace {
			return "Namespace"
		}
		return "dict"
	case *Undefined:
		return "Undefined"
	case *loopVar:
		return "LoopContext"
	}
	return "function"
}

func truthy(v Value) bool {
	switch v := v.(type) {
	case nil, *Undefined:
		return false
	case bool:
		return v
	case int64:
		return v != 0
	case float64:
		return v != 0
	case Text:
		return v.S != ""
	case *List:
		return v.kind == generator || len(v.Items) > 0
	case *Dict:
		return v.namespace || len(v.Keys) > 0
	}
	return true
}

// num returns a number, bools included, as float64.
func num(v Value) (f float64, ok bool) {
	switch v := v.(type) {
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	case int64:
		return float64(v), true
	case *big.Int:
		f, _ := new(big.Float).SetInt(v).Float64()
		return f, true
	case float64:
		return v, true
	}
	return 0, false
}

func integerOf(v Value) (int64, bool) {
	switch v := v.(type) {
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	case int64:
		return v, true
	}
	return 0, false
}

// hash is the key under which a Dict keeps v: equal values share it.
func (r *run) hash(v Value) string {
	r.spend(1)
	switch v := v.(type) {
	case nil:
		return "N"
	case Text:
		return "s" + v.S
	case *List:
		if v.kind == tuple {
			defer r.deeper()()
			var b strings.Builder
			b.WriteByte('t')
			for _, x := range v.Items {
				h := r.hash(x)
				r.grow(len(h))
				fmt.Fprintf(&b, "%d:%s", len(h), h)
			}
			return b.String()
		}
	case *Undefined:
		return "u"
	case *big.Int:
		return "n" + v.String()
	case *Func:
		return fmt.Sprintf("f%p", v)
	case *Dict:
	case *loopVar:
	default:
		f, _ := num(v)
		if i, ok := v.(int64); ok && int64(f) != i {
			return "n" + strconv.FormatInt(i, 10)
		}
		return "n" + strconv.FormatFloat(f, 'f', -1, 64)
	}
	r.failf("TypeError: unhashable type: '%s'", typeName(v))
	return ""
}

func (r *run) equal(a, b Value) bool {
	defer r.deeper()()
	if x, ok := num(a); ok {
		y, ok := num(b)
		if i, isInt := a.(int64); isInt {
			if j, isInt := b.(int64); isInt {
				return i == j
			}
		}
		return ok && x == y
	}
	switch a := a.(type) {
	case nil:
		return b == nil
	case Text:
		b, ok := b.(Text)
		return ok && a.S == b.S
	case *List:
		b, ok := b.(*List)
		if !ok || a.kind != b.kind || len(a.Items) != len(b.Items) {
			return false
		}
		for i := range a.Items {
			if !r.equal(a.Items[i], b.Items[i]) {
				return false
			}
		}
		return true
	case *Dict:
		b, ok := b.(*Dict)
		if !ok || len(a.Keys) != len(b.Keys) {
			return false
		}
		for i, k := range a.Keys {
			v, ok := b.get(r.hash(k))
			if !ok || !r.equal(a.Values[i], v) {
				return false
			}
		}
		return true
	case *Undefined:
		_, ok := b.(*Undefined)
		return ok
	case *Func:
		f, ok := b.(*Func)
		return ok && f == a
	}
	return false
}

// order compares as Python's < does.
func (r *run) order(a, b Value) int {
	defer r.deeper()()
	if x, ok := num(a); ok {
		if y, ok := num(b); ok {
			switch {
			case x < y:
				return -1
			case x > y:
				return 1
			}
			return 0
		}
	}
	if x, ok := a.(Text); ok {
		if y, ok := b.(Text); ok {
			r.spend(min(len(x.S), len(y.S)) / 64)
			return strings.Compare(x.S, y.S)
		}
	}
	if x, ok := a.(*List); ok {
		if y, ok := b.(*List); ok {
			for i := range min(len(x.Items), len(y.Items)) {
				if c := r.order(x.Items[i], y.Items[i]); c != 0 {
					return c
				}
			}
			return len(x.Items) - len(y.Items)
		}
	}
	for _, v := range []Value{a, b} {
		if u, ok := v.(*Undefined); ok {
			r.failf("UndefinedError: %s", u.why)
		}
	}
	r.failf("TypeError: '<' not supported between instances of '%s' and '%s'", typeName(a), typeName(b))
	return 0
}

// str is Python's str(): what printing shows.
func (r *run) str(v Value) Text {
	switch v := v.(type) {
	case Text:
		return v
	case *Undefined:
		return Text{}
	}
	var b builder
	r.repr(&b, v)
	return b.text()
}

func (r *run) repr(b *builder, v Value) {
	defer r.deeper()()
	at := b.b.Len()
	plain := func(s string) { b.add(Text{S: s}) }
	defer func() { r.grow(b.b.Len() - at) }()
	switch v := v.(type) {
	case nil:
		plain("None")
	case bool:
		plain(map[bool]string{true: "True", false: "False"}[v])
	case int64:
		plain(strconv.FormatInt(v, 10))
	case *big.Int:
		plain(v.String())
	case float64:
		plain(floatString(v))
	case Text:
		b.add(like(quote(v.S), v))
	case *Undefined:
		plain("Undefined")
	case *Func:
		plain("<function " + v.name + ">")
	case *loopVar:
		plain(fmt.Sprintf("<LoopContext %d/%d>", v.at+1, len(v.items)))
	case *List:
		open, shut := "[", "]"
		switch v.kind {
		case generator:
			plain("<generator object>")
			return
		case span:
			plain(fmt.Sprintf("range(0, %d)", len(v.Items)))
			return
		case view:
			open, shut = "dict_items([", "])"
		case tuple:
			open, shut = "(", ")"
			if len(v.Items) == 1 {
				shut = ",)"
			}
		}
		plain(open)
		for i, x := range v.Items {
			if i > 0 {
				plain(", ")
			}
			r.repr(b, x)
		}
		plain(shut)
	case *Dict:
		if v.namespace {
			plain("<Namespace ")
			defer plain(">")
		}
		plain("{")
		for i, k := range v.Keys {
			if i > 0 {
				plain(", ")
			}
			r.repr(b, k)
			plain(": ")
			r.repr(b, v.Values[i])
		}
		plain("}")
	}
}

func floatString(f float64) string {
	switch {
	case math.IsInf(f, 0):
		return map[bool]string{true: "inf", false: "-inf"}[f > 0]
	case math.IsNaN(f):
		return "nan"
	}
	if a := math.Abs(f); a != 0 && (a < 1e-4 || a >= 1e16) {
		return strconv.FormatFloat(f, 'e', -1, 64)
	}
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

func quote(s string) string {
	q := byte('\'')
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		q = '"'
	}
	var b strings.Builder
	b.WriteByte(q)
	for _, c := range s {
		switch {
		case c == rune(q) || c == '\\':
			b.WriteByte('\\')
			b.WriteRune(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\r':
			b.WriteString(`\r`)
		case c == '\t':
			b.WriteString(`\t`)
		case c < ' ' || c == 0x7f || c < 0x100 && !unicode.IsPrint(c):
			fmt.Fprintf(&b, `\x%02x`, c)
		case !unicode.IsPrint(c) && c < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, c)
		default:
			b.WriteRune(c)
		}
	}
	b.WriteByte(q)
	return b.String()
}

// Get returns the value under a text key.
func (d *Dict) Get(key string) (Value, bool) { return d.get("s" + key) }
