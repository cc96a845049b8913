package tensor

// A Buffer is memory of one device.
type Buffer interface {
	// Len is its size in bytes.
	Len() int64
	// Bytes is the memory itself, or nil where the host cannot address it.
	Bytes() []byte
}

// Host is a Buffer in the host's memory: allocated, or a file's mapping that must not be written.
type Host []byte

func (h Host) Len() int64    { return int64(len(h)) }
func (h Host) Bytes() []byte { return h }

// A Tensor is a view of contiguous rows in a buffer: a value, copying it copies the view. Elements lie in memory in
// little-endian byte order on every machine.
type Tensor struct {
	Name  string // in the checkpoint, "" elsewhere
	Type  DType
	Shape Shape
	Buf   Buffer
	Off   int64 // of the first element, in bytes from the start of Buf
}

// Size is the number of bytes the elements take.
func (t Tensor) Size() int64 { return int64(t.Shape.Rows()) * int64(t.RowBytes()) }

// RowBytes is the number of bytes from one row to the next.
func (t Tensor) RowBytes() int { return t.Type.RowBytes(t.Shape.Cols()) }

// Bytes are the elements, or nil where the host cannot address the buffer.
func (t Tensor) Bytes() []byte {
	if t.Buf == nil {
		return nil
	}
	b := t.Buf.Bytes()
	if b == nil {
		return nil
	}
	return b[t.Off:][:t.Size():t.Size()]
}
