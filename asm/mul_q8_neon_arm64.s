//go:build !purego

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"

// The products with Q8 columns on every CPU.

// DOT adds w·x to the four parts of a sum: products of bytes widen to 16 bits, where two of them fit (2 * 128 * 127),
// and neighbours are added to 32 bits.
#define DOT(w, x, sum) SMULL(w,x,30); SMLAL2(w,x,30); SADALP(30,sum)

#define COLUMNS(M) M(R8, R12, R16, 16, F16)

#define WEIGHTS BYTES
// func q8_0x1NEON(a *q8Args)
TEXT ·q8_0x1NEON(SB), NOSPLIT, $0-8
#include "q8_block_arm64.h"

#define WEIGHTS NIBBLES
// func q4_0x1NEON(a *q8Args)
TEXT ·q4_0x1NEON(SB), NOSPLIT, $0-8
#include "q8_block_arm64.h"

// func q4_kx1NEON(a *q8Args)
TEXT ·q4_kx1NEON(SB), NOSPLIT, $0-8
#include "q8_q4_k_arm64.h"

// func q6_kx1NEON(a *q8Args)
TEXT ·q6_kx1NEON(SB), NOSPLIT, $0-8
#include "q8_q6_k_arm64.h"

#undef COLUMNS
#define COLUMNS(M) \
	M(R8, R12, R16, 16, F16); \
	M(R9, R13, R17, 17, F17); \
	M(R10, R14, R19, 18, F18); \
	M(R11, R15, R20, 19, F19)

#define WEIGHTS BYTES
// func q8_0x4NEON(a *q8Args)
TEXT ·q8_0x4NEON(SB), NOSPLIT, $0-8
#include "q8_block_arm64.h"

#define WEIGHTS NIBBLES
// func q4_0x4NEON(a *q8Args)
TEXT ·q4_0x4NEON(SB), NOSPLIT, $0-8
#include "q8_block_arm64.h"

// func q4_kx4NEON(a *q8Args)
TEXT ·q4_kx4NEON(SB), NOSPLIT, $0-8
#include "q8_q4_k_arm64.h"

// func q6_kx4NEON(a *q8Args)
TEXT ·q6_kx4NEON(SB), NOSPLIT, $0-8
#include "q8_q6_k_arm64.h"
