package gguf

import (
	"bytes"
	"encoding/binary"
)

type (
	u8  = uint8
	u32 = uint32
	u64 = uint64
)

// encode lays out its arguments as GGUF does: strings after their length, numbers little-endian, bytes as they are.
func encode(fields ...any) (b []byte) {
	for _, f := range fields {
		if s, ok := f.(string); ok {
			b = append(binary.LittleEndian.AppendUint64(b, uint64(len(s))), s...)
			continue
		}
		b, _ = binary.Append(b, binary.LittleEndian, f)
	}
	return b
}

// An image is a file to be, whose parts need not be sound.
type image struct {
	entries, rows [][]byte // rows are those of the tensor table
	data          int      // bytes after the padding
}

// bytes lays the image out with true counts.
func (m image) bytes() []byte {
	b := append([]byte("GGUF"), encode(u32(3), u64(len(m.rows)), u64(len(m.entries)))...)
	b = append(b, bytes.Join(m.entries, nil)...)
	b = append(b, bytes.Join(m.rows, nil)...)
	if m.data == 0 {
		return b
	}
	return append(b, make([]byte, int(roundUp(int64(len(b)), defaultAlignment))-len(b)+m.data)...)
}

var arch = encode("general.architecture", u32(TypeString), "llama") // never written

// meta is a file of an architecture and one more entry.
func meta(fields ...any) []byte { return image{entries: [][]byte{arch, encode(fields...)}}.bytes() }

// rows is a file with these rows and 256 bytes of data.
func rows(rows ...[]byte) []byte { return image{[][]byte{arch}, rows, 256}.bytes() }

// row is a row of the tensor table with one dimension for each of dims.
func row(name string, dims []u64, typ u32, offset u64) []byte {
	return encode(name, u32(len(dims)), dims, typ, offset)
}
