package call

import (
	"errors"
	"net/netip"
	"sync"
)

// desk is an Owner and a Media that write down what they are told.
type desk struct {
	rtp      netip.AddrPort
	noMedia  bool
	incoming func(*Call, *Setup) // what is done with a Setup

	mu        sync.Mutex
	call      *Call
	ready     chan struct{} // call is set
	setup     *Setup
	progress  []Progress
	connected int
	keys      []Key
	ended     []Reason
	asked     int
	send      *Channel
	receive   []Channel
	sends     int
	receives  int
}

func newDesk(rtp string) *desk {
	return &desk{rtp: netip.MustParseAddrPort(rtp), ready: make(chan struct{})}
}

// has is told which call it owns.
func (d *desk) has(c *Call) *Call {
	d.call = c
	close(d.ready)
	return c
}

func (d *desk) Incoming(s *Setup) {
	<-d.ready
	d.mu.Lock()
	d.setup = s
	d.mu.Unlock()
	if d.incoming != nil {
		d.incoming(d.call, s)
	}
}

func (d *desk) Progress(p Progress) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.progress = append(d.progress, p)
}

func (d *desk) Connected() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.connected++
}

func (d *desk) Key(k Key) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.keys = append(d.keys, k)
}

func (d *desk) Ended(r Reason) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ended = append(d.ended, r)
}

func (d *desk) Local() (rtp, rtcp netip.AddrPort, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked++
	if d.noMedia {
		return rtp, rtcp, errors.New("no port left")
	}
	return d.rtp, netip.AddrPortFrom(d.rtp.Addr(), d.rtp.Port()+1), nil
}

func (d *desk) Send(c *Channel) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.send = c
	d.sends++
}

func (d *desk) Receive(all []Channel) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.receive = all
	d.receives++
}

// digits are the keys that came.
func (d *desk) digits() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var s string
	for _, k := range d.keys {
		s += string(k.Digit)
	}
	return s
}

// reason is why the call ended; Cause 0: it lives.
func (d *desk) reason() Reason {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.ended) == 0 {
		return Reason{}
	}
	return d.ended[0]
}
