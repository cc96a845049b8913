package gguf

import (
	"fmt"
	"math"
)

// Metadata is what a file says about its model: values by key, in the file's order. Copies share the values, which
// nothing changes once a file is open. The zero Metadata is empty.
//
// The getters never answer with a default: a key that is not there is an error that wraps ErrMissing, a value of
// another type or out of range is a *FormatError that does not.
type Metadata struct {
	path   string // for errors
	keys   []string
	values map[string]Value
}

// Keys returns the keys in the file's order. The caller must not change them.
func (m Metadata) Keys() []string { return m.keys }

// Has reports whether there is such a key.
func (m Metadata) Has(key string) bool { _, ok := m.Value(key); return ok }

// Value returns the value of a key and whether there is one.
func (m Metadata) Value(key string) (Value, bool) {
	v, ok := m.values[key]
	return v, ok
}

// Arch is the name of the architecture, which selects the code that runs the model; "" if the file names none.
func (m Metadata) Arch() string {
	s, _ := m.String("general.architecture")
	return s
}

// Errorf returns an error that points at a key's value, for a reader who finds a fault in what the value says.
func (m Metadata) Errorf(key, format string, args ...any) *FormatError {
	at := int64(-1)
	if v, ok := m.values[key]; ok {
		at = v.at
	}
	return &FormatError{Path: m.path, Section: "metadata", Name: key, Offset: at, Problem: fmt.Sprintf(format, args...)}
}

// get returns the data of a key, or the error of a missing one.
func (m Metadata) get(key string) (any, error) {
	v, ok := m.values[key]
	if !ok {
		err := m.Errorf(key, "missing")
		err.cause = ErrMissing
		return nil, err
	}
	return v.data, nil
}

// as returns a value that must be of type T.
func as[T any](m Metadata, key, want string) (T, error) {
	var zero T
	x, err := m.get(key)
	if err != nil {
		return zero, err
	}
	if v, ok := x.(T); ok {
		return v, nil
	}
	return zero, m.wrong(key, want)
}

func (m Metadata) wrong(key, want string) error {
	return m.Errorf(key, "is %v, want %s", m.values[key], want)
}

// String returns a text.
func (m Metadata) String(key string) (string, error) { return as[string](m, key, "a string") }

// Bool returns a truth value.
func (m Metadata) Bool(key string) (bool, error) { return as[bool](m, key, "a bool") }

// Strings returns an array of texts, which the caller must not change.
func (m Metadata) Strings(key string) ([]string, error) {
	return as[[]string](m, key, "an array of strings")
}

// Bools returns an array of truth values, which the caller must not change.
func (m Metadata) Bools(key string) ([]bool, error) { return as[[]bool](m, key, "an array of bools") }

// Uint returns a number of any integer type that is not negative.
func (m Metadata) Uint(key string) (uint64, error) {
	x, err := m.get(key)
	if err != nil {
		return 0, err
	}
	if u, ok := x.(uint64); ok {
		return u, nil
	}
	i, ok := integer(x)
	if !ok {
		return 0, m.wrong(key, "an integer")
	}
	if i < 0 {
		return 0, m.Errorf(key, "is %d, want an integer of at least 0", i)
	}
	return uint64(i), nil
}

// Int returns a number of any integer type that an int64 holds.
func (m Metadata) Int(key string) (int64, error) {
	x, err := m.get(key)
	if err != nil {
		return 0, err
	}
	i, ok := integer(x)
	if u, big := x.(uint64); big && !ok {
		return 0, m.Errorf(key, "is %d, want an integer of at most %d", u, int64(math.MaxInt64))
	}
	if !ok {
		return 0, m.wrong(key, "an integer")
	}
	return i, nil
}

// Float returns a number of type f32 or f64.
func (m Metadata) Float(key string) (float64, error) {
	x, err := m.get(key)
	if err != nil {
		return 0, err
	}
	switch x := x.(type) {
	case float32:
		return float64(x), nil
	case float64:
		return x, nil
	}
	return 0, m.wrong(key, "f32 or f64")
}

// Ints returns an array of integers of any type.
func (m Metadata) Ints(key string) ([]int64, error) {
	x, err := m.get(key)
	if err != nil {
		return nil, err
	}
	switch x := x.(type) {
	case []uint8:
		return widen[int64](x), nil
	case []int8:
		return widen[int64](x), nil
	case []uint16:
		return widen[int64](x), nil
	case []int16:
		return widen[int64](x), nil
	case []uint32:
		return widen[int64](x), nil
	case []int32:
		return widen[int64](x), nil
	case []int64:
		return widen[int64](x), nil
	case []uint64:
		for i, u := range x {
			if u > math.MaxInt64 {
				return nil, m.Errorf(key, "element %d is %d, want an integer of at most %d", i, u, int64(math.MaxInt64))
			}
		}
		return widen[int64](x), nil
	}
	return nil, m.wrong(key, "an array of integers")
}

// Floats returns an array of numbers of type f32 or f64.
func (m Metadata) Floats(key string) ([]float64, error) {
	x, err := m.get(key)
	if err != nil {
		return nil, err
	}
	switch x := x.(type) {
	case []float32:
		return widen[float64](x), nil
	case []float64:
		return widen[float64](x), nil
	}
	return nil, m.wrong(key, "an array of f32 or f64")
}

// integer returns x as an int64 and whether it is an integer that fits.
func integer(x any) (int64, bool) {
	switch x := x.(type) {
	case uint8:
		return int64(x), true
	case int8:
		return int64(x), true
	case uint16:
		return int64(x), true
	case int16:
		return int64(x), true
	case uint32:
		return int64(x), true
	case int32:
		return int64(x), true
	case int64:
		return x, true
	case uint64:
		return int64(x), x <= math.MaxInt64
	}
	return 0, false
}

type number interface {
	~uint8 | ~int8 | ~uint16 | ~int16 | ~uint32 | ~int32 | ~uint64 | ~int64 | ~float32 | ~float64
}

func widen[To, From number](x []From) []To {
	y := make([]To, len(x))
	for i, v := range x {
		y[i] = To(v)
	}
	return y
}
