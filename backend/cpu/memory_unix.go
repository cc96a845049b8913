//go:build unix

package cpu

import "golang.org/x/sys/unix"

// A region is anonymous memory of whole pages, which the garbage collector never looks at. Pages that nothing touches
// take no memory.
type region struct{ bytes []byte }

func newRegion(n int) (region, error) {
	b, err := unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return region{}, err
	}
	adviseHuge(b)
	return region{b}, nil
}

func (r region) free() error { return unix.Munmap(r.bytes) }
