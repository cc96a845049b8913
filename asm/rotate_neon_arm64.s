//go:build !purego

#include "textflag.h"
#include "neon_arm64.h"

// Rotations of pairs: products and sums are rounded separately, as in the twins. R0 is x, R1 is cos, R2 is sin and R3
// counts the pairs left.

// TURN gives (V4, V5) the pairs (V0, V1) turned by the angles of cosine V2 and sine V3; it writes V6 and V7.
#define TURN FMUL(2,0,4); FMUL(3,1,6); FMUL(3,0,5); FMUL(2,1,7); FSUB(6,4,4); FADD(7,5,5)

// func rotatePairsNEON(x, cos, sin []float32)
TEXT ·rotatePairsNEON(SB), NOSPLIT, $0-72
	MOVD x_base+0(FP), R0
	MOVD x_len+8(FP), R4
	MOVD cos_base+24(FP), R1
	MOVD cos_len+32(FP), R3                // n = len(cos)
	MOVD sin_base+48(FP), R2
	MOVD sin_len+56(FP), R5
	CMP  R3<<1, R4
	BLT  short                             // if len(x) < 2*len(cos)
	CMP  R3, R5
	BLT  short                             // if len(sin) < len(cos)

vector:
	SUBS    $4, R3                         // for n >= 4 {
	BLT     tails
	VLD2    (R0), [V0.S4, V1.S4]           // a, b = x[2i:2i+8:2], x[2i+1:2i+8:2]
	FMOVQ.P 16(R1), F2
	FMOVQ.P 16(R2), F3
	TURN
	VST2.P  [V4.S4, V5.S4], 32(R0)
	B       vector                         // n -= 4 }

tails:
	ADD $4, R3

tail:
	CBZ     R3, done                       // for n > 0 {
	FMOVS   (R0), F0
	FMOVS   4(R0), F1
	FMOVS.P 4(R1), F2
	FMOVS.P 4(R2), F3
	TURN
	FMOVS.P F4, 4(R0)
	FMOVS.P F5, 4(R0)
	SUB     $1, R3                         // n--
	B       tail                           // }

done:
	RET

short:
	JMP ·rotatePairsGeneric(SB)            // panics: slice bounds out of range

// func rotateHalvesNEON(x, cos, sin []float32)
TEXT ·rotateHalvesNEON(SB), NOSPLIT, $0-72
	MOVD x_base+0(FP), R0
	MOVD x_len+8(FP), R4
	MOVD cos_base+24(FP), R1
	MOVD cos_len+32(FP), R3                // n = len(cos)
	MOVD sin_base+48(FP), R2
	MOVD sin_len+56(FP), R5
	CMP  R3<<1, R4
	BLT  short                             // if len(x) < 2*len(cos)
	CMP  R3, R5
	BLT  short                             // if len(sin) < len(cos)
	ADD  R3<<2, R0, R6                     // the second half

vector:
	SUBS    $4, R3                         // for n >= 4 {
	BLT     tails
	FMOVQ   (R0), F0
	FMOVQ   (R6), F1
	FMOVQ.P 16(R1), F2
	FMOVQ.P 16(R2), F3
	TURN
	FMOVQ.P F4, 16(R0)
	FMOVQ.P F5, 16(R6)
	B       vector                         // n -= 4 }

tails:
	ADD $4, R3

tail:
	CBZ     R3, done                       // for n > 0 {
	FMOVS   (R0), F0
	FMOVS   (R6), F1
	FMOVS.P 4(R1), F2
	FMOVS.P 4(R2), F3
	TURN
	FMOVS.P F4, 4(R0)
	FMOVS.P F5, 4(R6)
	SUB     $1, R3                         // n--
	B       tail                           // }

done:
	RET

short:
	JMP ·rotateHalvesGeneric(SB)           // panics: slice bounds out of range
