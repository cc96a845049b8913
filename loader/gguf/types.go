package gguf

import "fmt"

// A Type is how a metadata value is stored. Its number is the id that files use (ggml.h, enum gguf_type).
type Type uint32

const (
	TypeUint8   Type = 0
	TypeInt8    Type = 1
	TypeUint16  Type = 2
	TypeInt16   Type = 3
	TypeUint32  Type = 4
	TypeInt32   Type = 5
	TypeFloat32 Type = 6
	TypeBool    Type = 7
	TypeString  Type = 8
	TypeArray   Type = 9
	TypeUint64  Type = 10
	TypeInt64   Type = 11
	TypeFloat64 Type = 12
)

var typeNames = [...]string{ // never written
	"u8", "i8", "u16", "i16", "u32", "i32", "f32", "bool", "str", "arr", "u64", "i64", "f64",
}

// minBytes is the least that one element of a type takes in a file: of strings the length, of arrays type and length.
var minBytes = [...]int{1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8} // never written

// String is the type's short name, as printed by the tools of ggml: "u32", "str".
func (t Type) String() string {
	if int64(t) >= int64(len(typeNames)) {
		return fmt.Sprintf("type %d", uint32(t))
	}
	return typeNames[t]
}

// A Value is one metadata value, or an array of them.
type Value struct {
	Type     Type // TypeArray for an array
	Array    bool
	ElemType Type // of an array's elements; Type itself for a single value

	data any
	at   int64 // of the value in its file, in bytes; 0 where it did not come from one
}

// Any returns the value in the Go type of its name: uint8 for u8 to float64 for f64, bool, string; for an array a slice
// of these ([]uint8, []string ...), which the caller must not change, and for an array of arrays an []any of such slices.
func (v Value) Any() any { return v.data }

// Len is the number of elements of an array, 1 for a single value.
func (v Value) Len() int {
	switch x := v.data.(type) {
	case []uint8:
		return len(x)
	case []int8:
		return len(x)
	case []uint16:
		return len(x)
	case []int16:
		return len(x)
	case []uint32:
		return len(x)
	case []int32:
		return len(x)
	case []uint64:
		return len(x)
	case []int64:
		return len(x)
	case []float32:
		return len(x)
	case []float64:
		return len(x)
	case []bool:
		return len(x)
	case []string:
		return len(x)
	case []any:
		return len(x)
	}
	return 1
}

// String names the value's type, with the length of an array: "u32", "arr of 3 str".
func (v Value) String() string {
	if v.Array {
		return fmt.Sprintf("arr of %d %v", v.Len(), v.ElemType)
	}
	return v.Type.String()
}
