package gguf

import (
	"encoding/binary"
	"strings"
	"unicode/utf8"
)

// header is what a file says before its data begins.
type header struct {
	version uint32
	order   binary.ByteOrder
	meta    Metadata
	align   int64
	infos   []info
	dataAt  int64 // where tensor data begins, in bytes from the start of the file
}

// parse reads the header, metadata and tensor table of the file under c, and judges all of it against the file's size.
func parse(c *cursor) (*header, error) {
	var h header
	c.section = "header"
	magic(c)
	h.version, h.order = version(c)
	c.order = h.order
	tensors, entries := counts(c)

	c.section = "metadata"
	h.meta = metadata(c, entries)
	h.align = alignment(c, h.meta)

	c.section = "tensors"
	h.infos = table(c, tensors)
	if c.err != nil {
		return nil, c.err
	}
	h.dataAt = roundUp(c.off, h.align)
	return &h, check(c, &h)
}

// magic reads the four bytes that mark the format. Some converters also swap them in a big-endian file.
func magic(c *cursor) {
	if c.size == 0 {
		c.fail(0, "the file is empty")
		return
	}
	if !c.fill(min(c.size, 4)) {
		return
	}
	if m := string(c.data[:min(4, len(c.data))]); m != "GGUF" && m != "FUGG" {
		if c.fill(min(c.size, 512)) {
			c.fail(0, "%s", sniff(c.data[:min(512, len(c.data))], c.size))
		}
		return
	}
	c.off = 4
}

// version reads the version, in which a big-endian file shows: as a little-endian number it is a multiple of 65536.
func version(c *cursor) (uint32, binary.ByteOrder) {
	var order binary.ByteOrder = binary.LittleEndian
	at := c.off
	b := c.take(1, 4, "version")
	if b == nil {
		return 0, order
	}
	v := order.Uint32(b)
	if v&0xffff == 0 && v != 0 {
		order = binary.BigEndian
		v = order.Uint32(b)
	}
	switch v {
	case 2, 3:
	case 1:
		c.fail(at, "version 1, which has not been written since 2023: convert the model again")
	default:
		c.fail(at, "version %d, only 2 and 3 are known", v)
	}
	return v, order
}

// counts reads how many tensors and metadata entries the file says it has. Both tables must fit in what is left.
func counts(c *cursor) (tensors, entries uint64) {
	at := c.off
	tensors = c.u64("number of tensors")
	if tensors > maxTensors {
		c.fail(at, "%d tensors, at most %d are allowed", tensors, maxTensors)
	}
	at = c.off
	entries = c.u64("number of metadata entries")
	if entries > maxEntries {
		c.fail(at, "%d metadata entries, at most %d are allowed", entries, maxEntries)
	}
	c.need(entries, minEntryBytes, "metadata entries")
	c.need(tensors, minTensorBytes, "tensors")
	return tensors, entries
}

// metadata reads n entries.
func metadata(c *cursor, n uint64) Metadata {
	if c.err != nil {
		return Metadata{}
	}
	m := Metadata{path: c.path, keys: make([]string, 0, n), values: make(map[string]Value, n)}
	for range n {
		at := c.off
		c.name = ""
		key := c.str("key", maxKey)
		if c.err != nil {
			return m
		}
		if problem := badKey(key); problem != "" {
			c.fail(at, "%s", problem)
		}
		c.name = key
		if _, twice := m.values[key]; twice {
			c.fail(at, "the key stands twice")
		}
		m.keys = append(m.keys, key)
		m.values[key] = entry(c)
		if c.err != nil {
			return m
		}
	}
	c.name = ""
	return m
}

// badKey says what is wrong with a key of at most maxKey bytes, "" if nothing.
func badKey(key string) string {
	switch {
	case key == "":
		return "empty key"
	case !utf8.ValidString(key):
		return "key is not UTF-8"
	case strings.Contains(key, "\x00"):
		return "key contains a NUL"
	}
	return ""
}

// alignment is the file's general.alignment, of which tensor offsets are multiples.
func alignment(c *cursor, m Metadata) int64 {
	const key = "general.alignment"
	v, ok := m.values[key]
	if !ok || c.err != nil {
		return defaultAlignment
	}
	c.name = key
	u, ok := v.data.(uint32)
	switch {
	case !ok:
		c.fail(v.at, "is %v, want u32", v)
	case !validAlignment(uint64(u)):
		c.fail(v.at, "is %d, want a power of two from %d to %d", u, minAlignment, maxAlignment)
	}
	c.name = ""
	return int64(u)
}

