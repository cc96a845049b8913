package tokenizer_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/longrun-ai/longrun/internal/kit"
	"github.com/longrun-ai/longrun/tokenizer"
)

const prose = "The quick brown fox jumps over the lazy dog; it's 12345 times, naïve and slow.\n"

func BenchmarkEncode(b *testing.B) {
	for _, name := range []string{"gpt-2", "llama-spm"} {
		b.Run(name, func(b *testing.B) {
			tok := open(b, metadata(b, filepath.Join(kit.Testdata(b), "kit", "tokenizer", "ggml-vocab-"+name+".gguf")))
			text := strings.Repeat(prose, 1000)
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				tok.Encode(text, true, false)
			}
		})
	}
}

func BenchmarkNew(b *testing.B) {
	m := metadata(b, filepath.Join(kit.Testdata(b), "kit", "tokenizer", "ggml-vocab-gpt-2.gguf"))
	for b.Loop() {
		if _, err := tokenizer.FromMetadata(m); err != nil {
			b.Fatal(err)
		}
	}
}
