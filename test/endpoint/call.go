package endpoint

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/partyline/partyline/h323/call"
	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/h323/per"
	"github.com/partyline/partyline/h323/q931"
)

// Call is a call of an endpoint. Close ends it.
type Call struct {
	*call.Call
	opts      *Options
	net       *network
	begun     chan struct{} // Call is known
	answered  chan struct{}
	ended     chan struct{}
	over      chan struct{} // Close
	once      sync.Once
	running   sync.WaitGroup
	rtp, rtcp *net.UDPConn

	mu    sync.Mutex
	why   call.Reason
	steps []call.Progress
	keys  []call.Key // of the other side
	at    time.Time  // of the answer
	sound sound
}

func newCall(o *Options) (*Call, error) {
	c := &Call{
		opts: o, net: &network{edit: o.Edit, buffer: o.ReceiveBuffer}, begun: make(chan struct{}),
		answered: make(chan struct{}), ended: make(chan struct{}), over: make(chan struct{}),
	}
	var err error
	if c.rtp, err = socket(); err != nil {
		return nil, err
	}
	if c.rtcp, err = socket(); err != nil {
		c.rtp.Close()
		return nil, err
	}
	c.sound.silent = o.Silent
	c.running.Go(c.speak)
	c.running.Go(c.listen)
	c.running.Go(c.reports)
	return c, nil
}

func socket() (*net.UDPConn, error) {
	return net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
}

func addrOf(c *net.UDPConn) netip.AddrPort { return c.LocalAddr().(*net.UDPAddr).AddrPort() }

// has tells the call what its signalling is. Events may have come already.
func (c *Call) has(signalling *call.Call) {
	c.Call = signalling
	close(c.begun)
}

// Close hangs up, if that has not happened, and waits for all goroutines.
func (c *Call) Close() error {
	err := c.Call.Close()
	c.once.Do(func() {
		close(c.over)
		c.rtp.Close()
		c.rtcp.Close()
	})
	c.running.Wait()
	return err
}

// Vanish closes all connections and sockets without a word.
func (c *Call) Vanish() {
	if w := c.wire(); w != nil {
		w.Close()
	}
	c.rtp.Close()
	c.rtcp.Close()
	c.Close()
}

// Answered waits until the call is answered. The error says why it is not.
func (c *Call) Answered(ctx context.Context) error {
	select {
	case <-c.answered:
		return nil
	case <-c.ended:
		return fmt.Errorf("endpoint: not answered: %v", c.Why())
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Ended waits for the end of the call and says why it ended.
func (c *Call) Ended(ctx context.Context) (call.Reason, error) {
	select {
	case <-c.ended:
		return c.Why(), nil
	case <-ctx.Done():
		return call.Reason{}, ctx.Err()
	}
}

// Why is why the call ended; the zero value before.
func (c *Call) Why() call.Reason {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.why
}

// AnsweredAt is when the call was answered.
func (c *Call) AnsweredAt() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// Steps are what the call went through until now.
func (c *Call) Steps() []call.Progress {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.steps)
}

// Keys are those that the other side pressed by signalling. Events has those of
// the sound.
func (c *Call) Keys() []call.Key {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.keys)
}

// Say puts a message of call signalling into the call.
func (c *Call) Say(kind q931.Type, fill func(*q931.Message)) error {
	w := c.wire()
	if w == nil {
		return errNoCall
	}
	return w.say(kind, fill)
}

// Tunnel puts H.245 messages, or what should be some, into a Facility, past the
// procedures of the call.
func (c *Call) Tunnel(pdus ...[]byte) error {
	on := true
	pdu, err := h225.Marshal(&h225.H323UserInformation{H323UuPdu: h225.H323UUPDU{
		H323MessageBody: h225.H323UUPDUH323MessageBody{Empty: &per.Null{}}, H245Tunneling: &on, H245Control: pdus,
	}})
	if err != nil {
		return err
	}
	return c.Say(q931.Facility, func(m *q931.Message) { m.SetUserUser(pdu) })
}

// Octets puts octets on the call signalling channel as they are.
func (c *Call) Octets(b []byte) error {
	w := c.wire()
	if w == nil {
		return errNoCall
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	_, err := w.Conn.Write(b)
	return err
}

// Stick reads nothing of the call signalling any more.
func (c *Call) Stick() error {
	w := c.wire()
	if w == nil {
		return errNoCall
	}
	w.stick.Do(func() { close(w.stuck) })
	return nil
}

func (c *Call) wire() *wire {
	c.net.mu.Lock()
	defer c.net.mu.Unlock()
	return c.net.signal
}

// owner is the call as its signalling sees it.
type owner struct{ c *Call }

// Incoming implements call.Owner.
func (o owner) Incoming(s *call.Setup) {
	<-o.c.begun
	if o.c.opts.Take != nil {
		o.c.opts.Take(o.c, s)
		return
	}
	o.c.Alert()
	o.c.Answer()
}

// Progress implements call.Owner.
func (o owner) Progress(p call.Progress) {
	o.c.mu.Lock()
	defer o.c.mu.Unlock()
	o.c.steps = append(o.c.steps, p)
}

// Connected implements call.Owner.
func (o owner) Connected() {
	o.c.mu.Lock()
	o.c.at = time.Now()
	o.c.mu.Unlock()
	close(o.c.answered)
}

// Key implements call.Owner.
func (o owner) Key(k call.Key) {
	o.c.mu.Lock()
	defer o.c.mu.Unlock()
	o.c.keys = append(o.c.keys, k)
}

// Ended implements call.Owner.
func (o owner) Ended(r call.Reason) {
	o.c.mu.Lock()
	o.c.why = r
	o.c.mu.Unlock()
	close(o.c.ended)
}
