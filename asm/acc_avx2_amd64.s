//go:build !purego

#include "go_asm.h"
#include "textflag.h"

// Sums of weighted rows, for four groups at once or for one. An element's sum is one chain of fused products in the order
// of rows, whatever its place, so neither the width of a pass nor the number of groups shows in it.
//
// A pass takes 16, 8 or 1 elements of all rows, with the sums in registers: Y8, Y10, Y12 and Y14 for the groups' first
// eight, Y9 to Y15 for the next. SI is the first row's next element and DI that of dst; BX and R8 walk down the rows of
// v and p, CX counts them. R12 and R14 are the bytes of one and of three groups of dst, R13 and R15 those of p, and R9
// those of a row of v. Lines are fetched 4 KB ahead.

#define FAR 4096

#define F32(at, y) VMOVUPS at(BX), y
#define F32ONE VMOVSS (BX), X0
#define F16(at, y) VCVTPH2PS at(BX), y
#define F16ONE \
	MOVWLZX   (BX), R10; \
	VMOVD     R10, X0;   \
	VCVTPH2PS X0, X0

// Loads, sums and stores of four groups.
#define GET16x4 \
	VMOVUPS (DI), Y8; \
	VMOVUPS 32(DI), Y9; \
	VMOVUPS (DI)(R12*1), Y10; \
	VMOVUPS 32(DI)(R12*1), Y11; \
	VMOVUPS (DI)(R12*2), Y12; \
	VMOVUPS 32(DI)(R12*2), Y13; \
	VMOVUPS (DI)(R14*1), Y14; \
	VMOVUPS 32(DI)(R14*1), Y15

#define PUT16x4 \
	VMOVUPS Y8, (DI); \
	VMOVUPS Y9, 32(DI); \
	VMOVUPS Y10, (DI)(R12*1); \
	VMOVUPS Y11, 32(DI)(R12*1); \
	VMOVUPS Y12, (DI)(R12*2); \
	VMOVUPS Y13, 32(DI)(R12*2); \
	VMOVUPS Y14, (DI)(R14*1); \
	VMOVUPS Y15, 32(DI)(R14*1)

#define ADD16x4 \
	VBROADCASTSS (R8), Y2; \
	VFMADD231PS Y2, Y0, Y8; \
	VFMADD231PS Y2, Y1, Y9; \
	VBROADCASTSS (R8)(R13*1), Y2; \
	VFMADD231PS Y2, Y0, Y10; \
	VFMADD231PS Y2, Y1, Y11; \
	VBROADCASTSS (R8)(R13*2), Y2; \
	VFMADD231PS Y2, Y0, Y12; \
	VFMADD231PS Y2, Y1, Y13; \
	VBROADCASTSS (R8)(R15*1), Y2; \
	VFMADD231PS Y2, Y0, Y14; \
	VFMADD231PS Y2, Y1, Y15

#define GET8x4 \
	VMOVUPS (DI), Y8; \
	VMOVUPS (DI)(R12*1), Y10; \
	VMOVUPS (DI)(R12*2), Y12; \
	VMOVUPS (DI)(R14*1), Y14

#define PUT8x4 \
	VMOVUPS Y8, (DI); \
	VMOVUPS Y10, (DI)(R12*1); \
	VMOVUPS Y12, (DI)(R12*2); \
	VMOVUPS Y14, (DI)(R14*1)

#define ADD8x4 \
	VBROADCASTSS (R8), Y2; \
	VFMADD231PS Y2, Y0, Y8; \
	VBROADCASTSS (R8)(R13*1), Y2; \
	VFMADD231PS Y2, Y0, Y10; \
	VBROADCASTSS (R8)(R13*2), Y2; \
	VFMADD231PS Y2, Y0, Y12; \
	VBROADCASTSS (R8)(R15*1), Y2; \
	VFMADD231PS Y2, Y0, Y14

#define GET1x4 \
	VMOVSS (DI), X8; \
	VMOVSS (DI)(R12*1), X10; \
	VMOVSS (DI)(R12*2), X12; \
	VMOVSS (DI)(R14*1), X14

#define PUT1x4 \
	VMOVSS X8, (DI); \
	VMOVSS X10, (DI)(R12*1); \
	VMOVSS X12, (DI)(R12*2); \
	VMOVSS X14, (DI)(R14*1)

#define ADD1x4 \
	VMOVSS (R8), X2; \
	VFMADD231SS X2, X0, X8; \
	VMOVSS (R8)(R13*1), X2; \
	VFMADD231SS X2, X0, X10; \
	VMOVSS (R8)(R13*2), X2; \
	VFMADD231SS X2, X0, X12; \
	VMOVSS (R8)(R15*1), X2; \
	VFMADD231SS X2, X0, X14

