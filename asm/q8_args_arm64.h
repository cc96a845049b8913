// Throughout the products of Q8 columns: R1 is the row of weights, R3 runs through it, R4 counts the blocks left and R5
// the rows; R6 is where the row's first result goes. Column c runs through its bytes by R8+c, its scales by R12+c and
// its sums by R16, R17, R19 and R20: COLUMNS calls a macro with these. V16+c sums it up with V12+c: blocks take turns,
// since a sum waits for the one before it. V30 is DOT's to write.

	MOVD a+0(FP), R0
	MOVD q8Args_w(R0), R1
	MOVD q8Args_wStride(R0), R2
	MOVD q8Args_rows(R0), R5
	MOVD q8Args_dst(R0), R6
	MOVD q8Args_stride(R0), R7
	LSL  $2, R7                            // bytes from one column's results to the next
	MOVD q8Args_k(R0), R21                 // bytes from one column to the next
	LSR  $3, R21, R22                      // the same of scales and of sums
	MOVD q8Args_q(R0), R8
	ADD  R21, R8, R9
	ADD  R21, R9, R10
	ADD  R21, R10, R11
	MOVD q8Args_d(R0), R12
	ADD  R22, R12, R13
	ADD  R22, R13, R14
	ADD  R22, R14, R15
	MOVD q8Args_s(R0), R16
	ADD  R22, R16, R17
	ADD  R22, R17, R19
	ADD  R22, R19, R20

// CLEAR starts a column's sums, STORE adds up their parts and sets the column back to its start, REWIND does for s.
#define CLEAR(q, d, s, n, f) ZERO(n); ZERO((n)-4)
#define STORE(q, d, s, n, f) \
	FADD((n)-4,n,n); \
	FADDP(n,n,n); \
	FADDP(n,n,n); \
	FMOVS f, (R23); \
	ADD   R7, R23; \
	SUB   R21, q; \
	SUB   R22, d
#define REWIND(q, d, s, n, f) SUB R22, s
