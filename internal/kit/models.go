package kit

import (
	"compress/bzip2"
	"encoding/binary"
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A Model is one entry of the kit's models.json.
type Model struct {
	Name, Arch, File, Kind string
	Features               string
	Quant                  string  // type of the matrices, "" for F32
	Prompt                 []int32 // fed as it is
	Rows, Cols             int     // of the reference logits
	Ref                    string
	Exact                  string  `json:"ref_exact"` // logits of the decoded weights, "" for F32
	PeerNMSE               float64 `json:"peer_nmse_vs_exact"`
	Greedy                 []int32 // tokens decoded greedily after the prompt
	RefGreedy              string  `json:"ref_greedy"` // row i: logits after feeding Greedy[i]

	dir string
}

// LoadModels reads models.json of the kit in dir.
func LoadModels(t testing.TB, dir string) []Model {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "models.json"))
	if err != nil {
		t.Fatal(err)
	}
	var list []Model
	if err := json.Unmarshal(data, &list); err != nil {
		t.Fatal(err)
	}
	for i := range list {
		list[i].dir = dir
	}
	return list
}

// Image returns the model's file, decompressed.
func (m *Model) Image(t testing.TB) []byte {
	t.Helper()
	f, err := os.Open(filepath.Join(m.dir, m.File))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(m.File, ".bz2") {
		r = bzip2.NewReader(f)
	}
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Floats reads a file of float32s that the model names: Ref, Exact or RefGreedy.
func (m *Model) Floats(t testing.TB, name string) []float32 {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(m.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float32, len(raw)/4)
	for i := range x {
		x[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return x
}

// NMSE is the squared error of got relative to the squares of want.
func NMSE[F float32 | float64](got []F, want []float32) float64 {
	var num, den float64
	for i, w := range want {
		d := float64(got[i]) - float64(w)
		num, den = num+d*d, den+float64(w)*float64(w)
	}
	return num / den
}
