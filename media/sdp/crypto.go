package sdp

import (
	"crypto/rand"
	"encoding/base64"
	"strconv"
	"strings"
)

// suite is an SRTP suite with the bytes of its master key and salt (RFC 4568
// §6.2, RFC 7714 §12).
type suite struct {
	name string
	key  int
}

// suites in our order: AES-GCM first, it costs less than AES-CM with SHA-1.
var suites = []suite{
	{AEADAES128GCM, 16 + 12},
	{AEADAES256GCM, 32 + 12},
	{AESCM128SHA180, 16 + 14},
}

func suiteOf(name string) (suite, bool) {
	for _, s := range suites {
		if strings.EqualFold(s.name, name) {
			return s, true
		}
	}
	return suite{}, false
}

// cryptos gives the usable crypto lines of m in its order, with the keys as
// Remote. A line that is malformed or asks for what we don't do is passed over:
// the offerer lists alternatives (RFC 4568 §5.1.1).
func cryptos(m *Media, mki bool) []Crypto {
	var list []Crypto
	for _, a := range m.Attributes {
		if a.Name != "crypto" {
			continue
		}
		if c, ok := parseCrypto(a.Value); ok && (mki || c.RemoteMKI == nil) {
			list = append(list, c)
		}
	}
	return list
}

// parseCrypto reads "1 AES_CM_128_HMAC_SHA1_80 inline:BASE64|2^20|1:4 WSH=128".
func parseCrypto(value string) (Crypto, bool) {
	f := strings.Fields(value)
	if len(f) < 3 {
		return Crypto{}, false
	}
	tag, err := strconv.ParseUint(f[0], 10, 30)
	s, known := suiteOf(f[1])
	if err != nil || !known {
		return Crypto{}, false
	}
	for _, p := range f[3:] {
		if !harmless(p) {
			return Crypto{}, false
		}
	}
	c := Crypto{Suite: s.name, Tag: int(tag)}
	// Several keys (…;inline:…) would be told apart by MKI and take turns: no
	// peer known to us does that.
	if strings.Contains(f[2], ";") || !c.keyParams(f[2], s.key) {
		return Crypto{}, false
	}
	return c, true
}

// harmless says that a session parameter can be ignored: WSH is a hint, a name
// that begins with "-" is optional (RFC 4568 §6.3), a derivation rate of 0 is
// the default. UNENCRYPTED_SRTP and its like are not.
func harmless(p string) bool {
	name, v, _ := strings.Cut(p, "=")
	return strings.HasPrefix(p, "-") || strings.EqualFold(name, "WSH") ||
		strings.EqualFold(name, "KDR") && v == "0"
}

// keyParams reads inline:KEY[|LIFETIME][|MKI:LENGTH]. The lifetime is checked
// for form only: 2^48 packets of the suites' own limit outlast every call, and
// peers that write less (2^20 is 5.8 hours of audio) don't enforce it.
func (c *Crypto) keyParams(param string, size int) bool {
	if len(param) < 7 || !strings.EqualFold(param[:7], "inline:") {
		return false
	}
	parts := strings.Split(param[7:], "|")
	key, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(parts[0], "="))
	if err != nil || len(key) != size || len(parts) > 3 {
		return false
	}
	c.Remote = key
	for i, p := range parts[1:] {
		id, length, isMKI := strings.Cut(p, ":")
		switch {
		case isMKI && i == len(parts)-2:
			n, err := strconv.ParseUint(id, 10, 64)
			size, err2 := strconv.ParseUint(length, 10, 8)
			if err != nil || err2 != nil || size < 1 || size > 128 {
				return false
			}
			c.RemoteMKI = bigEndian(n, int(size))
		case !isMKI && i == 0:
			if _, err := strconv.ParseUint(strings.TrimPrefix(p, "2^"), 10, 64); err != nil {
				return false
			}
		default:
			return false
		}
	}
	return true
}

func bigEndian(n uint64, size int) []byte {
	b := make([]byte, size)
	for i := size - 1; i >= 0 && n > 0; i-- {
		b[i] = byte(n)
		n >>= 8
	}
	return b
}

// newKey makes a master key and salt for a suite.
func newKey(s suite) []byte {
	key := make([]byte, s.key)
	rand.Read(key) // never fails (crypto/rand)
	return key
}

// line is the crypto attribute's value with our key.
func (c *Crypto) line() string {
	return strconv.Itoa(c.Tag) + " " + c.Suite + " inline:" + base64.StdEncoding.EncodeToString(c.Local)
}

// secure says that a transport profile is SRTP keyed in the SDP; plain that it
// is RTP. DTLS-SRTP (UDP/TLS/…) is neither.
func secure(proto string) bool {
	return strings.EqualFold(proto, "RTP/SAVP") || strings.EqualFold(proto, "RTP/SAVPF")
}

func plain(proto string) bool {
	return strings.EqualFold(proto, "RTP/AVP") || strings.EqualFold(proto, "RTP/AVPF")
}
