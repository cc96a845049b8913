package cpu

import (
	"runtime"
	"unsafe"
)

// systemCores is what Go knows: the hardware threads this process may use.
func systemCores() int { return runtime.NumCPU() }

// floatsOf views memory as float32s in this machine's byte order.
func floatsOf(b []byte) []float32 {
	if len(b) < 4 {
		return nil
	}
	// Sound: regions are aligned to pages or made of float32s, and hold no pointers.
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/4)
}
