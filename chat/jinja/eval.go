package jinja

import (
	"math"
	"math/big"
	"slices"
	"strings"
	"unicode/utf8"
)

type keyword struct {
	name string
	v    Value
}

// args are those of one call.
type args struct {
	pos []Value
	kw  []keyword
}

func (a args) keyword(name string) (Value, bool) {
	for _, k := range a.kw {
		if k.name == name {
			return k.v, true
		}
	}
	return nil, false
}

// get returns the argument at a position or of a name.
func (a args) get(i int, name string) (Value, bool) {
	if i >= 0 && i < len(a.pos) {
		return a.pos[i], true
	}
	return a.keyword(name)
}

func contains(names []string, s string) bool { return slices.Contains(names, s) }

func runeLen(s string) int {
	_, n := utf8.DecodeRuneInString(s)
	return n
}

func (r *run) eval(x expr) Value {
	defer r.deeper()()
	switch x := x.(type) {
	case *lit:
		return x.v
	case *ident:
		if v, ok := r.scope.get(x.name); ok {
			return v
		}
		if f := global(x.name); f != nil {
			return f
		}
		return &Undefined{"'" + x.name + "' is undefined"}
	case *attr:
		return r.attr(r.eval(x.x), x.name)
	case *index:
		return r.index(r.eval(x.x), r.eval(x.key))
	case *slice:
		return r.slice(x)
	case *list:
		l := &List{Items: make([]Value, len(x.items))}
		if x.tuple {
			l.kind = tuple
		}
		for i, e := range x.items {
			l.Items[i] = r.eval(e)
		}
		return l
	case *dict:
		d := NewDict()
		for i, k := range x.keys {
			key := r.eval(k)
			d.put(r.hash(key), key, r.eval(x.values[i]))
		}
		return d
	case *unary:
		return r.unary(x.op, r.eval(x.x))
	case *binary:
		l := r.eval(x.x)
		switch x.op {
		case "and":
			if !truthy(l) {
				return l
			}
			return r.eval(x.y)
		case "or":
			if truthy(l) {
				return l
			}
			return r.eval(x.y)
		}
		return r.binary(x.op, l, r.eval(x.y))
	case *concat:
		var b builder
		for _, p := range x.parts {
			t := r.str(r.eval(p))
			r.grow(len(t.S))
			b.add(t)
		}
		return b.text()
	case *compare:
		l := r.eval(x.x)
		for i, op := range x.ops {
			v := r.eval(x.ys[i])
			if !r.compare(op, l, v) {
				return false
			}
			l = v
		}
		return true
	case *cond:
		if truthy(r.eval(x.test)) {
			return r.eval(x.then)
		}
		if x.els == nil {
			return &Undefined{"the inline if-expression evaluated to false and no else section was defined."}
		}
		return r.eval(x.els)
	case *call:
		fn := r.eval(x.fn)
		return r.invoke(fn, r.args(x))
	case *filter:
		v := r.eval(x.x)
		return r.filter(x.name, v, r.args((*call)(x)))
	case *test:
		v := r.eval(x.x)
		return r.test(x.name, v, r.args(&x.call)) != x.negated
	}
	panic("jinja: an expression of no known kind")
}

func (r *run) args(c *call) (a args) {
	for _, x := range c.args {
		a.pos = append(a.pos, r.eval(x))
	}
	if c.star != nil {
		a.pos = append(a.pos, r.iterate(r.eval(c.star))...)
	}
	for i, x := range c.kwValues {
		a.kw = append(a.kw, keyword{c.kwNames[i], r.eval(x)})
	}
	if c.star2 != nil {
		d, ok := r.eval(c.star2).(*Dict)
		if !ok {
			r.failf("TypeError: argument after ** must be a mapping")
		}
		for i, k := range d.Keys {
			a.kw = append(a.kw, keyword{r.str(k).S, d.Values[i]})
		}
	}
	return a
}

func (r *run) invoke(fn Value, a args) Value {
	r.spend(1)
	switch f := fn.(type) {
	case *Func:
		return f.call(r, a)
	case *Undefined:
		r.failf("UndefinedError: %s", f.why)
	case *loopVar:
		return f.call(r, a)
	}
	r.failf("TypeError: '%s' object is not callable", typeName(fn))
	return nil
}

// attr is x.name: methods first, as Python has it, then keys.
func (r *run) attr(x Value, name string) Value {
	if u, ok := x.(*Undefined); ok {
		r.failf("UndefinedError: %s", u.why)
	}
	if strings.HasPrefix(name, "_") {
		return &Undefined{"access to attribute '" + name + "' of '" + typeName(x) + "' object is unsafe."}
	}
	if l, ok := x.(*loopVar); ok {
		return l.attr(name)
	}
	if m := r.method(x, name); m != nil {
		return m
	}
	if d, ok := x.(*Dict); ok {
		if v, ok := d.get("s" + name); ok {
			return v
		}
	}
	return &Undefined{"'" + typeName(x) + " object' has no attribute '" + name + "'"}
}

