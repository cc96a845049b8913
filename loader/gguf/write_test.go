package gguf

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/longrun-ai/longrun/tensor"
)

// everyType is an entry of every type that metadata can have, alone and in an array.
func everyType() []KV {
	return []KV{
		{"general.architecture", "llama"},
		{"u8", uint8(200)}, {"i8", int8(-3)}, {"u16", uint16(60000)}, {"i16", int16(-300)},
		{"u32", uint32(4e9)}, {"i32", int32(-7e4)}, {"u64", uint64(1<<64 - 1)}, {"i64", int64(-1 << 60)},
		{"f32", float32(1.5)}, {"f64", -0.1}, {"yes", true}, {"no", false}, {"str", "größe\x00\xff"}, {"none", ""},
		{"u8s", []uint8{1, 2}}, {"i8s", []int8{-1}}, {"u16s", []uint16{513}}, {"i16s", []int16{-2, 2}},
		{"u32s", []uint32{1 << 30}}, {"i32s", []int32{-1 << 30}}, {"u64s", []uint64{1 << 60}}, {"i64s", []int64{-5, 5}},
		{"f32s", []float32{0.25, float32(math.Inf(1))}}, {"f64s", []float64{1e300}},
		{"bools", []bool{true, false}}, {"strs", []string{"a", "", "bc"}}, {"empty", []string{}},
		{"nested", []any{[]uint8{1}, []string{"x"}, []any{[]any{}}}},
	}
}

// everyTensor is a tensor of every type, of two blocks a row and three rows, with bytes that differ from each other.
func everyTensor() (list []TensorSource, data map[string][]byte) {
	data = map[string][]byte{}
	for typ := range tensor.DType(tensor.NumDTypes) {
		if !typ.Known() {
			continue
		}
		block, size := typ.Block()
		b := make([]byte, 6*size)
		for i := range b {
			b[i] = byte(i*7 + i>>8 + int(typ))
		}
		data[typ.String()] = b
		list = append(list, TensorSource{typ.String(), typ, tensor.Dims(3, 2*block), Bytes(b)})
	}
	return list, data
}

// What is written is read back, in either byte order, with any alignment, mapped and read, as version 2 and 3.
func TestWriteOpen(t *testing.T) {
	list, data := everyTensor()
	for _, o := range []WriteOptions{{}, {BigEndian: true}, {Alignment: 8}, {BigEndian: true, Alignment: 4096}} {
		var b bytes.Buffer
		if err := Write(&b, everyType(), list, o); err != nil {
			t.Fatalf("%+v: %v", o, err)
		}
		for _, version := range []byte{2, 3} {
			image := b.Bytes()
			image[4], image[7] = version, 0
			if o.BigEndian {
				image[4], image[7] = 0, version
			}
			path := filepath.Join(t.TempDir(), "m.gguf")
			if err := os.WriteFile(path, image, 0o666); err != nil {
				t.Fatal(err)
			}
			f, err := Open(path)
			if err != nil {
				t.Fatalf("%+v version %d: %v", o, version, err)
			}
			read, err := OpenReader(bytes.NewReader(image), int64(len(image)))
			if err != nil {
				t.Fatal(err)
			}
			same(t, f, read)
			for _, kv := range everyType() {
				v, ok := f.Meta.Value(kv.Key)
				if !ok || !reflect.DeepEqual(v.Any(), kv.Value) {
					t.Errorf("%s is %#v, want %#v", kv.Key, v.Any(), kv.Value)
				}
			}
			for i, x := range f.Tensors {
				if x.Name != list[i].Name || x.Type != list[i].Type || x.Shape != list[i].Shape {
					t.Errorf("tensor %d is %s %v %v", i, x.Name, x.Type, x.Shape)
				}
				if !bytes.Equal(x.Bytes(), data[x.Name]) {
					t.Errorf("%+v: %s has other bytes", o, x.Name)
				}
				if o.Alignment > 0 && f.Offset(x.Name)%int64(o.Alignment) != 0 {
					t.Errorf("%s lies at byte %d, want a multiple of %d", x.Name, f.Offset(x.Name), o.Alignment)
				}
			}
			if f.Size() != int64(len(image)) || f.Offset("no such") != -1 || len(f.Warnings) != 0 {
				t.Errorf("size %d, want %d; warnings %q", f.Size(), len(image), f.Warnings)
			}
			for range 2 {
				if err := f.Close(); err != nil {
					t.Error(err)
				}
			}
		}
	}
}

