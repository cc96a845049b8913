package tensor

import (
	"math"
	"testing"

	"github.com/x448/float16"
)

// Every half, and every float32 with one of 64 patterns in the bits that rounding looks at, against x448/float16.
func TestF16(t *testing.T) {
	for h := range 1 << 16 {
		got, want := F16ToF32(uint16(h)), float16.Frombits(uint16(h)).Float32()
		if math.Float32bits(got) != math.Float32bits(want) && !(got != got && want != want) {
			t.Fatalf("half %#04x is %g, want %g", h, got, want)
		}
	}
	for hi := range 1 << 16 {
		for _, lo := range []uint32{0, 1, 0xfff, 0x1000, 0x1001, 0x1fff, 0x2000, 0x7fff, 0x8000, 0xefff, 0xf000, 0xf001, 0xffff} {
			f := math.Float32frombits(uint32(hi)<<16 | lo)
			got, want := F32ToF16(f), float16.Fromfloat32(f).Bits()
			if got != want && f == f {
				t.Fatalf("%g (%#08x) rounds to %#04x, want %#04x", f, math.Float32bits(f), got, want)
			}
			if f != f && (got&0x7e00 != 0x7e00) {
				t.Fatalf("NaN %#08x becomes %#04x, not a quiet NaN", math.Float32bits(f), got)
			}
		}
	}
}

// The nearest of a number's two neighbours, the even one in between.
func TestBF16(t *testing.T) {
	for hi := range 1 << 16 {
		for _, lo := range []uint32{0, 1, 0x7fff, 0x8000, 0x8001, 0xffff} {
			f := math.Float32frombits(uint32(hi)<<16 | lo)
			got := F32ToBF16(f)
			want := uint16(hi)
			if lo > 0x8000 || lo == 0x8000 && hi&1 == 1 {
				want++
			}
			if f != f {
				if g := BF16ToF32(got); g == g {
					t.Fatalf("NaN %#08x becomes %g", math.Float32bits(f), g)
				}
			} else if got != want {
				t.Fatalf("%#08x rounds to %#04x, want %#04x", math.Float32bits(f), got, want)
			}
		}
	}
}
