// Registers and row ends of products with Q8 columns: SI is the row's next block, DI, R11 and DX the first column's next
// q, d and s; R12 and R14 are k and 3k, from that column's q to the second's and the fourth's; R13 and R15 the same for d
// and s, whose columns are k/8 bytes each. CX counts blocks, AX is the tile. Weights are fetched 4 KB before their use.

#define FAR 4096

// COLUMNS loads what does not change from row to row.
#define COLUMNS \
	MOVQ tile_k(AX), R12;      \
	LEAQ (R12)(R12*2), R14;    \
	MOVQ R12, R13;             \
	SHRQ $3, R13;              \
	LEAQ (R13)(R13*2), R15

// ROW loads the cursors of a row.
#define ROW \
	MOVQ tile_w(AX), SI;       \
	MOVQ tile_x(AX), DI;       \
	MOVQ tile_d(AX), R11;      \
	MOVQ tile_s(AX), DX

// NEXT turns the tile to the next row.
#define NEXT \
	MOVQ tile_wStride(AX), R10; \
	ADDQ R10, tile_w(AX);       \
	ADDQ $4, tile_dst(AX);      \
	DECQ tile_rows(AX)

// SUM adds the eight floats of y, whose lower half is x, into the lowest of x.
#define SUM(y, x) \
	VEXTRACTF128 $1, y, X0;    \
	VADDPS       X0, x, x;     \
	VHADDPS      x, x, x;      \
	VHADDPS      x, x, x

// SUM4 stores the sums of Y8, Y10, Y12 and Y14 for the four columns; SUM1 that of Y8.
#define SUM4 \
	MOVQ   tile_dst(AX), R8;    \
	MOVQ   tile_stride(AX), R9; \
	SUM(Y8, X8);                \
	SUM(Y10, X10);              \
	SUM(Y12, X12);              \
	SUM(Y14, X14);              \
	VMOVSS X8, (R8);            \
	VMOVSS X10, (R8)(R9*1);     \
	VMOVSS X12, (R8)(R9*2);     \
	LEAQ   (R9)(R9*2), R9;      \
	VMOVSS X14, (R8)(R9*1)

#define SUM1 \
	MOVQ   tile_dst(AX), R8;    \
	SUM(Y8, X8);                \
	VMOVSS X8, (R8)

// ZERO clears the accumulators.
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

