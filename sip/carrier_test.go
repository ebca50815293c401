package sip

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	msg "github.com/emiago/sipgo/sip"

	"github.com/partyline/partyline/cause"
)

const (
	carrierAddr = "203.0.113.5:5060"
	secondAddr  = "203.0.113.6:5060"
)

// overCarrier has one trunk with a peer.
func overCarrier(c *Config) {
	noProbe(c)
	c.Trunks = []Trunk{{
		Name: "carrier", Peers: []Peer{{URI: "sip:" + carrierAddr}},
		Allow: []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")},
	}}
}

// overTwo has one with two.
func overTwo(c *Config) {
	overCarrier(c)
	c.Trunks[0].Peers = append(c.Trunks[0].Peers, Peer{URI: "sip:" + secondAddr, Priority: 1})
}

// carrier answers calls of ours, as text.
type carrier struct {
	*phone
	contact string // its URI
	extra   string // header lines of every response but 100
}

func (h *house) carrier(addr string) *carrier {
	return &carrier{phone: h.phone(addr), contact: "sip:gw@" + addr}
}

// takes waits for a call.
func (c *carrier) takes() *msg.Request {
	c.t.Helper()
	return c.expectRequest("INVITE")
}

// say answers a request with a To tag of its choice.
func (c *carrier) say(req *msg.Request, status int, tag, headers, body string) {
	res := msg.NewResponseFromRequest(req, status, "Whatever", []byte(body))
	if status > 100 && !req.To().Params.Has("tag") {
		res.To().Params.Add("tag", tag)
	}
	if req.Method == msg.INVITE && status > 100 && status < 300 {
		headers = "Contact: <" + c.contact + ">\r\n" + headers
	}
	if status > 100 {
		headers = c.extra + headers
	}
	for line := range strings.SplitSeq(headers, "\r\n") {
		if k, v, ok := strings.Cut(line, ":"); ok {
			res.AppendHeader(msg.NewHeader(k, strings.TrimSpace(v)))
		}
	}
	if body != "" {
		res.AppendHeader(msg.NewHeader("Content-Type", "application/sdp"))
	}
	c.raw(res.String())
}

// takeOver makes requests of the carrier's own belong to a call of ours.
func (c *carrier) takeOver(invite *msg.Request, tag string) {
	c.callID = string(*invite.CallID())
	c.tag = tag
	c.toTag, _ = invite.From().Params.Get("tag")
	c.uri = invite.Contact().Address.String()
	c.seq = 100
}

// dialled is a call of ours on its way.
type dialled struct {
	t      *testing.T
	cancel context.CancelFunc
	steps  []string
	leg    *Leg
	err    error
	over   chan struct{}
}

func (h *house) dial(c Call) *dialled {
	ctx, cancel := context.WithCancel(context.Background())
	d := &dialled{t: h.t, cancel: cancel, over: make(chan struct{})}
	go func() {
		defer close(d.over)
		d.leg, d.err = h.srv.Dial(ctx, c, func(p Progress) { d.steps = append(d.steps, p.State) })
	}()
	return d
}

// up waits for the answer.
func (d *dialled) up() *Leg {
	d.t.Helper()
	<-d.over
	if d.err != nil {
		d.t.Fatalf("the call failed: %v", d.err)
	}
	return d.leg
}

// fails waits for the failure.
func (d *dialled) fails(want cause.Cause, status int) *Failure {
	d.t.Helper()
	<-d.over
	f, ok := d.err.(*Failure)
	if !ok || f.Cause != want || f.Status != status {
		d.t.Fatalf("got %#v, want %v with status %d", d.err, want, status)
	}
	return f
}

// told compares the steps.
func (d *dialled) told(want string) {
	d.t.Helper()
	<-d.over
	if got := strings.Join(d.steps, " "); got != want {
		d.t.Errorf("steps %q, want %q", got, want)
	}
}

// ringUp makes a call that is answered at once.
func (h *house) ringUp(c *carrier, answer string) (*Leg, *msg.Request) {
	h.t.Helper()
	d := h.dial(Call{Trunk: "carrier", To: "+41445550100"})
	inv := c.takes()
	c.say(inv, 200, "bob", answer, c.sdp("sendrecv", "8 101"))
	c.expectRequest("ACK")
	c.takeOver(inv, "bob")
	return d.up(), inv
}

// rest checks that nothing is left of any call.
func (h *house) rest() {
	h.t.Helper()
	time.Sleep(70 * time.Second)
	synctest.Wait()
	if server, client := h.srv.tx.len(); server+client > 0 {
		h.t.Errorf("%d, %d transactions left", server, client)
	}
	if n := len(h.srv.Legs()); n > 0 {
		h.t.Errorf("%d legs left", n)
	}
	in, out := h.srv.meter.use("carrier")
	if in+out+h.srv.meter.calls != 0 {
		h.t.Errorf("%d calls in, %d out, %d in all are still counted", in, out, h.srv.meter.calls)
	}
	for i := range h.streams {
		if !h.stream(i).isClosed() {
			h.t.Errorf("stream %d is not closed", i)
		}
	}
}

