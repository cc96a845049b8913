package tiny

import (
	"bytes"
	"math"
	"testing"
	"time"

	"github.com/longrun-ai/longrun/internal/reference"
	"github.com/longrun-ai/longrun/loader/gguf"
	"github.com/longrun-ai/longrun/tensor"
)

// Every type makes a file that loads and whose logits are neither all alike nor out of bounds; the seed decides.
func TestImageRuns(t *testing.T) {
	shape := Shapes()["tiny"]
	shape.Layers = 1
	for _, typ := range []tensor.DType{tensor.F32, tensor.F16, tensor.BF16, tensor.Q4_0, tensor.Q8_0, tensor.Q4_K, tensor.Q6_K, tensor.IQ4_XS, tensor.MXFP4} {
		image, err := Image(shape, typ, 1)
		if err != nil {
			t.Fatal(err)
		}
		again, _ := Image(shape, typ, 1)
		other, _ := Image(shape, typ, 2)
		if !bytes.Equal(image, again) || bytes.Equal(image, other) {
			t.Errorf("%s: the seed does not decide", typ)
		}
		f, err := gguf.OpenReader(bytes.NewReader(image), int64(len(image)))
		if err != nil {
			t.Fatal(err)
		}
		m, err := reference.Open(f)
		if err != nil {
			t.Fatal(err)
		}
		var sum float64
		for _, x := range m.Feed(1, 300)[1] {
			sum += x * x
		}
		if rms := math.Sqrt(sum / float64(shape.Vocab)); !(rms > 0.1 && rms < 10) {
			t.Errorf("%s: logits have a size of %g", typ, rms)
		}
	}
}

// The shape of a billion parameters in Q8_0 is 1.3 GB, and is made in seconds.
func TestShapeOfLlama1B(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out making a file of 1.3 GB")
	}
	var n counter
	start := time.Now()
	if err := Write(&n, Shapes()["llama-3.2-1b"], tensor.Q8_0, 1); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes in %v", n, time.Since(start).Round(time.Millisecond))
	if n < 1.30e9 || n > 1.33e9 {
		t.Errorf("%d bytes", n)
	}
}

type counter int64

func (c *counter) Write(b []byte) (int, error) {
	*c += counter(len(b))
	return len(b), nil
}
