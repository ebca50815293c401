package tpkt

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"
)

// read takes all frames out of a stream.
func read(r io.Reader, p Policy) (payloads [][]byte, err error) {
	reader := NewReader(r, p)
	for {
		payload, err := reader.Next()
		if err != nil {
			return payloads, err
		}
		payloads = append(payloads, payload)
	}
}

func TestReader(t *testing.T) {
	long := bytes.Repeat([]byte{7}, 3*chunk)
	longFrame, _ := Append(nil, long)
	for _, c := range []struct {
		name   string
		stream []byte
		want   []string
		err    error
	}{
		{"nothing", nil, nil, io.EOF},
		{"a frame", []byte("\x03\x00\x00\x06ab"), []string{"ab"}, io.EOF},
		{"two in one piece", []byte("\x03\x00\x00\x06ab\x03\x00\x00\x05c"), []string{"ab", "c"}, io.EOF},
		{"keep-alive", []byte("\x03\x00\x00\x04\x03\x00\x00\x05c"), []string{"", "c"}, io.EOF},
		{"reserved octet", []byte("\x03\x7f\x00\x05c"), []string{"c"}, io.EOF},
		{"longer than the buffer", longFrame, []string{string(long)}, io.EOF},
		{"version", []byte("\x02\x00\x00\x05c"), nil, ErrVersion},
		{"TLS", []byte("\x16\x03\x01\x00\x05hello"), nil, ErrVersion},
		{"length below the header's", []byte("\x03\x00\x00\x03"), nil, ErrLength},
		{"ends in the header", []byte("\x03\x00"), nil, io.ErrUnexpectedEOF},
		{"ends in the payload", []byte("\x03\x00\x00\x06a"), nil, io.ErrUnexpectedEOF},
	} {
		t.Run(c.name, func(t *testing.T) {
			for name, r := range map[string]io.Reader{
				"whole": bytes.NewReader(c.stream),
				"split": iotest.OneByteReader(bytes.NewReader(c.stream)),
			} {
				got, err := read(r, Policy{})
				if !errors.Is(err, c.err) {
					t.Errorf("%s: error %v, want %v", name, err, c.err)
				}
				if len(got) != len(c.want) {
					t.Fatalf("%s: %d frames, want %d", name, len(got), len(c.want))
				}
				for i := range got {
					if got[i] == nil || string(got[i]) != c.want[i] {
						t.Errorf("%s: frame %d is %q, want %q", name, i, got[i], c.want[i])
					}
				}
			}
		})
	}
}

func TestReaderMaxSize(t *testing.T) {
	got, err := read(bytes.NewReader([]byte("\x03\x00\x00\x08abcd\x03\x00\x00\x09abcde")), Policy{MaxSize: 8})
	if len(got) != 1 || !errors.Is(err, ErrTooLong) {
		t.Errorf("%q, %v; want one frame and then ErrTooLong", got, err)
	}
}

