package capture

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// frameOf builds an Ethernet frame with a TCP segment.
func frameOf(seq uint32, flags byte, payload string) []byte {
	tcp := make([]byte, 20)
	binary.BigEndian.PutUint16(tcp, 5000)
	binary.BigEndian.PutUint16(tcp[2:], 1720)
	binary.BigEndian.PutUint32(tcp[4:], seq)
	tcp[12], tcp[13] = 5<<4, flags
	ip := make([]byte, 20)
	ip[0], ip[9] = 0x45, protoTCP
	binary.BigEndian.PutUint16(ip[2:], uint16(40+len(payload)))
	copy(ip[12:], []byte{127, 0, 0, 1, 127, 0, 0, 1})
	frame := append(make([]byte, 12), 0x08, 0x00)
	return append(append(append(frame, ip...), tcp...), payload...)
}

// TestReassembly: segments that are split, swapped, repeated and overlapping, with
// an empty frame between, are the same messages.
func TestReassembly(t *testing.T) {
	const whole = "\x03\x00\x00\x0a\x08\x02\x00\x01\x05\x04" + "\x03\x00\x00\x04" + "\x03\x00\x00\x0a\x08\x02\x00\x01\x5a\x04"
	a := assembler{streams: map[flow]*stream{}}
	a.frame(1, frameOf(99, 2, ""))
	a.frame(2, frameOf(100, 16, whole[:3]))
	a.frame(3, frameOf(108, 16, whole[8:20]))
	a.frame(4, frameOf(108, 16, whole[8:20]))
	a.frame(5, frameOf(101, 16, whole[1:9]))
	a.frame(6, frameOf(118, 16, whole[18:]))
	if len(a.out) != 2 || a.out[0].Frame != 5 || a.out[1].Frame != 6 {
		t.Fatalf("got %+v", a.out)
	}
	for i, typ := range []byte{0x05, 0x5a} {
		if want := []byte{8, 2, 0, 1, typ, 4}; a.out[i].Kind != Signalling || !bytes.Equal(a.out[i].Data, want) {
			t.Errorf("message %d is %x", i, a.out[i].Data)
		}
	}
}

func TestUserUser(t *testing.T) {
	got, ok := UserUser([]byte("\x08\x02\x00\x01\x05\x04\x01\x88\xa1\x7e\x00\x03\x05ab"))
	if !ok || string(got) != "ab" {
		t.Errorf("got %q, %v", got, ok)
	}
	for _, bad := range []string{"", "\x08\x02\x00", "\x08\x02\x00\x01\x05\x7e\x00", "\x08\x02\x00\x01\x05\x7e\x00\x05\x05a", "\x08\x02\x00\x01\x05\x7e\x00\x00"} {
		if got, ok := UserUser([]byte(bad)); ok {
			t.Errorf("%q gives %q", bad, got)
		}
	}
}
