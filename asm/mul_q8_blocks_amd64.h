// Products with blocks of 32 that have one scale. A tier defines BLOCK(q, d, acc): acc += float(w·q) * (scale * d).
//
// Y0 holds the weights w, Y1 |w|, Y2 the scale in all lanes, Y3 sixteen ones, Y4 and Y5 what the format wants. The product
// of two signed bytes is |w| times sgn(w) q, since one operand of the byte product is unsigned; |-128| = 128 is right there.

// BLOCKS4 adds the i-th block from the cursors on to the four columns' sums.
#define BLOCKS4(i, a, b, c, e) \
	BLOCK((32*(i))(DI), (4*(i))(R11), a);               \
	BLOCK((32*(i))(DI)(R12*1), (4*(i))(R11)(R13*1), b); \
	BLOCK((32*(i))(DI)(R12*2), (4*(i))(R11)(R13*2), c); \
	BLOCK((32*(i))(DI)(R14*1), (4*(i))(R11)(R15*1), e)

// SCALE loads a block's scale.
#define SCALE(at) \
	VPBROADCASTW at(SI), X2; \
	VCVTPH2PS    X2, Y2

#define Q8_0(at) \
	VMOVDQU (at+2)(SI), Y0;  \
	VPABSB  Y0, Y1;          \
	SCALE(at)

// The low nibbles are the first half, the high ones the second; 8 is zero.
#define Q4_0(at) \
	VMOVDQU     (at+2)(SI), X0;  \
	VPSRLW      $4, X0, X1;      \
	VINSERTI128 $1, X1, Y0, Y0;  \
	VPAND       Y4, Y0, Y0;      \
	VPSUBB      Y5, Y0, Y0;      \
	VPABSB      Y0, Y1;          \
	SCALE(at)

// CONSTANTS sets Y3 to words of 1, Y4 to bytes of 15 and Y5 to bytes of 8.
#define CONSTANTS \
	VPCMPEQW Y3, Y3, Y3;         \
	VPSRLW   $15, Y3, Y3;        \
	VPCMPEQB Y4, Y4, Y4;         \
	VPABSB   Y4, Y5;             \
	VPSLLW   $3, Y5, Y5;         \
	VPADDB   Y4, Y5, Y4;         \
	VPADDB   Y5, Y4, Y4

// BLOCKS is the loop over rows and pairs of blocks: LOAD decodes one of SIZE bytes, EACH multiplies it. Even and odd
// blocks have sums of their own, or the next would wait four cycles for the last.
#define BLOCKS(LOAD, SIZE, ZERO, EACH0, EACH1, MERGE) \
	MOVQ t+0(FP), AX;            \
	COLUMNS;                     \
	CONSTANTS;                   \
row:                             \
	CMPQ tile_rows(AX), $0;      \
	JLE  done;                   \
	ROW;                         \
	ZERO;                        \
	MOVQ R12, CX;                \
	SHRQ $6, CX;                 \
	JZ   odd;                    \
pair:                            \
	PREFETCHT0 FAR(SI);          \
	LOAD(0);                     \
	EACH0;                       \
	PREFETCHT0 (FAR+SIZE)(SI);   \
	LOAD(SIZE);                  \
	EACH1;                       \
	ADDQ $(2*SIZE), SI;          \
	ADDQ $64, DI;                \
	ADDQ $8, R11;                \
	DECQ CX;                     \
	JNZ  pair;                   \
odd:                             \
	TESTQ $32, R12;              \
	JZ   sum;                    \
	LOAD(0);                     \
	EACH0;                       \
sum:                             \
	MERGE;                       \
	NEXT;                        \
	JMP  row;                    \
done:                            \
	VZEROUPPER;                  \
	RET

#define EVEN4 BLOCKS4(0, Y8, Y10, Y12, Y14)
#define ODD4 BLOCKS4(1, Y9, Y11, Y13, Y15)
#define EVEN1 BLOCK((DI), (R11), Y8)
#define ODD1 BLOCK(32(DI), 4(R11), Y9)

#define MERGE1 \
	VADDPS Y9, Y8, Y8; \
	SUM1

#define MERGE4 \
	VADDPS Y9, Y8, Y8;    \
	VADDPS Y11, Y10, Y10; \
	VADDPS Y13, Y12, Y12; \
	VADDPS Y15, Y14, Y14; \
	SUM4
