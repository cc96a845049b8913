package jinja

// global returns the function of a name that templates may call, or nil.
func global(name string) *Func {
	switch name {
	case "range":
		return &Func{name, (*run).rangeOf}
	case "raise_exception":
		return &Func{name, func(r *run, a args) Value {
			v, _ := a.get(0, "message")
			panic(&Error{Msg: r.str(v).S, Raised: true})
		}}
	case "strftime_now":
		return &Func{name, func(r *run, a args) Value {
			v, _ := a.get(0, "format")
			return Text{S: strftime(r.now, r.str(v).S)}
		}}
	case "namespace", "dict":
		return &Func{name, func(r *run, a args) Value {
			d := NewDict()
			d.namespace = name == "namespace"
			for _, v := range a.pos {
				if from, ok := v.(*Dict); ok {
					for i, k := range from.Keys {
						d.put(r.hash(k), k, from.Values[i])
					}
					continue
				}
				for _, pair := range r.iterate(v) {
					kv := r.iterate(pair)
					if len(kv) != 2 {
						r.failf("ValueError: a dict is made of pairs")
					}
					d.put(r.hash(kv[0]), kv[0], kv[1])
				}
			}
			for _, k := range a.kw {
				d.Set(k.name, k.v)
			}
			return d
		}}
	case "joiner":
		return &Func{name, func(r *run, a args) Value {
			sep, ok := a.get(0, "sep")
			if !ok {
				sep = Text{S: ", "}
			}
			used := false
			return &Func{name, func(*run, args) Value {
				if used {
					return sep
				}
				used = true
				return Text{}
			}}
		}}
	case "cycler":
		return &Func{name, func(r *run, a args) Value {
			if len(a.pos) == 0 {
				r.failf("RuntimeError: at least one item has to be provided")
			}
			d, at := NewDict(), 0
			d.namespace = true
			d.Set("current", a.pos[0])
			d.Set("next", &Func{"next", func(*run, args) Value {
				v := a.pos[at]
				at = (at + 1) % len(a.pos)
				d.Set("current", a.pos[at])
				return v
			}})
			d.Set("reset", &Func{"reset", func(*run, args) Value {
				at = 0
				d.Set("current", a.pos[0])
				return nil
			}})
			return d
		}}
	}
	return nil
}

func (r *run) rangeOf(a args) Value {
	var n [3]int64
	for i, v := range a.pos {
		k, ok := integerOf(v)
		if !ok || i > 2 {
			r.failf("TypeError: range wants one to three integers, not '%s'", typeName(v))
		}
		n[i] = k
	}
	lo, hi, step := n[0], n[1], n[2]
	switch len(a.pos) {
	case 0:
		r.failf("TypeError: range expected at least 1 argument, got 0")
	case 1:
		lo, hi, step = 0, n[0], 1
	case 2:
		step = 1
	}
	if step == 0 {
		r.failf("ValueError: range() arg 3 must not be zero")
	}
	l := &List{kind: span}
	for i := lo; step > 0 && i < hi || step < 0 && i > hi; i += step {
		if len(l.Items) == maxRange {
			panic(&LimitError{"counts over a range of more than 100000"})
		}
		l.Items = append(l.Items, i)
		if step > 0 && i > hi-step || step < 0 && i < hi-step {
			break // the next one might wrap around
		}
	}
	r.grow(16 * len(l.Items))
	return l
}
