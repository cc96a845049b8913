// Package guard makes test memory that notices when assembly leaves it.
package guard

import "runtime/debug"

// A Number is what kernels take slices of. Its size is a power of two.
type Number interface {
	~int8 | ~uint8 | ~int16 | ~uint16 | ~int32 | ~uint32 | ~float32
}

// Catch calls f and returns its error, or the fault it ran into. The fault must happen on f's own goroutine.
func Catch(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		switch r := recover().(type) {
		case nil:
		case interface {
			error
			Addr() uintptr // what the runtime adds to an error that is a memory fault
		}:
			err = r
		default:
			panic(r)
		}
	}()
	return f()
}
