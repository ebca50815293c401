package sip

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
)

// referring has the leg ask the party to call another.
func referring(l *Leg, target string) (result chan error, cancel func()) {
	ctx, cancel := context.WithCancel(context.Background())
	result = make(chan error, 1)
	go func() { result <- l.Refer(ctx, target) }()
	return result, cancel
}

// notify tells what came of a REFER of ours.
func (p *phone) notify(state, fragment string) {
	p.t.Helper()
	p.request("NOTIFY", "Event: refer\r\nSubscription-State: "+state+"\r\n", "message/sipfrag;version=2.0", fragment)
	p.expect(200)
}

func TestReferOut(t *testing.T) {
	inVirtualTime(t, noProbe, func(t *testing.T, h *house) {
		p := h.phone("198.51.100.7:5062")
		leg, _ := p.call(h)
		result, cancel := referring(leg.(*Leg), "sip:ada@example.org;x=1")
		defer cancel()
		refer := p.expectRequest("REFER")
		if header(refer, "Refer-To", "r") != "<sip:ada@example.org;x=1>" || header(refer, "Referred-By", "b") == "" || refer.Contact() == nil {
			t.Errorf("REFER:\n%s", refer)
		}
		if err := leg.(*Leg).Refer(context.Background(), "sip:other@example.org"); !errors.Is(err, errReferring) {
			t.Errorf("a second one: %v", err)
		}
		p.reply(refer, 202, "", "")
		p.notify("active;expires=60", "SIP/2.0 100 Trying\r\n")
		p.notify("active;expires=60", "SIP/2.0 180 Ringing\r\n")
		if len(result) > 0 {
			t.Error("done before the target answered")
		}
		p.notify("terminated;reason=noresource", "SIP/2.0 200 OK\r\n")
		p.reply(p.expectRequest("BYE"), 200, "", "")
		if err := <-result; err != nil {
			t.Error(err)
		}
		h.ended(leg, cause.Hangup)
	})
}

func TestReferOfACallOfOurs(t *testing.T) {
	inVirtualTime(t, func(c *Config) {
		overCarrier(c)
		c.Trunks[0].NumberOut = func(n string) string { return strings.Replace(n, "+41", "0", 1) }
	}, func(t *testing.T, h *house) {
		c := h.carrier(carrierAddr)
		leg, inv := h.ringUp(c, "")
		result, cancel := referring(leg, "tel:+41445550200") // as the trunk writes numbers
		defer cancel()
		refer := c.expectRequest("REFER")
		if header(refer, "Refer-To", "r") != "<sip:0445550200@203.0.113.5:5060;user=phone>" || refer.CSeq().SeqNo != inv.CSeq().SeqNo+1 {
			t.Errorf("REFER:\n%s", refer)
		}
		c.reply(refer, 202, "", "")
		synctest.Wait()
		c.request("BYE", "", "", "") // many hang up and say no more
		c.expect(200)
		if err := <-result; err != nil {
			t.Error(err)
		}
		h.rest()
	})
}

func TestReferThatFails(t *testing.T) {
	for name, c := range map[string]struct {
		say    func(p *phone)
		cause  cause.Cause
		status int
	}{
		"refused":     {func(p *phone) { p.reply(p.expectRequest("REFER"), 603, "", "") }, cause.Rejected, 603},
		"not allowed": {func(p *phone) { p.reply(p.expectRequest("REFER"), 405, "", "") }, cause.Rejected, 405},
		"target busy": {func(p *phone) {
			p.reply(p.expectRequest("REFER"), 202, "", "")
			p.notify("terminated;reason=noresource", "SIP/2.0 486 Busy Here\r\n")
		}, cause.Busy, 486},
		"says nothing": {func(p *phone) {
			p.reply(p.expectRequest("REFER"), 202, "", "")
			p.notify("terminated;reason=timeout", "SIP/2.0 100 Trying\r\n")
		}, cause.Unreachable, 100},
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, noProbe, func(t *testing.T, h *house) {
				p := h.phone("198.51.100.7:5062")
				leg, _ := p.call(h)
				result, cancel := referring(leg.(*Leg), "sip:ada@example.org")
				defer cancel()
				c.say(p)
				var f *Failure
				if err := <-result; !errors.As(err, &f) || f.Cause != c.cause || f.Status != c.status {
					t.Errorf("got %#v", err)
				}
				if leg.(*Leg).over() {
					t.Error("the call is gone")
				}
				// It may be tried again.
				result, cancel = referring(leg.(*Leg), "sip:eve@example.org")
				p.expectRequest("REFER")
				cancel()
				if err := <-result; !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			})
		})
	}
}

func TestReferToNonsense(t *testing.T) {
	inVirtualTime(t, noProbe, func(t *testing.T, h *house) {
		p := h.phone("198.51.100.7:5062")
		leg, _ := p.call(h)
		for _, target := range []string{"", "bob", "mailto:a@b", "sip:a@b>\r\nX: y", "sip:"} {
			if err := leg.(*Leg).Refer(context.Background(), target); err == nil {
				t.Errorf("%q was sent", target)
			}
		}
	})
}

func TestNotifyUnasked(t *testing.T) {
	inVirtualTime(t, noProbe, func(t *testing.T, h *house) {
		p := h.phone("198.51.100.7:5062")
		leg, _ := p.call(h)
		p.request("NOTIFY", "Event: refer\r\nSubscription-State: terminated\r\n", "message/sipfrag", "SIP/2.0 200 OK\r\n")
		p.expect(405)
		if leg.(*Leg).over() {
			t.Error("it ended the call")
		}
	})
}

