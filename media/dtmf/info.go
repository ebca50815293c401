package dtmf

import (
	"bytes"
	"strings"
)

// maxInfo bounds a SIP INFO body: real ones have some 25 bytes.
const maxInfo = 1024

// ParseInfo reads the key of a SIP INFO body of type application/dtmf-relay
// ("Signal=5\r\nDuration=160") or application/dtmf ("5"). Spaces, the case of
// names, a missing Duration and the numeric codes 10 (*) to 15 (D) that some
// gateways send are taken.
func ParseInfo(contentType string, body []byte) (digit byte, err error) {
	if len(body) > maxInfo {
		return 0, ErrBody
	}
	mediaType, _, _ := strings.Cut(contentType, ";")
	switch mediaType = strings.TrimSpace(mediaType); {
	case strings.EqualFold(mediaType, "application/dtmf-relay"):
		return parseRelay(body)
	case strings.EqualFold(mediaType, "application/dtmf"):
		body = bytes.TrimSpace(body)
		// Some endpoints send the relay's body under this name.
		if bytes.IndexByte(body, '=') >= 0 {
			return parseRelay(body)
		}
		return key(body)
	}
	return 0, ErrType
}

func parseRelay(body []byte) (byte, error) {
	for len(body) > 0 {
		var line []byte
		if i := bytes.IndexAny(body, "\r\n"); i >= 0 {
			line, body = body[:i], body[i+1:]
		} else {
			line, body = body, nil
		}
		name, value, ok := bytes.Cut(line, []byte{'='})
		if ok && bytes.EqualFold(bytes.TrimSpace(name), []byte("signal")) {
			return key(bytes.TrimSpace(value))
		}
	}
	return 0, ErrBody
}

// key reads a key from its sign or its event code.
func key(value []byte) (byte, error) {
	switch len(value) {
	case 1:
		if code, ok := Code(value[0]); ok {
			return digits[code], nil
		}
	case 2:
		if value[0] == '1' && value[1] >= '0' && value[1] <= '5' {
			return digits[10+value[1]-'0'], nil
		}
	}
	return 0, ErrBody
}
