//go:build (amd64 || arm64) && !purego

package asm

// Pause tells the core that its thread spins, so that another thread on it gets ahead.
func Pause()
