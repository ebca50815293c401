package tpkt

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"
)

// DefaultFrame is how long a frame may take from its first octet to its last.
const DefaultFrame = 10 * time.Second

// chunk is how much memory a frame gets before its octets have come, whatever
// its header promises: thousands of slow peers must cost little.
const chunk = 2048

// What a Reader gives up for. Both wrap os.ErrDeadlineExceeded.
var (
	// ErrIdle: no frame began in time. The stream is whole, Next may be called again.
	ErrIdle = fmt.Errorf("tpkt: no frame began in time: %w", os.ErrDeadlineExceeded)
	// ErrSlow: a frame began and was not complete in time.
	ErrSlow = fmt.Errorf("tpkt: frame not complete in time: %w", os.ErrDeadlineExceeded)
)

// Policy says what a Reader accepts and how long it waits.
type Policy struct {
	// MaxSize is the longest frame accepted, header included; 0 means MaxSize.
	MaxSize int
	// Frame is the time from a frame's first octet to its last; 0 means
	// DefaultFrame, negative no limit.
	Frame time.Duration
	// Idle is the time to wait for a frame's first octet; 0 means no limit.
	Idle time.Duration
}

// deadliner is what a net.Conn has to end a read in time.
type deadliner interface {
	SetReadDeadline(t time.Time) error
}

// Reader cuts a stream into payloads.
type Reader struct {
	policy Policy
	conn   deadliner // nil if what is read from knows no deadlines
	buf    *bufio.Reader
	end    time.Time // of all waiting; zero: none
	armed  bool      // conn has a deadline
}

// NewReader reads frames from r. If r has SetReadDeadline, as a net.Conn does,
// the policy's times are kept with it, and nobody else may set it.
func NewReader(r io.Reader, policy Policy) *Reader {
	if policy.MaxSize <= 0 || policy.MaxSize > MaxSize {
		policy.MaxSize = MaxSize
	}
	if policy.Frame == 0 {
		policy.Frame = DefaultFrame
	}
	conn, _ := r.(deadliner)
	return &Reader{policy: policy, conn: conn, buf: bufio.NewReaderSize(r, chunk)}
}

// SetIdle changes the policy's Idle from the next call of Next on.
func (r *Reader) SetIdle(d time.Duration) { r.policy.Idle = d }

// SetDeadline bounds all waiting from the next call of Next on, however many
// frames and keep-alives come: a peer must have said something useful by then.
// The zero time takes the bound away.
func (r *Reader) SetDeadline(t time.Time) { r.end = t }

// Next waits for a frame and returns its payload, which is the caller's own. The
// payload is empty, not nil, for a keep-alive. It returns io.EOF if the stream
// ended between frames and io.ErrUnexpectedEOF if within one.
func (r *Reader) Next() ([]byte, error) {
	if r.buf.Buffered() == 0 {
		if err := r.wait(r.policy.Idle); err != nil {
			return nil, err
		}
		if _, err := r.buf.Peek(1); err != nil {
			return nil, verdict(err, ErrIdle)
		}
	}
	payload, err := r.frame()
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return payload, verdict(err, ErrSlow)
}

// frame reads a frame whose first octet is in the buffer. Most frames arrive in
// one piece and need no deadline.
func (r *Reader) frame() ([]byte, error) {
	bound := false
	if r.buf.Buffered() < HeaderSize {
		bound = true
		if err := r.wait(r.policy.Frame); err != nil {
			return nil, err
		}
	}
	header, err := r.buf.Peek(HeaderSize)
	if err != nil {
		return nil, err
	}
	size, err := payloadSize(header, r.policy.MaxSize)
	if err != nil {
		return nil, err
	}
	if !bound && r.buf.Buffered() < HeaderSize+size {
		if err := r.wait(r.policy.Frame); err != nil {
			return nil, err
		}
	}
	if _, err := r.buf.Discard(HeaderSize); err != nil {
		return nil, err
	}
	return r.payload(size)
}

// payload reads that many octets, taking memory as they arrive.
func (r *Reader) payload(size int) ([]byte, error) {
	p := make([]byte, 0, min(size, chunk))
	for len(p) < size {
		p = slices.Grow(p, min(size-len(p), max(len(p), chunk)))
		have := len(p)
		p = p[:min(size, cap(p))]
		if _, err := io.ReadFull(r.buf, p[have:]); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// wait sets the deadline of what is read next: d from now (0 or less: no limit),
// and never after the end of all waiting.
func (r *Reader) wait(d time.Duration) error {
	if r.conn == nil {
		return nil
	}
	var t time.Time
	if d > 0 {
		t = time.Now().Add(d)
	}
	if !r.end.IsZero() && (t.IsZero() || r.end.Before(t)) {
		t = r.end
	}
	if t.IsZero() && !r.armed {
		return nil
	}
	r.armed = !t.IsZero()
	return r.conn.SetReadDeadline(t)
}

// verdict names a deadline that passed by what it was for.
func verdict(err, late error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return late
	}
	return err
}
