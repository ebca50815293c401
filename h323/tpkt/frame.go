package tpkt

import (
	"errors"
	"fmt"
)

const (
	// Version is the only one there is (RFC 1006 §6).
	Version = 3
	// HeaderSize is the header's length in octets, which a frame's length counts.
	HeaderSize = 4
	// MaxSize is the longest frame, header included, that the header can tell.
	MaxSize = 0xffff
)

// What breaks a stream of frames. None leaves a boundary to go on from.
var (
	// ErrVersion: the first octet of a frame is not 3.
	ErrVersion = errors.New("tpkt: version is not 3")
	// ErrLength: a frame's length is less than its header's.
	ErrLength = errors.New("tpkt: length is less than the header's")
	// ErrTooLong: a frame is longer than the limit.
	ErrTooLong = errors.New("tpkt: frame is too long")
)

// Append appends a frame with that payload to dst. An empty payload makes a
// keep-alive. A payload that the length field cannot tell is ErrTooLong.
func Append(dst, payload []byte) ([]byte, error) {
	size := HeaderSize + len(payload)
	if size > MaxSize {
		return dst, fmt.Errorf("%w: %d octets", ErrTooLong, size)
	}
	dst = append(dst, Version, 0, byte(size>>8), byte(size))
	return append(dst, payload...), nil
}

// payloadSize reads a header. The reserved octet is not looked at: some peers
// leave something in it.
func payloadSize(header []byte, limit int) (int, error) {
	if header[0] != Version {
		return 0, fmt.Errorf("%w but %d", ErrVersion, header[0])
	}
	size := int(header[2])<<8 | int(header[3])
	if size < HeaderSize {
		return 0, fmt.Errorf("%w: %d", ErrLength, size)
	}
	if size > limit {
		return 0, fmt.Errorf("%w: %d octets, at most %d", ErrTooLong, size, limit)
	}
	return size - HeaderSize, nil
}
