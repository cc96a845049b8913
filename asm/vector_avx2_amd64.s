//go:build !purego

#include "textflag.h"

// Loops over vectors. Throughout, DI is dst, SI is x, DX is y, AX is i, CX is n, R8 the end of the last whole block of 32
// and R9 that of the last whole vector of 8. Elements after it are taken one by one, since reading eight would pass the
// end.

#define BOUNDS \
	XORQ AX, AX;   \
	MOVQ CX, R8;   \
	ANDQ $~31, R8; \
	MOVQ CX, R9;   \
	ANDQ $~7, R9

// PAIRWISE is dst[i] = x[i] OP y[i] with the vector instruction OP and its scalar form ONE.
#define PAIRWISE(OP, ONE) \
	MOVQ dst+0(FP), DI;            \
	MOVQ x+8(FP), SI;              \
	MOVQ y+16(FP), DX;             \
	MOVQ n+24(FP), CX;             \
	BOUNDS;                        \
block:                             \
	CMPQ    AX, R8;                \
	JGE     vector;                \
	VMOVUPS (SI)(AX*4), Y0;        \
	VMOVUPS 32(SI)(AX*4), Y1;      \
	VMOVUPS 64(SI)(AX*4), Y2;      \
	VMOVUPS 96(SI)(AX*4), Y3;      \
	OP      (DX)(AX*4), Y0, Y0;    \
	OP      32(DX)(AX*4), Y1, Y1;  \
	OP      64(DX)(AX*4), Y2, Y2;  \
	OP      96(DX)(AX*4), Y3, Y3;  \
	VMOVUPS Y0, (DI)(AX*4);        \
	VMOVUPS Y1, 32(DI)(AX*4);      \
	VMOVUPS Y2, 64(DI)(AX*4);      \
	VMOVUPS Y3, 96(DI)(AX*4);      \
	ADDQ    $32, AX;               \
	JMP     block;                 \
vector:                            \
	CMPQ    AX, R9;                \
	JGE     tail;                  \
	VMOVUPS (SI)(AX*4), Y0;        \
	OP      (DX)(AX*4), Y0, Y0;    \
	VMOVUPS Y0, (DI)(AX*4);        \
	ADDQ    $8, AX;                \
	JMP     vector;                \
tail:                              \
	CMPQ    AX, CX;                \
	JGE     done;                  \
	VMOVSS  (SI)(AX*4), X0;        \
	ONE     (DX)(AX*4), X0, X0;    \
	VMOVSS  X0, (DI)(AX*4);        \
	INCQ    AX;                    \
	JMP     tail;                  \
done:                              \
	VZEROUPPER;                    \
	RET

// func addLoopAVX2(dst, x, y *float32, n int)
TEXT ·addLoopAVX2(SB), NOSPLIT, $0-32
	PAIRWISE(VADDPS, VADDSS)

// func timesLoopAVX2(dst, x, y *float32, n int)
TEXT ·timesLoopAVX2(SB), NOSPLIT, $0-32
	PAIRWISE(VMULPS, VMULSS)

// func scaleLoopAVX2(dst, x *float32, a float32, n int)
TEXT ·scaleLoopAVX2(SB), NOSPLIT, $0-32
	MOVQ         dst+0(FP), DI
	MOVQ         x+8(FP), SI
	VBROADCASTSS a+16(FP), Y4           // a in all lanes
	MOVQ         n+24(FP), CX
	BOUNDS

block:
	CMPQ    AX, R8                      // for i < n&^31 {
	JGE     vector
	VMULPS  (SI)(AX*4), Y4, Y0          // a * x[i:i+8]
	VMULPS  32(SI)(AX*4), Y4, Y1        // a * x[i+8:i+16]
	VMULPS  64(SI)(AX*4), Y4, Y2        // a * x[i+16:i+24]
	VMULPS  96(SI)(AX*4), Y4, Y3        // a * x[i+24:i+32]
	VMOVUPS Y0, (DI)(AX*4)
	VMOVUPS Y1, 32(DI)(AX*4)
	VMOVUPS Y2, 64(DI)(AX*4)
	VMOVUPS Y3, 96(DI)(AX*4)
	ADDQ    $32, AX                     // i += 32
	JMP     block                       // }

vector:
	CMPQ    AX, R9                      // for i < n&^7 {
	JGE     tail
	VMULPS  (SI)(AX*4), Y4, Y0
	VMOVUPS Y0, (DI)(AX*4)
	ADDQ    $8, AX                      // i += 8
	JMP     vector                      // }

