//go:build !purego

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"
#include "floats_arm64.h"

// The sums of weighted rows, one and four groups at a time.

#define GROUPS(M) M(R8, R12, V16, V17, V18, V19, F16)

#define LOAD16 F32X16
#define LOAD4 F32X4
#define LOAD1 F32X1
#define SIZE 4
// func accRowsF32x1NEON(a *accArgs)
TEXT ·accRowsF32x1NEON(SB), NOSPLIT, $0-8
#include "acc_arm64.h"
#undef LOAD16
#undef LOAD4
#undef LOAD1
#undef SIZE

#define LOAD16 F16X16
#define LOAD4 F16X4
#define LOAD1 F16X1
#define SIZE 2
// func accRowsF16x1NEON(a *accArgs)
TEXT ·accRowsF16x1NEON(SB), NOSPLIT, $0-8
#include "acc_arm64.h"
#undef LOAD16
#undef LOAD4
#undef LOAD1
#undef SIZE

#undef GROUPS
#define GROUPS(M) \
	M(R8, R12, V16, V17, V18, V19, F16); \
	M(R9, R13, V20, V21, V22, V23, F20); \
	M(R10, R14, V24, V25, V26, V27, F24); \
	M(R11, R15, V28, V29, V30, V31, F28)

#define LOAD16 F32X16
#define LOAD4 F32X4
#define LOAD1 F32X1
#define SIZE 4
// func accRowsF32x4NEON(a *accArgs)
TEXT ·accRowsF32x4NEON(SB), NOSPLIT, $0-8
#include "acc_arm64.h"
#undef LOAD16
#undef LOAD4
#undef LOAD1
#undef SIZE

#define LOAD16 F16X16
#define LOAD4 F16X4
#define LOAD1 F16X1
#define SIZE 2
// func accRowsF16x4NEON(a *accArgs)
TEXT ·accRowsF16x4NEON(SB), NOSPLIT, $0-8
#include "acc_arm64.h"
#undef LOAD16
#undef LOAD4
#undef LOAD1
#undef SIZE
