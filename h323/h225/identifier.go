package h225

import (
	"crypto/rand"
	"encoding/hex"
)

// NewGloballyUniqueID makes an identifier for a call or a conference: 16 random
// octets marked as a UUID of version 4 (H.225.0 §7.6, RFC 9562 §5.4).
func NewGloballyUniqueID() GloballyUniqueID {
	id := make([]byte, 16)
	rand.Read(id)
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return id
}

// FormatGloballyUniqueID writes an identifier as UUIDs are written,
// "6ba7b810-9dad-11d1-80b4-00c04fd430c8"; one of another length in plain
// hexadecimal.
func FormatGloballyUniqueID(id GloballyUniqueID) string {
	s := hex.EncodeToString(id)
	if len(id) != 16 {
		return s
	}
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}
