//go:build !purego

package asm

import "github.com/longrun-ai/longrun/tensor"

// faster returns the tiers above base that this CPU has, best last. A tier is a copy of the one below with entries
// replaced: a kernel nobody has written for it yet is inherited.
func faster(base Kernels) []Kernels {
	if !hasAVX2() {
		return nil
	}
	avx2 := base
	avx2.Tier = "avx2"
	avx2.Mul[tensor.Q8_0].Q8, avx2.Mul[tensor.Q4_0].Q8 = mulQ8_0AVX2, mulQ4_0AVX2
	avx2.Mul[tensor.Q4_K].Q8, avx2.Mul[tensor.Q6_K].Q8 = mulQ4_KAVX2, mulQ6_KAVX2
	avx2.Mul[tensor.F32].F32, avx2.Mul[tensor.F16].F32, avx2.Mul[tensor.BF16].F32 = mulF32AVX2, mulF16AVX2, mulBF16AVX2
	avx2.Add, avx2.Times, avx2.Scale, avx2.RMSNorm, avx2.SiLUTimes = addAVX2, timesAVX2, scaleAVX2, rmsNormAVX2, siluTimesAVX2
	avx2.Max, avx2.ExpSum, avx2.RotatePairs, avx2.RotateHalves = maxAVX2, expSumAVX2, rotatePairsAVX2, rotateHalvesAVX2
	avx2.Store[tensor.F16], avx2.Quantize = storeF16AVX2, quantizeAVX2
	avx2.Acc[tensor.F32], avx2.Acc[tensor.F16] = accF32AVX2, accF16AVX2
	return []Kernels{avx2}
}

// hasAVX2 reports whether the CPU has AVX2, FMA and F16C, and the system saves the Y registers (Intel SDM vol. 1,
// 14.4.1, 14.5.3 and 14.7.1).
func hasAVX2() bool {
	const (
		fma, osxsave, avx, f16c = 1 << 12, 1 << 27, 1 << 28, 1 << 29 // leaf 1, ecx
		avx2                    = 1 << 5                             // leaf 7, ebx
		xmm, ymm                = 1 << 1, 1 << 2                     // xcr0
	)
	_, ecx := cpuid(1)
	if want := uint32(fma | osxsave | avx | f16c); ecx&want != want || xgetbv()&(xmm|ymm) != xmm|ymm {
		return false // in this order: without osxsave, xgetbv is an illegal instruction
	}
	ebx, _ := cpuid(7) // there is no CPU with FMA that lacks leaf 7
	return ebx&avx2 != 0
}

func cpuid(leaf uint32) (ebx, ecx uint32)
func xgetbv() (xcr0 uint32)
