package asm

import (
	"math"

	"github.com/longrun-ai/longrun/tensor"
)

func genericKernels() Kernels {
	k := Kernels{
		Tier:     "generic",
		Quantize: quantizeGeneric,
		Add:      addGeneric, Times: timesGeneric, Scale: scaleGeneric,
		RMSNorm: rmsNormGeneric, SiLUTimes: siluTimesGeneric,
		Max: maxGeneric, ExpSum: expSumGeneric,
		RotatePairs: rotatePairsGeneric, RotateHalves: rotateHalvesGeneric,
	}
	k.Mul[tensor.F32].F32, k.Acc[tensor.F32], k.Store[tensor.F32] = mulF32Generic, accF32Generic, storeF32Generic
	k.Mul[tensor.F16].F32, k.Acc[tensor.F16], k.Store[tensor.F16] = mulF16Generic, accF16Generic, storeF16Generic
	k.Mul[tensor.BF16].F32 = mulBF16Generic
	k.Mul[tensor.Q8_0].Q8, k.Mul[tensor.Q4_0].Q8 = mulQ8_0Generic, mulQ4_0Generic
	k.Mul[tensor.Q4_K].Q8, k.Mul[tensor.Q6_K].Q8 = mulQ4_KGeneric, mulQ6_KGeneric
	return k
}

func addGeneric(dst, x, y []float32) {
	for i := range dst {
		dst[i] = x[i] + y[i]
	}
}

func timesGeneric(dst, x, y []float32) {
	for i := range dst {
		dst[i] = x[i] * y[i]
	}
}

func scaleGeneric(dst []float32, a float32, x []float32) {
	for i := range dst {
		dst[i] = a * x[i]
	}
}

func rmsNormGeneric(dst, x, w []float32, eps float32) {
	var sum float64
	for _, v := range x {
		sum += float64(v * v)
	}
	scale := float32(1 / math.Sqrt(sum/float64(len(x))+float64(eps)))
	for i, v := range x {
		v *= scale
		if w != nil {
			v *= w[i]
		}
		dst[i] = v
	}
}

func siluTimesGeneric(dst, gate, up []float32) {
	for i := range dst {
		dst[i] = silu(gate[i]) * up[i]
	}
}

func silu(v float32) float32 {
	if math.IsInf(float64(v), -1) {
		return 0 // the limit; the formula says Inf/Inf
	}
	return float32(float64(v) / (1 + math.Exp(-float64(v))))
}

func maxGeneric(x []float32) float32 {
	m := float32(math.Inf(-1))
	for _, v := range x {
		m = max(m, v)
	}
	return m
}

func expSumGeneric(x []float32, max float32) (sum float32) {
	var s float64
	for i, v := range x {
		e := float32(math.Exp(float64(v - max)))
		x[i] = e
		s += float64(e)
	}
	return float32(s)
}

// The conversions to float32 forbid fusing, which arm64 and s390x would do.

func rotatePairsGeneric(x, cos, sin []float32) {
	checkRotate(x, cos, sin)
	for i, c := range cos {
		a, b, s := x[2*i], x[2*i+1], sin[i]
		x[2*i], x[2*i+1] = float32(a*c)-float32(b*s), float32(a*s)+float32(b*c)
	}
}

func rotateHalvesGeneric(x, cos, sin []float32) {
	checkRotate(x, cos, sin)
	n := len(cos)
	for i, c := range cos {
		a, b, s := x[i], x[i+n], sin[i]
		x[i], x[i+n] = float32(a*c)-float32(b*s), float32(a*s)+float32(b*c)
	}
}
