package jinja

// A loopVar is what "loop" names within a for statement.
type loopVar struct {
	stmt  *loop
	items []Value
	at    int
	depth int64
	last  Value // what changed() was last given
}

func (l *loopVar) attr(name string) Value {
	i, n := int64(l.at), int64(len(l.items))
	switch name {
	case "index":
		return i + 1
	case "index0":
		return i
	case "revindex":
		return n - i
	case "revindex0":
		return n - i - 1
	case "first":
		return i == 0
	case "last":
		return i == n-1
	case "length":
		return n
	case "depth":
		return l.depth + 1
	case "depth0":
		return l.depth
	case "previtem":
		if i > 0 {
			return l.items[i-1]
		}
		return &Undefined{"there is no previous item"}
	case "nextitem":
		if i+1 < n {
			return l.items[i+1]
		}
		return &Undefined{"there is no next item"}
	case "cycle":
		return &Func{name, func(r *run, a args) Value {
			if len(a.pos) == 0 {
				r.failf("TypeError: no items for cycling given")
			}
			return a.pos[l.at%len(a.pos)]
		}}
	case "changed":
		return &Func{name, func(r *run, a args) Value {
			now := &List{Items: a.pos}
			changed := !r.equal(l.last, now)
			l.last = now
			return changed
		}}
	}
	return &Undefined{"'LoopContext object' has no attribute '" + name + "'"}
}

// call renders a recursive loop over children.
func (l *loopVar) call(r *run, a args) Value {
	if !l.stmt.recursive || len(a.pos) != 1 {
		r.failf("TypeError: only a recursive loop is called, with one argument")
	}
	out := r.out
	r.out = new(builder)
	r.loop(l.stmt, a.pos[0], l.depth+1)
	t := r.out.text()
	r.out = out
	return t
}