// index is x[key].
func (r *run) index(x, key Value) Value {
	switch c := x.(type) {
	case *Undefined:
		r.failf("UndefinedError: %s", c.why)
	case *Dict:
		switch key.(type) {
		case *List, *Dict:
			if l, ok := key.(*List); !ok || l.kind != tuple {
				break
			}
			if v, ok := c.get(r.hash(key)); ok {
				return v
			}
		default:
			if v, ok := c.get(r.hash(key)); ok {
				return v
			}
		}
	case *List:
		if i, ok := integerOf(key); ok && c.kind != generator && c.kind != view {
			if i < 0 {
				i += int64(len(c.Items))
			}
			if i >= 0 && i < int64(len(c.Items)) {
				return c.Items[i]
			}
		}
	case Text:
		if i, ok := integerOf(key); ok {
			at := r.runes(c)
			n := int64(len(at) - 1)
			if i < 0 {
				i += n
			}
			if i >= 0 && i < n {
				return c.slice(at[i], at[i+1])
			}
		}
	}
	if k, ok := key.(Text); ok {
		if _, isDict := x.(*Dict); !isDict {
			return r.attr(x, k.S)
		}
		if m := r.method(x, k.S); m != nil {
			return m
		}
		return &Undefined{"'" + typeName(x) + " object' has no attribute '" + k.S + "'"}
	}
	return &Undefined{typeName(x) + " object has no element " + r.str(key).S}
}

// runes returns where each rune of t begins, and its length.
func (r *run) runes(t Text) []int {
	r.grow(8 * len(t.S))
	at := make([]int, 0, len(t.S)+1)
	for i := range t.S {
		at = append(at, i)
	}
	return append(at, len(t.S))
}

func (r *run) slice(x *slice) Value {
	v := r.eval(x.x)
	step := int64(1)
	bound := func(e expr) (int64, bool) {
		if e == nil {
			return 0, false
		}
		b := r.eval(e)
		if b == nil {
			return 0, false
		}
		i, ok := integerOf(b)
		if !ok {
			r.failf("TypeError: slice indices must be integers or None")
		}
		return i, true
	}
	if s, ok := bound(x.step); ok {
		if step = s; step == 0 {
			r.failf("ValueError: slice step cannot be zero")
		}
	}
	lo, hasLo := bound(x.lo)
	hi, hasHi := bound(x.hi)
	pick := func(n int64) (lo64, hi64 int64) {
		clamp := func(i int64, has bool, missing int64) int64 {
			if !has {
				return missing
			}
			if i < 0 {
				i += n
			}
			if step < 0 {
				return min(max(i, -1), n-1)
			}
			return min(max(i, 0), n)
		}
		if step < 0 {
			return clamp(lo, hasLo, n-1), clamp(hi, hasHi, -1)
		}
		return clamp(lo, hasLo, 0), clamp(hi, hasHi, n)
	}
	switch v := v.(type) {
	case Text:
		at := r.runes(v)
		a, z := pick(int64(len(at) - 1))
		if step == 1 {
			return v.slice(at[a], at[max(a, z)])
		}
		var b builder
		for i := a; step > 0 && i < z || step < 0 && i > z; i += step {
			b.add(v.slice(at[i], at[i+1]))
			if step > int64(len(at)) || -step > int64(len(at)) {
				break
			}
		}
		return b.text()
	case *List:
		if v.kind == generator || v.kind == view {
			r.failf("TypeError: '%s' object is not subscriptable", typeName(v))
		}
		a, z := pick(int64(len(v.Items)))
		out := &List{kind: v.kind}
		for i := a; step > 0 && i < z || step < 0 && i > z; i += step {
			r.spend(1)
			out.Items = append(out.Items, v.Items[i])
			if step > int64(len(v.Items)) || -step > int64(len(v.Items)) {
				break
			}
		}
		return out
	case *Undefined:
		r.failf("UndefinedError: %s", v.why)
	}
	r.failf("TypeError: '%s' object is not subscriptable", typeName(v))
	return nil
}

func (r *run) unary(op string, v Value) Value {
	if op == "not" {
		return !truthy(v)
	}
	if u, ok := v.(*Undefined); ok {
		r.failf("UndefinedError: %s", u.why)
	}
	if i, ok := integerOf(v); ok {
		if op == "-" {
			return bigValue(new(big.Int).Neg(big.NewInt(i)))
		}
		return i
	}
	f, ok := num(v)
	if !ok {
		r.failf("TypeError: bad operand type for unary %s: '%s'", op, typeName(v))
	}
	if op == "-" {
		return -f
	}
	return f
}

func (r *run) compare(op string, a, b Value) bool {
	switch op {
	case "==":
		return r.equal(a, b)
	case "!=":
		return !r.equal(a, b)
	case "in":
		return r.in(a, b)
	case "not in":
		return !r.in(a, b)
	case "<":
		return r.order(a, b) < 0
	case "<=":
		return r.order(a, b) <= 0
	case ">":
		return r.order(a, b) > 0
	}
	return r.order(a, b) >= 0
}

