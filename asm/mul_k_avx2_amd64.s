//go:build !purego

#include "go_asm.h"
#include "textflag.h"
#include "mul_q8_amd64.h"
#include "mul_k_amd64.h"

// PART(q, d, acc): acc += float(codes·q * scales) * d, with the codes in Y0 and 16-bit scales in Y2. 2 × 63 × 127 and
// 2 × 2 × 63 × 127 × 128 fit 16 and 32 bits.
#define PART(q, d, acc) \
	VPMADDUBSW   q, Y0, Y6;  \
	VPMADDWD     Y2, Y6, Y6; \
	VCVTDQ2PS    Y6, Y6;     \
	VBROADCASTSS d, Y7;      \
	VFMADD231PS  Y7, Y6, acc

#define PART1(i) \
	PART((32*(i))(DI), (4*(i))(R11), Y9)

#define PART4(i) \
	PART((32*(i))(DI), (4*(i))(R11), Y9);               \
	PART((32*(i))(DI)(R12*1), (4*(i))(R11)(R13*1), Y11); \
	PART((32*(i))(DI)(R12*2), (4*(i))(R11)(R13*2), Y13); \
	PART((32*(i))(DI)(R14*1), (4*(i))(R11)(R15*1), Y15)

// REST(s, d, part, acc): acc += scale * part - low * float(sums · lows) * d, with the scale in Y1, low in Y2 and the
// 16-bit lows, two for each 32 elements, in Y5. part is 0 then.
#define REST(s, d, part, acc) \
	VPMADDWD     s, Y5, Y6;       \
	VCVTDQ2PS    Y6, Y6;          \
	VMULPS       d, Y6, Y6;       \
	VFMADD231PS  Y1, part, acc;   \
	VFNMADD231PS Y2, Y6, acc;     \
	VXORPS       part, part, part

#define REST1 \
	REST((DX), (R11), Y9, Y8)

#define REST4 \
	REST((DX), (R11), Y9, Y8);                   \
	REST((DX)(R13*1), (R11)(R13*1), Y11, Y10); \
	REST((DX)(R13*2), (R11)(R13*2), Y13, Y12); \
	REST((DX)(R15*1), (R11)(R15*1), Y15, Y14)

// BYTES15 sets Y3 to bytes of 15.
#define BYTES15 \
	VPCMPEQB Y3, Y3, Y3; \
	VPABSB   Y3, Y3;     \
	VPSLLW   $4, Y3, Y4; \
	VPSUBB   Y3, Y4, Y3

// NIBBLES4K takes 64 elements: the low nibbles of 32 bytes, then the high ones.
#define NIBBLES4K(i, PART) \
	VMOVDQU (16+32*i)(SI), Y0;             \
	VPAND   Y3, Y0, Y0;                    \
	VPSHUFB ·pickWord+(64*(i))(SB), Y4, Y2;     \
	PART(2*i);                             \
	VMOVDQU (16+32*i)(SI), Y0;             \
	VPSRLW  $4, Y0, Y0;                    \
	VPAND   Y3, Y0, Y0;                    \
	VPSHUFB ·pickWord+(64*i+32)(SB), Y4, Y2;  \
	PART(2*i+1)

#define Q4_K(PART, REST) \
	PREFETCHT0 FAR(SI);       \
	PREFETCHT0 (FAR+64)(SI);  \
	PREFETCHT0 (FAR+128)(SI); \
	SCALES4K;                 \
	NIBBLES4K(0, PART);       \
	NIBBLES4K(1, PART);       \
	NIBBLES4K(2, PART);       \
	NIBBLES4K(3, PART);       \
	VPBROADCASTW (SI), X1;    \
	VCVTPH2PS    X1, Y1;      \
	VPBROADCASTW 2(SI), X2;   \
	VCVTPH2PS    X2, Y2;      \
	REST

