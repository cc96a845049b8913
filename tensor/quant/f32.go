package quant

import (
	"encoding/binary"
	"math"

	"github.com/longrun-ai/longrun/tensor"
)

// F32: IEEE 754 binary32, little-endian like every number in a file.

func decodeF32(dst []float32, src []byte) {
	for i := range blocks(tensor.F32, len(dst), len(src)) {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
	}
}

func encodeF32(dst []byte, src []float32) {
	for i := range blocks(tensor.F32, len(src), len(dst)) {
		binary.LittleEndian.PutUint32(dst[4*i:], math.Float32bits(src[i]))
	}
}
