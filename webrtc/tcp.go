package webrtc

import (
	"net"

	"github.com/partyline/partyline/internal/customer"
)

const (
	// tcpPerSource is how many TCP connections a source may have open: a browser
	// tries a few, and many browsers may be behind one address.
	tcpPerSource = 128
	// tcpInKernel is what the kernel may keep for a browser, in bytes: more would
	// be heard too late.
	tcpInKernel = 16 << 10
)

// newTCPListener is the browsers' TCP port.
func newTCPListener(l net.Listener) net.Listener {
	return customer.Limit(shallow{l}, tcpPerSource, nil)
}

// shallow is a listener on whose connections little waits to be sent.
type shallow struct{ net.Listener }

// Accept implements net.Listener.
func (l shallow) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetWriteBuffer(tcpInKernel)
	}
	return c, err
}
