package backendtest

import (
	"math"

	"github.com/longrun-ai/longrun/tensor"
)

// What a device may do to operands and sums. Everything a device is allowed beyond exact arithmetic stands here; the
// evaluator carries it from node to node as a bound on each element's error, so that no tolerance is guessed.
const (
	// u is the unit roundoff of float32: a rounded result is off by at most u times itself, a sum of n products in any
	// order by at most (n+1) u times the sum of their magnitudes (Higham 2002, section 3.1), to first order.
	u = 0x1p-24

	// slack is the number of roundings that kernels may add to a sum: scales of blocks, of scores, of the result.
	slack = 8

	// expError is the relative error that asm allows exponentials, and room for the division after them.
	expError = 0x1p-20
)

// activationError is how far a device may move element i of x, the other side of a product with weights of type t:
//
//	F32                         not at all
//	F16, BF16                   to the nearest half: 2^-11 of itself
//	blocks of quantised weights to the nearest of 255 steps that span its 32 neighbours: half a step, which is d/2 with
//	                            d = max|x| / 127; the 0.1 % more is for d's own rounding
func activationError(t tensor.DType, x []float64, e []float64, i int) float64 {
	switch t {
	case tensor.F32:
		return 0
	case tensor.F16, tensor.BF16:
		return math.Abs(x[i]) * 0x1p-11
	}
	top := 0.0
	for j := i / 32 * 32; j < min(len(x), i/32*32+32); j++ {
		top = max(top, math.Abs(x[j])+e[j])
	}
	return top / 127 / 2 * 1.001
}

// offsetFactor makes magnitudes of rounding errors safe for types whose weights are differences of two terms: each is at
// most a few times the largest weight of its block, which the test's normal variates bring near every weight's size.
const offsetFactor = 8

// cacheError is what storing v in type t changes: half a unit in the last place, also of subnormal halves.
func cacheError(t tensor.DType, v float64) float64 {
	if t == tensor.F16 {
		return math.Abs(v)*0x1p-11 + 0x1p-25
	}
	return 0
}
