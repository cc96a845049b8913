//go:build !purego

#include "textflag.h"

// func quantizeLoopAVX2(q *int8, d *float32, s *int16, v *float32, blocks int)
//
// Magnitudes compare like their bits, and NaNs are the largest, so the peak of a block is a maximum of integers. A block
// in Y0 to Y3 becomes integers, ties to even as the rounding mode is, then words, then bytes.
TEXT ·quantizeLoopAVX2(SB), NOSPLIT, $0-40
	MOVQ     q+0(FP), DI
	MOVQ     d+8(FP), R8
	MOVQ     s+16(FP), R9
	MOVQ     v+24(FP), SI
	MOVQ     blocks+32(FP), CX
	VPCMPEQD Y15, Y15, Y15
	VPSRLD   $1, Y15, Y14                // the magnitude's bits
	VPSRLW   $15, Y15, Y15               // words of 1
	MOVL     $0x42fe0000, AX
	VMOVD    AX, X11                     // 127

block:
	TESTQ CX, CX                         // for range blocks {
	JZ    done
	VMOVUPS (SI), Y0
	VMOVUPS 32(SI), Y1
	VMOVUPS 64(SI), Y2
	VMOVUPS 96(SI), Y3
	VPAND   Y14, Y0, Y4
	VPAND   Y14, Y1, Y5
	VPAND   Y14, Y2, Y6
	VPAND   Y14, Y3, Y7
	VPMAXUD Y5, Y4, Y4
	VPMAXUD Y7, Y6, Y6
	VPMAXUD Y6, Y4, Y4
	VEXTRACTI128 $1, Y4, X5
	VPMAXUD X5, X4, X4
	VPSHUFD $0x4e, X4, X5
	VPMAXUD X5, X4, X4
	VPSHUFD $0xb1, X4, X5
	VPMAXUD X5, X4, X4                   // peak
	VMOVD   X4, AX
	CMPL    AX, $0x7f800000
	JAE     infinite
	VDIVSS  X11, X4, X5                  // d = peak / 127
	VMOVD   X5, BX
	CMPL    BX, $0x00800000
	JB      zero                         // d < 2^-126
	VMOVSS  X5, (R8)
	VDIVSS  X4, X11, X4
	VBROADCASTSS X4, Y4                  // 127 / peak
	VMULPS  Y4, Y0, Y0
	VMULPS  Y4, Y1, Y1
	VMULPS  Y4, Y2, Y2
	VMULPS  Y4, Y3, Y3
	VCVTPS2DQ Y0, Y0
	VCVTPS2DQ Y1, Y1
	VCVTPS2DQ Y2, Y2
	VCVTPS2DQ Y3, Y3
	VPACKSSDW Y1, Y0, Y0                 // 0-3 8-11 4-7 12-15
	VPACKSSDW Y3, Y2, Y2                 // 16-19 24-27 20-23 28-31
	VPERMQ  $0xd8, Y0, Y0                // 0-15
	VPERMQ  $0xd8, Y2, Y2                // 16-31
	VPMADDWD Y15, Y0, Y4                 // sums of pairs
	VPMADDWD Y15, Y2, Y5
	VPHADDD Y5, Y4, Y4                   // of four, the first block's in the lower halves of both lanes
	VEXTRACTI128 $1, Y4, X5
	VPADDD  X5, X4, X4
	VPHADDD X4, X4, X4                   // of sixteen
	VPACKSSDW X4, X4, X4
	VMOVD   X4, (R9)
	VPACKSSWB Y2, Y0, Y0                 // 0-7 16-23 8-15 24-31
	VPERMQ  $0xd8, Y0, Y0
	VMOVDQU Y0, (DI)

next:
	ADDQ $32, DI
	ADDQ $4, R8
	ADDQ $4, R9
	ADDQ $128, SI
	DECQ CX
	JMP  block                           // }

infinite:
	MOVL $0x7fc00000, AX
	JMP  nothing

zero:
	XORL AX, AX

nothing:
	MOVL    AX, (R8)                     // d = NaN or 0
	MOVL    $0, (R9)
	VPXOR   Y0, Y0, Y0
	VMOVDQU Y0, (DI)
	JMP     next

done:
	VZEROUPPER
	RET
