// dst[i] = BINARY(x[i], y[i]). R0 is dst, R1 is x, R2 is y, R3 counts the elements left.

block:
	SUBS   $16, R3                         // for n >= 16 {
	BLT    vectors
	VLD1.P 64(R1), [V0.S4, V1.S4, V2.S4, V3.S4]
	VLD1.P 64(R2), [V4.S4, V5.S4, V6.S4, V7.S4]
	BINARY(4,0,0)
	BINARY(5,1,1)
	BINARY(6,2,2)
	BINARY(7,3,3)
	VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R0)
	B      block                           // n -= 16 }

vectors:
	ADD $16, R3

vector:
	SUBS    $4, R3                         // for n >= 4 {
	BLT     tails
	FMOVQ.P 16(R1), F0
	FMOVQ.P 16(R2), F4
	BINARY(4,0,0)
	FMOVQ.P F0, 16(R0)
	B       vector                         // n -= 4 }

tails:
	ADD $4, R3

tail:
	CBZ     R3, done                       // for n > 0 {
	FMOVS.P 4(R1), F0
	FMOVS.P 4(R2), F4
	BINARY(4,0,0)
	FMOVS.P F0, 4(R0)
	SUB     $1, R3                         // n--
	B       tail                           // }

done:
	RET
