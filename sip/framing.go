package sip

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
)

// Framing errors leave no boundary to go on from: the connection is closed.
var (
	errTooLarge = errors.New("sip: message over 64 KiB")
	errLength   = errors.New("sip: no valid Content-Length")
)

// readMessage reads one message from a stream (RFC 3261 §7.5, §18.3): skip is
// called for each keep-alive before it, begin at its first byte. What was read
// of a message that cannot be framed is returned with the error. Memory is taken
// as bytes arrive, never as Content-Length promises.
func readMessage(r *bufio.Reader, pong func(), begin func()) ([]byte, error) {
	if err := skipKeepalive(r, pong); err != nil {
		return nil, err
	}
	begin()
	var head []byte
	for {
		line, err := r.ReadSlice('\n')
		if len(head)+len(line) > MaxMessage {
			return head, errTooLarge
		}
		head = append(head, line...)
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil {
			return head, err
		}
		if bytes.HasSuffix(head, []byte("\r\n\r\n")) || bytes.HasSuffix(head, []byte("\n\n")) {
			break
		}
	}
	n, err := contentLength(head)
	if err != nil {
		return head, err
	}
	if len(head)+n > MaxMessage {
		return head, errTooLarge
	}
	buf := bytes.NewBuffer(head)
	_, err = io.CopyN(buf, r, int64(n))
	return buf.Bytes(), err
}

// skipKeepalive reads the CRLFs between messages; a double one is a ping that
// wants a single one back (RFC 5626 §4.4.1).
func skipKeepalive(r *bufio.Reader, pong func()) error {
	run := 0
	for {
		c, err := r.ReadByte()
		if err != nil {
			return err
		}
		if c != '\r' && c != '\n' {
			return r.UnreadByte()
		}
		if run++; run == 4 {
			run = 0
			pong()
		}
	}
}

// contentLength finds the length in a message's head. None, several that differ
// and anything but digits are errors.
func contentLength(head []byte) (int, error) {
	length := -1
	for _, line := range bytes.Split(head, []byte("\n")) {
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok {
			continue
		}
		name = bytes.TrimSpace(name)
		if !bytes.EqualFold(name, []byte("content-length")) && !bytes.EqualFold(name, []byte("l")) {
			continue
		}
		n, err := strconv.ParseUint(string(bytes.TrimSpace(value)), 10, 31)
		if err != nil || length >= 0 && length != int(n) {
			return 0, errLength
		}
		length = int(n)
	}
	if length < 0 {
		return 0, errLength
	}
	return length, nil
}
