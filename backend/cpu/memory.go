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

// bytesOf views float32s as memory.
func bytesOf(f []float32) []byte {
	if len(f) == 0 {
		return nil
	}
	// Sound: bytes may be aligned anyhow, and float32s hold no pointers.
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(f))), 4*len(f))
}
