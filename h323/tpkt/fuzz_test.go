package tpkt

import (
	"bytes"
	"io"
	"testing"

	"github.com/partyline/partyline/h323/internal/capture"
)

// FuzzTPKT: what a stream is cut into is the same in one piece and octet by
// octet, and put together again differs from the stream only in reserved octets.
func FuzzTPKT(f *testing.F) {
	f.Add([]byte("\x03\x00\x00\x04"))
	f.Add([]byte("\x03\x00\x00\x06ab\x03\x11\x00\x05c"))
	f.Add([]byte("\x03\x00\xff\xffab"))
	f.Add([]byte("\x03\x00\x00\x01"))
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"))
	for _, path := range capture.Find("../../../shared/pcap") {
		messages, err := capture.Read(path)
		if err != nil {
			f.Fatal(err)
		}
		var stream []byte
		for _, m := range messages {
			if m.Kind == capture.Datagram || len(stream) > 8*chunk {
				continue
			}
			if stream, err = Append(stream, m.Data); err != nil {
				f.Fatal(err)
			}
		}
		f.Add(stream)
	}
	f.Fuzz(func(t *testing.T, stream []byte) {
		whole, err := read(bytes.NewReader(stream), Policy{})
		split, errSplit := read(&dribble{stream}, Policy{})
		if len(whole) != len(split) || err.Error() != errSplit.Error() {
			t.Fatalf("%d frames and %v whole, %d and %v split", len(whole), err, len(split), errSplit)
		}
		var again []byte
		for i, payload := range whole {
			if !bytes.Equal(payload, split[i]) {
				t.Fatalf("frame %d is %x whole, %x split", i, payload, split[i])
			}
			at := len(again)
			if again, err = Append(again, payload); err != nil {
				t.Fatal(err)
			}
			again[at+1] = stream[at+1]
		}
		if !bytes.HasPrefix(stream, again) {
			t.Fatalf("%x came, %x went", stream, again)
		}
	})
}

// dribble gives three octets a read.
type dribble struct{ rest []byte }

func (d *dribble) Read(p []byte) (int, error) {
	n := min(3, len(p), len(d.rest))
	copy(p, d.rest[:n])
	d.rest = d.rest[n:]
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}
