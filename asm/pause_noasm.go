//go:build !(amd64 || arm64) || purego

package asm

// Pause tells the core that its thread spins. Without assembly there is no way to say so.
func Pause() {}
