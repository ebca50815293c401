package ras

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/partyline/partyline/h323/h225"
)

// Times of the registration that the Recommendation leaves to us.
const (
	firstRetry = 2 * time.Second  // when nobody took us; doubled each time
	lastRetry  = 30 * time.Second // at most: so soon are we back after the gatekeeper
	steady     = 10 * time.Second // a registration that lasted as long did not fail
)

// gatekeeper is one that we speak to.
type gatekeeper struct {
	addr netip.AddrPort
	id   string // gatekeeperIdentifier
	// signal are its call signalling addresses, as its RCF said them.
	signal []h225.TransportAddress
}

// target is where a registration may be tried.
type target struct {
	gatekeeper
	discover  bool // by GRQ first
	multicast bool
}

// registration is how things stand with gatekeepers. The client's goroutine owns it.
type registration struct {
	phase   Phase
	since   time.Time
	retryAt time.Time
	retry   alarm // the next round
	refresh alarm // the next lightweight RRQ

	targets  []target // still to be tried in this round
	tried    int      // in this round
	failures int      // rounds in a row
	fresh    bool     // never registered yet: the RRQ says that we restarted
	rejoin   bool     // was registered until just now: calls wait for the outcome
	renamed  bool     // the aliases have changed since the RRQ under way

	gk         gatekeeper
	discovered bool // by GCF
	endpointID string
	confirmed  []string
	ttl        time.Duration
	alternates []target
	// gatekeepers are the addresses of gk and of the alternates.
	gatekeepers []netip.Addr
	traversal   bool
	pregrant    *h225.RegistrationConfirmPreGrantedARQ
	willIACK    bool // the gatekeeper answers IRRs that ask for it
	names       names

	// Our addresses as that gatekeeper was told them.
	signal []h225.TransportAddress
	ras    h225.TransportAddress
}

// begin starts a round with the gatekeepers that were configured.
func (c *Client) begin() {
	if c.closing {
		return
	}
	c.enter(Discovering)
	c.tried = 0
	if c.cfg.Address == "" {
		c.targets = append(c.targets, target{gatekeeper: gatekeeper{addr: c.cfg.Group}, discover: true, multicast: true})
	}
	hosts := slices.DeleteFunc(append([]string{c.cfg.Address}, c.cfg.Alternates...), func(h string) bool { return h == "" })
	c.wait.Go(func() {
		found, err := c.lookUp(hosts)
		c.box.put(func() {
			if c.closing {
				return
			}
			if err != nil {
				c.failed(err.Error())
			}
			c.targets = append(c.targets, found...)
			c.next()
		})
	})
}

// lookUp finds the addresses of hosts. What is found counts, even with an error.
func (c *Client) lookUp(hosts []string) (found []target, failure error) {
	for _, h := range hosts {
		ctx, cancel := context.WithTimeout(c.ctx, 10*time.Second)
		addrs, err := c.addresses(ctx, h)
		cancel()
		if err != nil {
			failure = fmt.Errorf("address of gatekeeper %q: %w", h, err)
		}
		for _, a := range addrs {
			found = append(found, target{gatekeeper: gatekeeper{addr: a}, discover: true})
		}
	}
	return found, failure
}

// addresses are those of host or host:port.
func (c *Client) addresses(ctx context.Context, hostport string) ([]netip.AddrPort, error) {
	if a, err := netip.ParseAddrPort(hostport); err == nil {
		return []netip.AddrPort{a}, nil
	}
	if ip, err := netip.ParseAddr(hostport); err == nil {
		return []netip.AddrPort{netip.AddrPortFrom(ip, Port)}, nil
	}
	host, text, err := net.SplitHostPort(hostport)
	if err != nil {
		return c.cfg.Resolve(ctx, hostport, Port)
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return nil, err
	}
	return c.cfg.Resolve(ctx, host, uint16(port))
}

// next tries the next gatekeeper of this round, or waits for the next round.
func (c *Client) next() {
	if c.closing {
		return
	}
	if len(c.targets) == 0 {
		c.pause()
		return
	}
	t := c.targets[0]
	c.targets = c.targets[1:]
	c.tried++
	c.gk, c.discovered, c.alternates = t.gatekeeper, false, nil
	c.names.forget()
	if err := c.locate(t.addr); err != nil {
		c.pass(err.Error())
		return
	}
	if t.discover {
		c.discover(t)
		return
	}
	c.register()
}

// pass notes why a gatekeeper is none for us and goes to the next one. Calls that
// waited for it wait no longer: that may take a while.
func (c *Client) pass(why string) {
	c.failed(why)
	c.rejoin = false
	c.failQueue(ErrNotRegistered)
	c.next()
}

// pause waits after a round in which nobody took us.
func (c *Client) pause() {
	c.enter(Waiting)
	c.rejoin = false
	c.failQueue(ErrNotRegistered)
	d := lastRetry
	if c.failures < 4 {
		d = firstRetry << c.failures
	}
	c.failures++
	c.retryAt = time.Now().Add(d)
	c.retry.set(c, d, c.begin)
}

// locate finds the addresses of ours that a gatekeeper is to be told.
func (c *Client) locate(gk netip.AddrPort) error {
	var from netip.Addr
	known := func(a netip.AddrPort) (netip.AddrPort, error) {
		if a.Addr().IsValid() && !a.Addr().IsUnspecified() {
			return a, nil
		}
		if !from.IsValid() {
			var err error
			if from, err = c.cfg.Route(gk); err != nil {
				return a, fmt.Errorf("no way to gatekeeper %v: %w", gk, err)
			}
		}
		return netip.AddrPortFrom(from, a.Port()), nil
	}
	a, err := known(c.cfg.RAS)
	if err != nil {
		return err
	}
	c.ras, c.signal = *h225.TransportAddressOf(a), nil
	for _, s := range c.cfg.Signal {
		if a, err = known(s); err != nil {
			return err
		}
		c.signal = append(c.signal, *h225.TransportAddressOf(a))
	}
	return nil
}

// lost ends a registration that is no longer good, and looks for another one:
// first with the targets given, then with those that the gatekeeper named, then
// with those configured. Calls go on; those that wait for their admission wait for
// the first try.
func (c *Client) lost(first ...target) {
	brief := time.Since(c.since) < steady
	c.enter(Registering)
	c.refresh.stop()
	c.endpointID, c.traversal, c.pregrant = "", false, nil
	c.targets, c.tried = slices.Concat(first, c.alternates), 0
	c.rejoin = len(c.targets) > 0 && !brief
	for _, t := range c.pending() {
		if t.kind != drq {
			c.finish(t, nil, netip.AddrPort{}, ErrNotRegistered)
		}
	}
	switch {
	case brief: // taken and dropped at once: no hurry, or it goes round and round
		c.pause()
	case len(c.targets) == 0:
		c.failures = 0
		c.begin()
	default:
		c.failures = 0
		c.next()
	}
}

// forgotten is what a gatekeeper says that does not know us any more, by whatever
// message: it was restarted, or our time ran out. We register anew with it.
func (c *Client) forgotten(why string) {
	if c.phase != Registered {
		return
	}
	c.failed(why)
	c.lost(target{gatekeeper: c.gk})
}
