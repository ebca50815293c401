package ras

import (
	"math/rand/v2"
	"net"
	"net/netip"
	"time"

	"github.com/partyline/partyline/h323/h225"
)

// kind is a kind of request of ours.
type kind uint8

const (
	grq kind = iota
	rrq
	urq
	arq
	brq
	drq
	irr // that wants an answer
)

// timing is how long an answer may take, and how many more tries there are
// (H.225.0 §7.19, recommended default values).
func (k kind) timing() (wait time.Duration, retries int) {
	switch k {
	case grq, arq, irr:
		return 5 * time.Second, 2
	case urq:
		return 3 * time.Second, 1
	}
	return 3 * time.Second, 2
}

// firstTry is how long the answer to the first ARQ may take. A caller waits for it:
// one lost packet must not cost the time that its call has.
const firstTry = 1500 * time.Millisecond

// patience is how long the try under way may take.
func (t *transaction) patience() time.Duration {
	if t.kind == arq && t.tries == 0 {
		return firstTry
	}
	wait, _ := t.kind.timing()
	return wait
}

// answeredBy says whether m can be the answer to such a request.
func (k kind) answeredBy(m *h225.RasMessage) bool {
	switch k {
	case grq:
		return m.GatekeeperConfirm != nil || m.GatekeeperReject != nil
	case rrq:
		return m.RegistrationConfirm != nil || m.RegistrationReject != nil
	case urq:
		return m.UnregistrationConfirm != nil || m.UnregistrationReject != nil
	case arq:
		return m.AdmissionConfirm != nil || m.AdmissionReject != nil
	case brq:
		return m.BandwidthConfirm != nil || m.BandwidthReject != nil
	case drq:
		return m.DisengageConfirm != nil || m.DisengageReject != nil
	}
	return m.InfoRequestAck != nil || m.InfoRequestNak != nil
}

// longest is how long a request may be kept alive by RIPs.
const longest = 3 * time.Minute

// transaction is a request of ours that waits for its answer.
type transaction struct {
	kind  kind
	seq   int
	to    netip.AddrPort
	data  []byte
	call  string // that it is about, for the Tap
	began time.Time
	tries int  // that are over
	quiet bool // nobody waits any more: no more tries, but an answer still counts
	timer alarm

	// wanted, unless nil, says whether an answer is for us: others by multicast
	// may not be. late, unless nil, is called before each further try.
	wanted func(m *h225.RasMessage) bool
	late   func()
	// done gets the answer, or else an error: ErrNoAnswer, ErrNotUnderstood,
	// ErrNotRegistered if the registration was lost meanwhile, ErrClosed.
	done func(answer *h225.RasMessage, from netip.AddrPort, err error)
}

// firstSequence makes a restarted endpoint's requests differ from those that it
// sent before, which a gatekeeper may still have answers to.
func firstSequence() int { return rand.IntN(0xffff) }

// sequenceNumber is a number that no request under way has (H.225.0 §7.7:
// 1 to 65535).
func (c *Client) sequenceNumber() int {
	for {
		c.seq = c.seq%0xffff + 1
		if _, taken := c.transactions[c.seq]; !taken {
			return c.seq
		}
	}
}

// request sends a request, which build makes with the sequence number, and has its
// answer waited for. One that cannot be encoded is done at once, with that error.
func (c *Client) request(t *transaction, build func(seq int) *h225.RasMessage) {
	t.seq = c.sequenceNumber()
	data, err := h225.MarshalRAS(build(t.seq))
	if err != nil {
		t.done(nil, netip.AddrPort{}, err)
		return
	}
	t.data, t.began = data, time.Now()
	c.transactions[t.seq] = t
	c.try(t)
}

// try sends a request once and sets its timer.
func (c *Client) try(t *transaction) {
	c.send(t.to, t.data)
	t.timer.set(c, t.patience(), func() { c.expire(t) })
}

// expire is the end of one try.
func (c *Client) expire(t *transaction) {
	_, retries := t.kind.timing()
	if t.tries++; t.tries > retries {
		c.counters.Timeouts++
		c.finish(t, nil, netip.AddrPort{}, ErrNoAnswer)
		return
	}
	if t.late != nil {
		t.late()
	}
	switch {
	case c.transactions[t.seq] != t: // ended by that
	case t.quiet:
		t.timer.set(c, t.patience(), func() { c.expire(t) })
	default:
		c.counters.Retries++
		c.try(t)
	}
}

// extend is what an RIP does: the time and the tries begin again
// (H.225.0 §7.19), but not for ever.
func (c *Client) extend(t *transaction, delay time.Duration) {
	if time.Since(t.began)+delay > longest {
		return
	}
	t.tries = 0
	t.timer.set(c, delay, func() { c.expire(t) })
}

// finish ends a transaction.
func (c *Client) finish(t *transaction, answer *h225.RasMessage, from netip.AddrPort, err error) {
	if c.transactions[t.seq] != t {
		return
	}
	delete(c.transactions, t.seq)
	t.timer.stop()
	t.done(answer, from, err)
	c.settle()
}

// pending are all transactions, for loops that end some.
func (c *Client) pending() []*transaction {
	all := make([]*transaction, 0, len(c.transactions))
	for _, t := range c.transactions {
		all = append(all, t)
	}
	return all
}

// abort ends all transactions.
func (c *Client) abort(err error) {
	for _, t := range c.pending() {
		c.finish(t, nil, netip.AddrPort{}, err)
	}
}

// underWay finds a transaction of that kind.
func (c *Client) underWay(k kind) *transaction {
	for _, t := range c.transactions {
		if t.kind == k {
			return t
		}
	}
	return nil
}

// send puts a datagram on the wire. One that the system does not take is as lost
// as one that the network drops.
func (c *Client) send(to netip.AddrPort, data []byte) {
	c.counters.Sent++
	c.tapped(to, data, true)
	if _, err := c.conn.WriteTo(data, net.UDPAddrFromAddrPort(to)); err != nil {
		c.log.Debug("ras: not sent", "to", to, "error", err)
	}
}
