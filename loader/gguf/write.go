package gguf

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/longrun-ai/longrun/tensor"
)

// A KV is a metadata entry to write. Value is what Value.Any returns, of a type as wide as the file is to have: uint8 to
// float64, bool, string, a slice of these, an []any of such slices; or a Value. An int has no width and is refused.
type KV struct {
	Key   string
	Value any
}

// A TensorSource is a tensor to write. Data writes exactly the elements' bytes, little-endian, to w.
type TensorSource struct {
	Name  string
	Type  tensor.DType
	Shape tensor.Shape
	Data  func(w io.Writer) error
}

// Bytes is the Data of a tensor that lies in memory.
func Bytes(b []byte) func(w io.Writer) error {
	return func(w io.Writer) error { _, err := w.Write(b); return err }
}

// KVs returns the metadata as entries to write.
func (m Metadata) KVs() []KV {
	kvs := make([]KV, len(m.keys))
	for i, key := range m.keys {
		kvs[i] = KV{key, m.values[key]}
	}
	return kvs
}

// WriteOptions chooses among the forms of the format; the zero value is what models are published in.
type WriteOptions struct {
	BigEndian bool
	Alignment int // bytes, of tensor data; 0 means general.alignment of the metadata, or 32
}

// Write writes a version 3 file: metadata in the order given, tensors one after the other. What Open would refuse it
// refuses, before it writes anything but the tensors.
func Write(w io.Writer, meta []KV, tensors []TensorSource, o WriteOptions) error {
	e := &encoder{order: binary.LittleEndian}
	if o.BigEndian {
		e.order = binary.BigEndian
	}
	meta, align, err := aligned(meta, o.Alignment)
	if err != nil {
		return err
	}
	e.raw([]byte("GGUF"))
	e.number(uint32(3))
	e.number(uint64(len(tensors)))
	e.number(uint64(len(meta)))
	for _, kv := range meta {
		e.str(kv.Key)
		if err := e.value(kv.Value); err != nil {
			return fmt.Errorf("gguf: metadata %.64q: %w", kv.Key, err)
		}
	}
	end := int64(0)
	for _, t := range tensors {
		if err := e.info(t, end); err != nil {
			return fmt.Errorf("gguf: tensor %.64q: %w", t.Name, err)
		}
		end = roundUp(end+size(t), align)
	}
	e.pad(align)
	if err := e.judge(end); err != nil {
		return err
	}

	out := bufio.NewWriterSize(w, 1<<16)
	out.Write(e.b)
	for _, t := range tensors {
		if err := writeData(out, t, o.BigEndian); err != nil {
			return fmt.Errorf("gguf: tensor %q: %w", t.Name, err)
		}
		out.Write(make([]byte, roundUp(size(t), align)-size(t)))
	}
	return out.Flush() // also returns what an earlier Write failed with
}

// aligned returns the metadata with general.alignment as it must be, and its value.
func aligned(meta []KV, want int) ([]KV, int64, error) {
	const key = "general.alignment"
	at := -1
	for i, kv := range meta {
		if kv.Key == key {
			at = i
		}
	}
	if want == 0 {
		want = defaultAlignment
		if at >= 0 {
			v := meta[at].Value
			if x, ok := v.(Value); ok {
				v = x.data
			}
			u, ok := v.(uint32)
			if !ok {
				return nil, 0, fmt.Errorf("gguf: metadata %q: a value of type %T, want uint32", key, v)
			}
			want = int(u)
		}
	}
	if want < 0 || !validAlignment(uint64(want)) {
		return nil, 0, fmt.Errorf("gguf: alignment %d, want a power of two from %d to %d", want, minAlignment, maxAlignment)
	}
	kv := KV{key, uint32(want)}
	switch {
	case at >= 0:
		meta = append([]KV(nil), meta...)
		meta[at] = kv
	case want != defaultAlignment:
		meta = append(append([]KV(nil), meta...), kv)
	}
	return meta, int64(want), nil
}

// An encoder lays out what comes before the tensors' data.
type encoder struct {
	b     []byte
	order interface {
		binary.ByteOrder
		binary.AppendByteOrder
	}
}

func (e *encoder) raw(b []byte) { e.b = append(e.b, b...) }

// number appends a number, a bool, or a slice of either.
func (e *encoder) number(v any) {
	e.b, _ = binary.Append(e.b, e.order, v) // cannot fail: v is of fixed size
}

func (e *encoder) str(s string) {
	e.number(uint64(len(s)))
	e.b = append(e.b, s...)
}

func (e *encoder) pad(align int64) {
	n := int64(len(e.b))
	e.b = append(e.b, make([]byte, roundUp(n, align)-n)...)
}

