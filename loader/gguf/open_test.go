package gguf

import (
	"bytes"
	"compress/bzip2"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/longrun-ai/longrun/internal/kit"
)

// Every model and vocabulary of the kit, mapped and read, gives the same metadata and tensors.
func TestOpenKit(t *testing.T) {
	var paths []string
	for _, pattern := range []string{"models/*.gguf*", "tokenizer/*.gguf.bz2"} {
		found, err := filepath.Glob(filepath.Join(kit.Dir(t), pattern))
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(found), err)
		}
		paths = append(paths, found...)
	}
	for _, path := range paths {
		// Decompressing takes most of the time.
		if testing.Short() && strings.HasSuffix(path, ".bz2") && !strings.Contains(path, "bert-bge") {
			continue
		}
		t.Run(filepath.Base(path), func(t *testing.T) {
			image := readKit(t, path)
			plain := filepath.Join(t.TempDir(), "m.gguf")
			if err := os.WriteFile(plain, image, 0o666); err != nil {
				t.Fatal(err)
			}
			mapped, err := Open(plain)
			if err != nil {
				t.Fatal(err)
			}
			defer mapped.Close()
			read, err := OpenReader(bytes.NewReader(image), int64(len(image)))
			if err != nil {
				t.Fatal(err)
			}
			same(t, mapped, read)
			if mapped.Meta.Arch() == "" || len(mapped.Warnings) != 0 {
				t.Errorf("architecture %q, warnings %q", mapped.Meta.Arch(), mapped.Warnings)
			}
			if tokens, err := mapped.Meta.Strings("tokenizer.ggml.tokens"); err != nil || len(tokens) < 100 {
				t.Errorf("%d tokens, %v", len(tokens), err)
			}
			for _, x := range mapped.Tensors {
				at := mapped.Offset(x.Name)
				if !bytes.Equal(x.Bytes(), image[at:at+x.Size()]) {
					t.Errorf("%s is not what lies at byte %d", x.Name, at)
				}
			}
		})
	}
}

// What the architecture would have to say is not asked here: none, an unknown one, and a file without tensors all open.
func TestOpenBare(t *testing.T) {
	for _, tt := range []struct {
		meta []KV
		arch string
	}{{nil, ""}, {[]KV{{"general.architecture", "unheard-of"}}, "unheard-of"}} {
		var b bytes.Buffer
		if err := Write(&b, tt.meta, nil, WriteOptions{}); err != nil {
			t.Fatal(err)
		}
		f, err := OpenReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
		if err != nil || f.Meta.Arch() != tt.arch || len(f.Tensors) != 0 {
			t.Errorf("%q: %v", tt.arch, err)
		}
	}
}

// A file may name dimensions of 1 that a Shape cannot tell from those it does not name.
func TestDims(t *testing.T) {
	data := rows(row("a", []u64{8}, 0, 0), row("b", []u64{8, 1, 1}, 0, 32), row("c", []u64{2, 1, 1, 4}, 0, 64))
	f, err := OpenReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{"a": 1, "b": 3, "c": 4, "none": 0} {
		if got := f.Dims(name); got != want {
			t.Errorf("%s has %d dimensions, want %d", name, got, want)
		}
	}
}

// A gap between tensors is told of, padding is not.
func TestGaps(t *testing.T) {
	data := rows(row("a", []u64{7}, 0, 0), row("b", []u64{7}, 0, 32), row("c", []u64{7}, 0, 128))
	f, err := OpenReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{`gguf: 64 bytes before tensor "c", at byte 256, belong to no tensor`}
	if !slices.Equal(f.Warnings, want) {
		t.Errorf("got %q, want %q", f.Warnings, want)
	}
}

func readKit(t testing.TB, path string) []byte {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r := io.Reader(file)
	if strings.HasSuffix(path, ".bz2") {
		r = bzip2.NewReader(file)
	}
	image, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

// same fails the test unless two files have equal metadata and tensors.
func same(t *testing.T, a, b *File) {
	t.Helper()
	if !slices.Equal(a.Meta.Keys(), b.Meta.Keys()) {
		t.Fatalf("keys %q and %q", a.Meta.Keys(), b.Meta.Keys())
	}
	for _, key := range a.Meta.Keys() {
		x, _ := a.Meta.Value(key)
		y, _ := b.Meta.Value(key)
		if x.Type != y.Type || x.ElemType != y.ElemType || !equalValues(x, y) {
			t.Errorf("%s: %v and %v", key, x, y)
		}
	}
	if len(a.Tensors) != len(b.Tensors) {
		t.Fatalf("%d and %d tensors", len(a.Tensors), len(b.Tensors))
	}
	for i, x := range a.Tensors {
		y := b.Tensors[i]
		if x.Name != y.Name || x.Type != y.Type || x.Shape != y.Shape || !bytes.Equal(x.Bytes(), y.Bytes()) {
			t.Errorf("tensors %d: %s %v %v and %s %v %v, or their bytes", i, x.Name, x.Type, x.Shape, y.Name, y.Type, y.Shape)
		}
		if z, ok := a.Tensor(x.Name); !ok || z.Off != x.Off {
			t.Errorf("%s is not found by its name", x.Name)
		}
	}
}

// equalValues compares what two values are written as, since a NaN differs from itself.
func equalValues(x, y Value) bool {
	var a, b bytes.Buffer
	errA := Write(&a, []KV{{"k", x}}, nil, WriteOptions{})
	errB := Write(&b, []KV{{"k", y}}, nil, WriteOptions{})
	return errA == nil && errB == nil && bytes.Equal(a.Bytes(), b.Bytes())
}
