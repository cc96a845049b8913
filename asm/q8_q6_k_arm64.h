// The product of Q6_K super-blocks: 128 bytes of low nibbles, 64 of high pairs of bits, 16 signed scales,
// half-precision d.

#include "q8_args_arm64.h"

// sum += d * float(scales[i] * w0·x0 + scales[i+1] * w1·x1) * dx[j]: sixteen elements each, scales in Vs
#define PAIR(w0, x0, w1, x1, s, i, j, sum) \
	ZERO(4); \
	ZERO(5); \
	DOT(w0,x0,4); \
	DOT(w1,x1,5); \
	MULI(s,i,4,4); \
	MLAI(s,(i)+1,5,4); \
	SCVTF(4,4); \
	FMULI(10,0,4,4); \
	FMLAI(11,j,4,sum)

#define COLUMN(q, d, s, n, f) \
	VLD1.P 64(q), [V0.B16, V1.B16, V2.B16, V3.B16]; \
	VLD1.P 16(d), [V11.S4]; \
	PAIR(20, 0, 21, 1, 8, 0, 0, n); \
	PAIR(22, 2, 23, 3, 8, 2, 1, (n)-4); \
	VLD1.P 64(q), [V0.B16, V1.B16, V2.B16, V3.B16]; \
	PAIR(24, 0, 25, 1, 9, 0, 2, n); \
	PAIR(26, 2, 27, 3, 9, 2, 3, (n)-4)

// d = (l&15 | h&3<<4) - 32 and (l>>4 | h&3<<4) - 32
#define LOW(l, h, d)   VAND V28.B16, l.B16, d.B16; JOIN(h, d)
#define HIGH(l, h, d)  VUSHR $4, l.B16, d.B16; JOIN(h, d)
#define JOIN(h, d)     VSLI $4, h.B16, d.B16; VAND V31.B16, d.B16, d.B16; VSUB V29.B16, d.B16, d.B16

	LSR   $8, R21, R24                     // super-blocks
	LSL   $8, R24, R21                     // what a row advances a column by
	LSR   $3, R21, R22
	VMOVI $15, V28.B16
	VMOVI $32, V29.B16
	VMOVI $63, V31.B16

row:
	CBZ  R5, done                          // for rows > 0 {
	MOVD R1, R3
	MOVD R24, R4                           // n = super-blocks
	COLUMNS(CLEAR)                         // sum0, sum1 = 0, 0

block:
	CBZ    R4, reduce                      // for n > 0 {
	MOVHU  208(R3), R25
	FMOVS  R25, F10
	FCVTHS F10, F10                        // d
	ADD    $128, R3, R0                    // pairs of bits
	ADD    $192, R3, R26                   // scales
	MOVD   $2, R25                         // halves = 2

half:
	FMOVD.P 8(R26), F9
	SXTLB(9,9)
	SXTLH(9,8)                             // scales of this half, four
	SXTLH2(9,9)                            // and four
	VLD1.P  64(R3), [V0.B16, V1.B16, V2.B16, V3.B16]
	VLD1.P  32(R0), [V4.B16, V5.B16]
	LOW(V0, V4, V20)                       // elements 0 to 31
	LOW(V1, V5, V21)
	VUSHR   $2, V4.B16, V6.B16
	VUSHR   $2, V5.B16, V7.B16
	LOW(V2, V6, V22)                       // 32 to 63
	LOW(V3, V7, V23)
	VUSHR   $4, V4.B16, V6.B16
	VUSHR   $4, V5.B16, V7.B16
	HIGH(V0, V6, V24)                      // 64 to 95
	HIGH(V1, V7, V25)
	VUSHR   $6, V4.B16, V6.B16
	VUSHR   $6, V5.B16, V7.B16
	HIGH(V2, V6, V26)                      // 96 to 127
	HIGH(V3, V7, V27)
	COLUMNS(COLUMN)
	SUB     $1, R25                        // halves--
	CBNZ    R25, half                      // while halves > 0
	ADD     $82, R3                        // past what is not low nibbles
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

#undef PAIR
#undef COLUMN
#undef LOW
#undef HIGH
#undef JOIN
#undef CLEAR
#undef STORE
#undef REWIND
