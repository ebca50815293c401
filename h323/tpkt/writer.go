package tpkt

import (
	"io"
	"time"
)

// writeDeadliner is what a net.Conn has to end a write in time.
type writeDeadliner interface {
	SetWriteDeadline(t time.Time) error
}

// Writer puts payloads on a stream, a frame each.
type Writer struct {
	w       io.Writer
	conn    writeDeadliner // nil if w knows no deadlines
	timeout time.Duration
	frame   []byte
	err     error // the stream is broken
}

// NewWriter writes frames to w. If timeout is positive and w has
// SetWriteDeadline, as a net.Conn does, a peer that takes no octets for that
// long breaks the stream with os.ErrDeadlineExceeded.
func NewWriter(w io.Writer, timeout time.Duration) *Writer {
	conn, _ := w.(writeDeadliner)
	if timeout <= 0 {
		conn = nil
	}
	return &Writer{w: w, conn: conn, timeout: timeout}
}

// WriteFrame sends a frame by one Write, so that it travels in one segment if it
// fits (some peers read no others). An empty payload is a keep-alive. After an
// error of the stream, half a frame may have left: every later call returns it
// again. ErrTooLong sends nothing and breaks nothing.
func (w *Writer) WriteFrame(payload []byte) error {
	if w.err != nil {
		return w.err
	}
	frame, err := Append(w.frame[:0], payload)
	if err != nil {
		return err
	}
	w.frame = frame
	if w.conn != nil {
		if w.err = w.conn.SetWriteDeadline(time.Now().Add(w.timeout)); w.err != nil {
			return w.err
		}
	}
	_, w.err = w.w.Write(frame)
	return w.err
}
