//go:build !purego

#include "go_asm.h"
#include "textflag.h"
#include "mul_q8_amd64.h"
#include "mul_k_amd64.h"

// PART(q, d, e, acc): acc += float(codes·q * scales) * d, for 64 elements, the second half of which has the scale e, with
// the codes in Z0 and 16-bit scales in Z2. 2 × 63 × 127 and 2 × 2 × 63 × 127 × 128 fit 16 and 32 bits. K1 is the second
// half.
#define PART(q, d, e, acc) \
	VPMADDUBSW   q, Z0, Z6;  \
	VPMADDWD     Z2, Z6, Z6; \
	VCVTDQ2PS    Z6, Z6;     \
	VBROADCASTSS d, Z7;      \
	VBROADCASTSS e, K1, Z7;  \
	VFMADD231PS  Z7, Z6, acc

#define PART1(i) \
	PART((64*(i))(DI), (8*(i))(R11), (8*(i)+4)(R11), Z9)

#define PART4(i) \
	PART1(i);                                                                       \
	PART((64*(i))(DI)(R12*1), (8*(i))(R11)(R13*1), (8*(i)+4)(R11)(R13*1), Z11); \
	PART((64*(i))(DI)(R12*2), (8*(i))(R11)(R13*2), (8*(i)+4)(R11)(R13*2), Z13); \
	PART((64*(i))(DI)(R14*1), (8*(i))(R11)(R15*1), (8*(i)+4)(R11)(R15*1), Z15)

// REST(s, d, y, part, acc): acc += scale * part - low * float(sums · lows) * d, with the scale in Z1, low in the lower
// half of Z2 and the 16-bit lows, two for each 32 elements, in Y5. part, whose lower half is y, is 0 then.
#define REST(s, d, y, part, acc) \
	VPMADDWD     s, Y5, Y6;     \
	VCVTDQ2PS    Y6, Y6;        \
	VMULPS       d, Y6, Y6;     \
	VFMADD231PS  Z1, part, acc; \
	VFNMADD231PS Z2, Z6, acc;   \
	VXORPS       y, y, y

#define REST1 \
	REST((DX), (R11), Y9, Z9, Z8)

#define REST4 \
	REST1;                                             \
	REST((DX)(R13*1), (R11)(R13*1), Y11, Z11, Z10); \
	REST((DX)(R13*2), (R11)(R13*2), Y13, Z13, Z12); \
	REST((DX)(R15*1), (R11)(R15*1), Y15, Z15, Z14)

// SUMS adds the upper halves to the lower ones and stores the sums.
#define FOLD(y, z) \
	VEXTRACTF64X4 $1, z, Y0; \
	VADDPS        Y0, y, y

#define SUMS1 \
	FOLD(Y8, Z8); \
	SUM1

#define SUMS4 \
	FOLD(Y8, Z8);   \
	FOLD(Y10, Z10); \
	FOLD(Y12, Z12); \
	FOLD(Y14, Z14); \
	SUM4

// SETUP sets K1 to the upper half of the lanes, Z3 to bytes of 15, Z20 to bytes of 0x30, and the words of Z16 and Z17 to
// how far the high bits of Q6_K go left for the first halves of codes, and right for the second.
#define SETUP \
	MOVL         $0xff00, BX;        \
	KMOVW        BX, K1;             \
	MOVL         $0x0f0f0f0f, BX;    \
	VPBROADCASTD BX, Z3;             \
	MOVL         $0x30303030, BX;    \
	VPBROADCASTD BX, Z20;            \
	MOVL         $0x00040004, BX;    \
	VPBROADCASTD BX, Z16;            \
	MOVL         $0x00020002, BX;    \
	VPBROADCASTD BX, Y17;            \
	VINSERTI64X4 $1, Y17, Z16, Z16;  \
	VPXORQ       Z18, Z18, Z18;      \
	VINSERTI64X4 $1, Y17, Z18, Z17

