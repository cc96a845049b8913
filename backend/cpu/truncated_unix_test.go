//go:build unix

package cpu_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/longrun-ai/longrun/asm"
	"github.com/longrun-ai/longrun/backend"
	"github.com/longrun-ai/longrun/backend/cpu"
	"github.com/longrun-ai/longrun/graph"
	"github.com/longrun-ai/longrun/tensor"
)

// A checkpoint that is cut short while its weights are mapped ends the step with an error that names the weight.
func TestTruncatedFile(t *testing.T) {
	const rows, cols = 256, 1024
	path := filepath.Join(t.TempDir(), "weights")
	if err := os.WriteFile(path, make([]byte, 4*rows*cols), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	mem, err := unix.Mmap(int(file.Fd()), 0, 4*rows*cols, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := unix.Munmap(mem); err != nil {
			t.Error(err)
		}
	}()
	g := graph.New(1)
	w := g.Weight(tensor.Tensor{Name: "blk.0.ffn_up.weight", Shape: tensor.Dims(rows, cols), Buf: tensor.Host(mem)})
	g.Output(g.MatMul(g.Input("x", 1, cols), w))
	f := &backend.Frame{Step: 1, In: [][]float32{make([]float32, cols)}, Out: [][]float32{make([]float32, rows)}}
	for _, k := range asm.Tiers() {
		for _, threads := range []int{1, 2} {
			devices, err := cpu.Driver{Threads: threads, Tier: k.Tier}.Open()
			if err != nil {
				t.Fatal(err)
			}
			defer devices[0].Close()
			p := compile(t, g, devices[0])
			if err := os.Truncate(path, 4*rows*cols); err != nil {
				t.Fatal(err)
			}
			if err := p.Run(context.Background(), f); err != nil {
				t.Fatalf("%s, %d threads: %v", k.Tier, threads, err)
			}
			if err := os.Truncate(path, 4096); err != nil {
				t.Fatal(err)
			}
			err = p.Run(context.Background(), f)
			if err == nil || !strings.Contains(err.Error(), "MatMul blk.0.ffn_up.weight") {
				t.Errorf("%s, %d threads: got %v", k.Tier, threads, err)
			}
		}
	}
}
