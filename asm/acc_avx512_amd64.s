//go:build !purego

#include "go_asm.h"
#include "textflag.h"

// Sums of weighted rows, for four groups at once or for one. An element's sum is one chain of fused products in the order
// of rows, whatever its place, so neither the width of a pass nor the number of groups shows in it.
//
// A pass takes 32 elements of all rows, or up to 16, which are the lanes of K1, with the sums in registers: Z8, Z10, Z12
// and Z14 for the groups' first sixteen, Z9 to Z15 for the next. SI is the first row's next element and DI that of dst; BX
// and R8 walk down the rows of v and p, CX counts them. R12 and R14 are the bytes of one and of three groups of dst, R13
// and R15 those of p, and R9 those of a row of v. Lines are fetched 4 KB ahead.

#define FAR 4096

#define F32(at, z) VMOVUPS at(BX), z
#define F32LAST VMOVUPS.Z (BX), K1, Z0
#define F16(at, z) VCVTPH2PS at(BX), z
#define F16LAST \
	VMOVDQU16.Z (BX), K1, Y0; \
	VCVTPH2PS   Y0, Z0

// Loads, sums and stores of four groups.
#define GET32x4 \
	VMOVUPS (DI), Z8; \
	VMOVUPS 64(DI), Z9; \
	VMOVUPS (DI)(R12*1), Z10; \
	VMOVUPS 64(DI)(R12*1), Z11; \
	VMOVUPS (DI)(R12*2), Z12; \
	VMOVUPS 64(DI)(R12*2), Z13; \
	VMOVUPS (DI)(R14*1), Z14; \
	VMOVUPS 64(DI)(R14*1), Z15

#define PUT32x4 \
	VMOVUPS Z8, (DI); \
	VMOVUPS Z9, 64(DI); \
	VMOVUPS Z10, (DI)(R12*1); \
	VMOVUPS Z11, 64(DI)(R12*1); \
	VMOVUPS Z12, (DI)(R12*2); \
	VMOVUPS Z13, 64(DI)(R12*2); \
	VMOVUPS Z14, (DI)(R14*1); \
	VMOVUPS Z15, 64(DI)(R14*1)

#define ADD32x4 \
	VBROADCASTSS (R8), Z2; \
	VFMADD231PS Z2, Z0, Z8; \
	VFMADD231PS Z2, Z1, Z9; \
	VBROADCASTSS (R8)(R13*1), Z2; \
	VFMADD231PS Z2, Z0, Z10; \
	VFMADD231PS Z2, Z1, Z11; \
	VBROADCASTSS (R8)(R13*2), Z2; \
	VFMADD231PS Z2, Z0, Z12; \
	VFMADD231PS Z2, Z1, Z13; \
	VBROADCASTSS (R8)(R15*1), Z2; \
	VFMADD231PS Z2, Z0, Z14; \
	VFMADD231PS Z2, Z1, Z15

#define GET16x4 \
	VMOVUPS.Z (DI), K1, Z8; \
	VMOVUPS.Z (DI)(R12*1), K1, Z10; \
	VMOVUPS.Z (DI)(R12*2), K1, Z12; \
	VMOVUPS.Z (DI)(R14*1), K1, Z14

#define PUT16x4 \
	VMOVUPS Z8, K1, (DI); \
	VMOVUPS Z10, K1, (DI)(R12*1); \
	VMOVUPS Z12, K1, (DI)(R12*2); \
	VMOVUPS Z14, K1, (DI)(R14*1)

#define ADD16x4 \
	VFMADD231PS.BCST (R8), Z0, Z8; \
	VFMADD231PS.BCST (R8)(R13*1), Z0, Z10; \
	VFMADD231PS.BCST (R8)(R13*2), Z0, Z12; \
	VFMADD231PS.BCST (R8)(R15*1), Z0, Z14

// Loads, sums and stores of one group.
#define GET32x1 \
	VMOVUPS (DI), Z8; \
	VMOVUPS 64(DI), Z9

#define PUT32x1 \
	VMOVUPS Z8, (DI); \
	VMOVUPS Z9, 64(DI)

#define ADD32x1 \
	VBROADCASTSS (R8), Z2; \
	VFMADD231PS Z2, Z0, Z8; \
	VFMADD231PS Z2, Z1, Z9

#define GET16x1 \
	VMOVUPS.Z (DI), K1, Z8

#define PUT16x1 \
	VMOVUPS Z8, K1, (DI)

#define ADD16x1 \
	VFMADD231PS.BCST (R8), Z0, Z8

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

// ON goes to the next n elements of SIZE bytes; DX counts what is left.
#define ON(n, SIZE) \
	ADDQ $(n*SIZE), SI;           \
	ADDQ $(n*4), DI;              \
	SUBQ $n, DX

#define SUMS(LOAD, LOADLAST, SIZE, GET32, ADD32, PUT32, GET16, ADD16, PUT16) \
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
pair:                             \
	CMPQ DX, $32;                 \
	JLT  vector;                  \
	START;                        \
	GET32;                        \
row32:                            \
	PREFETCHT0 FAR(BX);           \
	LOAD(0, Z0);                  \
	LOAD(16*SIZE, Z1);            \
	ADD32;                        \
	DOWN;                         \
	JNZ  row32;                   \
	PUT32;                        \
	ON(32, SIZE);                 \
	JMP  pair;                    \
vector:                           \
	CMPQ DX, $1;                  \
	JLT  done;                    \
	MOVL $0xffff, BX;             \
	MOVQ DX, CX;                  \
	CMPQ CX, $16;                 \
	JGE  lanes;                   \
	MOVL $1, BX;                  \
	SHLL CX, BX;                  \
	DECL BX;                      \
lanes:                            \
	KMOVW BX, K1;                 \
	START;                        \
	GET16;                        \
row16:                            \
	LOADLAST;                     \
	ADD16;                        \
	DOWN;                         \
	JNZ  row16;                   \
	PUT16;                        \
	ON(16, SIZE);                 \
	JMP  vector;                  \
done:                             \
	VZEROUPPER;                   \
	RET

// func accF32x4AVX512(a *weighted)
TEXT ·accF32x4AVX512(SB), NOSPLIT, $0-8
	SUMS(F32, F32LAST, 4, GET32x4, ADD32x4, PUT32x4, GET16x4, ADD16x4, PUT16x4)

// func accF32x1AVX512(a *weighted)
TEXT ·accF32x1AVX512(SB), NOSPLIT, $0-8
	SUMS(F32, F32LAST, 4, GET32x1, ADD32x1, PUT32x1, GET16x1, ADD16x1, PUT16x1)

// func accF16x4AVX512(a *weighted)
TEXT ·accF16x4AVX512(SB), NOSPLIT, $0-8
	SUMS(F16, F16LAST, 2, GET32x4, ADD32x4, PUT32x4, GET16x4, ADD16x4, PUT16x4)

// func accF16x1AVX512(a *weighted)
TEXT ·accF16x1AVX512(SB), NOSPLIT, $0-8
	SUMS(F16, F16LAST, 2, GET32x1, ADD32x1, PUT32x1, GET16x1, ADD16x1, PUT16x1)
