//go:build !purego

#include "go_asm.h"
#include "textflag.h"
#include "mul_q8_amd64.h"

// Blocks of 256 with a scale for each 16 or 32. Codes are unsigned, so they need no sign trick; what they are above the
// values they stand for is a multiple of the sums in S. Y8, Y10, Y12 and Y14 are the columns' sums, Y9, Y11, Y13 and Y15
// those within the block, not yet times its scale. Y3 holds bytes of 15.

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

// SUPER is the loop over rows and blocks: BLOCK multiplies one of SIZE bytes.
#define SUPER(BLOCK, SIZE, ZERO, MERGE) \
	MOVQ t+0(FP), AX;         \
	COLUMNS;                  \
	VPCMPEQB Y3, Y3, Y3;      \
	VPABSB   Y3, Y3;          \
	VPSLLW   $4, Y3, Y4;      \
	VPSUBB   Y3, Y4, Y3;      \
row:                          \
	CMPQ tile_rows(AX), $0;   \
	JLE  done;                \
	ROW;                      \
	ZERO;                     \
	MOVQ R12, CX;             \
	SHRQ $8, CX;              \
	JZ   sum;                 \
block:                        \
	BLOCK;                    \
	ADDQ $SIZE, SI;           \
	ADDQ $256, DI;            \
	ADDQ $32, R11;            \
	ADDQ $32, DX;             \
	DECQ CX;                  \
	JNZ  block;               \
sum:                          \
	MERGE;                    \
	NEXT;                     \
	JMP  row;                 \
done:                         \
	VZEROUPPER;               \
	RET

// SCALES4K unpacks the scales of a Q4_K block into the words of both halves of Y4 and its minima, each twice, into Y5.
// Bytes 4 to 7 hold the first four scales, 8 to 11 the first four minima, and above them, shifted, the upper two bits of
// the last four, whose nibbles are in bytes 12 to 15.
#define SCALES4K \
	MOVL 4(SI), R8;           \
	MOVL 8(SI), R9;           \
	MOVL 12(SI), R10;         \
	MOVL R8, BX;              \
	SHRL $2, BX;              \
	ANDL $0x30303030, BX;     \
	ANDL $0x3f3f3f3f, R8;     \
	VMOVD R8, X4;             \
	MOVL R10, R8;             \
	ANDL $0x0f0f0f0f, R8;     \
	ORL  R8, BX;              \
	VPINSRD $1, BX, X4, X4;   \
	MOVL R9, BX;              \
	SHRL $2, BX;              \
	ANDL $0x30303030, BX;     \
	ANDL $0x3f3f3f3f, R9;     \
	VMOVD R9, X5;             \
	SHRL $4, R10;             \
	ANDL $0x0f0f0f0f, R10;    \
	ORL  R10, BX;             \
	VPINSRD $1, BX, X5, X5;   \
	VPMOVZXBW X4, X4;         \
	VPERMQ $0x44, Y4, Y4;     \
	VPUNPCKLBW X5, X5, X5;    \
	VPMOVZXBW X5, Y5

// NIBBLES4K takes 64 elements: the low nibbles of 32 bytes, then the high ones.
#define NIBBLES4K(i, PART) \
	VMOVDQU (16+32*i)(SI), Y0;             \
	VPAND   Y3, Y0, Y0;                    \
	VPSHUFB word<>+(64*(i))(SB), Y4, Y2;     \
	PART(2*i);                             \
	VMOVDQU (16+32*i)(SI), Y0;             \
	VPSRLW  $4, Y0, Y0;                    \
	VPAND   Y3, Y0, Y0;                    \
	VPSHUFB word<>+(64*i+32)(SB), Y4, Y2;  \
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
	VPSHUFB   words<>+0(SB), Y4, Y2;      \
	PART(4*i);                            \
	VMOVDQU   (128+32*i)(SI), Y1;         \
	VPSLLW    $2, Y1, Y1;                 \
	VPAND     Y5, Y1, Y1;                 \
	VPAND     (64*i+32)(SI), Y3, Y0;      \
	VPOR      Y1, Y0, Y0;                 \
	VPSHUFB   words<>+32(SB), Y4, Y2;     \
	PART(4*i+1);                          \
	VPAND     (128+32*i)(SI), Y5, Y1;     \
	VMOVDQU   (64*(i))(SI), Y0;             \
	VPSRLW    $4, Y0, Y0;                 \
	VPAND     Y3, Y0, Y0;                 \
	VPOR      Y1, Y0, Y0;                 \
	VPSHUFB   words<>+64(SB), Y4, Y2;     \
	PART(4*i+2);                          \
	VMOVDQU   (128+32*i)(SI), Y1;         \
	VPSRLW    $2, Y1, Y1;                 \
	VPAND     Y5, Y1, Y1;                 \
	VMOVDQU   (64*i+32)(SI), Y0;          \
	VPSRLW    $4, Y0, Y0;                 \
	VPAND     Y3, Y0, Y0;                 \
	VPOR      Y1, Y0, Y0;                 \
	VPSHUFB   words<>+96(SB), Y4, Y2;     \
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
	VMULPS       thirtyTwo<>(SB), Y1, Y2; \
	REST

