//go:build !unix

package cpu

import "unsafe"

// A region is ordinary memory: the garbage collector frees it once nobody uses it.
type region struct{ bytes []byte }

func newRegion(n int) (region, error) {
	words := make([]uint64, (n+7)/8)
	// Sound: words are aligned for float32s and hold no pointers.
	return region{unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(words))), 8*len(words))[:n]}, nil
}

func (region) free() error { return nil }
