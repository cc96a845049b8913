//go:build !purego

#include "go_asm.h"
#include "textflag.h"
#include "mul_q8_amd64.h"
#include "mul_q8_blocks_amd64.h"

// The sum of a pair of products is at most 2 × 128 × 127 and fits 16 bits.
#define BLOCK(q, d, acc) \
	VMOVDQU      q, Y6;          \
	VPSIGNB      Y0, Y6, Y6;     \
	VPMADDUBSW   Y6, Y1, Y6;     \
	VPMADDWD     Y3, Y6, Y6;     \
	VCVTDQ2PS    Y6, Y6;         \
	VBROADCASTSS d, Y7;          \
	VMULPS       Y2, Y7, Y7;     \
	VFMADD231PS  Y7, Y6, acc

// func q8_0x4AVX2(t *tile)
TEXT ·q8_0x4AVX2(SB), NOSPLIT, $0-8
	BLOCKS(Q8_0, 34, ZERO4, EVEN4, ODD4, MERGE4)

// func q8_0x1AVX2(t *tile)
TEXT ·q8_0x1AVX2(SB), NOSPLIT, $0-8
	BLOCKS(Q8_0, 34, ZERO1, EVEN1, ODD1, MERGE1)

// func q4_0x4AVX2(t *tile)
TEXT ·q4_0x4AVX2(SB), NOSPLIT, $0-8
	BLOCKS(Q4_0, 18, ZERO4, EVEN4, ODD4, MERGE4)

// func q4_0x1AVX2(t *tile)
TEXT ·q4_0x1AVX2(SB), NOSPLIT, $0-8
	BLOCKS(Q4_0, 18, ZERO1, EVEN1, ODD1, MERGE1)
