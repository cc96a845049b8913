package gguf

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/longrun-ai/longrun/tensor"
)

// load adds the tensors of a file whose header is h.
func (f *File) load(c *cursor, h *header) error {
	if f.index == nil {
		f.Meta = h.meta
		f.index = make(map[string]int, len(h.infos))
	}
	f.size += c.size
	data, base, err := h.data(c)
	if err != nil {
		return err
	}
	buf := tensor.Buffer(tensor.Host(data))
	for i := range h.infos {
		t := &h.infos[i]
		if _, twice := f.index[t.name]; twice {
			c.section, c.name = "tensors", t.name
			return c.fault(t.nameAt, "another shard has a tensor of this name")
		}
		x := tensor.Tensor{Name: t.name, Type: tensor.DType(t.typ), Shape: t.shape, Buf: buf, Off: t.start - base}
		if h.order == binary.BigEndian {
			if c.src == nil { // a mapping, which cannot be written
				x.Buf, x.Off = tensor.Host(slices.Clone(x.Bytes())), 0
			}
			swap(x.Type, x.Bytes())
		}
		f.index[t.name] = len(f.Tensors)
		f.Tensors = append(f.Tensors, x)
		f.offsets = append(f.offsets, t.start)
		f.dims = append(f.dims, len(t.dims))
	}
	f.Warnings = append(f.Warnings, h.gaps(c.path)...)
	return nil
}

// data returns the bytes in which all tensors lie, and where they begin in the file.
func (h *header) data(c *cursor) (b []byte, base int64, err error) {
	if c.src == nil {
		return c.data, 0, nil
	}
	end := h.dataAt
	for i := range h.infos {
		end = max(end, h.infos[i].start+h.infos[i].size)
	}
	n := end - h.dataAt
	if n == 0 {
		return nil, h.dataAt, nil
	}
	if n > math.MaxInt {
		return nil, 0, fmt.Errorf("gguf: %d bytes of tensors are more than this machine can address", n)
	}
	// The last byte first, so that a size that is a lie costs nothing.
	if k, err := c.src.ReadAt(make([]byte, 1), end-1); k < 1 {
		return nil, 0, readError(c.path, end-1, c.size, err)
	}
	b = make([]byte, n)
	k, err := io.ReadFull(io.NewSectionReader(c.src, h.dataAt, n), b)
	if err != nil {
		return nil, 0, readError(c.path, h.dataAt+int64(k), c.size, err)
	}
	return b, h.dataAt, nil
}

// gaps describes bytes between the tensors that belong to none and are more than padding: harmless, but nothing writes
// such files on purpose.
func (h *header) gaps(path string) (lines []string) {
	infos := make([]*info, len(h.infos))
	for i := range h.infos {
		infos[i] = &h.infos[i]
	}
	slices.SortFunc(infos, func(a, b *info) int { return cmp.Compare(a.start, b.start) })
	at := h.dataAt
	for _, t := range infos {
		if t.start > at {
			lines = append(lines, fmt.Sprintf("%s: %d bytes before tensor %q, at byte %d, belong to no tensor",
				cmp.Or(path, "gguf"), t.start-at, t.name, at))
		}
		if len(lines) == maxFaults {
			break
		}
		at = roundUp(t.start+t.size, h.align)
	}
	return lines
}

// roundUp returns the least multiple of align that is at least n.
func roundUp(n, align int64) int64 { return (n + align - 1) / align * align }