// func q4_kx4AVX2(t *tile)
TEXT ·q4_kx4AVX2(SB), NOSPLIT, $0-8
	SUPER(Q4_K(PART4, REST4), 144, ZERO4, SUM4)

// func q4_kx1AVX2(t *tile)
TEXT ·q4_kx1AVX2(SB), NOSPLIT, $0-8
	SUPER(Q4_K(PART1, REST1), 144, ZERO1, SUM1)

// func q6_kx4AVX2(t *tile)
TEXT ·q6_kx4AVX2(SB), NOSPLIT, $0-8
	SUPER(Q6_K(PART4, REST4), 210, ZERO4, SUM4)

// func q6_kx1AVX2(t *tile)
TEXT ·q6_kx1AVX2(SB), NOSPLIT, $0-8
	SUPER(Q6_K(PART1, REST1), 210, ZERO1, SUM1)

// The i-th 32 bytes pick word i of each half, for each of its elements.
DATA word<>+0(SB)/8, $0x0100010001000100
DATA word<>+8(SB)/8, $0x0100010001000100
DATA word<>+16(SB)/8, $0x0100010001000100
DATA word<>+24(SB)/8, $0x0100010001000100
DATA word<>+32(SB)/8, $0x0302030203020302
DATA word<>+40(SB)/8, $0x0302030203020302
DATA word<>+48(SB)/8, $0x0302030203020302
DATA word<>+56(SB)/8, $0x0302030203020302
DATA word<>+64(SB)/8, $0x0504050405040504
DATA word<>+72(SB)/8, $0x0504050405040504
DATA word<>+80(SB)/8, $0x0504050405040504
DATA word<>+88(SB)/8, $0x0504050405040504
DATA word<>+96(SB)/8, $0x0706070607060706
DATA word<>+104(SB)/8, $0x0706070607060706
DATA word<>+112(SB)/8, $0x0706070607060706
DATA word<>+120(SB)/8, $0x0706070607060706
DATA word<>+128(SB)/8, $0x0908090809080908
DATA word<>+136(SB)/8, $0x0908090809080908
DATA word<>+144(SB)/8, $0x0908090809080908
DATA word<>+152(SB)/8, $0x0908090809080908
DATA word<>+160(SB)/8, $0x0b0a0b0a0b0a0b0a
DATA word<>+168(SB)/8, $0x0b0a0b0a0b0a0b0a
DATA word<>+176(SB)/8, $0x0b0a0b0a0b0a0b0a
DATA word<>+184(SB)/8, $0x0b0a0b0a0b0a0b0a
DATA word<>+192(SB)/8, $0x0d0c0d0c0d0c0d0c
DATA word<>+200(SB)/8, $0x0d0c0d0c0d0c0d0c
DATA word<>+208(SB)/8, $0x0d0c0d0c0d0c0d0c
DATA word<>+216(SB)/8, $0x0d0c0d0c0d0c0d0c
DATA word<>+224(SB)/8, $0x0f0e0f0e0f0e0f0e
DATA word<>+232(SB)/8, $0x0f0e0f0e0f0e0f0e
DATA word<>+240(SB)/8, $0x0f0e0f0e0f0e0f0e
DATA word<>+248(SB)/8, $0x0f0e0f0e0f0e0f0e
GLOBL word<>(SB), RODATA|NOPTR, $256

// The i-th 32 bytes pick word 2i of the lower half and word 2i+1 of the upper.
DATA words<>+0(SB)/8, $0x0100010001000100
DATA words<>+8(SB)/8, $0x0100010001000100
DATA words<>+16(SB)/8, $0x0302030203020302
DATA words<>+24(SB)/8, $0x0302030203020302
DATA words<>+32(SB)/8, $0x0504050405040504
DATA words<>+40(SB)/8, $0x0504050405040504
DATA words<>+48(SB)/8, $0x0706070607060706
DATA words<>+56(SB)/8, $0x0706070607060706
DATA words<>+64(SB)/8, $0x0908090809080908
DATA words<>+72(SB)/8, $0x0908090809080908
DATA words<>+80(SB)/8, $0x0b0a0b0a0b0a0b0a
DATA words<>+88(SB)/8, $0x0b0a0b0a0b0a0b0a
DATA words<>+96(SB)/8, $0x0d0c0d0c0d0c0d0c
DATA words<>+104(SB)/8, $0x0d0c0d0c0d0c0d0c
DATA words<>+112(SB)/8, $0x0f0e0f0e0f0e0f0e
DATA words<>+120(SB)/8, $0x0f0e0f0e0f0e0f0e
GLOBL words<>(SB), RODATA|NOPTR, $128

// 32 as a float, in eight lanes.
DATA thirtyTwo<>+0(SB)/8, $0x4200000042000000
DATA thirtyTwo<>+8(SB)/8, $0x4200000042000000
DATA thirtyTwo<>+16(SB)/8, $0x4200000042000000
DATA thirtyTwo<>+24(SB)/8, $0x4200000042000000
GLOBL thirtyTwo<>(SB), RODATA|NOPTR, $32