tail:
	CMPQ   AX, CX                       // for i < n {
	JGE    done
	VMULSS (SI)(AX*4), X4, X0
	VMOVSS X0, (DI)(AX*4)
	INCQ   AX                           // i++
	JMP    tail                         // }

done:
	VZEROUPPER
	RET

// func squaresLoopAVX2(x *float32, n int) float32
//
// The sum of squares, in four vectors of partial sums.
TEXT ·squaresLoopAVX2(SB), NOSPLIT, $0-20
	MOVQ   x+0(FP), SI
	MOVQ   n+8(FP), CX
	BOUNDS
	VXORPS Y0, Y0, Y0                   // s0 = 0
	VXORPS Y1, Y1, Y1                   // s1 = 0
	VXORPS Y2, Y2, Y2                   // s2 = 0
	VXORPS Y3, Y3, Y3                   // s3 = 0

block:
	CMPQ        AX, R8                  // for i < n&^31 {
	JGE         vector
	VMOVUPS     (SI)(AX*4), Y4
	VMOVUPS     32(SI)(AX*4), Y5
	VMOVUPS     64(SI)(AX*4), Y6
	VMOVUPS     96(SI)(AX*4), Y7
	VFMADD231PS Y4, Y4, Y0              // s0 += x[i:i+8]²
	VFMADD231PS Y5, Y5, Y1              // s1 += x[i+8:i+16]²
	VFMADD231PS Y6, Y6, Y2              // s2 += x[i+16:i+24]²
	VFMADD231PS Y7, Y7, Y3              // s3 += x[i+24:i+32]²
	ADDQ        $32, AX                 // i += 32
	JMP         block                   // }

vector:
	CMPQ        AX, R9                  // for i < n&^7 {
	JGE         reduce
	VMOVUPS     (SI)(AX*4), Y4
	VFMADD231PS Y4, Y4, Y0              // s0 += x[i:i+8]²
	ADDQ        $8, AX                  // i += 8
	JMP         vector                  // }

reduce:
	VADDPS       Y1, Y0, Y0             // s0 += s1
	VADDPS       Y3, Y2, Y2             // s2 += s3
	VADDPS       Y2, Y0, Y0             // s0 += s2
	VEXTRACTF128 $1, Y0, X1
	VADDPS       X1, X0, X0             // s0[0:4] += s0[4:8]
	VHADDPS      X0, X0, X0
	VHADDPS      X0, X0, X0             // sum = s0[0] + ... + s0[3]

tail:
	CMPQ        AX, CX                  // for i < n {
	JGE         done
	VMOVSS      (SI)(AX*4), X4
	VFMADD231SS X4, X4, X0              // sum += x[i]²
	INCQ        AX                      // i++
	JMP         tail                    // }

done:
	VMOVSS X0, ret+16(FP)
	VZEROUPPER
	RET

// func scaleTimesLoopAVX2(dst, x, w *float32, a float32, n int)
//
// dst[i] = x[i] * a * w[i]
TEXT ·scaleTimesLoopAVX2(SB), NOSPLIT, $0-40
	MOVQ         dst+0(FP), DI
	MOVQ         x+8(FP), SI
	MOVQ         w+16(FP), DX
	VBROADCASTSS a+24(FP), Y4           // a in all lanes
	MOVQ         n+32(FP), CX
	BOUNDS

vector:
	CMPQ    AX, R9                      // for i < n&^7 {
	JGE     tail
	VMULPS  (SI)(AX*4), Y4, Y0
	VMULPS  (DX)(AX*4), Y0, Y0
	VMOVUPS Y0, (DI)(AX*4)
	ADDQ    $8, AX                      // i += 8
	JMP     vector                      // }

tail:
	CMPQ   AX, CX                       // for i < n {
	JGE    done
	VMULSS (SI)(AX*4), X4, X0
	VMULSS (DX)(AX*4), X0, X0
	VMOVSS X0, (DI)(AX*4)
	INCQ   AX                           // i++
	JMP    tail                         // }

done:
	VZEROUPPER
	RET

// func maxLoopAVX2(x *float32, n int) float32
//
// The maximum instruction drops a NaN or keeps it, depending on its side: NaNs are gathered apart.
TEXT ·maxLoopAVX2(SB), NOSPLIT, $0-20
	MOVQ         x+0(FP), SI
	MOVQ         n+8(FP), CX
	BOUNDS
	MOVL         $0xff800000, BX
	VMOVD        BX, X0
	VBROADCASTSS X0, Y0                 // m = -Inf in all lanes
	VXORPS       Y1, Y1, Y1             // nan = none

