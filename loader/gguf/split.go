package gguf

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// A model may lie in several files, the shards, each a GGUF file of its own (llama.cpp, tools/gguf-split). All name
// their number and how many there are; the first has the model's metadata. Their names end in "-00002-of-00003.gguf".
const (
	keySplitNo      = "split.no"            // from 0
	keySplitCount   = "split.count"         // shards
	keySplitTensors = "split.tensors.count" // of all shards together
)

// split is a shard's place in its model.
type split struct {
	no, count, tensors uint64
}

// splitOf returns the place that a file's metadata gives it; count is 1 where it is the whole model.
func splitOf(m Metadata) (split, error) {
	s := split{count: 1}
	if !m.Has(keySplitCount) {
		return s, nil
	}
	var err error
	if s.count, err = m.Uint(keySplitCount); err != nil || s.count <= 1 {
		return split{count: 1}, err
	}
	if s.count > maxShards {
		return s, m.Errorf(keySplitCount, "%d shards, at most %d are allowed", s.count, maxShards)
	}
	if s.no, err = m.Uint(keySplitNo); err != nil {
		return s, err
	}
	if s.no >= s.count {
		return s, m.Errorf(keySplitNo, "is %d, want less than split.count, which is %d", s.no, s.count)
	}
	s.tensors, err = m.Uint(keySplitTensors)
	return s, err
}

// openOthers opens the other shards of the model that path, whose header is h, is a shard of. Tensors come in the order
// of the shards.
func (f *File) openOthers(path string, h *header) error {
	s, err := splitOf(h.meta)
	if err != nil || s.count == 1 {
		return err
	}
	prefix, ok := strings.CutSuffix(path, s.suffix())
	if !ok {
		return h.meta.Errorf(keySplitNo, "is shard %d of %d, so the file's name must end in %q: rename it as it was",
			s.no+1, s.count, s.suffix())
	}
	if s.no != 0 { // begin again at the first
		f.Close()
		f.Meta, f.Tensors, f.Warnings = Metadata{}, nil, nil
		f.index, f.offsets, f.dims, f.size = nil, nil, nil, 0
		if h, err = f.openShard(prefix + split{no: 0, count: s.count}.suffix()); err != nil {
			return shardError(path, err)
		}
		if err := s.belongs(0, h.meta, h.meta); err != nil {
			return err
		}
	}
	for i := uint64(1); i < s.count; i++ {
		other, err := f.openShard(prefix + split{no: i, count: s.count}.suffix())
		if err != nil {
			return shardError(path, err)
		}
		if err := s.belongs(i, f.Meta, other.meta); err != nil {
			return err
		}
	}
	if n := uint64(len(f.Tensors)); n != s.tensors {
		return f.Meta.Errorf(keySplitTensors, "is %d, but the %d shards have %d tensors: they are not of one model",
			s.tensors, s.count, n)
	}
	return nil
}

// suffix is how a shard's name ends.
func (s split) suffix() string { return fmt.Sprintf("-%05d-of-%05d.gguf", s.no+1, s.count) }

// belongs judges whether a file with metadata m is shard no of the model that s is from and whose first shard has
// metadata first.
func (s split) belongs(no uint64, first, m Metadata) error {
	got, err := splitOf(m)
	switch {
	case err != nil:
		return err
	case got.count != s.count:
		return m.Errorf(keySplitCount, "is %d here and %d in another shard of this model", got.count, s.count)
	case got.no != no:
		return m.Errorf(keySplitNo, "is %d, but the file's name says shard %d, which has number %d", got.no, no+1, no)
	case got.tensors != s.tensors:
		return m.Errorf(keySplitTensors, "is %d here and %d in another shard: they are not of one model", got.tensors, s.tensors)
	}
	for _, key := range m.keys {
		v, ok := first.values[key]
		if ok && key != keySplitNo && !reflect.DeepEqual(v.data, m.values[key].data) {
			return m.Errorf(key, "differs from the first shard: they are not of one model")
		}
	}
	return nil
}

// shardError tells of a shard that cannot be opened as a fault of the model that path is from.
func shardError(path string, err error) error {
	if bad := (*FormatError)(nil); errors.As(err, &bad) {
		return err
	}
	return &FormatError{Path: path, Section: "split", Offset: -1, cause: err,
		Problem: "another shard cannot be opened: " + strings.TrimPrefix(err.Error(), "gguf: ")}
}
