package kvcache

import (
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/longrun-ai/longrun/tensor"
)

func newCache(t *testing.T, pages int) *Cache {
	t.Helper()
	c, err := New([]Layer{{2, 16}, {1, 8}}, tensor.F16, tensor.F32, pages, func(_ int, n int64) (tensor.Buffer, error) {
		return make(tensor.Host, n), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// No two heads, pages or layers share a byte, and together they fill the buffers.
func TestBlocksAreApart(t *testing.T) {
	c := newCache(t, 3)
	total := 0
	for layer, heads := range []int{2, 1} {
		for page := range int32(3) {
			for head := range heads {
				b := c.Block(layer, page, head)
				for _, side := range [][]byte{b.K, b.V} {
					for i := range side {
						if side[i] != 0 {
							t.Fatalf("layer %d page %d head %d shares byte %d", layer, page, head, i)
						}
						side[i] = 1
					}
					total += len(side)
				}
				if len(b.K) != PageRows*b.KStride || len(b.V) != PageRows*b.VStride || cap(b.K) != len(b.K) {
					t.Fatalf("block of %d and %d bytes", len(b.K), len(b.V))
				}
			}
		}
	}
	if want := Bytes([]Layer{{2, 16}, {1, 8}}, tensor.F16, tensor.F32, 3); int64(total) != want {
		t.Errorf("blocks hold %d bytes, Bytes says %d", total, want)
	}
}

// Random growing, cutting and closing: pages are never shared, never lost, and never more than needed.
func TestSequencesShareNoPage(t *testing.T) {
	const pages = 20
	c := newCache(t, pages)
	r := rand.New(rand.NewPCG(1, 2))
	seqs := []*Seq{c.NewSeq(), c.NewSeq(), c.NewSeq()}
	for range 2000 {
		s := seqs[r.IntN(len(seqs))]
		switch n := r.IntN(200); {
		case r.IntN(10) == 0:
			s.Close()
		case r.IntN(2) == 0:
			s.Truncate(min(n, s.Len()))
		default:
			free := c.Free()
			if err := s.Reserve(n); err == nil {
				s.Extend(n)
			} else if !errors.Is(err, ErrFull) || c.Free() != free || Pages(s.Len()+n)-len(s.Pages()) <= free {
				t.Fatalf("Reserve(%d) with %d pages free: %v", n, free, err)
			}
		}
		owner, held := map[int32]int{}, 0
		for i, s := range seqs {
			for _, p := range s.Pages() {
				if j, ok := owner[p]; ok {
					t.Fatalf("page %d belongs to sequences %d and %d", p, i, j)
				}
				owner[p] = i
			}
			held += len(s.Pages())
			if len(s.Pages()) != Pages(s.Len()) {
				t.Fatalf("%d rows hold %d pages", s.Len(), len(s.Pages()))
			}
		}
		if held+c.Free() != pages {
			t.Fatalf("%d pages held, %d free of %d", held, c.Free(), pages)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	_, err := New([]Layer{{1, 32}}, tensor.Q8_0, tensor.F16, 1, nil)
	if err == nil || err.Error() != "kvcache: rows of Q8_0 are not supported, use f32 or f16" {
		t.Errorf("got %v", err)
	}
	broken := errors.New("no memory")
	_, err = New([]Layer{{1, 32}}, tensor.F16, tensor.F16, 1, func(int, int64) (tensor.Buffer, error) { return nil, broken })
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}
