package engine

import (
	"context"
	"errors"
	"fmt"
	"testing"
)

// asking returns a sequence that asks for n tokens.
func asking(ctx context.Context, n int) *Seq {
	return &Seq{ctx: ctx, tokens: make([]int32, n), reply: make(chan error, 1)}
}

// A step takes single tokens first, then every chunk of a prompt that fits; the others wait, and come first, and
// those that were cancelled are answered.
func TestTake(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	gone := errors.New("gone")
	cancel(gone)
	for _, tt := range []struct {
		pending     []int // tokens asked for; negative: cancelled
		taken, left string
	}{
		{[]int{1}, "[1]", "[]"},
		{[]int{512}, "[512]", "[]"},
		{[]int{512, 1}, "[1]", "[512]"},
		{[]int{100, 1, 411, 1, 300}, "[1 1 100 300]", "[411]"},
		{[]int{100, 1, 411, 300}, "[1 100 411]", "[300]"},
		{[]int{-1, 5, -400, 1}, "[1 5]", "[]"},
		{[]int{-1}, "[]", "[]"},
	} {
		var pending, cancelled []*Seq
		for _, n := range tt.pending {
			if n < 0 {
				cancelled = append(cancelled, asking(ctx, -n))
				pending = append(pending, cancelled[len(cancelled)-1])
			} else {
				pending = append(pending, asking(t.Context(), n))
			}
		}
		var s step
		left := s.take(pending)
		if got := lengths(s.seqs); got != tt.taken {
			t.Errorf("%v: takes %s, want %s", tt.pending, got, tt.taken)
		}
		if got := lengths(left); got != tt.left {
			t.Errorf("%v: leaves %s, want %s", tt.pending, got, tt.left)
		}
		for _, w := range cancelled {
			select {
			case err := <-w.reply:
				if !errors.Is(err, gone) {
					t.Errorf("%v: a cancelled sequence is told %v", tt.pending, err)
				}
			default:
				t.Errorf("%v: a cancelled sequence is not answered", tt.pending)
			}
		}
	}
}

func lengths(seqs []*Seq) string {
	n := []int{}
	for _, s := range seqs {
		n = append(n, len(s.tokens))
	}
	return fmt.Sprint(n)
}
