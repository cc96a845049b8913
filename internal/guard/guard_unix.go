//go:build linux || darwin

package guard

import (
	"os"
	"syscall"
	"testing"
	"unsafe"
)

// Enforced tells whether a Slice ends at an unreadable page on this system.
const Enforced = true

// Slice returns n > 0 zeroed numbers whose last one is followed by an unreadable page. They live until t ends.
func Slice[T Number](t testing.TB, n int) []T {
	t.Helper()
	var zero T
	size, page := n*int(unsafe.Sizeof(zero)), os.Getpagesize()
	readable := (size + page - 1) / page * page
	mem, err := syscall.Mmap(-1, 0, readable+page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatalf("guard: mmap: %v", err)
	}
	t.Cleanup(func() { syscall.Munmap(mem) })
	if err := syscall.Mprotect(mem[readable:], syscall.PROT_NONE); err != nil {
		t.Fatalf("guard: mprotect: %v", err)
	}
	// Sound: the mapping is page-aligned, holds no Go pointers and outlives the test; readable - size is a multiple of
	// the number's size, because the page is.
	return unsafe.Slice((*T)(unsafe.Pointer(&mem[readable-size])), n)
}
