package gguf

// What a file may claim. Published models stay far below; a file beyond a limit is refused before anything of that size
// is allocated.
const (
	maxEntries = 1 << 16   // metadata keys
	maxTensors = 1 << 20   // of one file
	maxKey     = 1<<16 - 1 // bytes, by the specification (ggml docs/gguf.md)
	maxName    = 64        // bytes of a tensor's name, by the specification
	maxString  = 64 << 20  // bytes of a metadata value
	maxMeta    = 1 << 30   // bytes of header and metadata together
	maxElems   = 1 << 26   // of an array
	maxNested  = 1 << 16   // arrays in an array
	maxNesting = 4         // arrays within arrays
	maxDims    = 4
	maxDim     = 1 << 40
	maxShards  = 4096 // files of one model

	// The specification asks for a multiple of 8 and readers everywhere for a power of two.
	minAlignment     = 8
	maxAlignment     = 1 << 20
	defaultAlignment = 32

	// The least that a record takes in a file, by which counts are judged before tables of that length are made.
	minEntryBytes  = 8 + 1 + 4 + 1         // key length, key, type, value
	minTensorBytes = 8 + 1 + 4 + 8 + 4 + 8 // name length, name, dimensions, one of them, type, offset
)

// validAlignment reports whether tensors may start at multiples of n bytes.
func validAlignment(n uint64) bool {
	return n >= minAlignment && n <= maxAlignment && n&(n-1) == 0
}
