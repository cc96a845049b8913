// Package asm holds the vector kernels: one table of functions per CPU tier, every function a loop over plain slices.
//
// The generic tier is the definition. A faster tier may differ from it by rounding, and only where the field says so.
package asm

import "github.com/longrun-ai/longrun/tensor"

// Kernels is one tier's functions. A field's comment is the loop it equals; the generic files hold that loop.
//
// Slices are at least as long as the loop needs, or the kernel panics as the loop would. A kernel touches nothing beyond,
// keeps no slice and allocates nothing. Arguments of func values escape: scratch memory comes from the caller's arena,
// since a stack array would become a heap allocation.
type Kernels struct {
	Tier string // "generic", "avx2", "avx512", "neon", "dotprod"

	// Mul multiplies rows of type t with columns, Acc sums weighted rows of type t: both are the weights' side of a
	// model and the cache's side of attention. Types without an entry are decoded to F32 by the caller.
	Mul [tensor.NumDTypes]Mul
	Acc [tensor.NumDTypes]Acc

	// Store writes a row in type t: dst holds t.RowBytes(len(x)) bytes. Entries: F32, F16, each rounding to nearest even.
	Store [tensor.NumDTypes]func(dst []byte, x []float32)

	// Quantize fills column c of x with v, len(v) = x.K: per block of 32
	//
	//	d = max|v| / 127; q[i] = nearest integer to v[i] / d, ties to even (0 where d is 0); sums of each 16 q
	//
	// A block whose d is below 2^-126 becomes zeros, one with a NaN or an infinity gets d = NaN: kernels then give NaN
	// for the whole column. Tiers agree bit for bit: v[i]/d is computed as v[i] * float32(127/max|v|).
	Quantize func(x Q8, c int, v []float32)

	// for i := range dst { dst[i] = x[i] + y[i] }      in place allowed
	Add func(dst, x, y []float32)

	// for i := range dst { dst[i] = x[i] * y[i] }      in place allowed
	Times func(dst, x, y []float32)

	// for i := range dst { dst[i] = a * x[i] }         in place allowed
	Scale func(dst []float32, a float32, x []float32)

	// dst[i] = x[i] * w[i] / sqrt(sum(x²)/len(x) + eps)   in place allowed; w is nil for all ones; len(dst) = len(x)
	//
	// The order of the sum is free. Squares are float32: elements beyond 2^63 make it infinite and the row 0.
	RMSNorm func(dst, x, w []float32, eps float32)

	// dst[i] = gate[i] / (1 + exp(-gate[i])) * up[i]   in place allowed
	//
	// The exponential's relative error is at most 2^-21; large arguments give 0 or gate, never NaN: below -87.3, where
	// the exponential's inverse is denormal, the quotient may be 0.
	SiLUTimes func(dst, gate, up []float32)

	// The largest element; -Inf of none. NaN elements make it NaN.
	Max func(x []float32) float32

	// for i := range x { x[i] = exp(x[i] - max); sum += x[i] }
	//
	// Arguments are at most 0 or NaN; -Inf gives exactly 0. Relative error at most 2^-21, but what is below 2^-126 may
	// be 0: denormals are slow. The order of the sum is free.
	ExpSum func(x []float32, max float32) (sum float32)

	// Rotations of rotary embeddings, in place (Su et al. 2021): pair i turns by the angle whose cosine and sine are
	// cos[i], sin[i]; len(cos) = len(sin), and x holds twice as many elements. Products and sums are rounded
	// separately, so tiers agree bit for bit.
	//
	//	RotatePairs:  a, b = x[2i], x[2i+1]        RotateHalves: a, b = x[i], x[i+len(cos)]
	//	a, b = a*cos[i] - b*sin[i], a*sin[i] + b*cos[i]
	RotatePairs  func(x, cos, sin []float32)
	RotateHalves func(x, cos, sin []float32)
}

// Mul multiplies rows of weights with columns of activations; one of the two entries is set.
//
//	for r := range rows { for c := range cols { dst[c*stride+r] = Σ_i w[r][i] * x[c][i] } }
//
// w[r] is the row of k elements that starts at byte r*wStride of w. A result depends only on its row and its column, to
// the last bit: not on rows, cols, alignment or which call computes it. For F32 the order of the sum and fusing are free;
// for Q8 integer sums within a block are exact, but a format's constant part (its minima, or what its codes are above
// the values) may be summed apart, and the order of the blocks' sum is free.
type Mul struct {
	F32 func(dst []float32, stride int, w []byte, wStride int, x []float32, k, rows, cols int) // x is (cols, k)
	Q8  func(dst []float32, stride int, w []byte, wStride int, x Q8, rows int)                 // all x.Cols columns
}

// Acc sums rows weighted by p, once per group.
//
//	for g := range groups { for r := range rows { for i := range k { dst[g*k+i] += p[g*pStride+r] * v[r][i] } } }
//
// v[r] is the row of k elements that starts at byte r*vStride of v. Rows are added in order, element by element, so that
// rows in two calls give the bits of one; each product is fused with its sum or not, free per tier.
type Acc func(dst []float32, p []float32, pStride int, v []byte, vStride int, k, rows, groups int)

// Q8 is activations in blocks of 32 signed bytes: Cols columns of K elements, K a multiple of 32. Element i of column c
// is Q[c*K+i] * D[(c*K+i)/32].
type Q8 struct {
	K, Cols int
	Q       []int8    // (Cols, K), each in -127..127
	D       []float32 // (Cols, K/32), 0 or more
	S       []int16   // (Cols, K/16): sums of 16 elements of Q
}

// Tiers returns the tables this CPU can run, best last. Call it once, where the program is put together.
func Tiers() []Kernels {
	generic := genericKernels()
	return append([]Kernels{generic}, faster(generic)...)
}