vector:
	CMPQ    AX, R9                      // for i < n&^7 {
	JGE     reduce
	VMOVUPS (SI)(AX*4), Y2
	VMAXPS  Y0, Y2, Y0                  // m = max(m, x[i:i+8])
	VCMPPS  $3, Y2, Y2, Y2              // x != x
	VORPS   Y2, Y1, Y1                  // nan |= x != x
	ADDQ    $8, AX                      // i += 8
	JMP     vector                      // }

reduce:
	VEXTRACTF128 $1, Y0, X2
	VMAXPS       X2, X0, X0
	VPSHUFD      $0x4e, X0, X2
	VMAXPS       X2, X0, X0
	VPSHUFD      $0xb1, X0, X2
	VMAXPS       X2, X0, X0             // m = the largest of its lanes
	VMOVMSKPS    Y1, BX                 // a bit for each lane that had a NaN

tail:
	CMPQ     AX, CX                     // for i < n {
	JGE      done
	VMOVSS   (SI)(AX*4), X2
	VMAXSS   X0, X2, X0                 // m = max(m, x[i])
	VCMPSS   $3, X2, X2, X2
	VMOVD    X2, DX
	ORL      DX, BX                     // nan |= x != x
	INCQ     AX                         // i++
	JMP      tail                       // }

done:
	TESTL  BX, BX
	JZ     ordered
	MOVL   $0x7fc00000, BX
	VMOVD  BX, X0                       // m = NaN

ordered:
	VMOVSS X0, ret+16(FP)
	VZEROUPPER
	RET

// EXP sets Y0 to exp(Y0) of arguments of at most 0: exp(x) = 2^n exp(r) with n = x / log 2 rounded and
// |r| <= log(2)/2, where exp(r) is its Taylor series: the first term left out, r^8/8!, is below 2^-26 of it. r comes
// of two products, since log 2 in one float is too inexact for large n. Below -126 log 2 the result is 0; a NaN stays
// one, since the integer that it converts to shifts to 0. Y1 to Y3 are clobbered.
#define EXP \
	VMULPS       expTable<>+0(SB), Y0, Y1;      \
	VROUNDPS     $0, Y1, Y1;                    \
	VCMPPS       $1, expTable<>+320(SB), Y0, Y3; \
	VFNMADD231PS expTable<>+32(SB), Y1, Y0;     \
	VFNMADD231PS expTable<>+64(SB), Y1, Y0;     \
	VMOVUPS      expTable<>+96(SB), Y2;         \
	VFMADD213PS  expTable<>+128(SB), Y0, Y2;    \
	VFMADD213PS  expTable<>+160(SB), Y0, Y2;    \
	VFMADD213PS  expTable<>+192(SB), Y0, Y2;    \
	VFMADD213PS  expTable<>+224(SB), Y0, Y2;    \
	VFMADD213PS  expTable<>+256(SB), Y0, Y2;    \
	VFMADD213PS  expTable<>+288(SB), Y0, Y2;    \
	VFMADD213PS  expTable<>+288(SB), Y0, Y2;    \
	VCVTPS2DQ    Y1, Y1;                        \
	VPSLLD       $23, Y1, Y1;                   \
	VPADDD       Y1, Y2, Y2;                    \
	VANDNPS      Y2, Y3, Y0

// LANES sets Y4 to n lanes of ones, then zeros, for the CX < 8 elements of a tail.
#define LANES \
	LEAQ    lanes<>+32(SB), R10; \
	SHLQ    $2, CX;              \
	SUBQ    CX, R10;             \
	VMOVUPS (R10), Y4

// func expSumLoopAVX2(x *float32, n int, max float32) float32
TEXT ·expSumLoopAVX2(SB), NOSPLIT, $0-28
	MOVQ         x+0(FP), SI
	MOVQ         n+8(FP), CX
	BOUNDS
	VBROADCASTSS max+16(FP), Y8         // max in all lanes
	VXORPS       Y9, Y9, Y9             // s = 0

vector:
	CMPQ    AX, R9                      // for i < n&^7 {
	JGE     tail
	VMOVUPS (SI)(AX*4), Y0
	VSUBPS  Y8, Y0, Y0
	EXP
	VMOVUPS Y0, (SI)(AX*4)              // x[i:i+8] = exp(x[i:i+8] - max)
	VADDPS  Y0, Y9, Y9                  // s += x[i:i+8]
	ADDQ    $8, AX                      // i += 8
	JMP     vector                      // }

