package jinja

import (
	"slices"
	"strconv"
	"strings"
)

// path follows "a.b.0" or an index from v.
func (r *run) path(v Value, attribute Value) Value {
	t, ok := attribute.(Text)
	if !ok {
		return r.index(v, attribute)
	}
	for _, part := range strings.Split(t.S, ".") {
		if n, err := strconv.ParseInt(part, 10, 64); err == nil {
			v = r.index(v, n)
		} else {
			// Filters look at items before attributes.
			v = r.item(v, part)
		}
	}
	return v
}

func (r *run) item(v Value, name string) Value {
	if d, ok := v.(*Dict); ok {
		if x, ok := d.get("s" + name); ok {
			return x
		}
	}
	return r.attr(v, name)
}

// by returns what a filter with attribute= looks at in each item.
func (r *run) by(items []Value, a args, at int) []Value {
	attribute, ok := a.get(at, "attribute")
	if !ok || attribute == nil {
		return items
	}
	def, hasDef := a.keyword("default")
	out := make([]Value, len(items))
	for i, v := range items {
		out[i] = r.path(v, attribute)
		if _, undefined := out[i].(*Undefined); undefined && hasDef {
			out[i] = def
		}
	}
	return out
}

// listFilter answers the filters over sequences.
func (r *run) listFilter(name string, v Value, a args) Value {
	if !isFilter(name) {
		r.failf("TemplateRuntimeError: No filter named '%s' found.", name)
	}
	if t, ok := v.(Text); ok && name == "reverse" {
		at := r.runes(t)
		var b builder
		for i := len(at) - 2; i >= 0; i-- {
			b.add(t.slice(at[i], at[i+1]))
		}
		return b.text()
	}
	if l, ok := v.(*List); ok && name == "last" && l.kind == generator {
		r.failf("TypeError: 'generator' object is not reversible")
	}
	var items []Value
	switch name {
	case "map", "select", "reject", "selectattr", "rejectattr":
		if truthy(v) { // these take none for an empty sequence
			items = r.iterate(v)
		}
	default:
		items = r.iterate(v)
	}
	r.spend(len(items))
	lazy := func(items []Value) Value { return &List{Items: items, kind: generator} }
	switch name {
	case "list":
		r.grow(16 * len(items))
		return &List{Items: slices.Clone(items)}
	case "first", "last":
		if len(items) == 0 {
			return &Undefined{"No " + name + " item, sequence was empty."}
		}
		if name == "first" {
			return items[0]
		}
		return items[len(items)-1]
	case "reverse":
		items = slices.Clone(items)
		slices.Reverse(items)
		return lazy(items)
	case "join":
		sep, _ := a.get(0, "d")
		between := Text{}
		if sep != nil {
			between = r.str(sep)
		}
		var b builder
		for i, x := range r.by(items, a, 1) {
			t := r.str(x)
			r.grow(len(t.S) + len(between.S))
			if i > 0 {
				b.add(between)
			}
			b.add(t)
		}
		return b.text()
	case "sort":
		reverse, _ := a.get(0, "reverse")
		sensitive, _ := a.get(1, "case_sensitive")
		_, out := r.sorted(r.by(items, a, 2), items, truthy(reverse), truthy(sensitive))
		return &List{Items: out}
	case "unique":
		sensitive, _ := a.get(0, "case_sensitive")
		seen := map[string]bool{}
		var out []Value
		for i, x := range r.by(items, a, 1) {
			if h := r.hash(r.folded(x, truthy(sensitive))); !seen[h] {
				seen[h] = true
				out = append(out, items[i])
			}
		}
		return lazy(out)
	case "min", "max":
		if len(items) == 0 {
			return &Undefined{"No aggregated item, sequence was empty."}
		}
		sensitive, _ := a.get(0, "case_sensitive")
		keys, best := r.by(items, a, 1), 0
		for i := range keys {
			c := r.order(r.folded(keys[i], truthy(sensitive)), r.folded(keys[best], truthy(sensitive)))
			if name == "min" && c < 0 || name == "max" && c > 0 {
				best = i
			}
		}
		return items[best]
	case "sum":
		total, ok := a.get(1, "start")
		if !ok {
			total = int64(0)
		}
		for _, x := range r.by(items, a, 0) {
			total = r.binary("+", total, x)
		}
		return total
	case "map":
		if _, ok := a.keyword("attribute"); ok {
			return lazy(slices.Clone(r.by(items, a, -1)))
		}
		if len(a.pos) == 0 {
			r.failf("TypeError: map wants a filter or an attribute")
		}
		f := r.str(a.pos[0]).S
		out := make([]Value, len(items))
		for i, x := range items {
			out[i] = r.filter(f, x, args{a.pos[1:], a.kw})
		}
		return lazy(out)
	case "select", "reject", "selectattr", "rejectattr":
		return lazy(r.choose(name, items, a))
	case "batch", "slice":
		return lazy(r.group(name, items, a))
	case "groupby":
		keys, out := r.sorted(r.by(items, a, 0), items, false, false)
		var groups []Value
		for i := 0; i < len(out); {
			j := i
			for j < len(out) && r.equal(r.folded(keys[i], false), r.folded(keys[j], false)) {
				j++
			}
			groups = append(groups, &List{Items: []Value{keys[i], &List{Items: out[i:j:j]}}, kind: tuple})
			i = j
		}
		return &List{Items: groups}
	}
	r.failf("TemplateRuntimeError: No filter named '%s' found.", name)
	return nil
}

func (r *run) choose(name string, items []Value, a args) (out []Value) {
	keys := items
	pos := a.pos
	if strings.HasSuffix(name, "attr") {
		if len(pos) == 0 {
			r.failf("TypeError: %s wants an attribute", name)
		}
		keys = r.by(items, args{pos: pos[:1]}, 0)
		pos = pos[1:]
	}
	for i, k := range keys {
		ok := truthy(k)
		if len(pos) > 0 {
			ok = r.test(r.str(pos[0]).S, k, args{pos[1:], a.kw})
		}
		if ok == strings.HasPrefix(name, "select") {
			out = append(out, items[i])
		}
	}
	return out
}

// group cuts items into batches of n, or into n slices.
func (r *run) group(name string, items []Value, a args) (out []Value) {
	v, _ := a.get(0, map[string]string{"batch": "linecount", "slice": "slices"}[name])
	size, ok := integerOf(v)
	if !ok || size < 1 || size > maxRange {
		r.failf("ValueError: %s wants a count from 1 to %d", name, maxRange)
	}
	fill, filled := a.get(1, "fill_with")
	filled = filled && fill != nil
	n := int(size)
	if name == "batch" {
		for i := 0; i < len(items); i += n {
			b := slices.Clone(items[i:min(i+n, len(items))])
			for filled && len(b) < n {
				r.grow(16)
				b = append(b, fill)
			}
			out = append(out, &List{Items: b})
		}
		return out
	}
	r.grow(16 * n)
	each, more, at := len(items)/n, len(items)%n, 0
	for i := range n {
		m := each
		if i < more {
			m++
		}
		s := slices.Clone(items[at : at+m])
		at += m
		if filled && i >= more && more > 0 {
			s = append(s, fill)
		}
		out = append(out, &List{Items: s})
	}
	return out
}
