package graph

import "fmt"

// An Op says what a node computes; the builder method of the same name defines it.
type Op uint8

const (
	Tokens Op = iota
	Input
	Weight
	Lookup
	MatMul
	Add
	Times
	Scale
	RMSNorm
	RoPE
	Attend
	GLU
	Experts
	Want

	NumOps = int(iota) // length of a table indexed by Op
)

var opNames = [NumOps]string{ // never written
	"Tokens", "Input", "Weight", "Lookup", "MatMul", "Add", "Times", "Scale", "RMSNorm", "RoPE", "Attend", "GLU",
	"Experts", "Want",
}

func (op Op) String() string {
	if int(op) < len(opNames) {
		return opNames[op]
	}
	return fmt.Sprintf("Op(%d)", uint8(op))
}