tail:
	SUBQ       AX, CX
	JZ         reduce                   // if i < n {
	LANES
	VMASKMOVPS (SI)(AX*4), Y4, Y0
	VSUBPS     Y8, Y0, Y0
	EXP
	VMASKMOVPS Y0, Y4, (SI)(AX*4)       // x[i:] = exp(x[i:] - max)
	VANDPS     Y4, Y0, Y0
	VADDPS     Y0, Y9, Y9               // s += x[i:] }

reduce:
	VEXTRACTF128 $1, Y9, X1
	VADDPS       X1, X9, X0             // s[0:4] += s[4:8]
	VHADDPS      X0, X0, X0
	VHADDPS      X0, X0, X0             // sum = s[0] + ... + s[3]
	VMOVSS       X0, ret+24(FP)
	VZEROUPPER
	RET

// SILU sets Y0 to v / (1 + exp(-v)) times Y6, for v in Y5: with e = exp(-|v|), the sigmoid is 1/(1+e) or, for v < 0,
// e/(1+e), so no exponential overflows. Where v < 0 and e is 0 so is v, since -Inf times 0 would be NaN.
#define SILU \
	VORPS     expTable<>+352(SB), Y5, Y0;     \
	EXP;                                      \
	VMOVUPS   expTable<>+288(SB), Y1;         \
	VADDPS    Y1, Y0, Y2;                     \
	VBLENDVPS Y5, Y0, Y1, Y1;                 \
	VDIVPS    Y2, Y1, Y1;                     \
	VCMPPS    $1, expTable<>+320(SB), Y5, Y2; \
	VANDNPS   Y5, Y2, Y5;                     \
	VMULPS    Y5, Y1, Y1;                     \
	VMULPS    Y6, Y1, Y0

// func siluTimesLoopAVX2(dst, gate, up *float32, n int)
TEXT ·siluTimesLoopAVX2(SB), NOSPLIT, $0-32
	MOVQ dst+0(FP), DI
	MOVQ gate+8(FP), SI
	MOVQ up+16(FP), DX
	MOVQ n+24(FP), CX
	BOUNDS

vector:
	CMPQ    AX, R9                      // for i < n&^7 {
	JGE     tail
	VMOVUPS (SI)(AX*4), Y5
	VMOVUPS (DX)(AX*4), Y6
	SILU
	VMOVUPS Y0, (DI)(AX*4)              // dst[i:i+8] = silu(gate[i:i+8]) * up[i:i+8]
	ADDQ    $8, AX                      // i += 8
	JMP     vector                      // }

tail:
	SUBQ       AX, CX
	JZ         done                     // if i < n {
	LANES
	VMASKMOVPS (SI)(AX*4), Y4, Y5
	VMASKMOVPS (DX)(AX*4), Y4, Y6
	SILU
	VMASKMOVPS Y0, Y4, (DI)(AX*4)       // dst[i:] = silu(gate[i:]) * up[i:] }

done:
	VZEROUPPER
	RET

