//go:build !purego

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"
#include "floats_arm64.h"

// The products of rows of floats, one and four columns at a time.

#define COLUMNS(M) M(R8, 16, 17, 18, 19, F16)

#define LOAD16 F32X16
#define LOAD4 F32X4
#define LOAD1 F32X1
// func mulRowsF32x1NEON(a *mulArgs)
TEXT ·mulRowsF32x1NEON(SB), NOSPLIT, $0-8
#include "mul_float_arm64.h"
#undef LOAD16
#undef LOAD4
#undef LOAD1

#define LOAD16 F16X16
#define LOAD4 F16X4
#define LOAD1 F16X1
// func mulRowsF16x1NEON(a *mulArgs)
TEXT ·mulRowsF16x1NEON(SB), NOSPLIT, $0-8
#include "mul_float_arm64.h"
#undef LOAD16
#undef LOAD4
#undef LOAD1

#define LOAD16 BF16X16
#define LOAD4 BF16X4
#define LOAD1 BF16X1
// func mulRowsBF16x1NEON(a *mulArgs)
TEXT ·mulRowsBF16x1NEON(SB), NOSPLIT, $0-8
#include "mul_float_arm64.h"
#undef LOAD16
#undef LOAD4
#undef LOAD1

#undef COLUMNS
#define COLUMNS(M) \
	M(R8, 16, 17, 18, 19, F16); \
	M(R9, 20, 21, 22, 23, F20); \
	M(R10, 24, 25, 26, 27, F24); \
	M(R11, 28, 29, 30, 31, F28)

#define LOAD16 F32X16
#define LOAD4 F32X4
#define LOAD1 F32X1
// func mulRowsF32x4NEON(a *mulArgs)
TEXT ·mulRowsF32x4NEON(SB), NOSPLIT, $0-8
#include "mul_float_arm64.h"
#undef LOAD16
#undef LOAD4
#undef LOAD1

#define LOAD16 F16X16
#define LOAD4 F16X4
#define LOAD1 F16X1
// func mulRowsF16x4NEON(a *mulArgs)
TEXT ·mulRowsF16x4NEON(SB), NOSPLIT, $0-8
#include "mul_float_arm64.h"
#undef LOAD16
#undef LOAD4
#undef LOAD1

#define LOAD16 BF16X16
#define LOAD4 BF16X4
#define LOAD1 BF16X1
// func mulRowsBF16x4NEON(a *mulArgs)
TEXT ·mulRowsBF16x4NEON(SB), NOSPLIT, $0-8
#include "mul_float_arm64.h"
#undef LOAD16
#undef LOAD4
#undef LOAD1
