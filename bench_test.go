package longrun

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/longrun-ai/longrun/asm"
	"github.com/longrun-ai/longrun/internal/tiny"
	"github.com/longrun-ai/longrun/tensor"
)

// openSeeded opens a file of random weights with the shape of Llama-3.2-1B in Q8_0: 1.3 GB, more than any cache.
func openSeeded(b *testing.B, opts ...Option) *Model {
	path := filepath.Join(b.TempDir(), "llama-3.2-1b.gguf")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	if err := tiny.Write(f, tiny.Shapes()["llama-3.2-1b"], tensor.Q8_0, 1); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	m, err := Open(b.Context(), path, append(opts, WithContext(2048))...)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { m.Close() })
	return m
}

// BenchmarkDecode is one token after another. Beside the bytes of weights read a second it reports which share that is of a
// plain read of the same file by as many threads, taken between the tokens.
func BenchmarkDecode(b *testing.B) {
	for _, threads := range []int{1, 2} {
		b.Run(fmt.Sprintf("%dthreads", threads), func(b *testing.B) {
			m := openSeeded(b, WithThreads(threads))
			s, err := m.NewSession()
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			var weights int64 // read for a token: all but the norms, which count for nothing
			var mem []byte    // the largest
			for _, t := range m.file.Tensors {
				weights += t.Size()
				if t.Size() > int64(len(mem)) {
					mem = t.Bytes()
				}
			}
			out := make([]float32, m.Info().Vocab)
			var read, ran time.Duration
			b.SetBytes(weights)
			for b.Loop() {
				b.StopTimer()
				start := time.Now()
				stream(mem, threads)
				read += time.Since(start)
				b.StartTimer()
				start = time.Now()
				if s.Len() == 1000 {
					s.Reset()
				}
				if err := s.Feed(b.Context(), []int32{int32(s.Len())}, out); err != nil {
					b.Fatal(err)
				}
				ran += time.Since(start)
			}
			streamed := float64(len(mem)) / read.Seconds() * float64(b.N)
			decoded := float64(weights) / ran.Seconds() * float64(b.N)
			b.ReportMetric(streamed/1e9, "stream-GB/s")
			b.ReportMetric(decoded/streamed, "of-stream")
			b.ReportMetric(float64(b.N)/ran.Seconds(), "tokens/s")
		})
	}
}

// BenchmarkPrompt is prompts of 128 tokens.
func BenchmarkPrompt(b *testing.B) {
	m := openSeeded(b)
	s, err := m.NewSession()
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	prompt := make([]int32, 128)
	for b.Loop() {
		s.Reset()
		if _, err := s.prefill(b.Context(), prompt); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(prompt)*b.N)/b.Elapsed().Seconds(), "tokens/s")
}

// stream reads mem with the kernel that does least besides reading.
func stream(mem []byte, threads int) {
	tiers := asm.Tiers()
	k := &tiers[len(tiers)-1]
	// Sound: a tensor in a file is aligned, and what the floats are does not matter.
	floats := unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(mem))), len(mem)/4)
	n := len(floats) / threads
	var wg sync.WaitGroup
	for i := range threads {
		wg.Go(func() {
			for part := floats[i*n:][:n]; len(part) > 0; {
				c := part[:min(len(part), 64<<10)]
				k.Max(c)
				part = part[len(c):]
			}
		})
	}
	wg.Wait()
}
