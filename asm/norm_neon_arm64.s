//go:build !purego

#include "textflag.h"
#include "neon_arm64.h"

// func rmsNormNEON(dst, x, w []float32, eps float32)
//
// Squares are summed in double precision, as in the twin: no x overflows them. Four sums of two keep the unit busy.
TEXT ·rmsNormNEON(SB), NOSPLIT, $0-76
	MOVD dst_base+0(FP), R0
	MOVD dst_len+8(FP), R4
	MOVD x_base+24(FP), R1
	MOVD x_len+32(FP), R3
	MOVD w_base+48(FP), R2
	MOVD w_len+56(FP), R5
	CMP  R3, R4
	BLT  short                             // if len(dst) < len(x)
	CBZ  R2, checked                       // if w != nil && len(w) < len(x)
	CMP  R3, R5
	BLT  short

checked:
	CBZ  R3, done                          // if len(x) == 0 { return }
	MOVD R1, R6
	MOVD R3, R4                            // n = len(x)
	ZERO(16)                               // s0 = 0
	ZERO(17)                               // s1 = 0
	ZERO(18)                               // s2 = 0
	ZERO(19)                               // s3 = 0

squares:
	SUBS   $8, R4                          // for n >= 8 {
	BLT    reduce
	VLD1.P 32(R6), [V0.S4, V1.S4]
	FCVTLD(0,2)
	FCVTLD2(0,3)
	FCVTLD(1,4)
	FCVTLD2(1,5)
	FMLA2D(2,2,16)                          // s0 += x[i:i+2]²
	FMLA2D(3,3,17)                          // s1 += x[i+2:i+4]²
	FMLA2D(4,4,18)                          // s2 += x[i+4:i+6]²
	FMLA2D(5,5,19)                          // s3 += x[i+6:i+8]²
	B      squares                         // n -= 8 }

reduce:
	ADD $8, R4
	FADD2D(17,16,16)                       // s0 += s1
	FADD2D(19,18,18)                       // s2 += s3
	FADD2D(18,16,16)                       // s0 += s2
	FADDP2D(16,16,16)                       // sum = s0[0] + s0[1]

square:
	CBZ     R4, root                       // for n > 0 {
	FMOVS.P 4(R6), F0
	FCVTSD  F0, F0
	FMADDD  F0, F16, F0, F16               // sum += x[i]²
	SUB     $1, R4                         // n--
	B       square                         // }

root:
	SCVTFD R3, F1
	FDIVD  F1, F16, F16
	FMOVS  eps+72(FP), F0
	FCVTSD F0, F0
	FADDD  F0, F16, F16
	FSQRTD F16, F16
	FMOVD  $1.0, F1
	FDIVD  F16, F1, F16
	FCVTDS F16, F8                         // scale = 1 / sqrt(sum/len(x) + eps)
	CBZ    R2, plain

weighted:
	SUBS    $4, R3                         // for n >= 4 {
	BLT     weightedTails
	FMOVQ.P 16(R1), F0
	FMOVQ.P 16(R2), F1
	FMULI(8,0,0,0)
	FMUL(1,0,0)                            // dst[i:i+4] = x[i:i+4] * scale * w[i:i+4]
	FMOVQ.P F0, 16(R0)
	B       weighted                       // n -= 4 }

weightedTails:
	ADD $4, R3

weightedTail:
	CBZ     R3, done                       // for n > 0 {
	FMOVS.P 4(R1), F0
	FMOVS.P 4(R2), F1
	FMULS   F8, F0, F0
	FMULS   F1, F0, F0                     // dst[i] = x[i] * scale * w[i]
	FMOVS.P F0, 4(R0)
	SUB     $1, R3                         // n--
	B       weightedTail                   // }

plain:
	SUBS    $4, R3                         // for n >= 4 {
	BLT     plainTails
	FMOVQ.P 16(R1), F0
	FMULI(8,0,0,0)                         // dst[i:i+4] = x[i:i+4] * scale
	FMOVQ.P F0, 16(R0)
	B       plain                          // n -= 4 }

plainTails:
	ADD $4, R3

plainTail:
	CBZ     R3, done                       // for n > 0 {
	FMOVS.P 4(R1), F0
	FMULS   F8, F0, F0                     // dst[i] = x[i] * scale
	FMOVS.P F0, 4(R0)
	SUB     $1, R3                         // n--
	B       plainTail                      // }

done:
	RET

short:
	JMP ·rmsNormGeneric(SB)                // panics: index out of range
