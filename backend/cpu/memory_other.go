//go:build !unix

package cpu

// A region is ordinary memory: the garbage collector frees it once nobody uses it.
type region struct{ bytes []byte }

func newRegion(n int) (region, error) {
	return region{bytesOf(make([]float32, (n+3)/4))[:n]}, nil // aligned for float32s
}

func (region) free() error { return nil }
