//go:build !linux

package cpu

// memory is unknown.
func memory() (free, total int64) { return 0, 0 }

func cores() int { return systemCores() }