// NIBBLES4K takes 64 elements: the low nibbles of 32 bytes, then the high ones.
#define NIBBLES4K(i, PART) \
	VMOVDQU      (16+32*i)(SI), Y0;           \
	VPSRLW       $4, Y0, Y1;                  \
	VINSERTI64X4 $1, Y1, Z0, Z0;              \
	VPANDQ       Z3, Z0, Z0;                  \
	VPSHUFB      ·pickWord+(64*i)(SB), Z4, Z2; \
	PART(i)

#define Q4_K(PART, REST) \
	PREFETCHT0 FAR(SI);             \
	PREFETCHT0 (FAR+64)(SI);        \
	PREFETCHT0 (FAR+128)(SI);       \
	SCALES4K;                       \
	VINSERTI64X4 $1, Y4, Z4, Z4;    \
	NIBBLES4K(0, PART);             \
	NIBBLES4K(1, PART);             \
	NIBBLES4K(2, PART);             \
	NIBBLES4K(3, PART);             \
	VPBROADCASTW (SI), Y1;          \
	VCVTPH2PS    Y1, Z1;            \
	VPBROADCASTW 2(SI), X2;         \
	VCVTPH2PS    X2, Y2;            \
	REST

// HALF6K takes 128 elements. 64 bytes hold their low nibbles, first those of the first 64; each of 32 bytes holds the
// high bits of four, 32 elements apart.
#define HALF6K(i, PART) \
	VPMOVSXBW       (192+8*i)(SI), X4;       \
	VSHUFI64X2      $0, Z4, Z4, Z4;          \
	VBROADCASTI64X4 (128+32*i)(SI), Z1;      \
	VMOVDQU64       (64*i)(SI), Z19;         \
	VPSLLVW         Z16, Z1, Z18;            \
	VPANDQ          Z20, Z18, Z18;           \
	VPANDQ          Z3, Z19, Z0;             \
	VPORQ           Z18, Z0, Z0;             \
	VPSHUFB         ·pickWords+0(SB), Z4, Z2; \
	PART(2*i);                               \
	VPSRLVW         Z17, Z1, Z18;            \
	VPANDQ          Z20, Z18, Z18;           \
	VPSRLW          $4, Z19, Z0;             \
	VPANDQ          Z3, Z0, Z0;              \
	VPORQ           Z18, Z0, Z0;             \
	VPSHUFB         ·pickWords+64(SB), Z4, Z2; \
	PART(2*i+1)

// The lows of Q6_K are the scales, the same 32 times below each code.
#define Q6_K(PART, REST) \
	PREFETCHT0 FAR(SI);          \
	PREFETCHT0 (FAR+64)(SI);     \
	PREFETCHT0 (FAR+128)(SI);    \
	PREFETCHT0 (FAR+192)(SI);    \
	HALF6K(0, PART);             \
	HALF6K(1, PART);             \
	VPMOVSXBW    192(SI), Y5;    \
	VPBROADCASTW 208(SI), Y1;    \
	VCVTPH2PS    Y1, Z1;         \
	VMULPS       ·thirtyTwo(SB), Y1, Y2; \
	REST

// func q4_kx4AVX512(t *tile)
TEXT ·q4_kx4AVX512(SB), NOSPLIT, $0-8
	SUPER(SETUP, Q4_K(PART4, REST4), 144, ZERO4, SUMS4)

// func q4_kx1AVX512(t *tile)
TEXT ·q4_kx1AVX512(SB), NOSPLIT, $0-8
	SUPER(SETUP, Q4_K(PART1, REST1), 144, ZERO1, SUMS1)

// func q6_kx4AVX512(t *tile)
TEXT ·q6_kx4AVX512(SB), NOSPLIT, $0-8
	SUPER(SETUP, Q6_K(PART4, REST4), 210, ZERO4, SUMS4)

// func q6_kx1AVX512(t *tile)
TEXT ·q6_kx1AVX512(SB), NOSPLIT, $0-8
	SUPER(SETUP, Q6_K(PART1, REST1), 210, ZERO1, SUMS1)
