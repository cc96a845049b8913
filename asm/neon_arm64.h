// Instructions that Go's assembler lacks, by register number in its order: sources first, the second source before the
// first, destination last. i is the lane of Vm. The comment is the instruction as ARM writes it (Arm Architecture
// Reference Manual for A-profile, C7.2); a test assembles it and compares.

// Integers
#define ZERO(d)         WORD $(0x4f000400 | (d))                                                 // movi vd.4s, #0
#define SDOT(m,n,d)     WORD $(0x4e809400 | (m)<<16 | (n)<<5 | (d))                              // sdot vd.4s, vn.16b, vm.16b
#define SMULL(m,n,d)    WORD $(0x0e20c000 | (m)<<16 | (n)<<5 | (d))                              // smull vd.8h, vn.8b, vm.8b
#define SMLAL2(m,n,d)   WORD $(0x4e208000 | (m)<<16 | (n)<<5 | (d))                              // smlal2 vd.8h, vn.16b, vm.16b
#define SADALP(n,d)     WORD $(0x4e606800 | (n)<<5 | (d))                                        // sadalp vd.4s, vn.8h
#define SXTLB(n,d)      WORD $(0x0f08a400 | (n)<<5 | (d))                                        // sxtl vd.8h, vn.8b
#define SXTLH(n,d)      WORD $(0x0f10a400 | (n)<<5 | (d))                                        // sxtl vd.4s, vn.4h
#define SXTLH2(n,d)     WORD $(0x4f10a400 | (n)<<5 | (d))                                        // sxtl2 vd.4s, vn.8h
#define XTNS(n,d)       WORD $(0x0e612800 | (n)<<5 | (d))                                        // xtn vd.4h, vn.4s
#define XTNS2(n,d)      WORD $(0x4e612800 | (n)<<5 | (d))                                        // xtn2 vd.8h, vn.4s
#define XTNH(n,d)       WORD $(0x0e212800 | (n)<<5 | (d))                                        // xtn vd.8b, vn.8h
#define XTNH2(n,d)      WORD $(0x4e212800 | (n)<<5 | (d))                                        // xtn2 vd.16b, vn.8h
#define SSHR1(n,d)      WORD $(0x4f3f0400 | (n)<<5 | (d))                                        // sshr vd.4s, vn.4s, #1
#define MULI(m,i,n,d)   WORD $(0x4f808000 | (m)<<16 | ((i)&1)<<21 | ((i)>>1)<<11 | (n)<<5 | (d)) // mul vd.4s, vn.4s, vm.s[i]
#define MLAI(m,i,n,d)   WORD $(0x6f800000 | (m)<<16 | ((i)&1)<<21 | ((i)>>1)<<11 | (n)<<5 | (d)) // mla vd.4s, vn.4s, vm.s[i]

// Conversions
#define SHLL(n,d)       WORD $(0x2e613800 | (n)<<5 | (d))                                        // shll vd.4s, vn.4h, #16
#define SHLL2(n,d)      WORD $(0x6e613800 | (n)<<5 | (d))                                        // shll2 vd.4s, vn.8h, #16
#define SCVTF(n,d)      WORD $(0x4e21d800 | (n)<<5 | (d))                                        // scvtf vd.4s, vn.4s
#define FCVTNS(n,d)     WORD $(0x4e21a800 | (n)<<5 | (d))                                        // fcvtns vd.4s, vn.4s
#define FCVTL(n,d)      WORD $(0x0e217800 | (n)<<5 | (d))                                        // fcvtl vd.4s, vn.4h
#define FCVTL2(n,d)     WORD $(0x4e217800 | (n)<<5 | (d))                                        // fcvtl2 vd.4s, vn.8h
#define FCVTN(n,d)      WORD $(0x0e216800 | (n)<<5 | (d))                                        // fcvtn vd.4h, vn.4s
#define FCVTN2(n,d)     WORD $(0x4e216800 | (n)<<5 | (d))                                        // fcvtn2 vd.8h, vn.4s
#define FCVTLD(n,d)     WORD $(0x0e617800 | (n)<<5 | (d))                                        // fcvtl vd.2d, vn.2s
#define FCVTLD2(n,d)    WORD $(0x4e617800 | (n)<<5 | (d))                                        // fcvtl2 vd.2d, vn.4s

// Four floats
#define FADD(m,n,d)     WORD $(0x4e20d400 | (m)<<16 | (n)<<5 | (d))                              // fadd vd.4s, vn.4s, vm.4s
#define FSUB(m,n,d)     WORD $(0x4ea0d400 | (m)<<16 | (n)<<5 | (d))                              // fsub vd.4s, vn.4s, vm.4s
#define FMUL(m,n,d)     WORD $(0x6e20dc00 | (m)<<16 | (n)<<5 | (d))                              // fmul vd.4s, vn.4s, vm.4s
#define FDIV(m,n,d)     WORD $(0x6e20fc00 | (m)<<16 | (n)<<5 | (d))                              // fdiv vd.4s, vn.4s, vm.4s
#define FMLA(m,n,d)     WORD $(0x4e20cc00 | (m)<<16 | (n)<<5 | (d))                              // fmla vd.4s, vn.4s, vm.4s
#define FMLS(m,n,d)     WORD $(0x4ea0cc00 | (m)<<16 | (n)<<5 | (d))                              // fmls vd.4s, vn.4s, vm.4s
#define FMAX(m,n,d)     WORD $(0x4e20f400 | (m)<<16 | (n)<<5 | (d))                              // fmax vd.4s, vn.4s, vm.4s
#define FMIN(m,n,d)     WORD $(0x4ea0f400 | (m)<<16 | (n)<<5 | (d))                              // fmin vd.4s, vn.4s, vm.4s
#define FABS(n,d)       WORD $(0x4ea0f800 | (n)<<5 | (d))                                        // fabs vd.4s, vn.4s
#define FNEG(n,d)       WORD $(0x6ea0f800 | (n)<<5 | (d))                                        // fneg vd.4s, vn.4s
#define FADDP(m,n,d)    WORD $(0x6e20d400 | (m)<<16 | (n)<<5 | (d))                              // faddp vd.4s, vn.4s, vm.4s
#define FMAXV(n,d)      WORD $(0x6e30f800 | (n)<<5 | (d))                                        // fmaxv sd, vn.4s
#define FMULI(m,i,n,d)  WORD $(0x4f809000 | (m)<<16 | ((i)&1)<<21 | ((i)>>1)<<11 | (n)<<5 | (d)) // fmul vd.4s, vn.4s, vm.s[i]
#define FMLAI(m,i,n,d)  WORD $(0x4f801000 | (m)<<16 | ((i)&1)<<21 | ((i)>>1)<<11 | (n)<<5 | (d)) // fmla vd.4s, vn.4s, vm.s[i]

// Two doubles
#define FADD2D(m,n,d)   WORD $(0x4e60d400 | (m)<<16 | (n)<<5 | (d))                              // fadd vd.2d, vn.2d, vm.2d
#define FMLA2D(m,n,d)   WORD $(0x4e60cc00 | (m)<<16 | (n)<<5 | (d))                              // fmla vd.2d, vn.2d, vm.2d
#define FADDP2D(m,n,d)  WORD $(0x6e60d400 | (m)<<16 | (n)<<5 | (d))                              // faddp vd.2d, vn.2d, vm.2d
