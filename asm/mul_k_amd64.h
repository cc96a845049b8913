// Products with blocks of 256 that have a scale for each 16 or 32. Codes are unsigned, so they need no sign trick; what
// they are above the values they stand for is a multiple of the sums in S. Y8, Y10, Y12 and Y14 are the columns' sums,
// Y9, Y11, Y13 and Y15 those within the block, not yet times its scale.

// SUPER is the loop over rows and blocks: SETUP loads constants, BLOCK multiplies a block of SIZE bytes.
#define SUPER(SETUP, BLOCK, SIZE, ZERO, SUM) \
	MOVQ t+0(FP), AX;         \
	COLUMNS;                  \
	SETUP;                    \
row:                          \
	CMPQ tile_rows(AX), $0;   \
	JLE  done;                \
	ROW;                      \
	ZERO;                     \
	MOVQ R12, CX;             \
	SHRQ $8, CX;              \
	JZ   sum;                 \
block:                        \
	BLOCK;                    \
	ADDQ $SIZE, SI;           \
	ADDQ $256, DI;            \
	ADDQ $32, R11;            \
	ADDQ $32, DX;             \
	DECQ CX;                  \
	JNZ  block;               \
sum:                          \
	SUM;                      \
	NEXT;                     \
	JMP  row;                 \
done:                         \
	VZEROUPPER;               \
	RET

// SCALES4K unpacks the scales of a Q4_K block into the words of both halves of Y4 and its minima, each twice, into Y5.
// Bytes 4 to 7 hold the first four scales, 8 to 11 the first four minima, and above them, shifted, the upper two bits of
// the last four, whose nibbles are in bytes 12 to 15.
#define SCALES4K \
	MOVL 4(SI), R8;           \
	MOVL 8(SI), R9;           \
	MOVL 12(SI), R10;         \
	MOVL R8, BX;              \
	SHRL $2, BX;              \
	ANDL $0x30303030, BX;     \
	ANDL $0x3f3f3f3f, R8;     \
	VMOVD R8, X4;             \
	MOVL R10, R8;             \
	ANDL $0x0f0f0f0f, R8;     \
	ORL  R8, BX;              \
	VPINSRD $1, BX, X4, X4;   \
	MOVL R9, BX;              \
	SHRL $2, BX;              \
	ANDL $0x30303030, BX;     \
	ANDL $0x3f3f3f3f, R9;     \
	VMOVD R9, X5;             \
	SHRL $4, R10;             \
	ANDL $0x0f0f0f0f, R10;    \
	ORL  R10, BX;             \
	VPINSRD $1, BX, X5, X5;   \
	VPMOVZXBW X4, X4;         \
	VPERMQ $0x44, Y4, Y4;     \
	VPUNPCKLBW X5, X5, X5;    \
	VPMOVZXBW X5, Y5