// value appends type and value of an entry.
func (e *encoder) value(v any) error {
	if x, ok := v.(Value); ok {
		v = x.data
	}
	if t, ok := typeOf(v); ok {
		e.number(uint32(t))
		if s, ok := v.(string); ok {
			e.str(s)
		} else {
			e.number(v)
		}
		return nil
	}
	e.number(uint32(TypeArray))
	return e.array(v)
}

// array appends element type, length and elements.
func (e *encoder) array(v any) error {
	switch v := v.(type) {
	case []string:
		e.number(uint32(TypeString))
		e.number(uint64(len(v)))
		for _, s := range v {
			e.str(s)
		}
		return nil
	case []any:
		e.number(uint32(TypeArray))
		e.number(uint64(len(v)))
		for _, x := range v {
			if err := e.array(x); err != nil {
				return err
			}
		}
		return nil
	}
	t, n, ok := elemsOf(v)
	if !ok {
		return fmt.Errorf("a value of type %T has no GGUF type", v)
	}
	e.number(uint32(t))
	e.number(uint64(n))
	e.number(v)
	return nil
}

// typeOf returns the type of a single value.
func typeOf(v any) (Type, bool) {
	switch v.(type) {
	case uint8:
		return TypeUint8, true
	case int8:
		return TypeInt8, true
	case uint16:
		return TypeUint16, true
	case int16:
		return TypeInt16, true
	case uint32:
		return TypeUint32, true
	case int32:
		return TypeInt32, true
	case float32:
		return TypeFloat32, true
	case bool:
		return TypeBool, true
	case string:
		return TypeString, true
	case uint64:
		return TypeUint64, true
	case int64:
		return TypeInt64, true
	case float64:
		return TypeFloat64, true
	}
	return 0, false
}

// elemsOf returns the element type and length of a slice of numbers or bools.
func elemsOf(v any) (Type, int, bool) {
	n := Value{data: v}.Len()
	switch v.(type) {
	case []uint8:
		return TypeUint8, n, true
	case []int8:
		return TypeInt8, n, true
	case []uint16:
		return TypeUint16, n, true
	case []int16:
		return TypeInt16, n, true
	case []uint32:
		return TypeUint32, n, true
	case []int32:
		return TypeInt32, n, true
	case []float32:
		return TypeFloat32, n, true
	case []bool:
		return TypeBool, n, true
	case []uint64:
		return TypeUint64, n, true
	case []int64:
		return TypeInt64, n, true
	case []float64:
		return TypeFloat64, n, true
	}
	return 0, 0, false
}

// info appends a row of the tensor table. Dimensions of 1 in front of a shape are not written.
func (e *encoder) info(t TensorSource, offset int64) error {
	dims := t.Shape[:]
	for len(dims) > 1 && dims[0] == 1 {
		dims = dims[1:]
	}
	if block, _ := t.Type.Block(); block == 0 || t.Shape.Cols()%block != 0 {
		return fmt.Errorf("rows of %d elements cannot be %v", t.Shape.Cols(), t.Type)
	}
	e.str(t.Name)
	e.number(uint32(len(dims)))
	for i := range dims {
		e.number(uint64(dims[len(dims)-1-i]))
	}
	e.number(uint32(t.Type))
	e.number(uint64(offset))
	return nil
}

func size(t TensorSource) int64 { return tensor.Tensor{Type: t.Type, Shape: t.Shape}.Size() }

// judge reads what was laid out as Open would, with data bytes behind it.
func (e *encoder) judge(data int64) error {
	_, err := parse(&cursor{src: bytes.NewReader(e.b), size: int64(len(e.b)) + data})
	return err
}

// writeData writes a tensor's bytes.
func writeData(w io.Writer, t TensorSource, bigEndian bool) error {
	s := &sink{w: w, typ: t.Type, left: size(t), swap: bigEndian}
	if err := t.Data(s); err != nil {
		return err
	}
	if s.left != 0 {
		return fmt.Errorf("%d bytes were written, want %d", size(t)-s.left, size(t))
	}
	return nil
}

// A sink passes a tensor's bytes on, as many as it has, and swaps them a block at a time if asked.
type sink struct {
	w       io.Writer
	typ     tensor.DType
	left    int64
	swap    bool
	partial []byte // of a block to be swapped
}

func (s *sink) Write(b []byte) (int, error) {
	if s.left -= int64(len(b)); s.left < 0 {
		return 0, fmt.Errorf("%d bytes too many", -s.left)
	}
	if !s.swap {
		return s.w.Write(b)
	}
	_, block := s.typ.Block()
	for rest := b; len(rest) > 0; {
		n := min(len(rest), block-len(s.partial))
		s.partial = append(s.partial, rest[:n]...)
		rest = rest[n:]
		if len(s.partial) == block {
			swap(s.typ, s.partial)
			if _, err := s.w.Write(s.partial); err != nil {
				return 0, err
			}
			s.partial = s.partial[:0]
		}
	}
	return len(b), nil
}
