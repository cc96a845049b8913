// The product of blocks of 32 that have one half-precision scale; WEIGHTS sets V0 and V1 to the next 32 elements, which
// are BYTES, or NIBBLES less 8.

#include "q8_args_arm64.h"

#define BYTES VLD1.P 32(R3), [V0.B16, V1.B16]
#define NIBBLES \
	VLD1.P 16(R3), [V1.B16]; \
	VAND   V28.B16, V1.B16, V0.B16; \
	VUSHR  $4, V1.B16, V1.B16; \
	VSUB   V29.B16, V0.B16, V0.B16; \
	VSUB   V29.B16, V1.B16, V1.B16

// sum += float(w[0:16]·x[0:16] + w[16:32]·x[16:32]) * dw * dx
#define ADD32(q, d, sum) \
	VLD1.P  32(q), [V2.B16, V3.B16]; \
	FMOVS.P 4(d), F5; \
	ZERO(6); \
	DOT(0,2,6); \
	DOT(1,3,6); \
	SCVTF(6,6); \
	FMULI(4,0,6,6); \
	FMLAI(5,0,6,sum)
#define EVEN(q, d, s, n, f) ADD32(q, d, n)
#define ODD(q, d, s, n, f)  ADD32(q, d, (n)-4)

	LSR   $5, R21, R24                     // blocks
	VMOVI $15, V28.B16
	VMOVI $8, V29.B16

row:
	CBZ  R5, done                          // for rows > 0 {
	MOVD R1, R3
	MOVD R24, R4                           // n = blocks
	COLUMNS(CLEAR)                         // sum0, sum1 = 0, 0

block:
	CBZ     R4, reduce                     // for n > 0 {
	MOVHU.P 2(R3), R25
	FMOVS   R25, F4
	FCVTHS  F4, F4                         // dw = the block's scale
	WEIGHTS
	COLUMNS(EVEN)                          // sum0 += w * x
	SUB     $1, R4                         // n--
	CBZ     R4, reduce                     // if n == 0 { break }
	MOVHU.P 2(R3), R25
	FMOVS   R25, F4
	FCVTHS  F4, F4
	WEIGHTS
	COLUMNS(ODD)                           // sum1 += w * x
	SUB     $1, R4                         // n--
	B       block                          // }

reduce:
	MOVD R6, R23
	COLUMNS(STORE)                         // dst[c*stride+r] = sum0 + sum1
	ADD  $4, R6                            // r++
	ADD  R2, R1                            // w += wStride
	SUB  $1, R5                            // rows--
	B    row                               // }

done:
	RET

#undef BYTES
#undef NIBBLES
#undef ADD32
#undef EVEN
#undef ODD
#undef WEIGHTS
#undef CLEAR
#undef STORE
#undef REWIND
