//go:build !linux && !darwin

package guard

import "testing"

// Enforced is false: package syscall cannot protect pages here. Sentinels still catch stray writes.
const Enforced = false

// Slice returns n zeroed numbers.
func Slice[T Number](_ testing.TB, n int) []T { return make([]T, n) }
