package load

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/partyline/partyline/h323/call"
	"github.com/partyline/partyline/media/codec"
)

// Signalling is how phones call.
type Signalling string

// SIP goes over UDP. The others are H.323 with H.245 tunnelled, with fast connect
// and without.
const (
	SIP      Signalling = "sip"
	H323Fast Signalling = "h323-fast"
	H323Slow Signalling = "h323-slow"
)

// Valid says that the word is one of the three.
func (s Signalling) Valid() bool { return s == SIP || s == H323Fast || s == H323Slow }

// h323Codecs are the codecs that H.323 has of ours.
var h323Codecs = map[codec.Name]call.Codec{codec.PCMU: call.G711U, codec.PCMA: call.G711A, codec.G722: call.G722}

// endpoints is the H.323 side of all phones. The exchange's lock guards their
// calls.
type endpoints struct {
	x       *exchange
	gateway netip.AddrPort
	cfg     call.Config
}

func openEndpoints(x *exchange, c *Config) (*endpoints, error) {
	name, known := h323Codecs[c.Codec]
	if !known || !c.H323.Addr().Is4() || !c.H323.Addr().IsLoopback() {
		return nil, fmt.Errorf("load: no H.323 with %s at %s", c.Codec, c.H323)
	}
	return &endpoints{x: x, gateway: c.H323, cfg: call.Config{
		Product: "Load", Version: "1", Terminal: true, TerminalType: 50,
		Audio: []call.Codec{name}, NoFastConnect: c.Signalling == H323Slow,
	}}, nil
}

// from opens connections that come from a phone's address.
type from struct{ addr netip.Addr }

// Dial implements call.Network.
func (f from) Dial(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	d := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(f.addr, 0))}
	return d.DialContext(ctx, "tcp4", to.String())
}

// Listen implements call.Network.
func (f from) Listen(at netip.AddrPort) (net.Listener, error) { return net.Listen("tcp4", at.String()) }

// endpoint is a phone's call.
type endpoint struct {
	call.NoOwner
	p        *phone
	x        *exchange
	call     *call.Call
	answered chan struct{}
	ended    chan struct{}

	mu       sync.Mutex
	to       netip.AddrPort
	receives bool
	open     chan struct{} // sound goes both ways
	why      call.Reason
}

// invite calls a room, and tells how long it took until the answer and until
// sound could go both ways. The phone is not in call before the caller says so.
func (e *endpoints) invite(ctx context.Context, p *phone, r Room) (answer, sound time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cfg := e.cfg
	cfg.Net = from{p.addr}
	n := &endpoint{p: p, x: e.x, answered: make(chan struct{}), ended: make(chan struct{}), open: make(chan struct{})}
	number := call.Alias{Kind: call.DialedDigits, Text: r.Extension + "#" + r.PIN}
	begin := time.Now()
	n.call = call.Dial(ctx, call.Target{Signal: e.gateway, Called: []call.Alias{number}}, &cfg, n, n)
	for i, step := range []chan struct{}{n.answered, n.open} {
		select {
		case <-step:
		case <-n.ended:
			return 0, 0, fmt.Errorf("%v", n.why)
		case <-ctx.Done():
			n.call.Close()
			return 0, 0, errNoAnswer
		}
		if i == 0 {
			answer = time.Since(begin)
		}
	}
	sound = time.Since(begin)
	e.x.mu.Lock()
	defer e.x.mu.Unlock()
	p.endpoint, p.call = n, dialog{joined: time.Now().UnixNano()}
	n.mu.Lock()
	p.call.answered = n.to
	n.mu.Unlock()
	return answer, sound, nil
}

// bye ends a call that is up.
func (e *endpoints) bye(p *phone) error { return p.endpoint.call.Close() }

// Connected implements call.Owner.
func (n *endpoint) Connected() { close(n.answered) }

// Ended implements call.Owner.
func (n *endpoint) Ended(r call.Reason) {
	n.why = r
	close(n.ended)
	n.x.mu.Lock()
	defer n.x.mu.Unlock()
	if n.p.endpoint == n && n.p.call.left == 0 {
		n.p.call.left = time.Now().UnixNano()
		n.x.dropped++
	}
}

// Local implements call.Media. RTCP comes to the same port, as with SIP.
func (n *endpoint) Local() (rtp, rtcp netip.AddrPort, err error) {
	a := netip.AddrPortFrom(n.p.addr, n.p.wire.port)
	return a, a, nil
}

// Send implements call.Media.
func (n *endpoint) Send(c *call.Channel) {
	if c != nil {
		n.agreed(func() { n.to = cmp.Or(n.to, c.RTP) })
	}
}

// Receive implements call.Media.
func (n *endpoint) Receive(c []call.Channel) {
	if len(c) > 0 {
		n.agreed(func() { n.receives = true })
	}
}

func (n *endpoint) agreed(what func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	before := n.to.IsValid() && n.receives
	what()
	if !before && n.to.IsValid() && n.receives {
		close(n.open)
	}
}
