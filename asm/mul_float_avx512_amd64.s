//go:build !purego

#include "go_asm.h"
#include "textflag.h"

// Products with columns of floats. Throughout: SI is the row's next element, DI the first column's; R12 and R14 are the
// bytes of one and of three columns. CX counts steps of 32 elements, K1 is the lanes of the last k%16. Even and odd vectors have sums of their own, or the
// next would wait four cycles for the last: Z8, Z10, Z12, Z14 for the even ones of the four columns, Z9 to Z15 for the
// odd ones. Each line of weights is fetched 4 KB before its use.

#define FAR 4096

// Loads of sixteen elements at an offset in bytes, and of those in K1, the others being 0.
#define F32(at, z) VMOVUPS at(SI), z
#define F32LAST VMOVUPS.Z (SI), K1, Z0
#define F16(at, z) VCVTPH2PS at(SI), z
#define F16LAST \
	VMOVDQU16.Z (SI), K1, Y0; \
	VCVTPH2PS   Y0, Z0
#define BF16(at, z) \
	VPMOVZXWD at(SI), z; \
	VPSLLD    $16, z, z
#define BF16LAST \
	VMOVDQU16.Z (SI), K1, Y0; \
	VPMOVZXWD   Y0, Z0;       \
	VPSLLD      $16, Z0, Z0

#define EVEN1 \
	VFMADD231PS (DI), Z0, Z8

#define ODD1 \
	VFMADD231PS 64(DI), Z1, Z9

#define LAST1 \
	VMOVUPS.Z (DI), K1, Z1; \
	VFMADD231PS Z1, Z0, Z8

#define ZERO1 \
	VXORPS Y8, Y8, Y8; \
	VXORPS Y9, Y9, Y9

#define EVEN4 \
	VFMADD231PS (DI), Z0, Z8; \
	VFMADD231PS (DI)(R12*1), Z0, Z10; \
	VFMADD231PS (DI)(R12*2), Z0, Z12; \
	VFMADD231PS (DI)(R14*1), Z0, Z14

#define ODD4 \
	VFMADD231PS 64(DI), Z1, Z9; \
	VFMADD231PS 64(DI)(R12*1), Z1, Z11; \
	VFMADD231PS 64(DI)(R12*2), Z1, Z13; \
	VFMADD231PS 64(DI)(R14*1), Z1, Z15

#define LAST4 \
	VMOVUPS.Z (DI), K1, Z1; \
	VFMADD231PS Z1, Z0, Z8; \
	VMOVUPS.Z (DI)(R12*1), K1, Z1; \
	VFMADD231PS Z1, Z0, Z10; \
	VMOVUPS.Z (DI)(R12*2), K1, Z1; \
	VFMADD231PS Z1, Z0, Z12; \
	VMOVUPS.Z (DI)(R14*1), K1, Z1; \
	VFMADD231PS Z1, Z0, Z14

#define ZERO4 \
	VXORPS Y8, Y8, Y8; \
	VXORPS Y9, Y9, Y9; \
	VXORPS Y10, Y10, Y10; \
	VXORPS Y11, Y11, Y11; \
	VXORPS Y12, Y12, Y12; \
	VXORPS Y13, Y13, Y13; \
	VXORPS Y14, Y14, Y14; \
	VXORPS Y15, Y15, Y15

// SUM adds the floats of the even and the odd sum into the lowest of x; y is the lower half of even.
#define SUM(even, odd, y, x) \
	VADDPS        odd, even, even; \
	VEXTRACTF64X4 $1, even, Y0;    \
	VADDPS        Y0, y, y;        \
	VEXTRACTF128  $1, y, X0;       \
	VADDPS        X0, x, x;        \
	VHADDPS       x, x, x;         \
	VHADDPS       x, x, x

#define SUM1 \
	SUM(Z8, Z9, Y8, X8)

#define SUM4 \
	SUM1;                      \
	SUM(Z10, Z11, Y10, X10); \
	SUM(Z12, Z13, Y12, X12); \
	SUM(Z14, Z15, Y14, X14)

