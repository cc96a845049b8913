package jinja

type flow uint8

const (
	onward flow = iota
	breaking
	continuing
)

func (r *run) exec(body []node) flow {
	if r.out == nil {
		r.out = new(builder)
	}
	defer r.deeper()()
	for _, n := range body {
		if f := r.node(n); f != onward {
			return f
		}
	}
	return onward
}

func (r *run) node(n node) flow {
	r.spend(1)
	switch n := n.(type) {
	case text:
		r.write(n.s)
	case print:
		r.write(r.str(r.eval(n.x)))
	case *ifs:
		for i, t := range n.tests {
			if truthy(r.eval(t)) {
				return r.exec(n.bodies[i])
			}
		}
		if len(n.bodies) > len(n.tests) {
			return r.exec(n.bodies[len(n.tests)])
		}
	case *loop:
		return r.loop(n, r.eval(n.iter), 0)
	case *set:
		r.assign(n.target, r.eval(n.value))
	case *setBlock:
		r.assign([]assign{n.target}, r.filters(n.filters, r.capture(n.body)))
	case *filterBlock:
		r.write(r.str(r.filters(n.filters, r.capture(n.body))))
	case *macro:
		r.scope.vars[n.name] = r.macro(n)
	case *callBlock:
		fn, a := r.eval(n.call.fn), r.args(n.call)
		a.kw = append(a.kw, keyword{"caller", r.macro(n.m)})
		r.write(r.str(r.invoke(fn, a)))
	case *with:
		inner := &scope{vars: map[string]Value{}, parent: r.scope}
		for i, a := range n.names {
			inner.vars[a.name] = r.eval(n.values[i])
		}
		outer := r.scope
		r.scope = inner
		f := r.exec(n.body)
		r.scope = outer
		return f
	case jump:
		if n {
			return breaking
		}
		return continuing
	}
	return onward
}

func (r *run) write(t Text) {
	r.grow(len(t.S))
	r.out.add(t)
}

// capture renders body in a scope of its own and returns the text.
func (r *run) capture(body []node) Value {
	outer, out := r.scope, r.out
	r.scope, r.out = &scope{vars: map[string]Value{}, parent: outer}, new(builder)
	r.exec(body)
	t := r.out.text()
	r.scope, r.out = outer, out
	return t
}

func (r *run) filters(calls []*call, v Value) Value {
	for _, c := range calls {
		v = r.filter(c.name, v, r.args(c))
	}
	return v
}

func (r *run) assign(to []assign, v Value) {
	if len(to) == 1 {
		a := to[0]
		if a.attr == "" {
			r.scope.vars[a.name] = v
			return
		}
		ns, _ := r.scope.get(a.name)
		d, ok := ns.(*Dict)
		if !ok || !d.namespace {
			r.failf("TemplateRuntimeError: cannot assign attribute on non-namespace object")
		}
		d.Set(a.attr, v)
		return
	}
	items := r.iterate(v)
	if len(items) != len(to) {
		r.failf("ValueError: %d values to unpack into %d names", len(items), len(to))
	}
	for i, a := range to {
		r.assign([]assign{a}, items[i])
	}
}

// loop runs a for statement over v.
func (r *run) loop(n *loop, v Value, depth int64) flow {
	items := r.iterate(v)
	outer := r.scope
	defer func() { r.scope = outer }()
	enter := func(item Value) {
		r.scope = &scope{vars: map[string]Value{}, parent: outer}
		r.assign(n.target, item)
	}
	if n.cond != nil {
		var kept []Value
		for _, item := range items {
			enter(item)
			if truthy(r.eval(n.cond)) {
				kept = append(kept, item)
			}
		}
		items = kept
		r.scope = outer
	}
	if len(items) == 0 {
		return r.exec(n.els)
	}
	state := &loopVar{stmt: n, items: items, depth: depth, last: &Undefined{}}
	for i, item := range items {
		r.spend(8) // an iteration costs about what eight evaluations do
		state.at = i
		enter(item)
		r.scope.vars["loop"] = state
		if r.exec(n.body) == breaking {
			break
		}
	}
	return onward
}

// iterate returns what a loop over v visits.
func (r *run) iterate(v Value) []Value {
	switch v := v.(type) {
	case *List:
		r.spend(len(v.Items) >> 4)
		if v.kind == generator {
			items := v.Items
			v.Items = nil // a generator gives its items once
			return items
		}
		return v.Items[:len(v.Items):len(v.Items)]
	case *Dict:
		if !v.namespace {
			return append([]Value(nil), v.Keys...)
		}
	case Text:
		r.grow(32 * len(v.S))
		var items []Value
		for i, c := range v.S {
			_ = c
			items = append(items, v.slice(i, i+runeLen(v.S[i:])))
		}
		return items
	case *Undefined:
		return nil
	}
	r.failf("TypeError: '%s' object is not iterable", typeName(v))
	return nil
}

// macro binds a macro to the scope it is defined in.
func (r *run) macro(m *macro) *Func {
	home := r.scope
	return &Func{m.name, func(r *run, a args) Value {
		defer r.deeper()()
		outer, out := r.scope, r.out
		r.scope, r.out = &scope{vars: map[string]Value{}, parent: home}, new(builder)
		vars := r.scope.vars
		for i, p := range m.params {
			switch v, ok := a.keyword(p); {
			case i < len(a.pos):
				vars[p] = a.pos[i]
			case ok:
				vars[p] = v
			case i >= len(m.params)-len(m.defaults):
				vars[p] = r.eval(m.defaults[i-len(m.params)+len(m.defaults)])
			default:
				vars[p] = &Undefined{"parameter '" + p + "' was not provided"}
			}
		}
		if caller, ok := a.keyword("caller"); ok {
			vars["caller"] = caller
		}
		vars["varargs"] = &List{Items: a.pos[min(len(m.params), len(a.pos)):], kind: tuple}
		kwargs := NewDict()
		for _, k := range a.kw {
			if !contains(m.params, k.name) && k.name != "caller" {
				kwargs.Set(k.name, k.v)
			}
		}
		vars["kwargs"] = kwargs
		r.exec(m.body)
		t := r.out.text()
		r.scope, r.out = outer, out
		return t
	}}
}
