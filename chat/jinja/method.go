package jinja

import (
	"slices"
	"strings"
)

// method returns the method of a name that v has, or nil.
func (r *run) method(v Value, name string) Value {
	bind := func(names string, f func(r *run, a args) Value) Value {
		if !strings.Contains(names, " "+name+" ") {
			return nil
		}
		return &Func{name, f}
	}
	switch v := v.(type) {
	case Text:
		return bind(stringMethods, func(r *run, a args) Value { return r.stringMethod(v, name, a) })
	case *List:
		if v.kind == plainList {
			return bind(" append extend insert pop remove reverse sort index count copy clear ", func(r *run, a args) Value {
				return r.listMethod(v, name, a)
			})
		}
		return bind(" index count ", func(r *run, a args) Value { return r.listMethod(v, name, a) })
	case *Dict:
		if !v.namespace {
			return bind(" get items keys values copy pop update setdefault clear ", func(r *run, a args) Value {
				return r.dictMethod(v, name, a)
			})
		}
	}
	return nil
}

func (r *run) need(a args, n int, method string) {
	if len(a.pos) < n {
		r.failf("TypeError: %s expected at least %d argument(s), got %d", method, n, len(a.pos))
	}
}

func (r *run) dictMethod(d *Dict, name string, a args) Value {
	r.spend(len(d.Keys) >> 4)
	switch name {
	case "items":
		return &List{Items: pairs(d.Keys, d.Values), kind: view}
	case "keys":
		return &List{Items: slices.Clone(d.Keys), kind: view}
	case "values":
		return &List{Items: slices.Clone(d.Values), kind: view}
	case "copy":
		c := NewDict()
		for i, k := range d.Keys {
			c.put(r.hash(k), k, d.Values[i])
		}
		return c
	case "clear":
		*d = *NewDict()
		return nil
	case "update":
		from := global("dict").call(r, a).(*Dict)
		for i, k := range from.Keys {
			d.put(r.hash(k), k, from.Values[i])
		}
		return nil
	}
	r.need(a, 1, name)
	h := r.hash(a.pos[0])
	v, ok := d.get(h)
	def, hasDef := a.get(1, "default")
	switch {
	case ok && name == "pop":
		r.spend(len(d.Keys))
		d.remove(h)
	case !ok && name == "pop" && !hasDef:
		r.failf("KeyError: %s", r.str(a.pos[0]).S)
	case !ok && name == "setdefault":
		d.put(h, a.pos[0], def)
	}
	if ok {
		return v
	}
	return def
}

func (r *run) listMethod(l *List, name string, a args) Value {
	r.grow(16)
	r.spend(len(l.Items) >> 4)
	switch name {
	case "copy":
		r.grow(16 * len(l.Items))
		return &List{Items: slices.Clone(l.Items)}
	case "clear":
		l.Items = nil
		return nil
	case "reverse":
		l.Items = slices.Clone(l.Items)
		slices.Reverse(l.Items)
		return nil
	case "sort":
		reverse, _ := a.keyword("reverse")
		_, l.Items = r.sorted(l.Items, l.Items, truthy(reverse), true)
		return nil
	case "pop":
		i := int64(-1)
		if len(a.pos) > 0 {
			i, _ = integerOf(a.pos[0])
		}
		if i < 0 {
			i += int64(len(l.Items))
		}
		if i < 0 || i >= int64(len(l.Items)) {
			r.failf("IndexError: pop index out of range")
		}
		v := l.Items[i]
		l.Items = slices.Concat(l.Items[:i], l.Items[i+1:])
		return v
	}
	r.need(a, 1, name)
	x := a.pos[0]
	switch name {
	case "append":
		l.Items = append(l.Items, x)
	case "extend":
		items := r.iterate(x)
		r.grow(16 * len(items))
		l.Items = append(l.Items, items...)
	case "insert":
		r.need(a, 2, name)
		i, _ := integerOf(x)
		if i < 0 {
			i += int64(len(l.Items))
		}
		i = min(max(i, 0), int64(len(l.Items)))
		l.Items = slices.Concat(l.Items[:i], []Value{a.pos[1]}, l.Items[i:])
	case "count":
		n := int64(0)
		for _, v := range l.Items {
			if r.equal(v, x) {
				n++
			}
		}
		return n
	default:
		i := slices.IndexFunc(l.Items, func(v Value) bool { return r.equal(v, x) })
		if i < 0 {
			r.failf("ValueError: %s is not in list", r.str(x).S)
		}
		if name == "index" {
			return int64(i)
		}
		l.Items = slices.Concat(l.Items[:i], l.Items[i+1:])
	}
	return nil
}
