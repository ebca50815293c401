package webrtc

import (
	"errors"
	"io"
	"net"
	"time"

	"github.com/pion/transport/v4/packetio"
)

// pipeSize is how many octets of a handshake wait to be read.
const pipeSize = 64 << 10

// pipe is the net.PacketConn under DTLS: what the transport has read of it, and
// the way out.
type pipe struct {
	t  *transport
	in *packetio.Buffer
}

func newPipe(t *transport) *pipe {
	p := &pipe{t: t, in: packetio.NewBuffer()}
	p.in.SetLimitSize(pipeSize)
	return p
}

// put takes a record that has come; what there is no room for is lost, and comes
// again.
func (p *pipe) put(record []byte) { _, _ = p.in.Write(record) }

// ReadFrom implements net.PacketConn.
func (p *pipe) ReadFrom(b []byte) (int, net.Addr, error) {
	n, err := p.in.Read(b)
	return n, p.LocalAddr(), err
}

// WriteTo implements net.PacketConn. There is one peer, wherever ICE finds it.
func (p *pipe) WriteTo(b []byte, _ net.Addr) (int, error) {
	n, err := p.t.conn.Write(b)
	if err != nil && p.t.ctx.Err() == nil && !errors.Is(err, io.ErrClosedPipe) {
		return len(b), nil // as good as lost: DTLS sends it again
	}
	return n, err
}

// Close implements net.PacketConn.
func (p *pipe) Close() error { return p.in.Close() }

// LocalAddr implements net.PacketConn.
func (p *pipe) LocalAddr() net.Addr { return &net.UDPAddr{} }

// SetDeadline implements net.PacketConn.
func (p *pipe) SetDeadline(t time.Time) error { return p.SetReadDeadline(t) }

// SetReadDeadline implements net.PacketConn.
func (p *pipe) SetReadDeadline(t time.Time) error { return p.in.SetReadDeadline(t) }

// SetWriteDeadline implements net.PacketConn: nothing waits.
func (p *pipe) SetWriteDeadline(time.Time) error { return nil }
