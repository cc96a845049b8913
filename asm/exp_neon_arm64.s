//go:build !purego

#include "textflag.h"
#include "neon_arm64.h"

// Softmax's pieces and SiLU. EXP replaces the four floats of V0 by their exponentials and writes V1 to V3:
//
//	x = max(x, -104)                          // half of the smallest float: 0 once rounded
//	n = round(x / ln 2); r = x - n * ln 2     // |r| <= 0.347
//	exp(x) = (1 + r + r²/2! + ... + r⁶/6!) * 2^(n/2) * 2^(n - n/2)
//
// The series leaves out less than r⁷/7! < 2^-22.9, which is 2^-22.4 of exp(r), and roundings add 2^-23: less than the
// 2^-21 allowed. Two factors reach the denormals below and infinity above, where x may be up to 89. NaNs stay NaNs.
#define EXP \
	FMAX(20,0,0); \
	FMUL(21,0,1); \
	FCVTNS(1,1); \
	SCVTF(1,2); \
	FMLS(22,2,0); \
	FMLS(23,2,0); \
	VORR V25.B16, V25.B16, V2.B16; \
	FMLA(24,0,2); \
	VORR V26.B16, V26.B16, V3.B16; \
	FMLA(2,0,3); \
	VORR V27.B16, V27.B16, V2.B16; \
	FMLA(3,0,2); \
	VORR V28.B16, V28.B16, V3.B16; \
	FMLA(2,0,3); \
	VORR V29.B16, V29.B16, V2.B16; \
	FMLA(3,0,2); \
	VORR V29.B16, V29.B16, V3.B16; \
	FMLA(2,0,3); \
	SSHR1(1,2); \
	VSUB V2.S4, V1.S4, V1.S4; \
	VADD V30.S4, V1.S4, V1.S4; \
	VADD V30.S4, V2.S4, V2.S4; \
	VSHL $23, V1.S4, V1.S4; \
	VSHL $23, V2.S4, V2.S4; \
	FMUL(1,3,0); \
	FMUL(2,0,0)

// The constants of EXP from V20 on, and the largest argument and smallest float that SiLU needs; none is ever written.
DATA exp<>+0(SB)/4, $0xc2d00000 // -104
DATA exp<>+4(SB)/4, $0x3fb8aa3b // 1 / ln 2
DATA exp<>+8(SB)/4, $0x3f317218 // ln 2
DATA exp<>+12(SB)/4, $0xb102e308 // ln 2, what the above lacks
DATA exp<>+16(SB)/4, $0x3ab60b61 // 1/6!
DATA exp<>+20(SB)/4, $0x3c088889 // 1/5!
DATA exp<>+24(SB)/4, $0x3d2aaaab // 1/4!
DATA exp<>+28(SB)/4, $0x3e2aaaab // 1/3!
DATA exp<>+32(SB)/4, $0x3f000000 // 1/2!
DATA exp<>+36(SB)/4, $0x3f800000 // 1
DATA exp<>+40(SB)/4, $127 // exponent of 1
DATA exp<>+44(SB)/4, $0x42b20000 // 89
DATA exp<>+48(SB)/4, $0xff7fffff // the most negative float
GLOBL exp<>(SB), RODATA|NOPTR, $52

#define CONSTANTS(p) \
	MOVD    $exp<>(SB), p; \
	VLD1R.P 4(p), [V20.S4]; \
	VLD1R.P 4(p), [V21.S4]; \
	VLD1R.P 4(p), [V22.S4]; \
	VLD1R.P 4(p), [V23.S4]; \
	VLD1R.P 4(p), [V24.S4]; \
	VLD1R.P 4(p), [V25.S4]; \
	VLD1R.P 4(p), [V26.S4]; \
	VLD1R.P 4(p), [V27.S4]; \
	VLD1R.P 4(p), [V28.S4]; \
	VLD1R.P 4(p), [V29.S4]; \
	VLD1R.P 4(p), [V30.S4]

// func expSumNEON(x []float32, max float32) (sum float32)
TEXT ·expSumNEON(SB), NOSPLIT, $0-36
	MOVD  x_base+0(FP), R0
	MOVD  x_len+8(FP), R1                  // n = len(x)
	FMOVS max+24(FP), F4
	VDUP  V4.S[0], V4.S4
	ZERO(16)                               // s0 = 0
	CONSTANTS(R2)