// mover is a house that moves parties.
type mover struct {
	*house
	asked []Inbound
	err   error
}

func (m *mover) Transfer(leg bridge.Leg, to Inbound) error {
	m.asked = append(m.asked, to)
	if to.Called == "panic" {
		panic("in a transfer")
	}
	return m.err
}

func TestReferIn(t *testing.T) {
	inVirtualTime(t, noProbe, func(t *testing.T, h *house) {
		m := &mover{house: h}
		h.srv.router = m
		p := h.phone("198.51.100.7:5062")
		leg, _ := p.call(h)
		for i := range 2 {
			p.request("REFER", "Refer-To: <sip:1234.9876@meet.example.org>\r\n", "", "")
			if res := p.expect(202); res.Contact() == nil {
				t.Errorf("202:\n%s", res)
			}
			notify := p.expectRequest("NOTIFY")
			event := "refer"
			if i > 0 {
				event = fmt.Sprintf("refer;id=%d", p.seq)
			}
			if header(notify, "Event", "o") != event || !strings.HasPrefix(string(notify.Body()), "SIP/2.0 200") ||
				!strings.HasPrefix(header(notify, "Subscription-State", ""), "terminated") || notify.Contact() == nil {
				t.Errorf("NOTIFY:\n%s", notify)
			}
			p.reply(notify, 200, "", "")
		}
		if in := m.asked[0]; len(m.asked) != 2 || in.Called != "1234.9876" || in.CalledHost != "meet.example.org" || in.Caller != "alice" {
			t.Errorf("asked %+v", m.asked)
		}
		if leg.(*Leg).over() {
			t.Error("the call is gone")
		}
		m.err = cause.Unroutable
		p.request("REFER", "r: tel:+41900123456\r\n", "", "")
		p.expect(603)
		p.request("REFER", "Refer-To: <sip:panic@meet.example.org>\r\n", "", "")
		p.expect(603)
		// What asks for more than a plain call is not even put to the Router.
		m.err, m.asked = nil, nil
		for _, to := range []string{
			"<sip:1234@meet.example.org?Replaces=x>", "<sip:1234@meet.example.org;method=BYE>",
			"<mailto:a@b.example>", "<sip:1234@a>, <sip:5678@a>", "<sip:meet.example.org>",
		} {
			p.request("REFER", "Refer-To: "+to+"\r\n", "", "")
			p.expect(603)
		}
		p.request("REFER", "Refer-To: <sip:1234@a>\r\nTarget-Dialog: x;local-tag=a;remote-tag=b\r\n", "", "")
		p.expect(603)
		p.request("REFER", "", "", "")
		p.expect(603)
		if len(m.asked) > 0 {
			t.Errorf("asked %+v", m.asked)
		}
	})
}

// TestReferInWhileOver: the answer to a REFER is not forgotten when the call ends
// meanwhile.
func TestReferInWhileOver(t *testing.T) {
	inVirtualTime(t, noProbe, func(t *testing.T, h *house) {
		slow := &slowMover{house: h, go_: make(chan struct{})}
		h.srv.router = slow
		p := h.phone("198.51.100.7:5062")
		leg, _ := p.call(h)
		p.request("REFER", "Refer-To: <sip:1234@a>\r\n", "", "")
		synctest.Wait()
		p.request("REFER", "Refer-To: <sip:5678@a>\r\n", "", "") // one at a time
		p.expect(603)
		p.request("BYE", "", "", "")
		p.expect(200)
		h.ended(leg, cause.Hangup)
		close(slow.go_)
		p.expect(481)
		time.Sleep(40 * time.Second)
		synctest.Wait()
		if server, _ := h.srv.tx.len(); server > 0 {
			t.Errorf("%d transactions left", server)
		}
	})
}

type slowMover struct {
	*house
	go_ chan struct{}
}

func (m *slowMover) Transfer(bridge.Leg, Inbound) error { <-m.go_; return nil }

func TestReferNobodyMoves(t *testing.T) {
	inVirtualTime(t, noProbe, func(t *testing.T, h *house) {
		p := h.phone("198.51.100.7:5062")
		p.request("REFER", "Refer-To: <sip:1234@a>\r\n", "", "")
		p.expect(405)
		p.call(h)
		p.request("REFER", "Refer-To: <sip:1234@a>\r\n", "", "")
		p.expect(603)
	})
}

func FuzzReferIn(f *testing.F) {
	for _, s := range []string{"<sip:1234@a>", "sip:1234@a;method=INVITE", `"x" <tel:+1>;q=1`, "<sip:a@b?Replaces=c>", ",", `"`, "<", "<sip:1234@a>, <sip:1@b>"} {
		f.Add(s, "SIP/2.0 200 OK")
	}
	f.Fuzz(func(t *testing.T, to, fragmentText string) {
		req := requestWith("Refer-To", to)
		if u := referredTo(req); u != nil && (calledUser(u) == "" || len(u.Headers) > 0) {
			t.Errorf("%q leads to %v", to, u)
		}
		if n, _ := fragment([]byte(fragmentText)); n != 0 && (n < 100 || n > 699) {
			t.Errorf("%q is %d", fragmentText, n)
		}
	})
}
