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
	if !hasAVX512() {
		return []Kernels{avx2}
	}
	avx512 := avx2
	avx512.Tier = "avx512"
	avx512.Mul[tensor.Q8_0].Q8, avx512.Mul[tensor.Q4_0].Q8 = mulQ8_0AVX512, mulQ4_0AVX512
	avx512.Mul[tensor.Q4_K].Q8, avx512.Mul[tensor.Q6_K].Q8 = mulQ4_KAVX512, mulQ6_KAVX512
	avx512.Mul[tensor.F32].F32, avx512.Mul[tensor.F16].F32, avx512.Mul[tensor.BF16].F32 = mulF32AVX512, mulF16AVX512, mulBF16AVX512
	avx512.Acc[tensor.F32], avx512.Acc[tensor.F16] = accF32AVX512, accF16AVX512
	return []Kernels{avx2, avx512}
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

// hasAVX512 reports whether a CPU with AVX2 also has AVX-512 F, DQ, BW, VL and VNNI, and the system saves the Z and the
// mask registers (Intel SDM vol. 1, 15.2 to 15.4).
func hasAVX512() bool {
	const (
		f, dq, bw, vl  = 1 << 16, 1 << 17, 1 << 30, 1 << 31 // leaf 7, ebx
		vnni           = 1 << 11                            // leaf 7, ecx
		mask, low, all = 1 << 5, 1 << 6, 1 << 7             // xcr0: mask registers, upper halves, upper registers
	)
	ebx, ecx := cpuid(7)
	return ebx&(f|dq|bw|vl) == f|dq|bw|vl && ecx&vnni != 0 && xgetbv()&(mask|low|all) == mask|low|all
}

func cpuid(leaf uint32) (ebx, ecx uint32)
func xgetbv() (xcr0 uint32)