// entry reads the type and value that follow a key.
func entry(c *cursor) Value {
	at := c.off
	t := Type(c.u32("type"))
	if t != TypeArray {
		v := Value{Type: t, ElemType: t, at: c.off}
		v.data = single(c, at, t)
		return v
	}
	v := Value{Type: t, Array: true, at: c.off}
	v.ElemType, v.data = array(c, 1)
	return v
}

// single reads one value of the type whose id stands at byte at.
func single(c *cursor, at int64, t Type) any {
	switch t {
	case TypeUint8:
		return c.u8("value")
	case TypeInt8:
		return int8(c.u8("value"))
	case TypeString:
		return c.str("string", maxString)
	case TypeBool:
		if b := flags(c, 1); len(b) == 1 {
			return b[0]
		}
		return false
	case TypeUint16:
		return first[uint16](c)
	case TypeInt16:
		return first[int16](c)
	case TypeUint32:
		return first[uint32](c)
	case TypeInt32:
		return first[int32](c)
	case TypeUint64:
		return first[uint64](c)
	case TypeInt64:
		return first[int64](c)
	case TypeFloat32:
		return first[float32](c)
	case TypeFloat64:
		return first[float64](c)
	}
	c.fail(at, "value of unknown type %d", uint32(t))
	return nil
}

// array reads element type, length and elements of an array that lies depth arrays deep.
func array(c *cursor, depth int) (Type, any) {
	at := c.off
	t := Type(c.u32("element type"))
	if c.err == nil && int64(t) >= int64(len(minBytes)) {
		c.fail(at, "array of unknown type %d", uint32(t))
	}
	if t == TypeArray && depth == maxNesting {
		c.fail(at, "arrays more than %d deep", maxNesting)
	}
	at = c.off
	n := c.u64("array length")
	if c.err != nil || !c.need(n, minBytes[t], "array of "+t.String()) {
		return t, nil
	}
	most := uint64(maxElems)
	if t == TypeArray {
		most = maxNested
	}
	if n > most {
		c.fail(at, "array of %d %v, at most %d are allowed", n, t, most)
		return t, nil
	}
	switch t {
	case TypeUint8:
		return t, fixed[uint8](c, n)
	case TypeInt8:
		return t, fixed[int8](c, n)
	case TypeUint16:
		return t, fixed[uint16](c, n)
	case TypeInt16:
		return t, fixed[int16](c, n)
	case TypeUint32:
		return t, fixed[uint32](c, n)
	case TypeInt32:
		return t, fixed[int32](c, n)
	case TypeUint64:
		return t, fixed[uint64](c, n)
	case TypeInt64:
		return t, fixed[int64](c, n)
	case TypeFloat32:
		return t, fixed[float32](c, n)
	case TypeFloat64:
		return t, fixed[float64](c, n)
	case TypeBool:
		return t, flags(c, n)
	case TypeString:
		return t, texts(c, n)
	}
	v := make([]any, n)
	for i := range v {
		if _, v[i] = array(c, depth+1); c.err != nil {
			return t, nil
		}
	}
	return t, v
}

func first[T any](c *cursor) T {
	if v := fixed[T](c, 1); v != nil {
		return v[0]
	}
	return *new(T)
}

// fixed reads n numbers.
func fixed[T any](c *cursor, n uint64) []T {
	b := c.take(n, binary.Size(*new(T)), "values")
	if c.err != nil {
		return nil
	}
	v := make([]T, n)
	binary.Decode(b, c.order, v) // cannot fail: b is exactly as long as v
	return v
}

// flags reads n truth values, bytes that are 0 or 1.
func flags(c *cursor, n uint64) []bool {
	at := c.off
	b := c.take(n, 1, "values")
	if c.err != nil {
		return nil
	}
	v := make([]bool, n)
	for i, x := range b {
		if x > 1 {
			c.fail(at+int64(i), "bool of value %d, want 0 or 1", x)
			return nil
		}
		v[i] = x == 1
	}
	return v
}

// texts reads n strings. They are slices of one copy of the whole array, since a vocabulary has 100 000 of them.
func texts(c *cursor, n uint64) []string {
	start := c.off
	for range n {
		at := c.off
		size := c.u64("string length")
		if size > maxString && c.err == nil && size <= uint64(c.size-c.off) {
			c.fail(at, "string of %d bytes, at most %d are allowed", size, maxString)
		}
		if c.take(size, 1, "string"); c.err != nil {
			return nil
		}
	}
	lengths, all := c.data[start:c.off], string(c.data[start:c.off])
	v := make([]string, n)
	at := 0
	for i := range v {
		size := int(c.order.Uint64(lengths[at:]))
		v[i] = all[at+8:][:size]
		at += 8 + size
	}
	return v
}