func (r *run) in(x, container Value) bool {
	switch c := container.(type) {
	case Text:
		t, ok := x.(Text)
		if !ok {
			if _, undefined := x.(*Undefined); undefined {
				r.failf("TypeError: 'in <string>' requires string as left operand, not Undefined")
			}
			r.failf("TypeError: 'in <string>' requires string as left operand, not %s", typeName(x))
		}
		r.spend(len(c.S) >> 8)
		return strings.Contains(c.S, t.S)
	case *Dict:
		_, ok := c.get(r.hash(x))
		return ok
	case *List:
		return slices.ContainsFunc(c.Items, func(v Value) bool { return r.equal(v, x) })
	case *Undefined:
		return false
	}
	r.failf("TypeError: argument of type '%s' is not iterable", typeName(container))
	return false
}

func (r *run) binary(op string, a, b Value) Value {
	for _, v := range []Value{a, b} {
		if u, ok := v.(*Undefined); ok {
			r.failf("UndefinedError: %s", u.why)
		}
	}
	if t, ok := a.(Text); ok {
		switch u := b.(type) {
		case Text:
			if op == "+" {
				safe := t.safe || u.safe
				if safe {
					t, u = r.escape(t), r.escape(u)
				}
				var s builder
				r.grow(len(t.S) + len(u.S))
				s.add(t)
				s.add(u)
				sum := s.text()
				sum.safe = safe
				return sum
			}
		case int64:
			if op == "*" {
				return r.repeat(t, u)
			}
		}
		if op == "%" {
			return r.percent(t, b)
		}
	}
	if l, ok := a.(*List); ok {
		if m, ok := b.(*List); ok && op == "+" && l.kind == m.kind {
			r.grow(16 * (len(l.Items) + len(m.Items)))
			return &List{Items: append(slices.Clone(l.Items), m.Items...), kind: l.kind}
		}
		if n, ok := b.(int64); ok && op == "*" {
			n = max(n, 0)
			if n > maxBytes/16/int64(max(1, len(l.Items))) {
				panic(&LimitError{"makes too long a list"})
			}
			r.grow(16 * len(l.Items) * int(n))
			return &List{Items: slices.Repeat(l.Items, int(n)), kind: l.kind}
		}
	}
	if n, ok := a.(int64); ok && op == "*" {
		switch b.(type) {
		case Text, *List:
			return r.binary(op, b, n)
		}
	}
	x, okX := integerOf(a)
	y, okY := integerOf(b)
	if okX && okY && op != "/" {
		return r.integers(op, x, y)
	}
	f, okX := num(a)
	g, okY := num(b)
	if !okX || !okY {
		if _, isText := a.(Text); isText && op == "+" {
			r.failf("TypeError: can only concatenate str (not \"%s\") to str", typeName(b))
		}
		r.failf("TypeError: unsupported operand type(s) for %s: '%s' and '%s'", op, typeName(a), typeName(b))
	}
	switch op {
	case "+":
		return f + g
	case "-":
		return f - g
	case "*":
		return f * g
	case "**":
		return math.Pow(f, g)
	}
	if g == 0 {
		r.failf("ZeroDivisionError: division by zero")
	}
	switch op {
	case "/":
		return f / g
	case "//":
		return math.Floor(f / g)
	}
	m := math.Mod(f, g)
	if m != 0 && (m < 0) != (g < 0) {
		m += g
	}
	return m
}

func (r *run) integers(op string, x, y int64) Value {
	a, b := big.NewInt(x), big.NewInt(y)
	switch op {
	case "+":
		return bigValue(a.Add(a, b))
	case "-":
		return bigValue(a.Sub(a, b))
	case "*":
		return bigValue(a.Mul(a, b))
	case "**":
		if y < 0 {
			return math.Pow(float64(x), float64(y))
		}
		if y > 64 && x != 0 && x != 1 && x != -1 {
			panic(&LimitError{"raises a number to too high a power"})
		}
		return bigValue(a.Exp(a, b, nil))
	}
	if y == 0 {
		r.failf("ZeroDivisionError: integer division or modulo by zero")
	}
	q, m := new(big.Int).DivMod(a, b, new(big.Int)) // Euclidean: 0 <= m
	if y < 0 && m.Sign() != 0 {
		q.Sub(q, big.NewInt(1))
		m.Add(m, b)
	}
	if op == "//" {
		return bigValue(q)
	}
	return bigValue(m)
}

func (r *run) repeat(t Text, n int64) Value {
	if n <= 0 || t.S == "" {
		return Text{}
	}
	if n > maxBytes/int64(len(t.S)) {
		panic(&LimitError{"makes too much text"})
	}
	r.grow(len(t.S) * int(n))
	return like(strings.Repeat(t.S, int(n)), t)
}
