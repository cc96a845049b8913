// The sum of weighted rows, sixteen elements of up to four groups at a time. R1 is those elements of the first row, R3
// and R17 run down the rows, R4 counts the elements left and R5 the rows. Group g's sums lie at R8+g, its weights at
// R12+g; in between they are in V16+4g to V19+4g: GROUPS calls a macro with these. LOAD16, LOAD4 and LOAD1 are those of
// the type. Every product is fused with its sum.

	MOVD a+0(FP), R0
	MOVD accArgs_v(R0), R1
	MOVD accArgs_vStride(R0), R2
	MOVD accArgs_k(R0), R4
	LSL  $2, R4, R21                       // bytes from one group's sums to the next
	MOVD accArgs_rows(R0), R6
	LSL  $2, R6, R22                       // bytes of a group's weights
	MOVD accArgs_pStride(R0), R23
	LSL  $2, R23                           // bytes from one group's weights to the next
	MOVD accArgs_dst(R0), R8
	ADD  R21, R8, R9
	ADD  R21, R9, R10
	ADD  R21, R10, R11
	MOVD accArgs_p(R0), R12
	ADD  R23, R12, R13
	ADD  R23, R13, R14
	ADD  R23, R14, R15

#define GET16(x, p, s0, s1, s2, s3, f) VLD1 (x), [s0.S4, s1.S4, s2.S4, s3.S4]
#define PUT16(x, p, s0, s1, s2, s3, f) VST1.P [s0.S4, s1.S4, s2.S4, s3.S4], 64(x); SUB R22, p
#define GET4(x, p, s0, s1, s2, s3, f)  VLD1 (x), [s0.S4]
#define PUT4(x, p, s0, s1, s2, s3, f)  VST1.P [s0.S4], 16(x); SUB R22, p
#define GET1(x, p, s0, s1, s2, s3, f)  FMOVS (x), f
#define PUT1(x, p, s0, s1, s2, s3, f)  FMOVS.P f, 4(x); SUB R22, p

#define MADD16(x, p, s0, s1, s2, s3, f) \
	VLD1R.P 4(p), [V4.S4]; \
	VFMLA   V4.S4, V0.S4, s0.S4; \
	VFMLA   V4.S4, V1.S4, s1.S4; \
	VFMLA   V4.S4, V2.S4, s2.S4; \
	VFMLA   V4.S4, V3.S4, s3.S4
#define MADD4(x, p, s0, s1, s2, s3, f)  VLD1R.P 4(p), [V4.S4]; VFMLA V4.S4, V0.S4, s0.S4
#define MADD1(x, p, s0, s1, s2, s3, f)  FMOVS.P 4(p), F4; FMADDS F0, f, F4, f

block:
	SUBS $16, R4                           // for n >= 16 {
	BLT  vectors
	MOVD R1, R17
	MOVD R6, R5
	GROUPS(GET16)                          // sum = dst[i:i+16]

row16:
	MOVD R17, R3                           // for range rows {
	LOAD16                                 // v0 = v[r][i:i+16]
	GROUPS(MADD16)                         // sum += p[r] * v0
	ADD  R2, R17                           // r++
	SUB  $1, R5
	CBNZ R5, row16                         // }
	GROUPS(PUT16)                          // dst[i:i+16] = sum
	ADD  $(16*SIZE), R1                    // i += 16
	B    block                             // n -= 16 }

vectors:
	ADD $16, R4

vector:
	SUBS $4, R4                            // for n >= 4 {
	BLT  tails
	MOVD R1, R17
	MOVD R6, R5
	GROUPS(GET4)                           // sum = dst[i:i+4]

row4:
	MOVD R17, R3                           // for range rows {
	LOAD4                                  // v0 = v[r][i:i+4]
	GROUPS(MADD4)                          // sum += p[r] * v0
	ADD  R2, R17                           // r++
	SUB  $1, R5
	CBNZ R5, row4                          // }
	GROUPS(PUT4)                           // dst[i:i+4] = sum
	ADD  $(4*SIZE), R1                     // i += 4
	B    vector                            // n -= 4 }

tails:
	ADD $4, R4

tail:
	CBZ  R4, done                          // for n > 0 {
	MOVD R1, R17
	MOVD R6, R5
	GROUPS(GET1)                           // sum = dst[i]

row1:
	MOVD R17, R3                           // for range rows {
	LOAD1                                  // v0 = v[r][i]
	GROUPS(MADD1)                          // sum += p[r] * v0
	ADD  R2, R17                           // r++
	SUB  $1, R5
	CBNZ R5, row1                          // }
	GROUPS(PUT1)                           // dst[i] = sum
	ADD  $SIZE, R1                         // i++
	SUB  $1, R4                            // n--
	B    tail                              // }

done:
	RET

#undef GET16
#undef PUT16
#undef GET4
#undef PUT4
#undef GET1
#undef PUT1
#undef MADD16
#undef MADD4
#undef MADD1
