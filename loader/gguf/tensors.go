package gguf

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/longrun-ai/longrun/tensor"
)

// info is a row of the tensor table.
type info struct {
	name   string
	dims   []uint64 // fastest first, as files have them
	typ    uint32
	offset uint64 // in bytes from where tensor data begins

	nameAt, dimsAt, typeAt, offsetAt int64 // of these fields, in bytes from the start of the file

	// What check finds.
	shape tensor.Shape
	start int64 // in bytes from the start of the file
	size  int64 // in bytes
}

// table reads n rows.
func table(c *cursor, n uint64) []info {
	if c.err != nil {
		return nil
	}
	// Grown as rows are found to exist: in a large file there is room for any number that a header may claim.
	var infos []info
	seen := map[string]bool{}
	for range n {
		infos = append(infos, info{})
		t := &infos[len(infos)-1]
		c.name = ""
		t.nameAt = c.off
		t.name = c.str("name", maxName)
		if c.err != nil {
			return nil
		}
		if problem := badName(t.name); problem != "" {
			c.fail(t.nameAt, "%s", problem)
		}
		c.name = t.name
		if seen[t.name] {
			c.fail(t.nameAt, "two tensors have this name")
		}
		seen[t.name] = true

		at := c.off
		dims := c.u32("number of dimensions")
		if c.err == nil && (dims < 1 || dims > maxDims) {
			c.fail(at, "%d dimensions, want 1 to %d", dims, maxDims)
		}
		t.dimsAt = c.off
		t.dims = make([]uint64, min(dims, maxDims))
		for d := range t.dims {
			t.dims[d] = c.u64("dimension")
		}
		t.typeAt = c.off
		t.typ = c.u32("type")
		t.offsetAt = c.off
		t.offset = c.u64("offset")
		if c.err != nil {
			return nil
		}
	}
	c.name = ""
	return infos
}

// badName says what is wrong with a tensor's name of at most maxName bytes, "" if nothing. Names end up in messages,
// and in file names where tensors are exported.
func badName(name string) string {
	switch {
	case name == "":
		return "tensor without a name"
	case !utf8.ValidString(name):
		return "name is not UTF-8"
	case strings.ContainsFunc(name, unicode.IsControl):
		return "name contains a control character"
	case strings.Contains(name, "../") || strings.Contains(name, `..\`):
		return "name climbs out of a folder"
	}
	return ""
}

// check judges every row against its type, the alignment, the file's size and the other rows, and reports all faults.
func check(c *cursor, h *header) error {
	var all faults
	for i := range h.infos {
		t := &h.infos[i]
		c.name = t.name
		if err := t.layOut(c); err != nil {
			all.add(err)
		} else if err := t.place(c, h); err != nil {
			all.add(err)
		}
	}
	if err := all.err(); err != nil {
		return err
	}
	byStart := make([]*info, len(h.infos))
	for i := range h.infos {
		byStart[i] = &h.infos[i]
	}
	slices.SortFunc(byStart, func(a, b *info) int { return cmp.Compare(a.start, b.start) })
	for i := 1; i < len(byStart); i++ {
		if a, b := byStart[i-1], byStart[i]; a.start+a.size > b.start {
			c.name = b.name
			all.add(c.fault(b.offsetAt, "bytes %d to %d overlap tensor %q, which ends at %d",
				b.start, b.start+b.size, a.name, a.start+a.size))
		}
	}
	return all.err()
}

// layOut finds the shape and size of a row from its dimensions and type.
func (t *info) layOut(c *cursor) *FormatError {
	typ := tensor.DType(t.typ)
	if t.typ > math.MaxUint8 || !typ.Known() {
		return c.fault(t.typeAt, "type %d is unknown", t.typ)
	}
	elems := uint64(1)
	t.shape = tensor.Dims()
	for i, d := range t.dims {
		at := t.dimsAt + 8*int64(i)
		if d < 1 || d > maxDim {
			return c.fault(at, "dimension %d, want 1 to 2^40", d)
		}
		hi, lo := bits.Mul64(elems, d)
		if hi != 0 || lo > math.MaxInt64 {
			return c.fault(at, "dimensions %d have more than 2^63 elements", t.dims)
		}
		elems = lo
		if d > math.MaxInt || elems > math.MaxInt {
			return c.fault(at, "dimensions %d are too large for this machine", t.dims)
		}
		t.shape[maxDims-1-i] = int(d)
	}
	block, bytes := typ.Block()
	if t.dims[0]%uint64(block) != 0 {
		return c.fault(t.dimsAt, "rows of %d elements, want a multiple of %d for %v", t.dims[0], block, typ)
	}
	hi, lo := bits.Mul64(elems/uint64(block), uint64(bytes))
	if hi != 0 || lo > uint64(c.size) {
		return c.fault(t.dimsAt, "%v %v of %d elements is larger than the file of %d bytes", typ, t.shape, elems, c.size)
	}
	t.size = int64(lo)
	return nil
}

// place finds where the row's data lies.
func (t *info) place(c *cursor, h *header) *FormatError {
	if t.offset%uint64(h.align) != 0 {
		return c.fault(t.offsetAt, "offset %d, want a multiple of %d", t.offset, h.align)
	}
	left := c.size - h.dataAt // below 0 if the file ends in the padding before the data
	if left < t.size || t.offset > uint64(left-t.size) {
		return c.fault(t.offsetAt, "%d bytes at offset %d end beyond the file: %d bytes of data from byte %d on",
			t.size, t.offset, max(left, 0), h.dataAt)
	}
	t.start = h.dataAt + int64(t.offset)
	return nil
}
