package quant

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/longrun-ai/longrun/tensor"
)

// eps is the error of rounding to a half, relative to the number; least is the smallest half.
const (
	eps   = 0x1p-11
	least = 0x1p-24
)

// bounds are what the error of a block may be, as the root of its mean square. A fit is never worse than plain rounding
// with a scale that reaches every element, half a step. Storing the scale as a half, or as a multiple of a shared one,
// moves what a code stands for, and rounding anew with the stored scale only comes nearer.
var bounds = map[tensor.DType]func(x []float32) float64{
	tensor.F32:    func([]float32) float64 { return 0 },
	tensor.F16:    func(x []float32) float64 { return absMax(x)*eps + least/2 },
	tensor.BF16:   func(x []float32) float64 { return absMax(x) * 0x1p-8 }, // subnormal ones are not tried
	tensor.Q8_0:   func(x []float32) float64 { return (absMax(x)/127*(1+2*eps) + least) / 2 },
	tensor.Q4_0:   func(x []float32) float64 { return halfBound(absMax(x)/7, 0.5, 1.5, 8) },
	tensor.Q5_0:   func(x []float32) float64 { return halfBound(absMax(x)/15, 0.5, 1.5, 16) },
	tensor.IQ4_NL: func(x []float32) float64 { return halfBound(absMax(x)/113, 12, 2, 127) }, // values are up to 24 apart
	tensor.Q4_1:   func(x []float32) float64 { return halfLineBound(x, 15) },
	tensor.Q5_1:   func(x []float32) float64 { return halfLineBound(x, 31) },
	tensor.Q3_K:   func(x []float32) float64 { return scalesBound(x, 16, 3, 0.5, 1.5, 4, 31) },
	tensor.Q6_K:   func(x []float32) float64 { return scalesBound(x, 16, 31, 0.5, 1.5, 32, 127) },
	tensor.IQ4_XS: func(x []float32) float64 { return scalesBound(x, 32, 113, 12, 2, 127, 31) },
	tensor.Q2_K:   func(x []float32) float64 { return linesBound(x, 16, 3, 15) },
	tensor.Q4_K:   func(x []float32) float64 { return linesBound(x, 32, 15, 63) },
	tensor.Q5_K:   func(x []float32) float64 { return linesBound(x, 32, 31, 63) },
	// With the larger exponent the extreme is 2 to 4 steps of the scale and values there are one apart; a step is at most
	// half the extreme. With the least exponent values are 2^-128 apart.
	tensor.MXFP4: func(x []float32) float64 { return absMax(x)/4 + 0x1p-129 },
}

// halfBound: step reaches the extreme and errs by half of the widest gap; the fit may be wider times as large, and a code
// multiplies its rounding by up to most.
func halfBound(step, gap, wider, most float64) float64 {
	return step*gap + most*(wider*step*eps+least/2)
}

func halfLineBound(x []float32, n float64) float64 {
	span := float64(slices.Max(x)) - float64(slices.Min(x))
	return span/n/2 + n*(2*span/n*eps+least/2) + 2*absMax(x)*eps + least/2
}

// scalesBound: a sub-block errs as in halfBound, but its scale by half of the shared one, which is the largest of them
// by ints. reach is the largest code with both signs.
func scalesBound(x []float32, size int, reach, gap, wider, most, ints float64) float64 {
	shared := wider*absMax(x)/reach/ints*(1+2*eps) + least
	var sum float64
	for sub := range slices.Chunk(x, size) {
		e := absMax(sub)/reach*gap + most*shared/2
		sum += e * e * float64(size)
	}
	return math.Sqrt(sum / float64(len(x)))
}

