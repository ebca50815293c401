package call

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
)

// errNoPort: every port of H245Ports is taken.
var errNoPort = errors.New("call: no free port for H.245")

// system is the Network of the operating system.
type system struct{}

func (system) Dial(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, "tcp", to.String())
}

func (system) Listen(at netip.AddrPort) (net.Listener, error) {
	return net.Listen("tcp", at.String())
}

// listen opens a listener in the range, at a port that cannot be guessed from
// the last one.
func (r PortRange) listen(n Network, at netip.Addr) (net.Listener, error) {
	if r == (PortRange{}) {
		return n.Listen(netip.AddrPortFrom(at, 0))
	}
	if r.High < r.Low {
		return nil, errNoPort
	}
	size := int(r.High) - int(r.Low) + 1
	first := rand.IntN(size)
	err := errNoPort
	for i := range size {
		port := uint16(int(r.Low) + (first+i)%size)
		l, e := n.Listen(netip.AddrPortFrom(at, port))
		if e == nil {
			return l, nil
		}
		err = e
	}
	return nil, errors.Join(errNoPort, err)
}