#define STORE1 \
	MOVQ   tile_dst(AX), R8; \
	VMOVSS X8, (R8)

#define STORE4 \
	STORE1;                     \
	MOVQ   tile_stride(AX), R9; \
	VMOVSS X10, (R8)(R9*1);     \
	VMOVSS X12, (R8)(R9*2);     \
	LEAQ   (R9)(R9*2), R9;      \
	VMOVSS X14, (R8)(R9*1)

// ROWS is the loop over rows and their elements, SIZE bytes each: LOAD and LOADLAST read sixteen and the last of them.
#define ROWS(LOAD, LOADLAST, SIZE, ZERO, EVEN, ODD, LAST, SUM, STORE) \
	MOVQ t+0(FP), AX;            \
	MOVQ tile_k(AX), CX;         \
	ANDQ $15, CX;                \
	MOVL $1, BX;                 \
	SHLL CX, BX;                 \
	DECL BX;                     \
	KMOVW BX, K1;                \
	MOVQ tile_k(AX), R12;        \
	SHLQ $2, R12;                \
	LEAQ (R12)(R12*2), R14;      \
row:                             \
	CMPQ tile_rows(AX), $0;      \
	JLE  done;                   \
	MOVQ tile_w(AX), SI;         \
	MOVQ tile_x(AX), DI;         \
	ZERO;                        \
	MOVQ tile_k(AX), CX;         \
	SHRQ $5, CX;                 \
	JZ   vector;                 \
pair:                            \
	PREFETCHT0 FAR(SI);          \
	PREFETCHT0 (FAR+16*SIZE)(SI); \
	LOAD(0, Z0);                 \
	EVEN;                        \
	LOAD(16*SIZE, Z1);           \
	ODD;                         \
	ADDQ $(32*SIZE), SI;         \
	ADDQ $128, DI;               \
	DECQ CX;                     \
	JNZ  pair;                   \
vector:                          \
	TESTQ $16, tile_k(AX);       \
	JZ   last;                   \
	LOAD(0, Z0);                 \
	EVEN;                        \
	ADDQ $(16*SIZE), SI;         \
	ADDQ $64, DI;                \
last:                            \
	TESTL BX, BX;                \
	JZ   sum;                    \
	LOADLAST;                    \
	LAST;                        \
sum:                             \
	SUM;                         \
	STORE;                       \
	MOVQ tile_wStride(AX), R10;  \
	ADDQ R10, tile_w(AX);        \
	ADDQ $4, tile_dst(AX);       \
	DECQ tile_rows(AX);          \
	JMP  row;                    \
done:                            \
	VZEROUPPER;                  \
	RET

// func f32x4AVX512(t *tile)
TEXT ·f32x4AVX512(SB), NOSPLIT, $0-8
	ROWS(F32, F32LAST, 4, ZERO4, EVEN4, ODD4, LAST4, SUM4, STORE4)

// func f32x1AVX512(t *tile)
TEXT ·f32x1AVX512(SB), NOSPLIT, $0-8
	ROWS(F32, F32LAST, 4, ZERO1, EVEN1, ODD1, LAST1, SUM1, STORE1)

// func f16x4AVX512(t *tile)
TEXT ·f16x4AVX512(SB), NOSPLIT, $0-8
	ROWS(F16, F16LAST, 2, ZERO4, EVEN4, ODD4, LAST4, SUM4, STORE4)

// func f16x1AVX512(t *tile)
TEXT ·f16x1AVX512(SB), NOSPLIT, $0-8
	ROWS(F16, F16LAST, 2, ZERO1, EVEN1, ODD1, LAST1, SUM1, STORE1)

// func bf16x4AVX512(t *tile)
TEXT ·bf16x4AVX512(SB), NOSPLIT, $0-8
	ROWS(BF16, BF16LAST, 2, ZERO4, EVEN4, ODD4, LAST4, SUM4, STORE4)

// func bf16x1AVX512(t *tile)
TEXT ·bf16x1AVX512(SB), NOSPLIT, $0-8
	ROWS(BF16, BF16LAST, 2, ZERO1, EVEN1, ODD1, LAST1, SUM1, STORE1)
