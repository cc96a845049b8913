//go:build !purego

#include "go_asm.h"
#include "textflag.h"

// Products with columns of floats. Throughout: SI is the row's next element, DI the first column's; R12 and R14 are the
// bytes of one and of three columns. CX counts steps of 16 elements. Even and odd vectors have sums of their own, or the
// next would wait four cycles for the last: Y8, Y10, Y12, Y14 for the even ones of the four columns, Y9 to Y15 for the
// odd ones. Each line of weights is fetched 4 KB before its use.

#define FAR 4096

// Loads of eight elements and of one at an offset in bytes.
#define F32(at, y) VMOVUPS at(SI), y
#define F32ONE VMOVSS (SI), X0
#define F16(at, y) VCVTPH2PS at(SI), y
#define F16ONE \
	MOVWLZX   (SI), BX; \
	VMOVD     BX, X0;   \
	VCVTPH2PS X0, X0
#define BF16(at, y) \
	VPMOVZXWD at(SI), y; \
	VPSLLD    $16, y, y
#define BF16ONE \
	MOVWLZX (SI), BX; \
	SHLL    $16, BX;  \
	VMOVD   BX, X0

#define EVEN1 \
	VFMADD231PS (DI), Y0, Y8

#define EVEN4 \
	EVEN1;                           \
	VFMADD231PS (DI)(R12*1), Y0, Y10; \
	VFMADD231PS (DI)(R12*2), Y0, Y12; \
	VFMADD231PS (DI)(R14*1), Y0, Y14

#define ODD1 \
	VFMADD231PS 32(DI), Y1, Y9

#define ODD4 \
	ODD1;                              \
	VFMADD231PS 32(DI)(R12*1), Y1, Y11; \
	VFMADD231PS 32(DI)(R12*2), Y1, Y13; \
	VFMADD231PS 32(DI)(R14*1), Y1, Y15

#define ONE1 \
	VFMADD231SS (DI), X0, X8

#define ONE4 \
	ONE1;                            \
	VFMADD231SS (DI)(R12*1), X0, X10; \
	VFMADD231SS (DI)(R12*2), X0, X12; \
	VFMADD231SS (DI)(R14*1), X0, X14

#define ZERO1 \
	VXORPS Y8, Y8, Y8; \
	VXORPS Y9, Y9, Y9

#define ZERO4 \
	ZERO1;                \
	VXORPS Y10, Y10, Y10; \
	VXORPS Y11, Y11, Y11; \
	VXORPS Y12, Y12, Y12; \
	VXORPS Y13, Y13, Y13; \
	VXORPS Y14, Y14, Y14; \
	VXORPS Y15, Y15, Y15

// SUM adds the floats of the even and the odd sum into the lowest of x, the lower half of even.
#define SUM(even, odd, x) \
	VADDPS       odd, even, even; \
	VEXTRACTF128 $1, even, X0;    \
	VADDPS       X0, x, x;        \
	VHADDPS      x, x, x;         \
	VHADDPS      x, x, x

#define SUM1 \
	SUM(Y8, Y9, X8)

#define SUM4 \
	SUM1;             \
	SUM(Y10, Y11, X10); \
	SUM(Y12, Y13, X12); \
	SUM(Y14, Y15, X14)

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

// ROWS is the loop over rows and their elements, SIZE bytes each: LOAD and LOADONE read eight and one of them.
#define ROWS(LOAD, LOADONE, SIZE, ZERO, EVEN, ODD, SUM, ONE, STORE) \
	MOVQ t+0(FP), AX;            \
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
	SHRQ $4, CX;                 \
	JZ   vector;                 \
pair:                            \
	PREFETCHT0 FAR(SI);          \
	LOAD(0, Y0);                 \
	EVEN;                        \
	LOAD(8*SIZE, Y1);            \
	ODD;                         \
	ADDQ $(16*SIZE), SI;         \
	ADDQ $64, DI;                \
	DECQ CX;                     \
	JNZ  pair;                   \
vector:                          \
	TESTQ $8, tile_k(AX);        \
	JZ   sum;                    \
	LOAD(0, Y0);                 \
	EVEN;                        \
	ADDQ $(8*SIZE), SI;          \
	ADDQ $32, DI;                \
sum:                             \
	SUM;                         \
	MOVQ tile_k(AX), CX;         \
	ANDQ $7, CX;                 \
	JZ   next;                   \
one:                             \
	LOADONE;                     \
	ONE;                         \
	ADDQ $SIZE, SI;              \
	ADDQ $4, DI;                 \
	DECQ CX;                     \
	JNZ  one;                    \
next:                            \
	STORE;                       \
	MOVQ tile_wStride(AX), R10;  \
	ADDQ R10, tile_w(AX);        \
	ADDQ $4, tile_dst(AX);       \
	DECQ tile_rows(AX);          \
	JMP  row;                    \
done:                            \
	VZEROUPPER;                  \
	RET

// func f32x4AVX2(t *tile)
TEXT ·f32x4AVX2(SB), NOSPLIT, $0-8
	ROWS(F32, F32ONE, 4, ZERO4, EVEN4, ODD4, SUM4, ONE4, STORE4)

// func f32x1AVX2(t *tile)
TEXT ·f32x1AVX2(SB), NOSPLIT, $0-8
	ROWS(F32, F32ONE, 4, ZERO1, EVEN1, ODD1, SUM1, ONE1, STORE1)

// func f16x4AVX2(t *tile)
TEXT ·f16x4AVX2(SB), NOSPLIT, $0-8
	ROWS(F16, F16ONE, 2, ZERO4, EVEN4, ODD4, SUM4, ONE4, STORE4)

// func f16x1AVX2(t *tile)
TEXT ·f16x1AVX2(SB), NOSPLIT, $0-8
	ROWS(F16, F16ONE, 2, ZERO1, EVEN1, ODD1, SUM1, ONE1, STORE1)

// func bf16x4AVX2(t *tile)
TEXT ·bf16x4AVX2(SB), NOSPLIT, $0-8
	ROWS(BF16, BF16ONE, 2, ZERO4, EVEN4, ODD4, SUM4, ONE4, STORE4)

// func bf16x1AVX2(t *tile)
TEXT ·bf16x1AVX2(SB), NOSPLIT, $0-8
	ROWS(BF16, BF16ONE, 2, ZERO1, EVEN1, ODD1, SUM1, ONE1, STORE1)
