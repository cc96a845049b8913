package quant

import (
	"encoding/binary"

	"github.com/longrun-ai/longrun/tensor"
)

// BF16: the upper half of a binary32. Encoding rounds to nearest, ties to even.

func decodeBF16(dst []float32, src []byte) {
	for i := range blocks(tensor.BF16, len(dst), len(src)) {
		dst[i] = tensor.BF16ToF32(binary.LittleEndian.Uint16(src[2*i:]))
	}
}

func encodeBF16(dst []byte, src []float32) {
	for i := range blocks(tensor.BF16, len(src), len(dst)) {
		binary.LittleEndian.PutUint16(dst[2*i:], tensor.F32ToBF16(src[i]))
	}
}
