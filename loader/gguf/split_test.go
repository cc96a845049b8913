package gguf

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/longrun-ai/longrun/tensor"
)

// A shard is a file of a split model in which anything may be wrong.
type shard struct {
	no, count, tensors any
	meta               []KV
	names              string // of its tensors, a letter each
	big                bool
}

func (s shard) bytes(t *testing.T) []byte {
	t.Helper()
	kvs := append([]KV{{keySplitNo, s.no}, {keySplitCount, s.count}, {keySplitTensors, s.tensors}}, s.meta...)
	var list []TensorSource
	for _, name := range s.names {
		b := bytes.Repeat([]byte{byte(name), 0, 0, 0}, 3)
		list = append(list, TensorSource{string(name), tensor.F32, tensor.Dims(3), Bytes(b)})
	}
	var b bytes.Buffer
	if err := Write(&b, kvs, list, WriteOptions{BigEndian: s.big}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var llama = []KV{{"general.architecture", "llama"}, {"general.name", "whole"}} // never written

// three is a sound model in three files, the middle one big-endian.
func three() []shard {
	return []shard{
		{uint16(0), uint16(3), int32(5), llama, "ab", false},
		{uint16(1), uint16(3), int32(5), nil, "cd", true},
		{uint16(2), uint16(3), int32(5), nil, "e", false},
	}
}

// put writes shards under the names they go by and returns the paths.
func put(t *testing.T, shards []shard) (paths []string) {
	t.Helper()
	dir := t.TempDir()
	for i, s := range shards {
		path := filepath.Join(dir, fmt.Sprintf("m-%05d-of-%05d.gguf", i+1, len(shards)))
		if err := os.WriteFile(path, s.bytes(t), 0o666); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return paths
}

// Any shard opens the whole model.
func TestSplit(t *testing.T) {
	paths := put(t, three())
	size := int64(0)
	for _, path := range paths {
		st, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		size += st.Size()
	}
	for _, path := range paths {
		f, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		names := ""
		for _, x := range f.Tensors {
			names += x.Name
			if b := x.Bytes(); string(b[:4]) != x.Name+"\x00\x00\x00" || f.Dims(x.Name) != 1 {
				t.Errorf("%s has bytes %q", x.Name, b)
			}
		}
		if name, err := f.Meta.String("general.name"); err != nil || name != "whole" || names != "abcde" || f.Size() != size {
			t.Errorf("%s: name %q, %v, tensors %s, %d bytes, want %d", path, name, err, names, f.Size(), size)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A model in one part is whole, whatever its name.
func TestSplitInOne(t *testing.T) {
	data := shard{uint16(0), uint16(1), int32(2), llama, "ab", false}.bytes(t)
	if _, err := OpenReader(bytes.NewReader(data), int64(len(data))); err != nil {
		t.Error(err)
	}
}

func TestBadSplits(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(s []shard)
		want   string // about any shard
	}{
		{"order swapped", func(s []shard) { s[1], s[2] = s[2], s[1] }, `metadata "split.no"`},
		{"two models by name", func(s []shard) { s[2].meta = []KV{{"general.name", "other"}} }, `"general.name" at byte 130: differs from the first shard`},
		{"two models by tensors", func(s []shard) { s[1].names = "cde"; s[2].names = "fg" }, `is 5, but the 3 shards have 7 tensors`},
		{"two models by total", func(s []shard) { s[2].tensors = int32(9) }, `in another shard: they are not of one model`},
		{"a tensor twice", func(s []shard) { s[2].names = "b" }, `tensors "b" at byte `},
		{"count too small", func(s []shard) {
			for i := range s {
				s[i].count = uint16(2)
			}
		}, `split`},
		{"count differs", func(s []shard) { s[1].count = uint16(4) }, `split`},
		{"count of a string", func(s []shard) { s[0].count, s[1].count, s[2].count = "3", "3", "3" }, `"split.count" at byte 69: is str, want an integer`},
		{"99999 shards", func(s []shard) {
			for i := range s {
				s[i].count = uint32(99999)
			}
		}, `99999 shards, at most 4096 are allowed`},
		{"number negative", func(s []shard) { s[0].no, s[1].no, s[2].no = int32(-1), int32(-1), int32(-1) }, `"split.no" at byte 44: is -1`},
		{"number too large", func(s []shard) { s[0].no, s[1].no, s[2].no = uint16(3), uint16(3), uint16(3) }, `is 3, want less than split.count, which is 3`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			shards := three()
			tt.change(shards)
			for _, path := range put(t, shards) {
				_, err := cheaply(t, func() (*File, error) { return Open(path) })
				if _, ok := errors.AsType[*FormatError](err); !ok || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("%s: got  %v\nwant %s", filepath.Base(path), err, tt.want)
				}
			}
		})
	}
}

func TestShardMissing(t *testing.T) {
	for gone := range 3 {
		paths := put(t, three())
		if err := os.Remove(paths[gone]); err != nil {
			t.Fatal(err)
		}
		path := paths[(gone+1)%3]
		_, err := cheaply(t, func() (*File, error) { return Open(path) })
		bad, ok := errors.AsType[*FormatError](err)
		if !ok || bad.Path != path || !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), filepath.Base(paths[gone])) {
			t.Errorf("without shard %d: %v", gone+1, err)
		}
	}
}

func TestShardRenamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "renamed.gguf")
	if err := os.WriteFile(path, three()[1].bytes(t), 0o666); err != nil {
		t.Fatal(err)
	}
	refuses(t, path, "gguf: "+path+": ", `is shard 2 of 3, so the file's name must end in "-00002-of-00003.gguf"`,
		func() (*File, error) { return Open(path) })
}

func TestShardInReader(t *testing.T) {
	data := three()[0].bytes(t)
	refuses(t, "", "gguf: ", "shard 1 of a model in 3 files: open it by its path",
		func() (*File, error) { return OpenReader(bytes.NewReader(data), int64(len(data))) })
}

// Model caches keep shards under names of their own, with links that have the right ones.
func TestShardLinks(t *testing.T) {
	paths := put(t, three())
	dir := t.TempDir()
	for i, path := range paths {
		blob := filepath.Join(dir, fmt.Sprint("blob", i))
		if err := os.Rename(path, blob); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(blob, path); err != nil {
			t.Skip("no symbolic links here:", err)
		}
	}
	f, err := Open(paths[2])
	if err != nil {
		t.Fatal(err)
	}
	f.Close()

	if err := os.Remove(paths[1]); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(paths[1], paths[1]); err != nil {
		t.Fatal(err)
	}
	refuses(t, paths[0], "gguf: "+paths[0]+": split: another shard cannot be opened: ", filepath.Base(paths[1]),
		func() (*File, error) { return Open(paths[0]) })
}
