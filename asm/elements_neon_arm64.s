//go:build !purego

#include "textflag.h"
#include "neon_arm64.h"

// Sums and products of elements.

// func addNEON(dst, x, y []float32)
TEXT ·addNEON(SB), NOSPLIT, $0-72
	MOVD dst_base+0(FP), R0
	MOVD dst_len+8(FP), R3
	MOVD x_base+24(FP), R1
	MOVD x_len+32(FP), R4
	MOVD y_base+48(FP), R2
	MOVD y_len+56(FP), R5
	CMP  R3, R4
	BLT  short                             // if len(x) < len(dst)
	CMP  R3, R5
	BLT  short                             // if len(y) < len(dst)
#define BINARY(m, n, d) FADD(m,n,d)
#include "elements_arm64.h"
#undef BINARY

short:
	JMP ·addGeneric(SB)                    // panics: index out of range

// func timesNEON(dst, x, y []float32)
TEXT ·timesNEON(SB), NOSPLIT, $0-72
	MOVD dst_base+0(FP), R0
	MOVD dst_len+8(FP), R3
	MOVD x_base+24(FP), R1
	MOVD x_len+32(FP), R4
	MOVD y_base+48(FP), R2
	MOVD y_len+56(FP), R5
	CMP  R3, R4
	BLT  short                             // if len(x) < len(dst)
	CMP  R3, R5
	BLT  short                             // if len(y) < len(dst)
#define BINARY(m, n, d) FMUL(m,n,d)
#include "elements_arm64.h"
#undef BINARY

short:
	JMP ·timesGeneric(SB)                  // panics: index out of range

// func scaleNEON(dst []float32, a float32, x []float32)
TEXT ·scaleNEON(SB), NOSPLIT, $0-56
	MOVD  dst_base+0(FP), R0
	MOVD  dst_len+8(FP), R3
	FMOVS a+24(FP), F8
	MOVD  x_base+32(FP), R1
	MOVD  x_len+40(FP), R4
	CMP   R3, R4
	BLT   short                            // if len(x) < len(dst)

block:
	SUBS   $16, R3                         // for n >= 16 {
	BLT    vectors
	VLD1.P 64(R1), [V0.S4, V1.S4, V2.S4, V3.S4]
	FMULI(8,0,0,0)                         // dst[i:i+16] = a * x[i:i+16]
	FMULI(8,0,1,1)
	FMULI(8,0,2,2)
	FMULI(8,0,3,3)
	VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R0)
	B      block                           // n -= 16 }

vectors:
	ADD $16, R3

vector:
	SUBS    $4, R3                         // for n >= 4 {
	BLT     tails
	FMOVQ.P 16(R1), F0
	FMULI(8,0,0,0)                         // dst[i:i+4] = a * x[i:i+4]
	FMOVQ.P F0, 16(R0)
	B       vector                         // n -= 4 }

tails:
	ADD $4, R3

tail:
	CBZ     R3, done                       // for n > 0 {
	FMOVS.P 4(R1), F0
	FMULS   F8, F0, F0                     // dst[i] = a * x[i]
	FMOVS.P F0, 4(R0)
	SUB     $1, R3                         // n--
	B       tail                           // }

done:
	RET

short:
	JMP ·scaleGeneric(SB)                  // panics: index out of range
