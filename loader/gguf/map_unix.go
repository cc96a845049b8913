//go:build unix

package gguf

import (
	"os"

	"golang.org/x/sys/unix"
)

const canMap = true

// mapFile maps size bytes of a file for reading, and returns the mapping and what ends it. f may be closed meanwhile.
func mapFile(f *os.File, size int) ([]byte, func() error, error) {
	b, err := unix.Mmap(int(f.Fd()), 0, size, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil, nil, os.NewSyscallError("mmap", err)
	}
	return b, func() error { return os.NewSyscallError("munmap", unix.Munmap(b)) }, nil
}
