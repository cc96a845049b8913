package tensor

import "testing"

func TestShapes(t *testing.T) {
	for _, tt := range []struct {
		s          Shape
		rows, cols int
		elems      int
		want       string
	}{
		{Dims(7), 1, 7, 7, "(1, 7)"},
		{Dims(3, 7), 3, 7, 21, "(3, 7)"},
		{Dims(2, 3, 7), 6, 7, 42, "(2, 3, 7)"},
		{Dims(2, 1, 3, 7), 6, 7, 42, "(2, 1, 3, 7)"},
	} {
		if tt.s.Rows() != tt.rows || tt.s.Cols() != tt.cols || tt.s.Elems() != tt.elems || tt.s.String() != tt.want {
			t.Errorf("%v: %d rows, %d columns, %d elements, want %+v", tt.s, tt.s.Rows(), tt.s.Cols(), tt.s.Elems(), tt)
		}
	}
}

func TestTensorBytes(t *testing.T) {
	x := Tensor{Type: Q4_K, Shape: Dims(2, 512), Buf: Host(make([]byte, 600)), Off: 24}
	if x.RowBytes() != 288 || x.Size() != 576 || len(x.Bytes()) != 576 {
		t.Errorf("row %d, size %d, %d bytes", x.RowBytes(), x.Size(), len(x.Bytes()))
	}
	if (Tensor{Type: F32, Shape: Dims(1, 4)}).Bytes() != nil {
		t.Error("bytes without a buffer")
	}
	if DType(4).Known() || DType(200).Known() || !MXFP4.Known() || Q6_K.String() != "Q6_K" || DType(4).String() != "DType(4)" {
		t.Error("known types are wrong")
	}
}