// The numbers of a block that a big-endian file stores the other way round, read with the block's definition.
func TestSwap(t *testing.T) {
	for _, tt := range []struct {
		typ  tensor.DType
		wide []int // offsets of two-byte numbers
	}{
		{tensor.F16, []int{0}}, {tensor.BF16, []int{0}}, {tensor.I16, []int{0}}, {tensor.I8, nil}, {tensor.MXFP4, nil},
		{tensor.Q4_0, []int{0}}, {tensor.Q4_1, []int{0, 2}}, {tensor.Q5_0, []int{0}}, {tensor.Q5_1, []int{0, 2}},
		{tensor.Q8_0, []int{0}}, {tensor.Q1_0, []int{0}}, {tensor.Q2_0, []int{0}}, {tensor.NVFP4, nil}, {tensor.Q8_1, []int{0, 2}}, {tensor.IQ4_NL, []int{0}},
		{tensor.Q2_K, []int{80, 82}}, {tensor.Q3_K, []int{108}}, {tensor.Q4_K, []int{0, 2}}, {tensor.Q5_K, []int{0, 2}},
		{tensor.Q6_K, []int{208}}, {tensor.IQ4_XS, []int{0, 2}}, {tensor.TQ1_0, []int{52}}, {tensor.TQ2_0, []int{64}},
		{tensor.IQ2_S, []int{0}}, {tensor.IQ3_XXS, []int{0}}, {tensor.IQ3_S, []int{0}}, {tensor.IQ1_M, nil},
		{tensor.IQ1_S, []int{0, 34, 36, 38, 40, 42, 44, 46, 48}},
	} {
		_, size := tt.typ.Block()
		in, want := make([]byte, 2*size), make([]byte, 2*size)
		for i := range in {
			in[i], want[i] = byte(i), byte(i)
		}
		for block := range 2 {
			for _, at := range tt.wide {
				at += block * size
				want[at], want[at+1] = want[at+1], want[at]
			}
		}
		swap(tt.typ, in)
		if !bytes.Equal(in, want) {
			t.Errorf("%v: got %v, want %v", tt.typ, in, want)
		}
	}
	b := binary.BigEndian.AppendUint32(nil, math.Float32bits(1.5))
	if swap(tensor.F32, b); math.Float32frombits(binary.LittleEndian.Uint32(b)) != 1.5 {
		t.Errorf("F32: %v", b)
	}
	b = binary.BigEndian.AppendUint64(nil, 1<<40+7)
	if swap(tensor.I64, b); binary.LittleEndian.Uint64(b) != 1<<40+7 {
		t.Errorf("I64: %v", b)
	}
}

// A file's own metadata and tensors, written again, are the same file.
func TestWriteCopy(t *testing.T) {
	list, _ := everyTensor()
	var first, second bytes.Buffer
	if err := Write(&first, everyType(), list, WriteOptions{Alignment: 64}); err != nil {
		t.Fatal(err)
	}
	f, err := OpenReader(bytes.NewReader(first.Bytes()), int64(first.Len()))
	if err != nil {
		t.Fatal(err)
	}
	var again []TensorSource
	for _, x := range f.Tensors {
		again = append(again, TensorSource{x.Name, x.Type, x.Shape, Bytes(x.Bytes())})
	}
	if err := Write(&second, f.Meta.KVs(), again, WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("the copy differs")
	}
}

func TestWriteRefuses(t *testing.T) {
	x := TensorSource{"a", tensor.F32, tensor.Dims(8), Bytes(make([]byte, 32))}
	for _, tt := range []struct {
		name    string
		meta    []KV
		tensors []TensorSource
		align   int
		want    string
	}{
		{"int", []KV{{"k", 3}}, nil, 0, `gguf: metadata "k": a value of type int has no GGUF type`},
		{"nil", []KV{{"k", nil}}, nil, 0, `gguf: metadata "k": a value of type <nil> has no GGUF type`},
		{"slice of ints", []KV{{"k", []int{3}}}, nil, 0, `a value of type []int has no GGUF type`},
		{"key twice", []KV{{"k", true}, {"k", true}}, nil, 0, `the key stands twice`},
		{"empty key", []KV{{"", true}}, nil, 0, `empty key`},
		{"five deep", []KV{{"k", []any{[]any{[]any{[]any{[]any{}}}}}}}, nil, 0, `arrays more than 4 deep`},
		{"alignment", nil, nil, 24, `gguf: alignment 24, want a power of two from 8 to 1048576`},
		{"alignment of metadata", []KV{{"general.alignment", uint64(32)}}, nil, 0, `a value of type uint64, want uint32`},
		{"name twice", nil, []TensorSource{x, x}, 0, `two tensors have this name`},
		{"long name", nil, []TensorSource{{strings.Repeat("n", 65), x.Type, x.Shape, x.Data}}, 0, `name of 65 bytes`},
		{"no shape", nil, []TensorSource{{"a", x.Type, tensor.Shape{}, x.Data}}, 0, `dimension 0`},
		{"half a block", nil, []TensorSource{{"a", tensor.Q4_K, tensor.Dims(128), x.Data}}, 0, `rows of 128 elements cannot be Q4_K`},
		{"unknown type", nil, []TensorSource{{"a", 4, x.Shape, x.Data}}, 0, `rows of 8 elements cannot be DType(4)`},
		{"too few bytes", nil, []TensorSource{{"a", x.Type, x.Shape, Bytes(make([]byte, 31))}}, 0, `gguf: tensor "a": 31 bytes were written, want 32`},
		{"too many bytes", nil, []TensorSource{{"a", x.Type, x.Shape, Bytes(make([]byte, 33))}}, 0, `gguf: tensor "a": 1 bytes too many`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := Write(io.Discard, tt.meta, tt.tensors, WriteOptions{Alignment: tt.align})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

// A tensor may come in pieces of any size, also where blocks are swapped.
func TestWriteInPieces(t *testing.T) {
	data := make([]byte, 4*144)
	for i := range data {
		data[i] = byte(i)
	}
	var want []byte
	for _, n := range []int{len(data), 1, 7, 145} {
		x := TensorSource{"a", tensor.Q4_K, tensor.Dims(2, 512), func(w io.Writer) error {
			for piece := range slices.Chunk(data, n) {
				if _, err := w.Write(piece); err != nil {
					return err
				}
			}
			return nil
		}}
		var b bytes.Buffer
		if err := Write(&b, nil, []TensorSource{x}, WriteOptions{BigEndian: true}); err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = b.Bytes()
		} else if !bytes.Equal(b.Bytes(), want) {
			t.Errorf("pieces of %d bytes give another file", n)
		}
	}
}
