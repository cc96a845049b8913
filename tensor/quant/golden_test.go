package quant

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/longrun-ai/longrun/internal/kit"
	"github.com/longrun-ai/longrun/tensor"
)

// A goldenSet is a folder of blocks and their values as llama.cpp decodes them.
type goldenSet struct {
	Input string // float32, what Q encodes
	Types []golden

	dir string
}

type golden struct {
	Type    string
	ID      tensor.DType
	Q, Deq  string // llama.cpp's encoding of the input, and its values
	Rand    string // random bits in every field
	RandDeq string `json:"rand_deq"`
}

func (s goldenSet) bytes(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(s.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (s goldenSet) floats(t *testing.T, name string) []float32 {
	t.Helper()
	b := s.bytes(t, name)
	v := make([]float32, len(b)/4)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return v
}

// eachGolden runs f with the goldens of the repository and with the whole kit, for every type that is supported.
func eachGolden(t *testing.T, f func(t *testing.T, s goldenSet, g golden)) {
	for name, dir := range map[string]func(testing.TB) string{
		"testdata": func(t testing.TB) string { return filepath.Join(kit.Testdata(t), "kit") },
		"kit":      kit.Dir,
	} {
		t.Run(name, func(t *testing.T) {
			s := goldenSet{dir: filepath.Join(dir(t), "dequant")}
			if err := json.Unmarshal(s.bytes(t, "index.json"), &s); err != nil {
				t.Fatal(err)
			}
			seen := []tensor.DType{tensor.F32} // there is nothing to decode
			for _, g := range s.Types {
				if _, ok := Of(g.ID); ok {
					seen = append(seen, g.ID)
					t.Run(g.Type, func(t *testing.T) {
						if !strings.EqualFold(g.ID.String(), g.Type) {
							t.Fatalf("type %d is %s here", g.ID, g.ID)
						}
						f(t, s, g)
					})
				}
			}
			for _, typ := range supported() {
				if !slices.Contains(seen, typ) {
					t.Errorf("no golden for %s", typ)
				}
			}
		})
	}
}

func supported() (types []tensor.DType) {
	for typ := range tensor.DType(tensor.NumDTypes) {
		if _, ok := Of(typ); ok {
			types = append(types, typ)
		}
	}
	return types
}

func TestDecode(t *testing.T) {
	eachGolden(t, func(t *testing.T, s goldenSet, g golden) {
		for _, pair := range [][2]string{{g.Q, g.Deq}, {g.Rand, g.RandDeq}} {
			if pair[0] == "" { // types without blocks have no random ones
				continue
			}
			want := s.floats(t, pair[1])
			got := make([]float32, len(want))
			if err := Decode(g.ID, got, s.bytes(t, pair[0])); err != nil {
				t.Fatal(err)
			}
			for i := range want {
				if !same(got[i], want[i]) {
					t.Fatalf("%s: value %d is %g (%#08x), want %g (%#08x)", pair[0], i,
						got[i], math.Float32bits(got[i]), want[i], math.Float32bits(want[i]))
				}
			}
		}
	})
}

// same is equality of bits, so -0 is not 0, but any two NaNs are the same: payloads depend on operand order.
func same(a, b float32) bool {
	return math.Float32bits(a) == math.Float32bits(b) || a != a && b != b
}

// What this package encodes is as near to the input as what llama.cpp encodes: its error, the root of the mean square
// over a row relative to the row's own, is at most slack times llama.cpp's, on the average over rows.
func TestEncodeAsNearAsPeer(t *testing.T) {
	const slack = 1.015
	eachGolden(t, func(t *testing.T, s goldenSet, g golden) {
		input, peer := s.floats(t, s.Input), s.floats(t, g.Deq)
		elems, size := g.ID.Block()
		b, got := make([]byte, len(input)/elems*size), make([]float32, len(input))
		if err := Encode(g.ID, b, input); err != nil {
			t.Fatal(err)
		}
		if err := Decode(g.ID, got, b); err != nil {
			t.Fatal(err)
		}
		const row = 512
		var mine, theirs float64
		for at := 0; at < len(input); at += row {
			x := input[at:][:row]
			norm := rms(x, make([]float32, row))
			mine += rms(x, got[at:][:row]) / norm
			theirs += rms(x, peer[at:][:row]) / norm
		}
		t.Logf("error %.5f, llama.cpp's %.5f", mine/float64(len(input)/row), theirs/float64(len(input)/row))
		if !(mine <= slack*theirs) {
			t.Errorf("error is %.3f times llama.cpp's", mine/theirs)
		}
	})
}

// rms is the root of the mean squared difference.
func rms(x, y []float32) float64 {
	var sum float64
	for i := range x {
		d := float64(x[i]) - float64(y[i])
		sum += d * d
	}
	return math.Sqrt(sum / float64(len(x)))
}

func ExampleDecode() {
	b := make([]byte, 34) // a block of Q8_0
	x := make([]float32, 32)
	for i := range x {
		x[i] = float32(i) - 16
	}
	if err := Encode(tensor.Q8_0, b, x); err != nil {
		fmt.Println(err)
	}
	if err := Decode(tensor.Q8_0, x, b); err != nil {
		fmt.Println(err)
	}
	fmt.Printf("%.1f", x[:4])
	// Output: [-16.0 -15.0 -14.0 -13.0]
}
