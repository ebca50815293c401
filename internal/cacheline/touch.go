//go:build !race

package cacheline

import "unsafe"

// Touch reads a byte of each line of *p. The sum means nothing: the caller keeps it
// somewhere, so that the compiler does not leave the reading out. What others write
// meanwhile does no harm, as nothing is done with it.
func Touch[T any](p *T) (sum byte) {
	size := unsafe.Sizeof(*p)
	for at := uintptr(0); at < size; at += Size {
		sum += *(*byte)(unsafe.Add(unsafe.Pointer(p), at))
	}
	return sum + *(*byte)(unsafe.Add(unsafe.Pointer(p), size-1))
}

// Bytes is Touch of a slice's lines, of all that its memory has room for.
func Bytes(b []byte) (sum byte) {
	b = b[:cap(b)]
	for at := 0; at < len(b); at += Size {
		sum += b[at]
	}
	return sum
}
