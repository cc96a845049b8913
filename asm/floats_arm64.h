// Loads of 16, 4 and 1 elements of a type from R3 to V0, V1, V2 and V3 as floats; R3 moves past them. They write R25.

#define F32X16 VLD1.P 64(R3), [V0.S4, V1.S4, V2.S4, V3.S4]
#define F32X4  FMOVQ.P 16(R3), F0
#define F32X1  FMOVS.P 4(R3), F0

#define F16X16 VLD1.P 32(R3), [V2.H8, V3.H8]; FCVTL(2,0); FCVTL2(2,1); FCVTL(3,2); FCVTL2(3,3)
#define F16X4  FMOVD.P 8(R3), F0; FCVTL(0,0)
#define F16X1  MOVHU.P 2(R3), R25; FMOVS R25, F0; FCVTHS F0, F0

#define BF16X16 VLD1.P 32(R3), [V2.H8, V3.H8]; SHLL(2,0); SHLL2(2,1); SHLL(3,2); SHLL2(3,3)
#define BF16X4  FMOVD.P 8(R3), F0; SHLL(0,0)
#define BF16X1  MOVHU.P 2(R3), R25; LSLW $16, R25; FMOVS R25, F0
