//go:build !purego

#include "go_asm.h"
#include "textflag.h"
#include "mul_q8_amd64.h"
#include "mul_q8_blocks_amd64.h"

// Four products go straight into 32 bits.
#define BLOCK(q, d, acc) \
	VMOVDQU      q, Y6;          \
	VPSIGNB      Y0, Y6, Y6;     \
	VPXOR        Y7, Y7, Y7;     \
	VPDPBUSD     Y6, Y1, Y7;     \
	VCVTDQ2PS    Y7, Y7;         \
	VMULPS.BCST  d, Y2, Y6;      \
	VFMADD231PS  Y6, Y7, acc

// func q8_0x4AVX512(t *tile)
TEXT ·q8_0x4AVX512(SB), NOSPLIT, $0-8
	BLOCKS(Q8_0, 34, ZERO4, EVEN4, ODD4, MERGE4)

// func q8_0x1AVX512(t *tile)
TEXT ·q8_0x1AVX512(SB), NOSPLIT, $0-8
	BLOCKS(Q8_0, 34, ZERO1, EVEN1, ODD1, MERGE1)

// func q4_0x4AVX512(t *tile)
TEXT ·q4_0x4AVX512(SB), NOSPLIT, $0-8
	BLOCKS(Q4_0, 18, ZERO4, EVEN4, ODD4, MERGE4)

// func q4_0x1AVX512(t *tile)
TEXT ·q4_0x1AVX512(SB), NOSPLIT, $0-8
	BLOCKS(Q4_0, 18, ZERO1, EVEN1, ODD1, MERGE1)
