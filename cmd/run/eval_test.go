package main

import (
	"math"
	"testing"
)

func TestArgmax(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, tt := range []struct {
		logits []float32
		want   int32 // -1: an error
	}{
		{[]float32{1, 3, 2}, 1},
		{[]float32{1, 3, 3}, 1}, // ties: the lowest id
		{[]float32{nan, -5, nan, -4}, 3},
		{[]float32{-inf, -2}, 1},
		{[]float32{nan, nan}, -1},
		{[]float32{-inf, -inf}, -1},
	} {
		got, err := argmax(tt.logits)
		if (err != nil) != (tt.want < 0) || err == nil && got != tt.want {
			t.Errorf("%v: %d, %v, want %d", tt.logits, got, err, tt.want)
		}
	}
}