// linesBound: scales are at most twice span/n; minima twice the lowest element, and once more after the scale is rounded.
func linesBound(x []float32, size int, n, ints float64) float64 {
	var spans []float64
	var lowest float64
	for sub := range slices.Chunk(x, size) {
		lo := min(0, float64(slices.Min(sub)))
		spans = append(spans, max(0, float64(slices.Max(sub)))-lo)
		lowest = max(lowest, -lo)
	}
	d := 2*slices.Max(spans)/n/ints*(1+2*eps) + least
	dmin := 4*lowest/ints*(1+2*eps) + least
	var sum float64
	for _, span := range spans {
		e := span/n/2 + n*d/2 + dmin/2
		sum += e * e
	}
	return math.Sqrt(sum / float64(len(spans)))
}

// checkBound encodes x, one block of type t, and reports an error beyond the bound.
func checkBound(t tensor.DType, x []float32) error {
	_, size := t.Block()
	b, y := make([]byte, size), make([]float32, len(x))
	for i := range b {
		b[i] = 0xa5 // what was there must not shine through
	}
	if err := Encode(t, b, x); err != nil {
		return err
	}
	if err := Decode(t, y, b); err != nil {
		return err
	}
	// 1 % and 2^-40 for sums and products in float32 and for blocks taken as zero.
	if got, bound := rms(x, y), bounds[t](x)*1.01+0x1p-40; !(got <= bound) {
		return fmt.Errorf("%s: error %g, bound %g:\n%v\n%v", t, got, bound, x, y)
	}
	return nil
}

func TestEncodeWithinBound(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	shapes := map[string]func(i int) float64{
		"normal":   func(int) float64 { return r.NormFloat64() },
		"positive": func(int) float64 { return 3 + r.Float64() },
		"negative": func(int) float64 { return -3 - r.Float64() },
		"tail":     func(int) float64 { return max(-600, min(math.Pow(r.NormFloat64(), 5), 600)) },
		"one":      func(i int) float64 { return float64(max(0, 1-i)) },
		"constant": func(int) float64 { return -0.7 },
		"zero":     func(int) float64 { return 0 },
		"ends":     func(int) float64 { return float64(2*r.IntN(2) - 1) },
	}
	for _, typ := range supported() {
		t.Run(typ.String(), func(t *testing.T) {
			elems, _ := typ.Block()
			x := make([]float32, elems)
			for _, name := range slices.Sorted(maps.Keys(shapes)) { // in order, for the same numbers each time
				f := shapes[name]
				for _, scale := range []float64{0x1p-50, 0x1p-28, 0x1p-24, 0x1p-12, 0.02, 1, 100} {
					for range 20 {
						for i := range x {
							x[i] = float32(scale * f(i))
						}
						if err := checkBound(typ, x); err != nil {
							t.Fatalf("%s times %g: %v", name, scale, err)
						}
					}
				}
			}
		})
	}
}

// What cannot be stored is found by Check; what is only too large becomes large and finite.
func TestEncodeExtremes(t *testing.T) {
	for _, typ := range supported() {
		elems, size := typ.Block()
		x, b := make([]float32, 3*elems), make([]byte, 3*size)
		for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			clear(x)
			x[2*elems-1] = float32(v)
			if err := Encode(typ, b, x); err != nil {
				t.Error(err)
			}
			if bad := Check(typ, b); bad != 1 {
				t.Errorf("%s with %v in block 1: Check finds %d", typ, v, bad)
			}
		}
		for i := range x {
			x[i] = math.MaxFloat32 * float32(1-i%3) // largest, zero, lowest
		}
		if err := Encode(typ, b, x); err != nil {
			t.Error(err)
		}
		if bad := Check(typ, b); bad != -1 && typ != tensor.F16 && typ != tensor.BF16 { // these round to infinity
			t.Errorf("%s of the largest numbers: block %d is not finite", typ, bad)
		}
		if bad := Check(typ, append(make([]byte, size), 0)); size > 1 && bad != 1 {
			t.Errorf("%s cut short: Check finds %d", typ, bad)
		}
	}
}

