package gguf

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/longrun-ai/longrun/internal/kit"
)

// Vocabularies are most of what opening a model costs: here 262144 tokens with their scores and types.
func BenchmarkOpen(b *testing.B) {
	image := readKit(b, filepath.Join(kit.Dir(b), "tokenizer/ggml-vocab-gemma-4.gguf.bz2"))
	path := filepath.Join(b.TempDir(), "m.gguf")
	if err := os.WriteFile(path, image, 0o666); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(image)))
	b.ReportAllocs()
	for b.Loop() {
		f, err := Open(path)
		if err != nil {
			b.Fatal(err)
		}
		f.Close()
	}
}
