//go:build !purego

#include "textflag.h"

// Rotations. DI is x, SI is cos, DX is sin, AX is i and CX is n, the number of pairs.

// TURN sets the pair (a, b) in X0 and X1 to the turned one, for the cosine in X2 and the sine in X3.
#define TURN \
	VMULSS X2, X0, X4; \
	VMULSS X3, X1, X5; \
	VMULSS X3, X0, X6; \
	VMULSS X2, X1, X7; \
	VSUBSS X5, X4, X0; \
	VADDSS X7, X6, X1

// func rotatePairsLoopAVX2(x, cos, sin *float32, n int)
//
// a*cos - b*sin and b*cos + a*sin come of one instruction that subtracts and adds in turn: its operands are the pairs
// times cos and the swapped pairs times sin.
TEXT ·rotatePairsLoopAVX2(SB), NOSPLIT, $0-32
	MOVQ x+0(FP), DI
	MOVQ cos+8(FP), SI
	MOVQ sin+16(FP), DX
	MOVQ n+24(FP), CX
	XORQ AX, AX                         // i = 0
	MOVQ CX, R9
	ANDQ $~3, R9                        // end of the last whole vector

vector:
	CMPQ      AX, R9                    // for i < n&^3 {
	JGE       tail
	VMOVUPS   (DI)(AX*8), Y0            // a0 b0 a1 b1 ...
	VPMOVZXDQ (SI)(AX*4), Y1
	VMOVSLDUP Y1, Y1                    // cos0 cos0 cos1 cos1 ...
	VPMOVZXDQ (DX)(AX*4), Y2
	VMOVSLDUP Y2, Y2                    // sin0 sin0 sin1 sin1 ...
	VPERMILPS $0xb1, Y0, Y3             // b0 a0 b1 a1 ...
	VMULPS    Y1, Y0, Y0
	VMULPS    Y2, Y3, Y3
	VADDSUBPS Y3, Y0, Y0
	VMOVUPS   Y0, (DI)(AX*8)
	ADDQ      $4, AX                    // i += 4
	JMP       vector                    // }

tail:
	CMPQ   AX, CX                       // for i < n {
	JGE    done
	VMOVSS (DI)(AX*8), X0               // a
	VMOVSS 4(DI)(AX*8), X1              // b
	VMOVSS (SI)(AX*4), X2
	VMOVSS (DX)(AX*4), X3
	TURN
	VMOVSS X0, (DI)(AX*8)
	VMOVSS X1, 4(DI)(AX*8)
	INCQ   AX                           // i++
	JMP    tail                         // }

done:
	VZEROUPPER
	RET

// func rotateHalvesLoopAVX2(x, cos, sin *float32, n int)
TEXT ·rotateHalvesLoopAVX2(SB), NOSPLIT, $0-32
	MOVQ x+0(FP), DI
	MOVQ cos+8(FP), SI
	MOVQ sin+16(FP), DX
	MOVQ n+24(FP), CX
	LEAQ (DI)(CX*4), R10                // x[n:]
	XORQ AX, AX                         // i = 0
	MOVQ CX, R9
	ANDQ $~7, R9                        // end of the last whole vector

vector:
	CMPQ    AX, R9                      // for i < n&^7 {
	JGE     tail
	VMOVUPS (DI)(AX*4), Y0              // a
	VMOVUPS (R10)(AX*4), Y1             // b
	VMOVUPS (SI)(AX*4), Y2
	VMOVUPS (DX)(AX*4), Y3
	VMULPS  Y2, Y0, Y4                  // a * cos
	VMULPS  Y3, Y1, Y5                  // b * sin
	VSUBPS  Y5, Y4, Y4
	VMOVUPS Y4, (DI)(AX*4)
	VMULPS  Y3, Y0, Y0                  // a * sin
	VMULPS  Y2, Y1, Y1                  // b * cos
	VADDPS  Y1, Y0, Y0
	VMOVUPS Y0, (R10)(AX*4)
	ADDQ    $8, AX                      // i += 8
	JMP     vector                      // }

tail:
	CMPQ   AX, CX                       // for i < n {
	JGE    done
	VMOVSS (DI)(AX*4), X0               // a
	VMOVSS (R10)(AX*4), X1              // b
	VMOVSS (SI)(AX*4), X2
	VMOVSS (DX)(AX*4), X3
	TURN
	VMOVSS X0, (DI)(AX*4)
	VMOVSS X1, (R10)(AX*4)
	INCQ   AX                           // i++
	JMP    tail                         // }

done:
	VZEROUPPER
	RET
