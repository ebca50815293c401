package ras

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/partyline/partyline/h323/h225"
)

// Client is an endpoint's side of one gatekeeper.
type Client struct {
	cfg       Config
	conn      net.PacketConn
	log       *slog.Logger
	box       mailbox
	datagrams chan datagram
	status    atomic.Pointer[Status]
	ended     chan struct{}   // closed when all goroutines have ended
	ctx       context.Context // of lookups of names; ends when a shutdown begins
	cancel    context.CancelFunc
	stop      chan struct{}  // closed when run takes no more datagrams
	wait      sync.WaitGroup // for the reader and the lookups

	// What follows is run's.
	over, closing bool
	aliases       []h225.AliasAddress
	counters      Counters
	last          struct { // failure
		text string
		at   time.Time
	}
	seq          int
	transactions map[int]*transaction
	answered     []answered
	lastXRS      time.Time // when the last XRS left
	registration
	calls  []*Call
	queue  []*admitting // wait for the registration to come back
	unsaid []*Call      // ended while there was no gatekeeper to tell
}

// datagram is what came, and from whom.
type datagram struct {
	from netip.AddrPort
	data []byte
}

// Open starts a client on a socket, which it closes in the end. It returns at
// once; Status tells how far it has come.
func Open(conn net.PacketConn, cfg Config) (*Client, error) {
	cfg, err := cfg.withDefaults(conn)
	if err != nil {
		return nil, err
	}
	c := &Client{
		cfg: cfg, conn: conn, log: cfg.Log, aliases: cfg.Aliases,
		box:          mailbox{wake: make(chan struct{}, 1)},
		datagrams:    make(chan datagram),
		ended:        make(chan struct{}),
		stop:         make(chan struct{}),
		transactions: map[int]*transaction{},
		seq:          firstSequence(),
	}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	c.since, c.fresh = time.Now(), true
	c.publish()
	c.box.put(c.begin)
	c.wait.Go(c.read)
	go c.run()
	return c, nil
}

// Close takes the registration back (URQ), waits for the answer, for the retries
// of one or for ctx's end, and closes the socket. Calls should have ended before:
// their DRQs, if still under way, are waited for too.
func (c *Client) Close(ctx context.Context) error {
	c.box.put(c.shutdown)
	select {
	case <-c.ended:
		return nil
	case <-ctx.Done():
	}
	c.box.put(func() { c.over = true })
	<-c.ended
	return context.Cause(ctx)
}

// Status is how things stand.
func (c *Client) Status() Status { return *c.status.Load() }

// SetAliases changes our names and registers them. A name that cannot be encoded
// is an error, and nothing changes.
func (c *Client) SetAliases(aliases []h225.AliasAddress) error {
	if err := checkAliases(aliases); err != nil {
		return err
	}
	aliases = slices.Clone(aliases)
	if !c.box.put(func() { c.rename(aliases) }) {
		return ErrClosed
	}
	return nil
}

// run owns the client's state, until it is over.
func (c *Client) run() {
	for !c.over {
		select {
		case <-c.box.wake:
			for _, f := range c.box.take() {
				c.guard(f)
			}
		case d := <-c.datagrams:
			c.guard(func() { c.receive(d) })
		}
		c.publish()
	}
	c.box.close()
	c.cancel()
	close(c.stop)
	c.conn.Close()
	c.enter(Closed)
	c.abort(ErrClosed)
	c.failQueue(ErrClosed)
	c.publish()
	c.wait.Wait()
	close(c.ended)
}

// guard keeps a fault that one datagram or one call brought out from ending more
// than that.
func (c *Client) guard(f func()) {
	defer func() {
		if p := recover(); p != nil {
			c.log.Error("ras: panic", "panic", p, "stack", string(debug.Stack()))
		}
	}()
	f()
}

// read hands on what comes, one datagram at a time: what is too fast for the
// client is dropped by the socket.
func (c *Client) read() {
	buf := make([]byte, 0xffff)
	for {
		n, from, err := c.conn.ReadFrom(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // such as an ICMP message's: of no use here, nor for ever
			select {
			case <-c.stop:
				return
			case <-time.After(100 * time.Millisecond):
			}
			continue
		}
		udp, ok := from.(*net.UDPAddr)
		if !ok {
			continue
		}
		a := udp.AddrPort()
		d := datagram{netip.AddrPortFrom(a.Addr().Unmap(), a.Port()), slices.Clone(buf[:n])}
		select {
		case c.datagrams <- d:
		case <-c.stop:
			return
		}
	}
}

// shutdown ends everything but DRQs that are under way, waits for those, and
// takes the registration back.
func (c *Client) shutdown() {
	if c.closing {
		return
	}
	c.closing = true
	c.cancel()
	c.retry.stop()
	c.refresh.stop()
	c.names.again.stop()
	c.failQueue(ErrClosed)
	for _, t := range c.pending() {
		if t.kind != drq {
			c.finish(t, nil, netip.AddrPort{}, ErrClosed)
		}
	}
	c.settle()
}

// settle goes on with a shutdown when nothing is under way any more.
func (c *Client) settle() {
	if !c.closing || c.over || len(c.transactions) > 0 {
		return
	}
	if c.phase != Registered {
		c.over = true
		return
	}
	c.enter(Closed)
	c.unregister(func() { c.over = true })
}

// enter changes the phase.
func (c *Client) enter(p Phase) {
	if c.phase != p {
		c.phase, c.since = p, time.Now()
	}
}

// failed notes what went wrong, for Status.
func (c *Client) failed(text string) {
	level := slog.LevelWarn
	if text == c.last.text { // the same again, every half minute for days
		level = slog.LevelDebug
	}
	c.last.text, c.last.at = text, time.Now()
	c.log.Log(context.Background(), level, "ras: "+text, "gatekeeper", c.gk.addr)
}

// publish makes the state visible, and tells of what changed.
func (c *Client) publish() {
	s := Status{
		Phase: c.phase, Since: c.since, Gatekeeper: c.gk.addr, Identifier: c.gk.id,
		Error: c.last.text, At: c.last.at, Calls: len(c.calls), Counters: c.counters,
	}
	switch c.phase {
	case Registered:
		s.EndpointID, s.Aliases, s.Taken = c.endpointID, c.confirmed, c.names.taken
		s.TimeToLive, s.Traversal, s.gatekeepers = c.ttl, c.traversal, c.gatekeepers
	case Waiting:
		s.Retry = c.retryAt
	}
	old := c.status.Swap(&s)
	if old == nil || c.cfg.Changed == nil {
		return
	}
	if old.Phase != s.Phase || old.Error != s.Error || old.EndpointID != s.EndpointID {
		c.cfg.Changed(s)
	}
}
