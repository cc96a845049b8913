// The product of rows of floats. R1 is the row of weights, R3 runs through it, R4 counts the elements left and R5 the
// rows; R6 is where the row's first result goes. Column c runs by R8+c and is summed up in V16+4c to V19+4c: COLUMNS
// calls a macro with these. LOAD16, LOAD4 and LOAD1 are those of the type.

	MOVD a+0(FP), R0
	MOVD mulArgs_w(R0), R1
	MOVD mulArgs_wStride(R0), R2
	MOVD mulArgs_rows(R0), R5
	MOVD mulArgs_dst(R0), R6
	MOVD mulArgs_stride(R0), R7
	LSL  $2, R7                            // bytes from one column's results to the next
	MOVD mulArgs_k(R0), R24
	LSL  $2, R24, R21                      // bytes from one column to the next
	MOVD mulArgs_x(R0), R8
	ADD  R21, R8, R9
	ADD  R21, R9, R10
	ADD  R21, R10, R11

#define CLEAR(x, s0, s1, s2, s3, f) ZERO(s0); ZERO(s1); ZERO(s2); ZERO(s3)
#define MADD16(x, s0, s1, s2, s3, f) \
	VLD1.P 64(x), [V4.S4, V5.S4, V6.S4, V7.S4]; \
	FMLA(0,4,s0); \
	FMLA(1,5,s1); \
	FMLA(2,6,s2); \
	FMLA(3,7,s3)
#define MADD4(x, s0, s1, s2, s3, f)  FMOVQ.P 16(x), F4; FMLA(0,4,s0)
#define REDUCE(x, s0, s1, s2, s3, f) FADD(s1,s0,s0); FADD(s3,s2,s2); FADD(s2,s0,s0); FADDP(s0,s0,s0); FADDP(s0,s0,s0)
#define MADD1(x, s0, s1, s2, s3, f)  FMOVS.P 4(x), F4; FMADDS F0, f, F4, f
#define STORE(x, s0, s1, s2, s3, f)  FMOVS f, (R23); ADD R7, R23; SUB R21, x

row:
	CBZ  R5, done                          // for rows > 0 {
	MOVD R1, R3
	MOVD R24, R4                           // n = k
	COLUMNS(CLEAR)                         // sum = 0

block:
	SUBS $16, R4                           // for n >= 16 {
	BLT  vectors
	LOAD16                                 // w0 = w[i:i+16]
	COLUMNS(MADD16)                        // sum += w0 * x[i:i+16]
	B    block                             // n -= 16 }

vectors:
	ADD $16, R4

vector:
	SUBS $4, R4                            // for n >= 4 {
	BLT  reduce
	LOAD4                                  // w0 = w[i:i+4]
	COLUMNS(MADD4)                         // sum[0:4] += w0 * x[i:i+4]
	B    vector                            // n -= 4 }

reduce:
	ADD $4, R4
	COLUMNS(REDUCE)

tail:
	CBZ R4, store                          // for n > 0 {
	LOAD1                                  // w0 = w[i]
	COLUMNS(MADD1)                         // sum += w0 * x[i]
	SUB $1, R4                             // n--
	B   tail                               // }

store:
	MOVD R6, R23
	COLUMNS(STORE)                         // dst[c*stride+r] = sum
	ADD  $4, R6                            // r++
	ADD  R2, R1                            // w += wStride
	SUB  $1, R5                            // rows--
	B    row                               // }

done:
	RET

#undef CLEAR
#undef MADD16
#undef MADD4
#undef REDUCE
#undef MADD1
#undef STORE
