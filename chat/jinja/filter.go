package jinja

import (
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

func isFilter(name string) bool {
	return strings.Contains(" abs attr batch capitalize center count d default dictsort e escape first float format groupby"+
		" indent int items join last length list lower map max min reject rejectattr replace reverse round safe select"+
		" selectattr slice sort string sum title tojson trim truncate unique upper wordcount ", " "+name+" ")
}

// filter answers "v | name(args)".
func (r *run) filter(name string, v Value, a args) Value {
	r.spend(1)
	switch name {
	case "tojson":
		return r.tojson(v, a)
	case "safe":
		t := r.str(v)
		t.safe = true
		return t
	case "string":
		return r.str(v)
	case "lower", "upper", "title", "capitalize", "trim", "replace", "format", "center":
		t := r.str(v)
		if name == "trim" {
			name = "strip"
		}
		if name == "title" {
			r.grow(len(t.S))
			return like(words(t.S), t)
		}
		if name == "format" {
			return r.percent(t, &List{Items: a.pos, kind: tuple})
		}
		if name == "center" && len(a.pos) == 0 {
			w, ok := a.keyword("width")
			if !ok {
				w = int64(80)
			}
			a.pos = []Value{w}
		}
		for _, k := range []string{"chars", "old", "new", "count"} {
			if x, ok := a.keyword(k); ok {
				a.pos = append(a.pos, x)
			}
		}
		return r.stringMethod(t, name, a)
	case "e", "escape":
		return r.escape(r.str(v))
	case "default", "d":
		def, ok := a.get(0, "default_value")
		if !ok {
			def = Text{}
		}
		falsy, _ := a.get(1, "boolean")
		if _, undefined := v.(*Undefined); undefined || truthy(falsy) && !truthy(v) {
			return def
		}
		return v
	case "length", "count":
		return r.length(v)
	case "abs":
		if i, ok := integerOf(v); ok {
			return bigValue(new(big.Int).Abs(big.NewInt(i)))
		}
		if f, ok := num(v); ok {
			return math.Abs(f)
		}
		r.failf("TypeError: bad operand type for abs(): '%s'", typeName(v))
	case "int", "float":
		return r.number(name, v, a)
	case "round":
		return r.round(v, a)
	case "attr":
		n, _ := a.get(0, "name")
		return r.attr(v, r.str(n).S)
	case "wordcount":
		return int64(len(strings.Fields(r.str(v).S)))
	case "indent":
		return r.indent(r.str(v), a)
	case "truncate":
		return r.truncate(r.str(v), a)
	case "items":
		if _, ok := v.(*Undefined); ok {
			return &List{kind: generator}
		}
		d, ok := v.(*Dict)
		if !ok || d.namespace {
			r.failf("TypeError: Can only get item pairs from a mapping.")
		}
		return &List{Items: pairs(d.Keys, d.Values), kind: generator}
	case "dictsort":
		return r.dictsort(v, a)
	}
	return r.listFilter(name, v, a)
}

// words is the title filter, whose words begin after a blank, a dash or an opening bracket; str.title's after any byte
// that is no letter.
func words(s string) string {
	begins := true
	return strings.Map(func(c rune) rune {
		was := begins
		begins = space(c) || strings.ContainsRune("-({[<", c)
		if was {
			return unicode.ToUpper(c)
		}
		return unicode.ToLower(c)
	}, s)
}

// escape makes t safe in HTML, once.
func (r *run) escape(t Text) Text {
	if t.safe {
		return t
	}
	r.grow(len(t.S))
	t = like(strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;").Replace(t.S), t)
	t.safe = true
	return t
}

func pairs(keys, values []Value) []Value {
	out := make([]Value, len(keys))
	for i := range keys {
		out[i] = &List{Items: []Value{keys[i], values[i]}, kind: tuple}
	}
	return out
}

func (r *run) length(v Value) Value {
	switch v := v.(type) {
	case Text:
		return int64(len(r.runes(v)) - 1)
	case *List:
		if v.kind != generator {
			return int64(len(v.Items))
		}
	case *Dict:
		if !v.namespace {
			return int64(len(v.Keys))
		}
	case *Undefined:
		return int64(0)
	}
	r.failf("TypeError: object of type '%s' has no len()", typeName(v))
	return nil
}

func (r *run) number(name string, v Value, a args) Value {
	def, ok := a.get(0, "default")
	if !ok {
		def = int64(0)
		if name == "float" {
			def = 0.0
		}
	}
	f, isNum := num(v)
	if t, ok := v.(Text); ok {
		s := strings.ReplaceAll(strings.TrimSpace(t.S), "_", "")
		base := 10
		if b, ok := a.get(1, "base"); ok && name == "int" {
			if n, ok := integerOf(b); ok && (n == 0 || n >= 2 && n <= 36) {
				base = int(n)
			}
		}
		if base == 16 {
			s = strings.TrimPrefix(strings.TrimPrefix(s, "0x"), "0X")
		}
		if b, ok := new(big.Int).SetString(s, base); ok && name == "int" && len(s) < 5000 {
			return bigValue(b)
		}
		x, err := strconv.ParseFloat(s, 64)
		f, isNum = x, err == nil
	}
	if !isNum || name == "int" && (math.IsInf(f, 0) || math.IsNaN(f)) {
		return def
	}
	if name == "float" {
		return f
	}
	if i, ok := integerOf(v); ok {
		return i
	}
	if b, ok := v.(*big.Int); ok {
		return b
	}
	b, _ := big.NewFloat(f).Int(nil)
	return bigValue(b)
}

func (r *run) round(v Value, a args) Value {
	f, ok := num(v)
	if !ok {
		r.failf("TypeError: type %s doesn't define __round__ method", typeName(v))
	}
	p, _ := a.get(0, "precision")
	n, _ := integerOf(p)
	scale := math.Pow(10, float64(min(max(n, -300), 300)))
	if _, isInt := v.(int64); isInt && n >= 0 {
		return v
	}
	method, _ := a.get(1, "method")
	switch m, _ := method.(Text); m.S {
	case "ceil":
		return math.Ceil(f*scale) / scale
	case "floor":
		return math.Floor(f*scale) / scale
	}
	if n >= 0 && n < 300 {
		x, _ := strconv.ParseFloat(strconv.FormatFloat(f, 'f', int(n), 64), 64)
		return x
	}
	return math.RoundToEven(f*scale) / scale
}

func (r *run) indent(t Text, a args) Value {
	pad := Text{S: "    "}
	if w, ok := a.get(0, "width"); ok {
		if n, isInt := integerOf(w); isInt {
			pad, _ = r.repeat(Text{S: " "}, n).(Text)
		} else {
			pad = r.str(w)
		}
	}
	first, _ := a.get(1, "first")
	blank, _ := a.get(2, "blank")
	var b builder
	at := 0
	for i := 0; ; i++ {
		end := strings.IndexByte(t.S[at:], '\n')
		stop := len(t.S)
		if end >= 0 {
			stop = at + end
		}
		if (i > 0 || truthy(first)) && (stop > at || truthy(blank) || i == 0) {
			r.grow(len(pad.S))
			b.add(pad)
		}
		r.grow(stop - at)
		b.add(t.slice(at, min(stop+1, len(t.S))))
		if end < 0 {
			return b.text()
		}
		at = stop + 1
	}
}

func (r *run) truncate(t Text, a args) Value {
	integer := func(i int, name string, def int64) int64 {
		if v, ok := a.get(i, name); ok {
			if n, ok := integerOf(v); ok {
				return max(n, 0)
			}
		}
		return def
	}
	length, leeway := integer(0, "length", 255), integer(3, "leeway", 5)
	tail := Text{S: "..."}
	if e, ok := a.get(2, "end"); ok {
		tail = r.str(e)
	}
	at := r.runes(t)
	if int64(len(at)-1) <= length+leeway {
		return t
	}
	keep := t.slice(0, at[max(0, int(length)-len(r.runes(tail))+1)])
	if kill, _ := a.get(1, "killwords"); !truthy(kill) {
		if i := strings.LastIndexByte(keep.S, ' '); i >= 0 {
			keep = keep.slice(0, i)
		}
	}
	var b builder
	b.add(keep)
	b.add(tail)
	return b.text()
}

// folded lowers texts, as filters that sort do unless told to mind the case.
func (r *run) folded(v Value, caseSensitive bool) Value {
	if t, ok := v.(Text); ok && !caseSensitive {
		r.grow(len(t.S))
		return Text{S: strings.ToLower(t.S)}
	}
	return v
}

// sorted orders values, and others along with them, by the keys.
func (r *run) sorted(keys, others []Value, reverse, caseSensitive bool) ([]Value, []Value) {
	at := make([]int, len(keys))
	by := make([]Value, len(keys))
	for i, k := range keys {
		at[i], by[i] = i, r.folded(k, caseSensitive)
	}
	slices.SortStableFunc(at, func(i, j int) int {
		if reverse {
			i, j = j, i
		}
		return r.order(by[i], by[j])
	})
	k, o := make([]Value, len(at)), make([]Value, len(at))
	for i, j := range at {
		k[i], o[i] = keys[j], others[j]
	}
	return k, o
}

func (r *run) dictsort(v Value, a args) Value {
	d, ok := v.(*Dict)
	if !ok {
		r.failf("TypeError: dictsort wants a mapping, not '%s'", typeName(v))
	}
	sensitive, _ := a.get(0, "case_sensitive")
	by, _ := a.get(1, "by")
	reverse, _ := a.get(2, "reverse")
	if t, _ := by.(Text); t.S == "value" {
		values, keys := r.sorted(d.Values, d.Keys, truthy(reverse), truthy(sensitive))
		return &List{Items: pairs(keys, values)}
	}
	keys, values := r.sorted(d.Keys, d.Values, truthy(reverse), truthy(sensitive))
	return &List{Items: pairs(keys, values)}
}
