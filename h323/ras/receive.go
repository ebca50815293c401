package ras

import (
	"net/netip"
	"slices"
	"time"

	"github.com/partyline/partyline/h323/h225"
)

// receive sorts a datagram: an answer goes to its request, a request of the
// gatekeeper's is answered, and what is from neither is dropped unread.
func (c *Client) receive(d datagram) {
	c.counters.Received++
	if c.repeat(d) {
		return
	}
	ours := c.isOurs(d.from)
	if !ours && !c.awaits(d.from) {
		c.counters.Ignored++
		return
	}
	c.tapped(d.from, d.data, false)
	m, err := h225.UnmarshalRAS(d.data)
	if err != nil {
		c.counters.Ignored++
		c.log.Debug("ras: not decoded", "from", d.from, "error", err)
		if ours {
			c.notUnderstood(d, 0)
		}
		return
	}
	if seq := answerSequence(m); seq != 0 {
		c.answer(seq, m, d.from)
		return
	}
	if ours && !c.closing {
		c.serve(d, m)
	}
}

// isOurs says whether requests of that address are the gatekeeper's. Its port may
// be another than that of its RAS address.
func (c *Client) isOurs(from netip.AddrPort) bool {
	return c.phase == Registered && from.Addr() == c.gk.addr.Addr()
}

// awaits says whether a request waits for an answer of that address.
func (c *Client) awaits(from netip.AddrPort) bool {
	for _, t := range c.transactions {
		if t.from(from) {
			return true
		}
	}
	return false
}

// from says whether the answer may come from that address: after a multicast, any.
func (t *transaction) from(a netip.AddrPort) bool {
	return t.to.Addr().IsMulticast() || t.to.Addr() == a.Addr()
}

// answer brings an answer to its request. What nobody waits for comes too late or
// is a repetition.
func (c *Client) answer(seq int, m *h225.RasMessage, from netip.AddrPort) {
	t := c.transactions[seq]
	switch {
	case t == nil || !t.from(from):
		c.counters.Ignored++
	case m.RequestInProgress != nil:
		c.extend(t, time.Duration(m.RequestInProgress.Delay)*time.Millisecond)
	case m.UnknownMessageResponse != nil:
		c.finish(t, nil, from, ErrNotUnderstood)
	case !t.kind.answeredBy(m) || t.wanted != nil && !t.wanted(m):
		c.counters.Ignored++
	default:
		c.finish(t, m, from, nil)
	}
}

// answered is a request of the gatekeeper's and our answer, kept for its retries.
type answered struct {
	from, to       netip.AddrPort
	request, reply []byte
	at             time.Time
}

// How long and how many answers are kept: as long as a gatekeeper may retry.
const (
	keepAnswers = 30 * time.Second
	mostAnswers = 32
)

// repeat gives a retry of a request, the same octets again, the same answer without
// doing it again (H.225.0 §7.19): also if the registration has ended by it.
func (c *Client) repeat(d datagram) bool {
	now := time.Now()
	c.answered = slices.DeleteFunc(c.answered, func(a answered) bool { return now.Sub(a.at) > keepAnswers })
	for _, a := range c.answered {
		if a.from == d.from && string(a.request) == string(d.data) {
			c.send(a.to, a.reply)
			return true
		}
	}
	return false
}

// serve answers a request.
func (c *Client) serve(d datagram, m *h225.RasMessage) {
	to, reply := c.reply(d, m)
	if reply == nil {
		return
	}
	data, err := h225.MarshalRAS(reply)
	if err != nil {
		c.log.Error("ras: answer", "to", m.Name(), "error", err)
		return
	}
	if len(c.answered) == mostAnswers {
		c.answered = slices.Delete(c.answered, 0, 1)
	}
	c.answered = append(c.answered, answered{d.from, to, d.data, data, time.Now()})
	c.send(to, data)
}

// reply makes the answer to a request of the gatekeeper's, and says where to.
func (c *Client) reply(d datagram, m *h225.RasMessage) (to netip.AddrPort, reply *h225.RasMessage) {
	to = d.from
	switch {
	case m.UnregistrationRequest != nil:
		reply = c.unregistered(m.UnregistrationRequest)
	case m.DisengageRequest != nil:
		reply = c.disengaged(m.DisengageRequest)
	case m.BandwidthRequest != nil:
		reply = c.limited(m.BandwidthRequest)
	case m.InfoRequest != nil:
		to = c.replyAddress(d.from, m.InfoRequest.ReplyAddress)
		reply = c.inform(m.InfoRequest)
	case m.ServiceControlIndication != nil:
		reply = c.serviceControl(m.ServiceControlIndication)
	case m.LocationRequest != nil: // we find nobody for others
		to = c.replyAddress(d.from, &m.LocationRequest.ReplyAddress)
		reply = &h225.RasMessage{LocationReject: &h225.LocationReject{
			RequestSeqNum: m.LocationRequest.RequestSeqNum,
			RejectReason:  h225.LocationRejectReason{RequestDenied: null()},
		}}
	default:
		c.notUnderstood(d, sequence(m))
	}
	return to, reply
}

// replyAddress is where a request wants its answer, if that is the sender itself:
// nobody has us send to others.
func (c *Client) replyAddress(from netip.AddrPort, wanted *h225.TransportAddress) netip.AddrPort {
	if a, ok := wanted.AddrPort(); ok && a.Addr() == from.Addr() && a.Port() != 0 {
		return a
	}
	return from
}

// notUnderstood sends an XRS (H.225.0 §7.17), once a second at most. A message that
// we cannot read has no number that we could repeat: it gets one of ours, and the
// message itself says what is meant.
func (c *Client) notUnderstood(d datagram, seq int) {
	if !c.lastXRS.IsZero() && time.Since(c.lastXRS) < time.Second {
		return
	}
	c.lastXRS = time.Now()
	if seq == 0 {
		seq = c.sequenceNumber()
	}
	data, err := h225.MarshalRAS(&h225.RasMessage{UnknownMessageResponse: &h225.UnknownMessageResponse{
		RequestSeqNum: seq, MessageNotUnderstood: d.data,
	}})
	if err != nil {
		c.log.Error("ras: XRS", "error", err)
		return
	}
	c.send(d.from, data)
}