func TestRefuses(t *testing.T) {
	x, b := make([]float32, 48), make([]byte, 51)
	for _, tt := range []struct {
		err  error
		want string
	}{
		{Decode(tensor.I32, x, b), "quant: decode I32: the type is not supported"},
		{Encode(4, b, x), "quant: encode DType(4): the type is not supported"},
		{Decode(200, x, b), "quant: decode DType(200): the type is not supported"},
		{Decode(tensor.Q8_0, x, b), "quant: decode Q8_0: 48 values and 51 bytes do not match: blocks are 32 values in 34 bytes"},
		{Encode(tensor.Q8_0, b[:34], x), "quant: encode Q8_0: 48 values and 34 bytes do not match: blocks are 32 values in 34 bytes"},
	} {
		if tt.err == nil || tt.err.Error() != tt.want {
			t.Errorf("got  %v\nwant %s", tt.err, tt.want)
		}
	}
	for _, typ := range supported() {
		f, _ := Of(typ)
		_, size := typ.Block()
		for name, call := range map[string]func(){
			"Decode": func() { f.Decode(make([]float32, 256), make([]byte, size-1)) },
			"Encode": func() { f.Encode(make([]byte, size-1), make([]float32, 256)) },
		} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%s: %s of mismatched lengths does not panic", typ, name)
					}
				}()
				call()
			}()
		}
	}
}

// Any bytes of the right length decode, and what they decode to encodes; Check finds exactly what is not finite.
func FuzzDecode(f *testing.F) {
	for _, typ := range supported() {
		_, size := typ.Block()
		b := make([]byte, size)
		for i := range b {
			b[i] = byte(37 * i)
		}
		f.Add(uint8(typ), b)
	}
	f.Fuzz(func(t *testing.T, id uint8, data []byte) {
		typ := tensor.DType(id)
		format, ok := Of(typ)
		if !ok {
			return
		}
		elems, size := typ.Block()
		n := len(data) / size
		x := make([]float32, n*elems)
		format.Decode(x, data[:n*size])
		if bad := Check(typ, data[:n*size]); bad >= 0 != slices.ContainsFunc(x, func(v float32) bool { return !finite(v) }) {
			t.Fatalf("%s: Check finds %d in %v", typ, bad, x)
		}
		format.Encode(data[:n*size], x)
	})
}

// The bytes are taken as float32 elements of every type.
func FuzzEncode(f *testing.F) {
	f.Add([]byte("elements of a block, four bytes each, the last repeated"))
	f.Add(binary.LittleEndian.AppendUint32(nil, 0x7f7fffff))
	f.Add(binary.LittleEndian.AppendUint32(nil, 0x7fc00000))
	f.Fuzz(func(t *testing.T, data []byte) {
		var v [256]float32
		for i := range v {
			if len(data) >= 4 {
				v[i] = math.Float32frombits(binary.LittleEndian.Uint32(data))
				data = data[4:]
			} else if i > 0 {
				v[i] = v[i-1]
			}
		}
		for _, typ := range supported() {
			format, _ := Of(typ)
			elems, size := typ.Block()
			x, b := v[:elems], make([]byte, size)
			format.Encode(b, x) // anything
			for i := range x {  // within what scales reach without being cut off, for the bound
				if !(math.Abs(float64(x[i])) < 1000) {
					x[i] = float32(i)
				}
			}
			if err := checkBound(typ, x); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func Benchmark(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	x, y := make([]float32, 4096), make([]float32, 4096)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	for _, typ := range supported() {
		f, _ := Of(typ)
		packed := make([]byte, typ.RowBytes(len(x)))
		for name, run := range map[string]func(){
			"Encode": func() { f.Encode(packed, x) },
			"Decode": func() { f.Decode(y, packed) },
		} {
			b.Run(name+"/"+typ.String(), func(b *testing.B) {
				b.SetBytes(4 * int64(len(x)))
				for b.Loop() {
					run()
				}
			})
		}
	}
}