// Loads, sums and stores of one group.
#define GET16x1 \
	VMOVUPS (DI), Y8; \
	VMOVUPS 32(DI), Y9

#define PUT16x1 \
	VMOVUPS Y8, (DI); \
	VMOVUPS Y9, 32(DI)

#define ADD16x1 \
	VBROADCASTSS (R8), Y2; \
	VFMADD231PS Y2, Y0, Y8; \
	VFMADD231PS Y2, Y1, Y9

#define GET8x1 \
	VMOVUPS (DI), Y8

#define PUT8x1 \
	VMOVUPS Y8, (DI)

#define ADD8x1 \
	VBROADCASTSS (R8), Y2; \
	VFMADD231PS Y2, Y0, Y8

#define GET1x1 \
	VMOVSS (DI), X8

#define PUT1x1 \
	VMOVSS X8, (DI)

#define ADD1x1 \
	VMOVSS (R8), X2; \
	VFMADD231SS X2, X0, X8

// START sets a pass to the first row.
#define START \
	MOVQ SI, BX;                  \
	MOVQ weighted_p(AX), R8;      \
	MOVQ weighted_rows(AX), CX

// DOWN goes to the next row.
#define DOWN \
	ADDQ R9, BX;                  \
	ADDQ $4, R8;                  \
	DECQ CX

// ON goes to the next n elements of SIZE bytes.
#define ON(n, SIZE) \
	ADDQ $(n*SIZE), SI;           \
	ADDQ $(n*4), DI;              \
	SUBQ $n, DX

#define SUMS(LOAD, LOADONE, SIZE, GET16, ADD16, PUT16, GET8, ADD8, PUT8, GET1, ADD1, PUT1) \
	MOVQ a+0(FP), AX;             \
	MOVQ weighted_dst(AX), DI;    \
	MOVQ weighted_v(AX), SI;      \
	MOVQ weighted_vStride(AX), R9; \
	MOVQ weighted_pStride(AX), R13; \
	LEAQ (R13)(R13*2), R15;       \
	MOVQ weighted_k(AX), DX;      \
	MOVQ DX, R12;                 \
	SHLQ $2, R12;                 \
	LEAQ (R12)(R12*2), R14;       \
sixteen:                          \
	CMPQ DX, $16;                 \
	JLT  eight;                   \
	START;                        \
	GET16;                        \
row16:                            \
	PREFETCHT0 FAR(BX);           \
	LOAD(0, Y0);                  \
	LOAD(8*SIZE, Y1);             \
	ADD16;                        \
	DOWN;                         \
	JNZ  row16;                   \
	PUT16;                        \
	ON(16, SIZE);                 \
	JMP  sixteen;                 \
eight:                            \
	CMPQ DX, $8;                  \
	JLT  one;                     \
	START;                        \
	GET8;                         \
row8:                             \
	LOAD(0, Y0);                  \
	ADD8;                         \
	DOWN;                         \
	JNZ  row8;                    \
	PUT8;                         \
	ON(8, SIZE);                  \
one:                              \
	CMPQ DX, $1;                  \
	JLT  done;                    \
	START;                        \
	GET1;                         \
row1:                             \
	LOADONE;                      \
	ADD1;                         \
	DOWN;                         \
	JNZ  row1;                    \
	PUT1;                         \
	ON(1, SIZE);                  \
	JMP  one;                     \
done:                             \
	VZEROUPPER;                   \
	RET

// func accF32x4AVX2(a *weighted)
TEXT ·accF32x4AVX2(SB), NOSPLIT, $0-8
	SUMS(F32, F32ONE, 4, GET16x4, ADD16x4, PUT16x4, GET8x4, ADD8x4, PUT8x4, GET1x4, ADD1x4, PUT1x4)

// func accF32x1AVX2(a *weighted)
TEXT ·accF32x1AVX2(SB), NOSPLIT, $0-8
	SUMS(F32, F32ONE, 4, GET16x1, ADD16x1, PUT16x1, GET8x1, ADD8x1, PUT8x1, GET1x1, ADD1x1, PUT1x1)

// func accF16x4AVX2(a *weighted)
TEXT ·accF16x4AVX2(SB), NOSPLIT, $0-8
	SUMS(F16, F16ONE, 2, GET16x4, ADD16x4, PUT16x4, GET8x4, ADD8x4, PUT8x4, GET1x4, ADD1x4, PUT1x4)

// func accF16x1AVX2(a *weighted)
TEXT ·accF16x1AVX2(SB), NOSPLIT, $0-8
	SUMS(F16, F16ONE, 2, GET16x1, ADD16x1, PUT16x1, GET8x1, ADD8x1, PUT8x1, GET1x1, ADD1x1, PUT1x1)
