//go:build !purego

#include "textflag.h"

// The i-th 32 bytes pick word i of each half, for each of its elements.
DATA ·pickWord+0(SB)/8, $0x0100010001000100
DATA ·pickWord+8(SB)/8, $0x0100010001000100
DATA ·pickWord+16(SB)/8, $0x0100010001000100
DATA ·pickWord+24(SB)/8, $0x0100010001000100
DATA ·pickWord+32(SB)/8, $0x0302030203020302
DATA ·pickWord+40(SB)/8, $0x0302030203020302
DATA ·pickWord+48(SB)/8, $0x0302030203020302
DATA ·pickWord+56(SB)/8, $0x0302030203020302
DATA ·pickWord+64(SB)/8, $0x0504050405040504
DATA ·pickWord+72(SB)/8, $0x0504050405040504
DATA ·pickWord+80(SB)/8, $0x0504050405040504
DATA ·pickWord+88(SB)/8, $0x0504050405040504
DATA ·pickWord+96(SB)/8, $0x0706070607060706
DATA ·pickWord+104(SB)/8, $0x0706070607060706
DATA ·pickWord+112(SB)/8, $0x0706070607060706
DATA ·pickWord+120(SB)/8, $0x0706070607060706
DATA ·pickWord+128(SB)/8, $0x0908090809080908
DATA ·pickWord+136(SB)/8, $0x0908090809080908
DATA ·pickWord+144(SB)/8, $0x0908090809080908
DATA ·pickWord+152(SB)/8, $0x0908090809080908
DATA ·pickWord+160(SB)/8, $0x0b0a0b0a0b0a0b0a
DATA ·pickWord+168(SB)/8, $0x0b0a0b0a0b0a0b0a
DATA ·pickWord+176(SB)/8, $0x0b0a0b0a0b0a0b0a
DATA ·pickWord+184(SB)/8, $0x0b0a0b0a0b0a0b0a
DATA ·pickWord+192(SB)/8, $0x0d0c0d0c0d0c0d0c
DATA ·pickWord+200(SB)/8, $0x0d0c0d0c0d0c0d0c
DATA ·pickWord+208(SB)/8, $0x0d0c0d0c0d0c0d0c
DATA ·pickWord+216(SB)/8, $0x0d0c0d0c0d0c0d0c
DATA ·pickWord+224(SB)/8, $0x0f0e0f0e0f0e0f0e
DATA ·pickWord+232(SB)/8, $0x0f0e0f0e0f0e0f0e
DATA ·pickWord+240(SB)/8, $0x0f0e0f0e0f0e0f0e
DATA ·pickWord+248(SB)/8, $0x0f0e0f0e0f0e0f0e
GLOBL ·pickWord(SB), RODATA|NOPTR, $256

// The i-th 32 bytes pick word 2i of the lower half and word 2i+1 of the upper.
DATA ·pickWords+0(SB)/8, $0x0100010001000100
DATA ·pickWords+8(SB)/8, $0x0100010001000100
DATA ·pickWords+16(SB)/8, $0x0302030203020302
DATA ·pickWords+24(SB)/8, $0x0302030203020302
DATA ·pickWords+32(SB)/8, $0x0504050405040504
DATA ·pickWords+40(SB)/8, $0x0504050405040504
DATA ·pickWords+48(SB)/8, $0x0706070607060706
DATA ·pickWords+56(SB)/8, $0x0706070607060706
DATA ·pickWords+64(SB)/8, $0x0908090809080908
DATA ·pickWords+72(SB)/8, $0x0908090809080908
DATA ·pickWords+80(SB)/8, $0x0b0a0b0a0b0a0b0a
DATA ·pickWords+88(SB)/8, $0x0b0a0b0a0b0a0b0a
DATA ·pickWords+96(SB)/8, $0x0d0c0d0c0d0c0d0c
DATA ·pickWords+104(SB)/8, $0x0d0c0d0c0d0c0d0c
DATA ·pickWords+112(SB)/8, $0x0f0e0f0e0f0e0f0e
DATA ·pickWords+120(SB)/8, $0x0f0e0f0e0f0e0f0e
GLOBL ·pickWords(SB), RODATA|NOPTR, $128

// 32 as a float, in eight lanes.
DATA ·thirtyTwo+0(SB)/8, $0x4200000042000000
DATA ·thirtyTwo+8(SB)/8, $0x4200000042000000
DATA ·thirtyTwo+16(SB)/8, $0x4200000042000000
DATA ·thirtyTwo+24(SB)/8, $0x4200000042000000
GLOBL ·thirtyTwo(SB), RODATA|NOPTR, $32