// A promise of 64 KiB costs no more than what has come of it.
func TestReaderTakesMemoryAsOctetsCome(t *testing.T) {
	stream := []byte("\x03\x00\xff\xffabc")
	const runs = 100
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range runs {
		if _, err := read(bytes.NewReader(stream), Policy{}); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	if n := (after.TotalAlloc - before.TotalAlloc) / runs; n > 4*chunk {
		t.Errorf("%d octets of memory for 7 received", n)
	}
}

func TestDeadlines(t *testing.T) {
	const second = time.Second
	for _, c := range []struct {
		name   string
		policy Policy
		end    time.Duration // of all waiting
		peer   func(net.Conn)
		err    error
		after  time.Duration
	}{
		{"half a header", Policy{}, 0, func(c net.Conn) { c.Write([]byte{3, 0}) }, ErrSlow, 10 * second},
		{"half a payload", Policy{}, 0, func(c net.Conn) { c.Write([]byte("\x03\x00\x00\x06a")) }, ErrSlow, 10 * second},
		{"an octet every 3 s", Policy{}, 0, func(c net.Conn) {
			for _, b := range []byte("\x03\x00\x00\x0aabcdef") {
				c.Write([]byte{b})
				time.Sleep(3 * second)
			}
		}, ErrSlow, 10 * second},
		{"no frame, no limit", Policy{}, 0, func(c net.Conn) { time.Sleep(time.Hour); c.Close() }, io.EOF, time.Hour},
		{"no frame", Policy{Idle: 30 * second}, 0, func(net.Conn) {}, ErrIdle, 30 * second},
		{"idle after a slow frame", Policy{Idle: 30 * second}, 0, func(c net.Conn) {
			c.Write([]byte("\x03\x00\x00\x05"))
			time.Sleep(5 * second)
			c.Write([]byte("a"))
		}, ErrIdle, 35 * second},
		{"keep-alives for ever", Policy{Idle: 30 * second}, 45 * second, func(c net.Conn) {
			for {
				if _, err := c.Write([]byte("\x03\x00\x00\x04")); err != nil {
					return
				}
				time.Sleep(20 * second)
			}
		}, ErrIdle, 45 * second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ours, theirs := net.Pipe()
				start := time.Now()
				var peer sync.WaitGroup
				peer.Go(func() { c.peer(theirs) })
				r := NewReader(ours, c.policy)
				if c.end > 0 {
					r.SetDeadline(start.Add(c.end))
				}
				var err error
				for err == nil {
					_, err = r.Next()
				}
				if !errors.Is(err, c.err) || time.Since(start) != c.after {
					t.Errorf("%v after %v, want %v after %v", err, time.Since(start), c.err, c.after)
				}
				if late := c.err == ErrIdle || c.err == ErrSlow; late != errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("%v wraps os.ErrDeadlineExceeded: %v", err, !late)
				}
				ours.Close()
				peer.Wait()
			})
		})
	}
}

// A silence is no fault of the stream: a frame after it is read.
func TestIdleStreamGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		r := NewReader(ours, Policy{Idle: time.Second})
		if _, err := r.Next(); !errors.Is(err, ErrIdle) {
			t.Fatal(err)
		}
		r.SetIdle(0)
		go func() {
			time.Sleep(time.Minute)
			theirs.Write([]byte("\x03\x00\x00\x05a"))
		}()
		if payload, err := r.Next(); err != nil || string(payload) != "a" {
			t.Errorf("%q, %v", payload, err)
		}
	})
}

// pieces records each Write.
type pieces struct {
	writes [][]byte
	err    error
}

func (p *pieces) Write(b []byte) (int, error) {
	p.writes = append(p.writes, bytes.Clone(b))
	return len(b), p.err
}

func TestWriter(t *testing.T) {
	var p pieces
	w := NewWriter(&p, time.Second)
	for _, payload := range []string{"ab", "", "c"} {
		if err := w.WriteFrame([]byte(payload)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.WriteFrame(make([]byte, MaxSize)); !errors.Is(err, ErrTooLong) {
		t.Error(err)
	}
	want := []string{"\x03\x00\x00\x06ab", "\x03\x00\x00\x04", "\x03\x00\x00\x05c"}
	if len(p.writes) != len(want) {
		t.Fatalf("%d writes, want one a frame", len(p.writes))
	}
	for i := range want {
		if string(p.writes[i]) != want[i] {
			t.Errorf("%q, want %q", p.writes[i], want[i])
		}
	}
	p.err = io.ErrClosedPipe
	for range 2 { // the second writes no more
		if err := w.WriteFrame(nil); !errors.Is(err, io.ErrClosedPipe) {
			t.Error(err)
		}
	}
	if len(p.writes) != len(want)+1 {
		t.Error("a broken stream is written to")
	}
}

func TestWriterGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, _ := net.Pipe()
		start := time.Now()
		err := NewWriter(ours, 5*time.Second).WriteFrame([]byte("a"))
		if !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != 5*time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}
