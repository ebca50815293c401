package secure

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"slices"
)

// blockSize is that of AES.
const blockSize = aes.BlockSize

// pad appends octets up to a whole block, each of which says how many they are
// (RFC 1423 §1.1). Whole blocks stay as they are.
func pad(b []byte) []byte {
	n := -len(b) & (blockSize - 1)
	b = slices.Grow(b, n)[:len(b)+n]
	for i := len(b) - n; i < len(b); i++ {
		b[i] = byte(n)
	}
	return b
}

// encryptCBC encrypts whole blocks in place. The modes of the standard library are
// objects made anew for each initial value; this makes none.
func encryptCBC(block cipher.Block, b, iv []byte) {
	for ; len(b) > 0; b = b[blockSize:] {
		subtle.XORBytes(b, b[:blockSize], iv)
		block.Encrypt(b, b[:blockSize])
		iv = b[:blockSize]
	}
}

// decryptCBC decrypts src to dst, which is as long and elsewhere. Octets behind the last
// whole block are ciphertext stealing. The answer is false if src is empty or shorter
// than a block.
func decryptCBC(block cipher.Block, dst, src, iv []byte) bool {
	if len(src) < blockSize {
		return false
	}
	rest := len(src) % blockSize
	whole := len(src) - rest
	if rest != 0 {
		whole -= blockSize // the last whole block and the rest go together
	}
	for at := 0; at < whole; at += blockSize {
		b := src[at : at+blockSize]
		block.Decrypt(dst[at:], b)
		subtle.XORBytes(dst[at:], dst[at:at+blockSize], iv)
		iv = b
	}
	if rest != 0 {
		unsteal(block, dst[whole:], src[whole:], iv)
	}
	return true
}

// unsteal decrypts a block and the rest behind it. The block ends the chain; the rest is
// how the block before it began, whose end was stolen (CBC-CS3, addendum to NIST
// SP 800-38A).
func unsteal(block cipher.Block, dst, src, iv []byte) {
	last, rest := src[:blockSize], src[blockSize:]
	n := len(rest)
	// The end of the chain decrypts to the end of the message, and the stolen octets.
	block.Decrypt(dst, last)
	subtle.XORBytes(dst[blockSize:], dst[:n], rest)
	copy(dst, rest)
	block.Decrypt(dst, dst[:blockSize])
	subtle.XORBytes(dst, dst[:blockSize], iv)
}
