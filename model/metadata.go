package model

import "math"

// Metadata is what a file says about its model. A getter's error names the key; it never answers with a default.
type Metadata interface {
	Has(key string) bool
	String(key string) (string, error)
	Bool(key string) (bool, error)
	Uint(key string) (uint64, error)
	Float(key string) (float64, error)
	Strings(key string) ([]string, error)
	Ints(key string) ([]int64, error)
	Floats(key string) ([]float64, error)
}

// A reader reads the keys of one architecture and collects what is wrong with them. Keys are given without the
// architecture's name in front, "block_count" for "llama.block_count". After a fault the answer is the least one that
// is allowed, so that reading goes on and finds the rest.
type reader struct {
	meta Metadata
	arch string
	faults
}

func (r *reader) key(name string) string { return r.arch + "." + name }

func (r *reader) has(name string) bool { return r.meta.Has(r.key(name)) }

// fault reports what is wrong with a key's value.
func (r *reader) fault(name, format string, args ...any) {
	r.add(fault("metadata", r.key(name), format, args...))
}

// int is a number that the file must have.
func (r *reader) int(name string, lo, hi int) int {
	if !r.has(name) {
		r.fault(name, "missing, want %d to %d", lo, hi)
		return lo
	}
	n, err := r.meta.Uint(r.key(name))
	if err != nil {
		r.add(err)
		return lo
	}
	return r.within(name, n, lo, hi)
}

// intOr is a number that the file may have.
func (r *reader) intOr(name string, other, lo, hi int) int {
	if !r.has(name) {
		return other
	}
	return r.int(name, lo, hi)
}

func (r *reader) within(name string, n uint64, lo, hi int) int {
	if n < uint64(lo) || n > uint64(hi) {
		r.fault(name, "is %d, want %d to %d", n, lo, hi)
		return lo
	}
	return int(n)
}

// perLayer is a number for every layer: one in the file that holds for all, or an array of as many.
func (r *reader) perLayer(name string, layers, lo, hi int) []int {
	out := make([]int, layers)
	if !r.has(name) {
		r.fault(name, "missing, want %d to %d", lo, hi)
		return fill(out, lo)
	}
	n, err := r.meta.Uint(r.key(name))
	if err == nil {
		return fill(out, r.within(name, n, lo, hi))
	}
	list, listErr := r.meta.Ints(r.key(name))
	if listErr != nil {
		r.add(err)
		return fill(out, lo)
	}
	if len(list) != layers {
		r.fault(name, "has %d elements, want one for each of %d layers", len(list), layers)
		return fill(out, lo)
	}
	for i, n := range list {
		if n < int64(lo) || n > int64(hi) {
			r.fault(name, "element %d is %d, want %d to %d", i, n, lo, hi)
			n = int64(lo)
		}
		out[i] = int(n)
	}
	return out
}

func fill(s []int, n int) []int {
	for i := range s {
		s[i] = n
	}
	return s
}

// positive is a finite number above 0 that the file may have. It is a float32 in every file, and must be one.
func (r *reader) positive(name string, other float64) float64 {
	if !r.has(name) {
		return other
	}
	x, err := r.meta.Float(r.key(name))
	if err != nil {
		r.add(err)
		return other
	}
	if !(x >= 0x1p-126 && x <= math.MaxFloat32) {
		r.fault(name, "is %g, want a positive finite number", x)
		return other
	}
	return x
}

// atLeastZero is like positive, and 0 is allowed.
func (r *reader) atLeastZero(name string, other float64) float64 {
	if r.has(name) {
		if x, err := r.meta.Float(r.key(name)); err == nil && x == 0 {
			return 0
		}
	}
	return r.positive(name, other)
}

func (r *reader) string(name, other string) string {
	if !r.has(name) {
		return other
	}
	s, err := r.meta.String(r.key(name))
	if err != nil {
		r.add(err)
		return other
	}
	return s
}

func (r *reader) bool(name string, other bool) bool {
	if !r.has(name) {
		return other
	}
	b, err := r.meta.Bool(r.key(name))
	if err != nil {
		r.add(err)
		return other
	}
	return b
}
