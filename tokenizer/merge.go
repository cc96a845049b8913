package tokenizer

// A merger joins neighbouring symbols of a text, always the pair that comes first of all, until no pair can be joined.
// Symbols lie in a list, pairs in a heap, so n symbols take n log n steps.
type merger struct {
	symbols []symbol
	pairs   []pairing // a binary heap by order
}

// A symbol is a stretch of text.
type symbol struct {
	start, end int   // in the text; empty once another has absorbed it
	id         int32 // the token that means it; -1: none
	prev, next int32 // -1: none
}

type pairing struct {
	order uint64 // rank<<32 | index of the left symbol: of equals, the leftmost
	size  int    // of both together: if that is no longer so, one of them has changed
	right int32
	id    int32 // of the joined symbol
}

func (m *merger) reset() { m.symbols, m.pairs = m.symbols[:0], m.pairs[:0] }

// add appends a symbol.
func (m *merger) add(start, end int, id int32) {
	i := int32(len(m.symbols))
	if i > 0 {
		m.symbols[i-1].next = i
	}
	m.symbols = append(m.symbols, symbol{start, end, id, i - 1, -1})
}

// run joins all that can be joined. rank tells whether and how soon two neighbours join, lower sooner, and into which token.
func (m *merger) run(rank func(l, r *symbol) (rank uint32, id int32, ok bool)) {
	consider := func(l, r int32) {
		if l < 0 || r < 0 {
			return
		}
		a, b := &m.symbols[l], &m.symbols[r]
		if rank, id, ok := rank(a, b); ok {
			m.push(pairing{uint64(rank)<<32 | uint64(l), b.end - a.start, r, id})
		}
	}
	for i := 1; i < len(m.symbols); i++ {
		consider(int32(i-1), int32(i))
	}
	for len(m.pairs) > 0 {
		p := m.pop()
		l := int32(uint32(p.order))
		a, b := &m.symbols[l], &m.symbols[p.right]
		if a.start == a.end || b.start == b.end || b.end-a.start != p.size {
			continue
		}
		a.end, a.id, a.next = b.end, p.id, b.next
		b.start = b.end
		if b.next >= 0 {
			m.symbols[b.next].prev = l
		}
		consider(a.prev, l)
		consider(l, a.next)
	}
}

func (m *merger) push(p pairing) {
	h := append(m.pairs, p)
	i := len(h) - 1
	for i > 0 && h[i].order < h[(i-1)/2].order {
		h[i], h[(i-1)/2] = h[(i-1)/2], h[i]
		i = (i - 1) / 2
	}
	m.pairs = h
}

func (m *merger) pop() pairing {
	h := m.pairs
	top, n := h[0], len(h)-1
	h[0] = h[n]
	h = h[:n]
	for i := 0; ; {
		least := i
		for _, c := range [2]int{2*i + 1, 2*i + 2} {
			if c < n && h[c].order < h[least].order {
				least = c
			}
		}
		if least == i {
			break
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
	m.pairs = h
	return top
}