vector:
	SUBS    $4, R1                         // for n >= 4 {
	BLT     reduce
	FMOVQ   (R0), F0
	FSUB(4,0,0)
	EXP
	FMOVQ.P F0, 16(R0)                     // x[i:i+4] = exp(x[i:i+4] - max)
	FADD(0,16,16)                          // s0 += x[i:i+4]
	B       vector                         // n -= 4 }

reduce:
	ADD $4, R1
	FADDP(16,16,16)
	FADDP(16,16,16)                        // sum = s0[0] + s0[1] + s0[2] + s0[3]

tail:
	CBZ     R1, done                       // for n > 0 {
	FMOVS   (R0), F0
	FSUB(4,0,0)
	EXP
	FMOVS.P F0, 4(R0)                      // x[i] = exp(x[i] - max)
	FADDS   F0, F16, F16                   // sum += x[i]
	SUB     $1, R1                         // n--
	B       tail                           // }

done:
	FMOVS F16, sum+32(FP)
	RET

// SILU replaces V0 by V0 / (1 + exp(-V0)) * V5. The dividend is finite where the exponential may be infinite,
// so that -Inf gives 0.
#define SILU \
	FMAX(7,0,4); \
	FNEG(0,0); \
	FMIN(6,0,0); \
	EXP; \
	FADD(29,0,0); \
	FDIV(0,4,0); \
	FMUL(5,0,0)

// func siluTimesNEON(dst, gate, up []float32)
TEXT ·siluTimesNEON(SB), NOSPLIT, $0-72
	MOVD dst_base+0(FP), R0
	MOVD dst_len+8(FP), R3                 // n = len(dst)
	MOVD gate_base+24(FP), R1
	MOVD gate_len+32(FP), R4
	MOVD up_base+48(FP), R2
	MOVD up_len+56(FP), R5
	CMP  R3, R4
	BLT  short                             // if len(gate) < len(dst)
	CMP  R3, R5
	BLT  short                             // if len(up) < len(dst)
	CONSTANTS(R6)
	VLD1R.P 4(R6), [V6.S4]
	VLD1R.P 4(R6), [V7.S4]

vector:
	SUBS    $4, R3                         // for n >= 4 {
	BLT     tails
	FMOVQ.P 16(R1), F0
	FMOVQ.P 16(R2), F5
	SILU
	FMOVQ.P F0, 16(R0)                     // dst[i:i+4] = silu(gate[i:i+4]) * up[i:i+4]
	B       vector                         // n -= 4 }

tails:
	ADD $4, R3

tail:
	CBZ     R3, done                       // for n > 0 {
	FMOVS.P 4(R1), F0
	FMOVS.P 4(R2), F5
	SILU
	FMOVS.P F0, 4(R0)                      // dst[i] = silu(gate[i]) * up[i]
	SUB     $1, R3                         // n--
	B       tail                           // }

done:
	RET

short:
	JMP ·siluTimesGeneric(SB)              // panics: index out of range

// func maxNEON(x []float32) float32
//
// FMAX of a NaN is a NaN.
TEXT ·maxNEON(SB), NOSPLIT, $0-28
	MOVD  x_base+0(FP), R0
	MOVD  x_len+8(FP), R1                  // n = len(x)
	MOVW  $0xff800000, R2
	VDUP  R2, V16.S4                       // m0 = -Inf
	VDUP  R2, V17.S4                       // m1 = -Inf
	VDUP  R2, V18.S4                       // m2 = -Inf
	VDUP  R2, V19.S4                       // m3 = -Inf

block:
	SUBS   $16, R1                         // for n >= 16 {
	BLT    reduce
	VLD1.P 64(R0), [V0.S4, V1.S4, V2.S4, V3.S4]
	FMAX(0,16,16)                          // m0 = max(m0, x[i:i+4])
	FMAX(1,17,17)                          // m1 = max(m1, x[i+4:i+8])
	FMAX(2,18,18)                          // m2 = max(m2, x[i+8:i+12])
	FMAX(3,19,19)                          // m3 = max(m3, x[i+12:i+16])
	B      block                           // n -= 16 }

reduce:
	ADD $16, R1
	FMAX(17,16,16)
	FMAX(19,18,18)
	FMAX(18,16,16)
	FMAXV(16,16)                           // m = the largest of all

tail:
	CBZ     R1, done                       // for n > 0 {
	FMOVS.P 4(R0), F0
	FMAXS   F0, F16, F16                   // m = max(m, x[i])
	SUB     $1, R1                         // n--
	B       tail                           // }

done:
	FMOVS F16, ret+24(FP)
	RET
