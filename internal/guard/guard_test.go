package guard

import (
	"testing"
	"unsafe"
)

// One deliberate violation for each size, so that the guard is known to bite.
func TestSliceFaultsPastTheEnd(t *testing.T) {
	if !Enforced {
		t.Skip("no guard pages on this system")
	}
	faults[int8](t)
	faults[int16](t)
	faults[float32](t)
}

func faults[T Number](t *testing.T) {
	v := Slice[T](t, 5)
	past := (*T)(unsafe.Add(unsafe.Pointer(&v[0]), uintptr(len(v))*unsafe.Sizeof(v[0])))
	if Catch(func() error { v[0] = *past; return nil }) == nil {
		t.Errorf("read the %T after the last and lived", v[0])
	}
}