// HALF6K takes 128 elements: their scales are at s, their low nibbles at l and their high bits at h. Y5 holds bytes of
// 0x30, where high bits belong.
#define HALF6K(i, PART) \
	VPMOVSXBW (192+8*i)(SI), X4;          \
	VPERMQ    $0x44, Y4, Y4;              \
	VMOVDQU   (128+32*i)(SI), Y1;         \
	VPSLLW    $4, Y1, Y1;                 \
	VPAND     Y5, Y1, Y1;                 \
	VPAND     (64*(i))(SI), Y3, Y0;         \
	VPOR      Y1, Y0, Y0;                 \
	VPSHUFB   ·pickWords+0(SB), Y4, Y2;      \
	PART(4*i);                            \
	VMOVDQU   (128+32*i)(SI), Y1;         \
	VPSLLW    $2, Y1, Y1;                 \
	VPAND     Y5, Y1, Y1;                 \
	VPAND     (64*i+32)(SI), Y3, Y0;      \
	VPOR      Y1, Y0, Y0;                 \
	VPSHUFB   ·pickWords+32(SB), Y4, Y2;     \
	PART(4*i+1);                          \
	VPAND     (128+32*i)(SI), Y5, Y1;     \
	VMOVDQU   (64*(i))(SI), Y0;             \
	VPSRLW    $4, Y0, Y0;                 \
	VPAND     Y3, Y0, Y0;                 \
	VPOR      Y1, Y0, Y0;                 \
	VPSHUFB   ·pickWords+64(SB), Y4, Y2;     \
	PART(4*i+2);                          \
	VMOVDQU   (128+32*i)(SI), Y1;         \
	VPSRLW    $2, Y1, Y1;                 \
	VPAND     Y5, Y1, Y1;                 \
	VMOVDQU   (64*i+32)(SI), Y0;          \
	VPSRLW    $4, Y0, Y0;                 \
	VPAND     Y3, Y0, Y0;                 \
	VPOR      Y1, Y0, Y0;                 \
	VPSHUFB   ·pickWords+96(SB), Y4, Y2;     \
	PART(4*i+3)

// The lows of Q6_K are the scales, the same 32 times below each code.
#define Q6_K(PART, REST) \
	PREFETCHT0 FAR(SI);         \
	PREFETCHT0 (FAR+64)(SI);    \
	PREFETCHT0 (FAR+128)(SI);   \
	PREFETCHT0 (FAR+192)(SI);   \
	VPCMPEQB Y5, Y5, Y5;        \
	VPABSB   Y5, Y5;            \
	VPADDB   Y5, Y5, Y4;        \
	VPADDB   Y5, Y4, Y5;        \
	VPSLLW   $4, Y5, Y5;        \
	HALF6K(0, PART);            \
	HALF6K(1, PART);            \
	VPMOVSXBW    192(SI), Y5;   \
	VPBROADCASTW 208(SI), X1;   \
	VCVTPH2PS    X1, Y1;        \
	VMULPS       ·thirtyTwo(SB), Y1, Y2; \
	REST

// func q4_kx4AVX2(t *tile)
TEXT ·q4_kx4AVX2(SB), NOSPLIT, $0-8
	SUPER(BYTES15, Q4_K(PART4, REST4), 144, ZERO4, SUM4)

// func q4_kx1AVX2(t *tile)
TEXT ·q4_kx1AVX2(SB), NOSPLIT, $0-8
	SUPER(BYTES15, Q4_K(PART1, REST1), 144, ZERO1, SUM1)

// func q6_kx4AVX2(t *tile)
TEXT ·q6_kx4AVX2(SB), NOSPLIT, $0-8
	SUPER(BYTES15, Q6_K(PART4, REST4), 210, ZERO4, SUM4)

// func q6_kx1AVX2(t *tile)
TEXT ·q6_kx1AVX2(SB), NOSPLIT, $0-8
	SUPER(BYTES15, Q6_K(PART1, REST1), 210, ZERO1, SUM1)
