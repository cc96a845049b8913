package gguf

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
)

// written returns the metadata of a file with these entries.
func written(t *testing.T, kvs []KV) Metadata {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, kvs, nil, WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	f, err := OpenReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	return f.Meta
}

func TestGetters(t *testing.T) {
	m := written(t, everyType())
	get := map[string]func(key string) (any, error){
		"String":  func(k string) (any, error) { return m.String(k) },
		"Uint":    func(k string) (any, error) { return m.Uint(k) },
		"Int":     func(k string) (any, error) { return m.Int(k) },
		"Float":   func(k string) (any, error) { return m.Float(k) },
		"Bool":    func(k string) (any, error) { return m.Bool(k) },
		"Strings": func(k string) (any, error) { return m.Strings(k) },
		"Ints":    func(k string) (any, error) { return m.Ints(k) },
		"Floats":  func(k string) (any, error) { return m.Floats(k) },
		"Bools":   func(k string) (any, error) { return m.Bools(k) },
	}
	type answers map[string]any // by getter; a string that starts with "is " or "element " is an error
	for key, want := range map[string]answers{
		"u8":     {"Uint": uint64(200), "Int": int64(200)},
		"i8":     {"Int": int64(-3), "Uint": "is -3, want an integer of at least 0"},
		"u16":    {"Uint": uint64(60000), "Int": int64(60000)},
		"i16":    {"Int": int64(-300), "Uint": "is -300, want an integer of at least 0"},
		"u32":    {"Uint": uint64(4e9), "Int": int64(4e9)},
		"i32":    {"Int": int64(-7e4), "Uint": "is -70000, want an integer of at least 0"},
		"u64":    {"Uint": uint64(math.MaxUint64), "Int": "is 18446744073709551615, want an integer of at most 9223372036854775807"},
		"i64":    {"Int": int64(-1 << 60), "Uint": "is -1152921504606846976, want an integer of at least 0"},
		"f32":    {"Float": 1.5, "Uint": "is f32, want an integer"},
		"f64":    {"Float": -0.1},
		"yes":    {"Bool": true, "Int": "is bool, want an integer"},
		"no":     {"Bool": false},
		"str":    {"String": "größe\x00\xff", "Float": "is str, want f32 or f64"},
		"none":   {"String": ""},
		"u8s":    {"Ints": []int64{1, 2}},
		"i8s":    {"Ints": []int64{-1}},
		"u16s":   {"Ints": []int64{513}},
		"i16s":   {"Ints": []int64{-2, 2}},
		"u32s":   {"Ints": []int64{1 << 30}},
		"i32s":   {"Ints": []int64{-1 << 30}},
		"u64s":   {"Ints": []int64{1 << 60}},
		"i64s":   {"Ints": []int64{-5, 5}, "Int": "is arr of 2 i64, want an integer"},
		"f32s":   {"Floats": []float64{0.25, math.Inf(1)}, "Ints": "is arr of 2 f32, want an array of integers"},
		"f64s":   {"Floats": []float64{1e300}},
		"bools":  {"Bools": []bool{true, false}},
		"strs":   {"Strings": []string{"a", "", "bc"}, "String": "is arr of 3 str, want a string"},
		"empty":  {"Strings": []string{}},
		"nested": {"Strings": "is arr of 3 arr, want an array of strings"},
	} {
		for name, getter := range get {
			got, err := getter(key)
			w, ok := want[name]
			if s, is := w.(string); ok && !(is && strings.HasPrefix(s, "is ")) {
				if err != nil || !reflect.DeepEqual(got, w) {
					t.Errorf("%s(%q) = %#v, %v, want %#v", name, key, got, err, w)
				}
				continue
			}
			bad, ok := errors.AsType[*FormatError](err)
			if !ok || errors.Is(err, ErrMissing) || bad.Name != key || bad.Offset < 24 {
				t.Errorf("%s(%q): %#v, %v, want a FormatError", name, key, got, err)
			} else if w != nil && bad.Problem != w {
				t.Errorf("%s(%q): %s, want %s", name, key, bad.Problem, w)
			}
		}
	}
	for name, getter := range get {
		_, err := getter("absent")
		if !errors.Is(err, ErrMissing) || err.Error() != `gguf: metadata "absent": missing` {
			t.Errorf("%s of an absent key: %v", name, err)
		}
	}
	if m.Arch() != "llama" || (Metadata{}).Arch() != "" || m.Has("absent") || !m.Has("u8") {
		t.Error("Arch or Has is wrong")
	}
}

// An unsigned number that is too large for an int64 is not wrapped.
func TestIntsTooLarge(t *testing.T) {
	m := written(t, []KV{{"k", []uint64{1, 1 << 63}}})
	_, err := m.Ints("k")
	want := "element 1 is 9223372036854775808, want an integer of at most 9223372036854775807"
	if err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("got %v", err)
	}
}

func TestErrorf(t *testing.T) {
	m := written(t, []KV{{"a", uint32(7)}})
	if got, want := fmt.Sprint(m.Errorf("a", "is %d, want less", 7)), `gguf: metadata "a" at byte 37: is 7, want less`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
