// Package capture reads the H.323 messages out of captured calls, for tests: a
// recording goes in, out come the messages in the order in which they were
// complete. It understands the pcap format with Ethernet frames, IP versions 4 and
// 6 without fragments, TCP with lost, repeated and reordered segments, TPKT.
//
// It decodes nothing above that and keeps no state between calls. It trusts its
// files: do not give it a stranger's.
package capture

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
)

// Kind says what a message is.
type Kind int

// The kinds of message.
const (
	Signalling Kind = iota // a Q.931 message
	Control                // an H.245 message on a connection of its own
	Datagram               // the contents of a UDP datagram: RAS, RTP, RTCP
)

// Message is one message of a recording.
type Message struct {
	Kind     Kind
	From, To netip.AddrPort
	Frame    int // number of the frame that completed it, from 1, as tshark counts
	Data     []byte
}

// Read returns all messages of the recording at path.
func Read(path string) ([]Message, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	frames, err := frames(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	a := assembler{streams: map[flow]*stream{}}
	for i, frame := range frames {
		a.frame(i+1, frame)
	}
	return a.out, nil
}

// Find returns the recordings in the folder dir. There are none if it is absent.
func Find(dir string) []string {
	paths, err := filepath.Glob(filepath.Join(dir, "*.pcap"))
	if err != nil {
		return nil
	}
	return paths
}

// UserUser returns the H.225.0 message inside a Q.931 message: the contents of its
// user-user element after the protocol discriminator (Q.931 §4.5.30).
func UserUser(q931 []byte) ([]byte, bool) {
	if len(q931) < 3 {
		return nil, false
	}
	at := 2 + int(q931[1]&0x0f) + 1 // discriminator, call reference, message type
	for at < len(q931) {
		id := q931[at]
		if id&0x80 != 0 { // an element of one octet
			at++
			continue
		}
		head, size := 2, 0
		if id == 0x7e { // user-user has two octets of length in H.225.0 (§7.2.2.31)
			head = 3
		}
		if at+head > len(q931) {
			return nil, false
		}
		for _, b := range q931[at+1 : at+head] {
			size = size<<8 | int(b)
		}
		if at+head+size > len(q931) {
			return nil, false
		}
		if id == 0x7e {
			if size == 0 {
				return nil, false
			}
			return q931[at+head+1 : at+head+size], true
		}
		at += head + size
	}
	return nil, false
}
