package tensor

import (
	"strconv"
	"strings"
)

// A Shape is up to four dimensions, slowest first: a matrix of linear weights is (out, in), the experts of a layer are
// (experts, out, in). Unused dimensions stand in front and are 1. The zero Shape is the shape of nothing.
type Shape [4]int

// Dims returns the shape of at most four dimensions, slowest first.
func Dims(dims ...int) Shape {
	s := Shape{1, 1, 1, 1}
	copy(s[len(s)-len(dims):], dims)
	return s
}

// Elems is the number of elements.
func (s Shape) Elems() int { return s[0] * s[1] * s[2] * s[3] }

// Cols is the fastest dimension, the length of a row.
func (s Shape) Cols() int { return s[3] }

// Rows is the number of rows: the product of all other dimensions.
func (s Shape) Rows() int { return s[0] * s[1] * s[2] }

// String is "(rows, cols)", with the dimensions in front where they are not 1.
func (s Shape) String() string {
	i := 0
	for i < 2 && s[i] == 1 {
		i++
	}
	var b strings.Builder
	for _, d := range s[i:] {
		b.WriteString(", ")
		b.WriteString(strconv.Itoa(d))
	}
	return "(" + b.String()[2:] + ")"
}
