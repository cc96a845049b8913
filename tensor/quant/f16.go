package quant

import (
	"encoding/binary"

	"github.com/longrun-ai/longrun/tensor"
)

// F16: IEEE 754 binary16. Encoding rounds to nearest, ties to even; what is too large becomes infinite.

func decodeF16(dst []float32, src []byte) {
	for i := range blocks(tensor.F16, len(dst), len(src)) {
		dst[i] = tensor.F16ToF32(binary.LittleEndian.Uint16(src[2*i:]))
	}
}

func encodeF16(dst []byte, src []float32) {
	for i := range blocks(tensor.F16, len(src), len(dst)) {
		binary.LittleEndian.PutUint16(dst[2*i:], tensor.F32ToF16(src[i]))
	}
}