// func storeF16LoopAVX2(dst *byte, x *float32, n int)
TEXT ·storeF16LoopAVX2(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ n+16(FP), CX
	BOUNDS

vector:
	CMPQ      AX, R9                    // for i < n&^7 {
	JGE       tail
	VMOVUPS   (SI)(AX*4), Y0
	VCVTPS2PH $0, Y0, (DI)(AX*2)        // ties to even
	ADDQ      $8, AX                    // i += 8
	JMP       vector                    // }

tail:
	CMPQ      AX, CX                    // for i < n {
	JGE       done
	VMOVSS    (SI)(AX*4), X0
	VCVTPS2PH $0, X0, X0
	VMOVD     X0, BX
	MOVW      BX, (DI)(AX*2)
	INCQ      AX                        // i++
	JMP       tail                      // }

done:
	VZEROUPPER
	RET

// Eight lanes each of what EXP and SILU want.
DATA expTable<>+0(SB)/8, $0x3fb8aa3b3fb8aa3b  // 1/log 2
DATA expTable<>+8(SB)/8, $0x3fb8aa3b3fb8aa3b
DATA expTable<>+16(SB)/8, $0x3fb8aa3b3fb8aa3b
DATA expTable<>+24(SB)/8, $0x3fb8aa3b3fb8aa3b
DATA expTable<>+32(SB)/8, $0x3f3100003f310000  // log 2, so few bits that n of it is exact
DATA expTable<>+40(SB)/8, $0x3f3100003f310000
DATA expTable<>+48(SB)/8, $0x3f3100003f310000
DATA expTable<>+56(SB)/8, $0x3f3100003f310000
DATA expTable<>+64(SB)/8, $0x3ae42ff03ae42ff0  // log 2, the rest
DATA expTable<>+72(SB)/8, $0x3ae42ff03ae42ff0
DATA expTable<>+80(SB)/8, $0x3ae42ff03ae42ff0
DATA expTable<>+88(SB)/8, $0x3ae42ff03ae42ff0
DATA expTable<>+96(SB)/8, $0x39500d0139500d01  // 1/7!
DATA expTable<>+104(SB)/8, $0x39500d0139500d01
DATA expTable<>+112(SB)/8, $0x39500d0139500d01
DATA expTable<>+120(SB)/8, $0x39500d0139500d01
DATA expTable<>+128(SB)/8, $0x3ab60b613ab60b61  // 1/6!
DATA expTable<>+136(SB)/8, $0x3ab60b613ab60b61
DATA expTable<>+144(SB)/8, $0x3ab60b613ab60b61
DATA expTable<>+152(SB)/8, $0x3ab60b613ab60b61
DATA expTable<>+160(SB)/8, $0x3c0888893c088889  // 1/5!
DATA expTable<>+168(SB)/8, $0x3c0888893c088889
DATA expTable<>+176(SB)/8, $0x3c0888893c088889
DATA expTable<>+184(SB)/8, $0x3c0888893c088889
DATA expTable<>+192(SB)/8, $0x3d2aaaab3d2aaaab  // 1/4!
DATA expTable<>+200(SB)/8, $0x3d2aaaab3d2aaaab
DATA expTable<>+208(SB)/8, $0x3d2aaaab3d2aaaab
DATA expTable<>+216(SB)/8, $0x3d2aaaab3d2aaaab
DATA expTable<>+224(SB)/8, $0x3e2aaaab3e2aaaab  // 1/3!
DATA expTable<>+232(SB)/8, $0x3e2aaaab3e2aaaab
DATA expTable<>+240(SB)/8, $0x3e2aaaab3e2aaaab
DATA expTable<>+248(SB)/8, $0x3e2aaaab3e2aaaab
DATA expTable<>+256(SB)/8, $0x3f0000003f000000  // 1/2!
DATA expTable<>+264(SB)/8, $0x3f0000003f000000
DATA expTable<>+272(SB)/8, $0x3f0000003f000000
DATA expTable<>+280(SB)/8, $0x3f0000003f000000
DATA expTable<>+288(SB)/8, $0x3f8000003f800000  // 1
DATA expTable<>+296(SB)/8, $0x3f8000003f800000
DATA expTable<>+304(SB)/8, $0x3f8000003f800000
DATA expTable<>+312(SB)/8, $0x3f8000003f800000
DATA expTable<>+320(SB)/8, $0xc2aeac4fc2aeac4f  // -126 log 2, rounded up
DATA expTable<>+328(SB)/8, $0xc2aeac4fc2aeac4f
DATA expTable<>+336(SB)/8, $0xc2aeac4fc2aeac4f
DATA expTable<>+344(SB)/8, $0xc2aeac4fc2aeac4f
DATA expTable<>+352(SB)/8, $0x8000000080000000  // the sign
DATA expTable<>+360(SB)/8, $0x8000000080000000
DATA expTable<>+368(SB)/8, $0x8000000080000000
DATA expTable<>+376(SB)/8, $0x8000000080000000
GLOBL expTable<>(SB), RODATA|NOPTR, $384

// Eight lanes of ones, then eight of zeros.
DATA lanes<>+0(SB)/8, $0xffffffffffffffff
DATA lanes<>+8(SB)/8, $0xffffffffffffffff
DATA lanes<>+16(SB)/8, $0xffffffffffffffff
DATA lanes<>+24(SB)/8, $0xffffffffffffffff
DATA lanes<>+32(SB)/8, $0x0000000000000000
DATA lanes<>+40(SB)/8, $0x0000000000000000
DATA lanes<>+48(SB)/8, $0x0000000000000000
DATA lanes<>+56(SB)/8, $0x0000000000000000
GLOBL lanes<>(SB), RODATA|NOPTR, $64
