package gguf

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

// A cursor reads the fields of a file, which lies in memory or behind an io.ReaderAt. It keeps the first fault and from
// then on returns zero values, so a caller reads a whole record before it looks at err.
type cursor struct {
	path  string
	src   io.ReaderAt // nil when data is the whole file
	data  []byte      // the file, as far as it has been read
	size  int64       // of the whole file, in bytes
	order binary.ByteOrder

	off           int64
	section, name string // what is being read, for errors
	err           error  // nil, a *FormatError, or what reading failed with
}

func (c *cursor) fault(off int64, format string, args ...any) *FormatError {
	return &FormatError{Path: c.path, Section: c.section, Name: c.name, Offset: off, Problem: fmt.Sprintf(format, args...)}
}

func (c *cursor) fail(off int64, format string, args ...any) {
	if c.err == nil {
		c.err = c.fault(off, format, args...)
	}
}

// need reports whether n elements of at least size bytes can follow, which is asked before anything of length n is
// allocated. n comes from the file and may be anything: n*size could overflow, left/size cannot.
func (c *cursor) need(n uint64, size int, what string) bool {
	switch left := c.size - c.off; {
	case n > uint64(left)/uint64(size):
		c.fail(c.off, "%s: %d × %d bytes needed, %d left", what, n, size, left)
	case c.section == "metadata" && c.off+int64(n)*int64(size) > maxMeta:
		c.fail(c.off, "%s: metadata of more than %d bytes", what, maxMeta)
	}
	return c.err == nil
}

// take returns the next n elements of size bytes; they alias the file.
func (c *cursor) take(n uint64, size int, what string) []byte {
	if !c.need(n, size, what) {
		return nil
	}
	end := c.off + int64(n)*int64(size)
	if !c.fill(end) {
		return nil
	}
	b := c.data[c.off:end]
	c.off = end
	return b
}

// fill reads on until the first end bytes are in memory. It at most doubles what it holds before it has seen that the
// bytes exist, so a size that is a lie costs nothing.
func (c *cursor) fill(end int64) bool {
	for int64(len(c.data)) < end && c.err == nil {
		have := len(c.data)
		step := int(min(max(int64(have), 64<<10), c.size-int64(have)))
		c.data = slices.Grow(c.data, step)[:have+step]
		n, err := c.src.ReadAt(c.data[have:], int64(have))
		c.data = c.data[:have+n]
		if n < step && int64(have+n) < end {
			c.err = readError(c.path, int64(have+n), c.size, err)
		}
	}
	return c.err == nil
}

// readError is what a reader gets that fails at byte off of size.
func readError(path string, off, size int64, err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if path != "" {
		path += ": "
	}
	return fmt.Errorf("gguf: %sreading byte %d of %d: %w", path, off, size, err)
}

func (c *cursor) u8(what string) uint8 {
	if b := c.take(1, 1, what); b != nil {
		return b[0]
	}
	return 0
}

func (c *cursor) u32(what string) uint32 {
	if b := c.take(1, 4, what); b != nil {
		return c.order.Uint32(b)
	}
	return 0
}

func (c *cursor) u64(what string) uint64 {
	if b := c.take(1, 8, what); b != nil {
		return c.order.Uint64(b)
	}
	return 0
}

// str returns a copy of the next string, of at most limit bytes.
func (c *cursor) str(what string, limit uint64) string {
	at := c.off
	n := c.u64(what + " length")
	if c.err == nil && n > limit && n <= uint64(c.size-c.off) {
		c.fail(at, "%s of %d bytes, at most %d are allowed", what, n, limit)
	}
	return string(c.take(n, 1, what))
}