func TestDialConnects(t *testing.T) {
	inVirtualTime(t, overCarrier, func(t *testing.T, h *house) {
		c := h.carrier(carrierAddr)
		d := h.dial(Call{Trunk: "carrier", To: "+41445550100", CallerID: "+41445550199", Name: "Bob", Subject: "Weekly", CallID: "my-own"})
		inv := c.takes()
		if inv.Recipient.User != "+41445550100" || inv.Recipient.Host != "203.0.113.5" || string(*inv.CallID()) != "my-own" {
			t.Errorf("INVITE %v", inv)
		}
		for name, want := range map[string]string{"Subject": "Weekly", "Supported": "100rel, timer", "Session-Expires": "1800", "Min-SE": "90"} {
			if got := header(inv, name, ""); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		if _, tagged := inv.To().Params.Get("tag"); tagged || inv.From().Address.User != "+41445550199" {
			t.Errorf("From %v, To %v", inv.From(), inv.To())
		}
		if body := string(inv.Body()); !strings.Contains(body, "m=audio 20000 RTP/AVP 96 9 8 0") || !strings.Contains(body, "c=IN IP4 192.0.2.1") {
			t.Errorf("offer:\n%s", body)
		}
		if peer := h.stream(0).cfg.Peer; peer.Announced.IsValid() || peer.Signalling.IsValid() {
			t.Errorf("an unknown peer is expected from %+v", peer)
		}
		c.say(inv, 100, "", "", "")
		c.say(inv, 180, "bob", "", "")
		time.Sleep(5 * time.Second)
		c.say(inv, 200, "bob", "Server: switch/9\r\n", c.sdp("sendrecv", "8 101"))
		ack := c.expectRequest("ACK")
		if ack.CSeq().SeqNo != inv.CSeq().SeqNo || ack.To().Params.GetOr("tag", "") != "bob" || ack.Recipient.User != "gw" {
			t.Errorf("ACK:\n%s", ack)
		}
		leg := d.up()
		d.told("calling proceeding ringing connected")
		if p := h.stream(0).last(); p.Send.Name != "PCMA" || p.Peer.Announced.String() != "203.0.113.5:40000" {
			t.Errorf("params %+v", p)
		}
		if p := leg.Party(); p.Name != "Bob" || p.Number != "+41445550100" || p.Trunk != "carrier" || p.Product != "switch/9" || p.CallID != "my-own" || p.Address != carrierAddr {
			t.Errorf("party %+v", p)
		}
		if !leg.Outgoing() || len(h.legs) != 0 {
			t.Error("a call of ours was given to the Attendant")
		}
		leg.Hangup(cause.Ended)
		bye := c.expectRequest("BYE")
		if bye.CSeq().SeqNo != inv.CSeq().SeqNo+1 || bye.Recipient.String() != "sip:gw@"+carrierAddr {
			t.Errorf("BYE:\n%s", bye)
		}
		c.reply(bye, 200, "", "")
		h.ended(leg, cause.Ended)
		h.rest()
		if s := h.srv.Stats(); s.Dialled != 1 || s.Reached != 1 || s.Ended[cause.Ended] != 1 {
			t.Errorf("stats %+v", s)
		}
	})
}

func TestTheCalledHangsUp(t *testing.T) {
	inVirtualTime(t, overCarrier, func(t *testing.T, h *house) {
		c := h.carrier(carrierAddr)
		leg, _ := h.ringUp(c, "")
		c.request("BYE", "", "", "")
		c.expect(200)
		h.ended(leg, cause.Hangup)
		h.rest()
	})
}

// TestByeRightAfterACK: who is called may hang up as soon as it has our ACK.
func TestByeRightAfterACK(t *testing.T) {
	inVirtualTime(t, overCarrier, func(t *testing.T, h *house) {
		c := h.carrier(carrierAddr)
		for i := range 20 {
			d := h.dial(Call{Trunk: "carrier", To: "+41445550100"})
			inv := c.takes()
			tag := fmt.Sprint("bob", i)
			c.say(inv, 200, tag, "", c.sdp("sendrecv", "8"))
			c.expectRequest("ACK")
			c.takeOver(inv, tag)
			c.request("BYE", "", "", "")
			c.expect(200)
			<-d.over
			if d.err != nil {
				t.Fatal(d.err)
			}
			h.ended(d.leg, cause.Hangup)
		}
		h.rest()
	})
}

func TestRepeatedSuccessIsAcknowledgedAgain(t *testing.T) {
	inVirtualTime(t, overCarrier, func(t *testing.T, h *house) {
		c := h.carrier(carrierAddr)
		leg, inv := h.ringUp(c, "")
		for range 3 {
			time.Sleep(time.Second)
			c.say(inv, 200, "bob", "", c.sdp("sendrecv", "8 101"))
			c.expectRequest("ACK")
		}
		leg.Hangup(cause.Ended)
		c.reply(c.expectRequest("BYE"), 200, "", "")
		c.say(inv, 200, "bob", "", c.sdp("sendrecv", "8 101")) // late
		c.expectRequest("ACK")
		h.rest()
	})
}

func TestRouteSetIsReversed(t *testing.T) {
	inVirtualTime(t, overCarrier, func(t *testing.T, h *house) {
		c := h.carrier(carrierAddr)
		proxy := h.carrier(secondAddr)
		d := h.dial(Call{Trunk: "carrier", To: "+41445550100"})
		inv := c.takes()
		c.say(inv, 200, "bob", "Record-Route: <sip:198.51.100.9;lr>\r\nRecord-Route: <sip:203.0.113.6:5060;lr;x=1>\r\n", c.sdp("sendrecv", "8"))
		ack := proxy.expectRequest("ACK")
		if got := routesOf(ack); got != "sip:203.0.113.6:5060;lr;x=1 sip:198.51.100.9;lr" || ack.Recipient.User != "gw" {
			t.Errorf("ACK to %v by %s", ack.Recipient.String(), got)
		}
		leg := d.up()
		leg.Hangup(cause.Ended)
		bye := proxy.expectRequest("BYE")
		if got := routesOf(bye); got != "sip:203.0.113.6:5060;lr;x=1 sip:198.51.100.9;lr" {
			t.Errorf("BYE by %s", got)
		}
		proxy.reply(bye, 200, "", "")
		h.rest()
	})
}

func routesOf(req *msg.Request) string {
	var all []string
	for _, r := range req.GetHeaders("Route") {
		all = append(all, r.(*msg.RouteHeader).Address.String())
	}
	return strings.Join(all, " ")
}

func TestOutboundProxyIsPreloaded(t *testing.T) {
	inVirtualTime(t, func(c *Config) {
		overCarrier(c)
		c.Trunks[0].OutboundProxy = "sip:" + secondAddr + ";lr"
	}, func(t *testing.T, h *house) {
		proxy := h.carrier(secondAddr)
		d := h.dial(Call{Trunk: "carrier", To: "+41445550100"})
		inv := proxy.takes()
		if got := routesOf(inv); got != "sip:203.0.113.6:5060;lr" || inv.Recipient.Host != "203.0.113.5" {
			t.Errorf("INVITE to %s by %s", inv.Recipient.String(), got)
		}
		proxy.say(inv, 180, "bob", "", "")
		time.Sleep(time.Second)
		d.cancel()
		cancel := proxy.expectRequest("CANCEL")
		if routesOf(cancel) != routesOf(inv) {
			t.Errorf("CANCEL by %s", routesOf(cancel))
		}
		proxy.reply(cancel, 200, "", "")
		proxy.say(inv, 487, "bob", "", "")
		if ack := proxy.expectRequest("ACK"); routesOf(ack) != routesOf(inv) {
			t.Errorf("ACK by %s", routesOf(ack))
		}
		d.fails(cause.Cancelled, 0)
		h.rest()
	})
}

func TestWithinACallOfOurs(t *testing.T) {
	inVirtualTime(t, overCarrier, func(t *testing.T, h *house) {
		c := h.carrier(carrierAddr)
		leg, inv := h.ringUp(c, "")
		c.target = "sip:moved@" + carrierAddr
		c.request("INVITE", "", "application/sdp", c.sdp("sendonly", "8 101"))
		res := c.expect(200)
		if !strings.Contains(string(res.Body()), "a=recvonly") || res.To().Params.GetOr("tag", "") != inv.From().Params.GetOr("tag", "?") {
			t.Errorf("answer to hold:\n%s", res)
		}
		c.ack("", "")
		synctest.Wait()
		if !leg.Held() || !h.stream(0).last().Hold {
			t.Error("not on hold")
		}
		c.request("INFO", "", "application/dtmf-relay", "Signal=5\r\n")
		c.expect(200)
		c.seq -= 2
		c.request("INFO", "", "", "")
		c.expect(500)
		leg.Hangup(cause.Ended)
		if bye := c.expectRequest("BYE"); bye.Recipient.User != "moved" {
			t.Errorf("BYE to %s after the target moved", bye.Recipient.String())
		} else {
			c.reply(bye, 200, "", "")
		}
		h.rest()
	})
}

func TestSilentCalledIsProbed(t *testing.T) {
	inVirtualTime(t, func(c *Config) { overCarrier(c); c.Silence = 0 }, func(t *testing.T, h *house) {
		c := h.carrier(carrierAddr)
		leg, _ := h.ringUp(c, "")
		for range 3 {
			c.expectRequest("OPTIONS")
		}
		h.ended(leg, cause.Timeout)
	})
}

func TestUnusableAnswer(t *testing.T) {
	for name, body := range map[string]string{"codec": "18", "none": ""} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, overCarrier, func(t *testing.T, h *house) {
				c := h.carrier(carrierAddr)
				d := h.dial(Call{Trunk: "carrier", To: "+41445550100"})
				inv := c.takes()
				if body != "" {
					body = c.sdp("sendrecv", body)
				}
				c.say(inv, 200, "bob", "", body)
				c.expectRequest("ACK")
				c.reply(c.expectRequest("BYE"), 200, "", "")
				d.fails(cause.Unsupported, 0)
				h.rest()
			})
		})
	}
}
