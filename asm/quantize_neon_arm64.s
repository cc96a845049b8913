//go:build !purego

#include "textflag.h"
#include "neon_arm64.h"

// func storeF16NEON(dst []byte, x []float32)
TEXT ·storeF16NEON(SB), NOSPLIT, $0-48
	MOVD dst_base+0(FP), R0
	MOVD dst_len+8(FP), R2
	MOVD x_base+24(FP), R1
	MOVD x_len+32(FP), R3                  // n = len(x)
	CMP  R3<<1, R2
	BLT  short                             // if len(dst) < 2*len(x)

block:
	SUBS   $8, R3                          // for n >= 8 {
	BLT    tails
	VLD1.P 32(R1), [V0.S4, V1.S4]
	FCVTN(0,2)
	FCVTN2(1,2)
	VST1.P [V2.H8], 16(R0)                 // dst[2i:2i+16] = x[i:i+8]
	B      block                           // n -= 8 }

tails:
	ADD $8, R3

tail:
	CBZ     R3, done                       // for n > 0 {
	FMOVS.P 4(R1), F0
	FCVTSH  F0, F0
	FMOVS   F0, R4
	MOVH.P  R4, 2(R0)                      // dst[2i:2i+2] = x[i]
	SUB     $1, R3                         // n--
	B       tail                           // }

done:
	RET

short:
	JMP ·storeF16Generic(SB)               // panics: slice bounds out of range

// func quantizeBlocks(q *int8, d *float32, s *int16, v *float32, blocks int)
TEXT ·quantizeBlocks(SB), NOSPLIT, $0-40
	MOVD  q+0(FP), R0
	MOVD  d+8(FP), R1
	MOVD  s+16(FP), R2
	MOVD  v+24(FP), R3
	MOVD  blocks+32(FP), R4
	MOVW  $0x42fe0000, R5
	FMOVS R5, F31                          // 127
	MOVD  $0x7f800000, R6                  // bits of +Inf
	MOVD  $0x7fc00000, R7                  // bits of a NaN

block:
	CBZ    R4, done                        // for range blocks {
	VLD1.P 64(R3), [V0.S4, V1.S4, V2.S4, V3.S4]
	VLD1.P 64(R3), [V4.S4, V5.S4, V6.S4, V7.S4]
	FABS(0,16)
	FABS(1,17)
	FABS(2,18)
	FABS(3,19)
	FABS(4,20)
	FABS(5,21)
	FABS(6,22)
	FABS(7,23)
	FMAX(17,16,16)
	FMAX(19,18,18)
	FMAX(21,20,20)
	FMAX(23,22,22)
	FMAX(18,16,16)
	FMAX(22,20,20)
	FMAX(20,16,16)
	FMAXV(16,16)                           // top = max|v|, NaN if there is one
	FMOVS  F16, R8
	CMPW   R6, R8
	BHS    infinite                        // if top is Inf or NaN
	FDIVS  F31, F16, F17                   // scale = top / 127
	FMOVS  F17, R8
	CMPW   $0x00800000, R8
	BLO    zero                            // if scale < 2^-126
	FMOVS.P F17, 4(R1)                     // d = scale
	FDIVS  F16, F31, F16                   // inverse = 127 / top
	FMULI(16,0,0,0)
	FMULI(16,0,1,1)
	FMULI(16,0,2,2)
	FMULI(16,0,3,3)
	FMULI(16,0,4,4)
	FMULI(16,0,5,5)
	FMULI(16,0,6,6)
	FMULI(16,0,7,7)
	FCVTNS(0,0)
	FCVTNS(1,1)
	FCVTNS(2,2)
	FCVTNS(3,3)
	FCVTNS(4,4)
	FCVTNS(5,5)
	FCVTNS(6,6)
	FCVTNS(7,7)
	XTNS(0,0)
	XTNS2(1,0)
	XTNS(2,2)
	XTNS2(3,2)
	XTNS(4,4)
	XTNS2(5,4)
	XTNS(6,6)
	XTNS2(7,6)
	VADD   V2.H8, V0.H8, V16.H8
	VADD   V6.H8, V4.H8, V17.H8
	VADDV  V16.H8, V16                     // sum of q[0:16]
	VADDV  V17.H8, V17                     // sum of q[16:32]
	XTNH(0,0)
	XTNH2(2,0)
	XTNH(4,1)
	XTNH2(6,1)
	VST1.P [V0.B16, V1.B16], 32(R0)        // q = round(v * inverse)
	FMOVS  F16, R8
	MOVH.P R8, 2(R2)
	FMOVS  F17, R8
	MOVH.P R8, 2(R2)
	SUB    $1, R4
	B      block                           // }

infinite:
	MOVW.P R7, 4(R1)                       // d = NaN
	B      clear

zero:
	MOVW.P ZR, 4(R1)                       // d = 0

clear:
	STP.P  (ZR, ZR), 16(R0)                // q = 0
	STP.P  (ZR, ZR), 16(R0)
	MOVW.P ZR, 4(R2)                       // s = 0
	SUB    $1, R4
	B      block

done:
	RET
