package gguf

import (
	"bytes"
	"errors"
	"testing"

	"github.com/longrun-ai/longrun/tensor"
)

// seeds adds sound files of both byte orders and all bad ones.
func seeds(f *testing.F) {
	list, _ := everyTensor()
	for _, o := range []WriteOptions{{}, {BigEndian: true}, {Alignment: 8}} {
		var b bytes.Buffer
		if err := Write(&b, everyType(), list, o); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
		b.Reset()
		if err := Write(&b, everyType()[:3], list[:1], o); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	for _, bad := range badFiles() {
		if len(bad.data) < 1<<12 {
			f.Add(bad.data)
		}
	}
}

// judgeFault fails the test unless every fault that err joins lies within size bytes.
func judgeFault(t *testing.T, err error, size int) {
	t.Helper()
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		err = joined.Unwrap()[0]
	}
	bad, ok := errors.AsType[*FormatError](err)
	if !ok || bad.Offset < -1 || bad.Offset > int64(size) || bad.Problem == "" || bad.Section == "" {
		t.Errorf("not a FormatError within %d bytes: %v", size, err)
	}
}

// What precedes the data: read from memory and behind a reader it is the same, and every tensor lies within the file.
func FuzzGGUF(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		size := int64(len(data))
		h, err := parse(&cursor{data: data, size: size})
		read, readErr := parse(&cursor{src: bytes.NewReader(data), size: size})
		if (err == nil) != (readErr == nil) || err != nil && err.Error() != readErr.Error() {
			t.Fatalf("in memory: %v; behind a reader: %v", err, readErr)
		}
		if err != nil {
			judgeFault(t, err, len(data))
			return
		}
		if read.dataAt != h.dataAt || len(read.infos) != len(h.infos) || len(read.meta.keys) != len(h.meta.keys) {
			t.Fatal("a reader gives another header")
		}
		for i, x := range h.infos {
			if x.start < h.dataAt || x.size < 1 || x.start+x.size > size || x.start%h.align != h.dataAt%h.align {
				t.Errorf("tensor %d has bytes %d to %d of %d", i, x.start, x.start+x.size, size)
			}
			if n := x.shape.Elems(); n < 1 || n%x.shape.Cols() != 0 {
				t.Errorf("tensor %d has shape %v", i, x.shape)
			}
		}
	})
}

// Whole files: every getter can be asked, and what loads can be written, which reads every byte, and loaded again.
func FuzzGGUFLoad(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := OpenReader(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			judgeFault(t, err, len(data))
			return
		}
		defer file.Close()
		m := file.Meta
		for _, key := range m.Keys() {
			v, ok := m.Value(key)
			if !ok || v.Any() == nil {
				t.Fatalf("%q has no value", key)
			}
			m.String(key)
			m.Uint(key)
			m.Int(key)
			m.Float(key)
			m.Bool(key)
			m.Strings(key)
			m.Ints(key)
			m.Floats(key)
			m.Bools(key)
		}
		total := int64(0)
		var list []TensorSource
		for _, x := range file.Tensors {
			total += int64(len(x.Bytes()))
			list = append(list, TensorSource{x.Name, x.Type, x.Shape, Bytes(x.Bytes())})
		}
		if total > int64(len(data)) {
			t.Errorf("%d bytes of tensors in a file of %d", total, len(data))
		}
		var b bytes.Buffer
		if err := Write(&b, m.KVs(), list, WriteOptions{}); err != nil {
			t.Fatal(err)
		}
		again, err := OpenReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
		if err != nil {
			t.Fatal(err)
		}
		same(t, withoutAlignment(file), withoutAlignment(again))
	})
}

// withoutAlignment returns the file without the entry that a writer may add.
func withoutAlignment(f *File) *File {
	var keys []string
	for _, key := range f.Meta.keys {
		if key != "general.alignment" {
			keys = append(keys, key)
		}
	}
	return &File{Meta: Metadata{keys: keys, values: f.Meta.values}, Tensors: append([]tensor.Tensor(nil), f.Tensors...), index: f.index}
}
