//go:build !purego

package asm

import (
	"golang.org/x/sys/cpu"

	"github.com/longrun-ai/longrun/tensor"
)

// faster returns the tiers above base that this CPU has, best last. A tier is a copy of the one below with entries
// replaced. Every 64-bit ARM has NEON; SDOT came with ARMv8.2.
func faster(base Kernels) []Kernels {
	neon := base
	neon.Tier = "neon"
	neon.Mul[tensor.F32].F32, neon.Mul[tensor.F16].F32, neon.Mul[tensor.BF16].F32 = mulF32NEON, mulF16NEON, mulBF16NEON
	neon.Acc[tensor.F32], neon.Acc[tensor.F16] = accF32NEON, accF16NEON
	neon.Mul[tensor.Q8_0].Q8, neon.Mul[tensor.Q4_0].Q8 = mulQ8_0NEON, mulQ4_0NEON
	neon.Mul[tensor.Q4_K].Q8, neon.Mul[tensor.Q6_K].Q8 = mulQ4_KNEON, mulQ6_KNEON
	neon.Store[tensor.F16], neon.Quantize = storeF16NEON, quantizeNEON
	neon.Add, neon.Times, neon.Scale = addNEON, timesNEON, scaleNEON
	neon.RMSNorm, neon.SiLUTimes, neon.Max, neon.ExpSum = rmsNormNEON, siluTimesNEON, maxNEON, expSumNEON
	neon.RotatePairs, neon.RotateHalves = rotatePairsNEON, rotateHalvesNEON
	if !cpu.ARM64.HasASIMDDP {
		return []Kernels{neon}
	}
	dotprod := neon
	dotprod.Tier = "dotprod"
	dotprod.Mul[tensor.Q8_0].Q8, dotprod.Mul[tensor.Q4_0].Q8 = mulQ8_0Dot, mulQ4_0Dot
	dotprod.Mul[tensor.Q4_K].Q8, dotprod.Mul[tensor.Q6_K].Q8 = mulQ4_KDot, mulQ6_KDot
	return []Kernels{neon, dotprod}
}
