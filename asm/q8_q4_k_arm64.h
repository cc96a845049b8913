// The product of Q4_K super-blocks: half-precision d and m, 12 bytes of scales and minima, 128 bytes of nibbles.

#include "q8_args_arm64.h"

// sum0, sum1 -= Σ_j m * mins[j] * float(s[2j]+s[2j+1]) * dx[j], j < 4 and j >= 4
#define MINS(q, d, s, n, f) \
	VLD1.P 32(s), [V2.H8, V3.H8]; \
	VADDP  V3.H8, V2.H8, V2.H8; \
	VLD1   (d), [V4.S4, V5.S4]; \
	SXTLH2(2,3); \
	SXTLH(2,2); \
	SCVTF(2,2); \
	SCVTF(3,3); \
	FMUL(22,2,2); \
	FMUL(23,3,3); \
	FMLS(4,2,n); \
	FMLS(5,3,(n)-4)

// sum0 += d * scales[0] * float(w[0:32]·x[0:32]) * dx[0]; sum1 += d * scales[1] * float(w[32:64]·x[32:64]) * dx[1]
#define COLUMN(q, d, s, n, f) \
	VLD1.P  64(q), [V2.B16, V3.B16, V4.B16, V5.B16]; \
	FMOVD.P 8(d), F6; \
	ZERO(7); \
	DOT(0,2,7); \
	DOT(1,3,7); \
	SCVTF(7,7); \
	FMULI(20,0,7,7); \
	FMLAI(6,0,7,n); \
	ZERO(2); \
	DOT(24,4,2); \
	DOT(25,5,2); \
	SCVTF(2,2); \
	FMULI(20,1,2,2); \
	FMLAI(6,1,2,(n)-4)

	LSR   $8, R21, R24                     // super-blocks
	LSL   $8, R24, R21                     // what a row advances a column by
	LSR   $3, R21, R22
	VMOVI $15, V28.B16
	VMOVI $63, V29.B16

row:
	CBZ  R5, done                          // for rows > 0 {
	MOVD R1, R3
	MOVD R24, R4                           // n = super-blocks
	COLUMNS(CLEAR)                         // sum0, sum1 = 0, 0

block:
	CBZ    R4, reduce                      // for n > 0 {
	MOVHU  (R3), R25
	FMOVS  R25, F26
	FCVTHS F26, F26                        // d
	MOVHU  2(R3), R25
	FMOVS  R25, F27
	FCVTHS F27, F27                        // m

	ADD    $4, R3
	MOVWU.P 4(R3), R25                     // first four scales, and upper bits of the last four
	MOVWU.P 4(R3), R26                     // the same of the minima
	MOVWU.P 4(R3), R0                      // lower bits of the last four scales and minima
	FMOVS R25, F20
	FMOVS R26, F22
	FMOVS R0, F24
	VUSHR $4, V24.B8, V25.B8               // lower bits of the last minima
	VAND  V28.B8, V24.B8, V24.B8           // lower bits of the last scales
	VUSHR $6, V20.B8, V2.B8
	VSLI  $4, V2.B8, V24.B8                // last four scales
	VUSHR $6, V22.B8, V2.B8
	VSLI  $4, V2.B8, V25.B8                // last four minima
	VAND  V29.B8, V20.B8, V20.B8           // first four scales
	VAND  V29.B8, V22.B8, V22.B8           // first four minima
	SXTLB(20,20)
	SXTLB(22,22)
	SXTLB(24,21)
	SXTLB(25,23)
	SXTLH(20,20)
	SXTLH(22,22)
	SXTLH(21,21)
	SXTLH(23,23)
	SCVTF(20,20)
	SCVTF(21,21)
	SCVTF(22,22)
	SCVTF(23,23)
	FMULI(26,0,20,20)                      // ds = d * scales
	FMULI(26,0,21,21)
	FMULI(27,0,22,22)                      // ms = m * mins
	FMULI(27,0,23,23)
	COLUMNS(MINS)
	MOVD  $4, R25                          // j = 4

chunk:
	VLD1.P 32(R3), [V24.B16, V25.B16]      // 32 low nibbles, then 32 high
	VAND   V28.B16, V24.B16, V0.B16
	VAND   V28.B16, V25.B16, V1.B16
	VUSHR  $4, V24.B16, V24.B16
	VUSHR  $4, V25.B16, V25.B16
	COLUMNS(COLUMN)
	VEXT   $8, V21.B16, V20.B16, V20.B16   // ds = ds[2:]
	VEXT   $8, V21.B16, V21.B16, V21.B16
	SUB    $1, R25                         // j--
	CBNZ   R25, chunk                      // while j > 0
	SUB    $1, R4                          // n--
	B      block                           // }

reduce:
	MOVD R6, R23
	COLUMNS(STORE)                         // dst[c*stride+r] = sum0 + sum1
	COLUMNS(REWIND)
	ADD  $4, R6                            // r++
	ADD  R2, R1                            // w += wStride
	SUB  $1, R5                            // rows--
	B    row                               // }

done:
	RET

#undef MINS
#undef COLUMN
#undef CLEAR
#undef STORE
#undef REWIND
