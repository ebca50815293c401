package sip

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	msg "github.com/emiago/sipgo/sip"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/media"
	"github.com/partyline/partyline/media/codec"
	"github.com/partyline/partyline/media/sdp"
)

func TestCallAndBye(t *testing.T) {
	inVirtualTime(t, nil, func(t *testing.T, h *house) {
		p := h.phone("198.51.100.7:5062")
		leg, res := p.call(h)
		if got := string(res.Body()); !strings.Contains(got, "c=IN IP4 192.0.2.1") || !strings.Contains(got, "m=audio 20000 RTP/AVP 8") {
			t.Fatalf("answer:\n%s", got)
		}
		if c := res.Contact(); c == nil || c.Address.Host != "192.0.2.1" || c.Address.Port != 5060 {
			t.Fatalf("Contact %v", res.Contact())
		}
		s := h.stream(0)
		if p := s.last(); p.Send.Name != codec.PCMA || p.Peer.Announced.String() != "198.51.100.7:40000" || p.EventPT != 101 {
			t.Fatalf("params %+v", p)
		}
		party := leg.Party()
		if party.Number != "alice" || party.Name != "Alice" || party.Called != "reception" || party.Address != "198.51.100.7:5062" {
			t.Fatalf("party %+v", party)
		}
		p.request("BYE", "", "", "")
		p.expect(200)
		h.ended(leg, cause.Hangup)
		if !s.isClosed() {
			t.Fatal("the stream is not closed")
		}
		if n := len(h.srv.Legs()); n != 0 {
			t.Fatalf("%d legs left", n)
		}
	})
}

func TestHangupSaysWhy(t *testing.T) {
	inVirtualTime(t, nil, func(t *testing.T, h *house) {
		p := h.phone("198.51.100.7:5062")
		leg, _ := p.call(h)
		leg.Hangup(cause.Removed)
		leg.Hangup(cause.Internal) // the first counts
		bye := p.expectRequest("BYE")
		if got := header(bye, "Reason", ""); got != `Q.850;cause=16;text="removed from the meeting"` {
			t.Fatalf("Reason: %s", got)
		}
		if bye.Recipient.Host != "198.51.100.7" || bye.Recipient.Port != 5062 {
			t.Fatalf("BYE to %v", bye.Recipient)
		}
		p.reply(bye, 200, "", "")
		h.ended(leg, cause.Removed)
	})
}

func TestCrossingByes(t *testing.T) {
	inVirtualTime(t, nil, func(t *testing.T, h *house) {
		p := h.phone("198.51.100.7:5062")
		leg, _ := p.call(h)
		leg.Hangup(cause.Ended)
		bye := p.expectRequest("BYE")
		p.request("BYE", "", "", "")
		p.expect(200)
		p.reply(bye, 200, "", "")
	})
}

func TestAnswerIsRepeatedUntilACK(t *testing.T) {
	inVirtualTime(t, nil, func(t *testing.T, h *house) {
		p := h.phone("198.51.100.7:5062")
		start := time.Now()
		p.request("INVITE", "", "application/sdp", p.offer())
		n := 0
		for time.Since(start) < 33*time.Second {
			m := p.read(time.Second)
			if m == nil {
				continue
			}
			if strings.HasPrefix(m.String(), "BYE ") {
				break
			}
			n++
		}
		// T1 doubling to T2 within 64*T1: 0, .5, 1.5, 3.5, then every 4 s.
		if n < 10 || n > 12 {
			t.Errorf("%d copies of the answer", n)
		}
		if d := time.Since(start); d < 31*time.Second || d > 33*time.Second {
			t.Errorf("given up after %v", d)
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		server, client := h.srv.tx.len()
		if server+client > 0 || len(h.srv.Legs()) > 0 {
			t.Errorf("%d, %d transactions, %d legs left 45 s after a half-open call", server, client, len(h.srv.Legs()))
		}
		if s := h.srv.meter.of(p.c.addr.Addr()); s.unanswered != 0 || s.calls != 0 {
			t.Errorf("source still has %+v", s)
		}
	})
}

func TestLostACKIsMadeUpByTheNext(t *testing.T) {
	inVirtualTime(t, nil, func(t *testing.T, h *house) {
		p := h.phone("198.51.100.7:5062")
		p.request("INVITE", "", "application/sdp", p.offer())
		p.expect(200)
		res := p.expect(200) // again: the ACK did not arrive
		p.toTag, _ = res.To().Params.Get("tag")
		p.ack("", "")
		leg := h.leg()
		if m := p.read(10 * time.Second); m != nil {
			t.Fatalf("still talking after the ACK: %v", m)
		}
		leg.Hangup(cause.Ended)
	})
}

func TestRetransmittedInviteIsOneCall(t *testing.T) {
	inVirtualTime(t, nil, func(t *testing.T, h *house) {
		p := h.phone("198.51.100.7:5062")
		text := p.request("INVITE", "", "application/sdp", p.offer())
		p.raw(text)
		p.raw(text)
		p.expect(200)
		synctest.Wait()
		if len(h.inbound) != 1 {
			t.Fatalf("%d calls of one INVITE", len(h.inbound))
		}
		// The same INVITE by another way (RFC 3261 §8.2.2.2).
		p.raw(strings.Replace(text, "branch=z9hG4bK", "branch=z9hG4bKother", 1))
		for r := p.response(); r.StatusCode != 482; r = p.response() {
			if r.StatusCode != 200 {
				t.Fatalf("got %d", r.StatusCode)
			}
		}
	})
}

func TestLateOffer(t *testing.T) {
	inVirtualTime(t, nil, func(t *testing.T, h *house) {
		p := h.phone("198.51.100.7:5062")
		p.request("INVITE", "", "", "")
		res := p.expect(200)
		if !strings.Contains(string(res.Body()), "opus/48000") {
			t.Fatalf("our offer:\n%s", res.Body())
		}
		if peer := h.stream(0).cfg.Peer; peer.Announced.IsValid() || peer.Signalling.IsValid() {
			t.Fatalf("an unknown peer is expected from %+v", peer)
		}
		p.toTag, _ = res.To().Params.Get("tag")
		p.ack("application/sdp", p.sdp("sendrecv", "0 101"))
		leg := h.leg()
		if got := h.stream(0).last(); got.Send.Name != codec.PCMU || got.Peer.Announced.Port() != 40000 {
			t.Fatalf("params %+v", got)
		}
		leg.Hangup(cause.Ended)
	})
}

func TestLateOfferWithoutAnswerEnds(t *testing.T) {
	inVirtualTime(t, nil, func(t *testing.T, h *house) {
		p := h.phone("198.51.100.7:5062")
		p.request("INVITE", "", "", "")
		res := p.expect(200)
		p.toTag, _ = res.To().Params.Get("tag")
		p.ack("", "")
		p.reply(p.expectRequest("BYE"), 200, "", "")
	})
}

func TestCancel(t *testing.T) {
	inVirtualTime(t, nil, func(t *testing.T, h *house) {
		h.route = func(ctx context.Context, in Inbound) (Target, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		p := h.phone("198.51.100.7:5062")
		text := p.request("INVITE", "", "application/sdp", p.offer())
		if m := p.read(time.Second); m == nil || !strings.HasPrefix(m.String(), "SIP/2.0 100") {
			t.Fatalf("no 100 while routing: %v", m)
		}
		cancel := strings.NewReplacer("INVITE sip", "CANCEL sip", "1 INVITE", "1 CANCEL").Replace(text)
		cancel, _, _ = strings.Cut(cancel, "Content-Type")
		p.raw(cancel + "Content-Length: 0\r\n\r\n")
		first, second := p.response(), p.response()
		if first.StatusCode != 200 || second.StatusCode != 487 {
			t.Fatalf("got %d, %d", first.StatusCode, second.StatusCode)
		}
		a, _ := first.To().Params.Get("tag")
		b, _ := second.To().Params.Get("tag")
		if a == "" || a != b {
			t.Errorf("To tags %q and %q", a, b)
		}
		p.raw(strings.Replace(cancel, "CANCEL", "ACK", 2) + "Content-Length: 0\r\n\r\n")
		synctest.Wait()
		if n := len(h.srv.Legs()); n != 0 {
			t.Fatalf("%d legs left", n)
		}
	})
}

func TestRefusals(t *testing.T) {
	internal := errors.New("boom")
	for name, c := range map[string]struct {
		err     error
		offer   string
		headers string
		uri     string
		status  int
		header  string
		value   string
	}{
		"no route":    {err: cause.Unroutable, status: 404},
		"full":        {err: cause.Full, status: 486},
		"limit":       {err: cause.Limit, status: 503, header: "Retry-After", value: "30"},
		"fault":       {err: internal, status: 500},
		"no codec":    {offer: "0 -> 18", status: 488, header: "Warning", value: "305 gw.example"},
		"extension":   {headers: "Require: replaces, 100rel\r\n", status: 420, header: "Unsupported", value: "replaces"},
		"scheme":      {uri: "mailto:a@b.example", status: 416},
		"short timer": {headers: "Supported: timer\r\nSession-Expires: 60\r\n", status: 422, header: "Min-SE", value: "90"},
		"number":      {err: &Redirection{"+41445550199"}, status: 302, header: "Contact", value: "<sip:+41445550199@198.51.100.7:5062;user=phone>"},
		"elsewhere":   {err: &Redirection{"sips:desk@pbx.example"}, status: 302, header: "Contact", value: "<sips:desk@pbx.example>"},
		"nowhere":     {err: &Redirection{"mailto:a@b.example"}, status: 404, header: "Reason", value: "cause=1"},
		"body":        {headers: "X-Kind: text\r\n", status: 415, header: "Accept", value: "application/sdp"},
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, nil, func(t *testing.T, h *house) {
				h.route = func(context.Context, Inbound) (Target, error) { return nil, c.err }
				p := h.phone("198.51.100.7:5062")
				if c.uri != "" {
					p.uri = c.uri
				}
				body, kind := p.offer(), "application/sdp"
				if c.offer != "" {
					body = p.sdp("sendrecv", "18")
				}
				if name == "body" {
					kind = "text/plain"
				}
				p.request("INVITE", c.headers, kind, body)
				res := p.expect(c.status)
				if c.header != "" && !strings.Contains(header(res, c.header, ""), c.value) {
					t.Errorf("%s: %q, want %q", c.header, header(res, c.header, ""), c.value)
				}
				p.ack("", "")
				synctest.Wait()
				if n := len(h.srv.Legs()); n != 0 {
					t.Errorf("%d legs left", n)
				}
			})
		})
	}
}

func TestAttendantPanicEndsThatCallOnly(t *testing.T) {
	inVirtualTime(t, nil, func(t *testing.T, h *house) {
		h.attend = func(ctx context.Context, l bridge.Leg, _ Target) {
			if l.Party().Number == "bob" {
				panic("in this call")
			}
			<-ctx.Done()
		}
		alice, bob := h.phone("198.51.100.7:5062"), h.phone("198.51.100.8:5062")
		bob.user = "bob"
		other, _ := alice.call(h)
		leg, _ := bob.call(h)
		bob.reply(bob.expectRequest("BYE"), 200, "", "")
		h.ended(leg, cause.Internal)
		select {
		case <-other.Done():
			t.Fatal("the other call ended too")
		default:
		}
	})
}

func TestKeysByInfo(t *testing.T) {
	inVirtualTime(t, nil, func(t *testing.T, h *house) {
		p := h.phone("198.51.100.7:5062")
		leg, _ := p.call(h)
		p.request("INFO", "", "application/dtmf-relay", "Signal=5\r\nDuration=160\r\n")
		p.expect(200)
		var got []byte
		leg.SetKeySink(func(k media.Key) { got = append(got, k.Digit) })
		p.request("INFO", "", "application/dtmf", "#")
		p.expect(200)
		p.request("INFO", "", "text/plain", "hello")
		p.expect(415)
		p.request("INFO", "", "", "")
		p.expect(200)
		synctest.Wait()
		if string(got) != "5#" {
			t.Fatalf("keys %q", got)
		}
	})
}

func TestHoldAndResume(t *testing.T) {
	inVirtualTime(t, nil, func(t *testing.T, h *house) {
		p := h.phone("198.51.100.7:5062")
		_, res := p.call(h)
		version := originVersion(string(res.Body()))
		p.request("INVITE", "", "application/sdp", p.sdp("sendonly", "8 101"))
		res = p.expect(200)
		if !strings.Contains(string(res.Body()), "a=recvonly") {
			t.Fatalf("answer to hold:\n%s", res.Body())
		}
		if v := originVersion(string(res.Body())); v == version {
			t.Error("the origin's version did not grow")
		}
		p.ack("", "")
		if !h.stream(0).last().Hold {
			t.Fatal("not on hold")
		}
		p.port = 40010
		p.request("INVITE", "", "application/sdp", p.sdp("sendrecv", "8 101"))
		p.expect(200)
		p.ack("", "")
		if l := h.stream(0).last(); l.Hold || l.Peer.Announced.Port() != 40010 {
			t.Fatalf("resumed with %+v", l)
		}
		// A change that cannot be agreed leaves all as it was.
		n := len(h.stream(0).params)
		p.request("INVITE", "", "application/sdp", p.sdp("sendrecv", "18"))
		p.expect(488)
		p.ack("", "")
		if len(h.stream(0).params) != n {
			t.Error("a refused offer changed the media")
		}
		p.request("BYE", "", "", "")
		p.expect(200)
	})
}

func originVersion(sdp string) string {
	for l := range strings.SplitSeq(sdp, "\r\n") {
		if strings.HasPrefix(l, "o=") {
			return strings.Fields(l)[2]
		}
	}
	return ""
}

func TestEncryptionRequired(t *testing.T) {
	required := sdp.SRTPRequired
	inVirtualTime(t, func(c *Config) {
		c.Trunks = []Trunk{{Name: "safe", SRTP: &required, Allow: []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")}}}
	}, func(t *testing.T, h *house) {
		p := h.phone("198.51.100.7:5062")
		p.request("INVITE", "", "application/sdp", p.offer())
		res := p.expect(488)
		if w := header(res, "Warning", ""); !strings.HasPrefix(w, "399 gw.example") {
			t.Errorf("Warning %q", w)
		}
		p.request("INVITE", "", "application/sdp", strings.Replace(p.offer(), "RTP/AVP", "RTP/SAVP", 1)+
			"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n")
		res = p.expect(200)
		if got := h.stream(0).last().SRTP; got == nil || len(got.Local) != 30 || len(got.Remote) != 30 {
			t.Errorf("keys %+v", got)
		}
		p.toTag, _ = res.To().Params.Get("tag")
		p.ack("", "")
		if leg := h.leg(); leg.Party().Trunk != "safe" {
			t.Errorf("party %+v", leg.Party())
		}
	})
}

func TestHangupBeforeTheACK(t *testing.T) {
	inVirtualTime(t, nil, func(t *testing.T, h *house) {
		p := h.phone("198.51.100.7:5062")
		p.request("INVITE", "", "application/sdp", p.offer())
		res := p.expect(200)
		h.srv.Legs()[0].Hangup(cause.Removed)
		if m, ok := p.read(400 * time.Millisecond).(*msg.Request); ok {
			t.Fatalf("%s before the ACK", m.Method)
		}
		p.toTag, _ = res.To().Params.Get("tag")
		p.ack("", "")
		p.reply(p.expectRequest("BYE"), 200, "", "")
		if len(h.legs) != 0 {
			t.Error("a call that is over was attended")
		}
	})
}

func TestRefusalIsRepeatedUntilACK(t *testing.T) {
	inVirtualTime(t, nil, func(t *testing.T, h *house) {
		h.route = func(context.Context, Inbound) (Target, error) { return nil, cause.Unroutable }
		p := h.phone("198.51.100.7:5062")
		text := p.request("INVITE", "", "application/sdp", p.offer())
		p.expect(404)
		res := p.expect(404) // again: no ACK
		tag, _ := res.To().Params.Get("tag")
		head, _, _ := strings.Cut(strings.NewReplacer("INVITE sip", "ACK sip", "1 INVITE", "1 ACK", "192.0.2.1>\r", "192.0.2.1>;tag="+tag+"\r").Replace(text), "Content-Type")
		p.raw(head + "Content-Length: 0\r\n\r\n")
		if m := p.read(30 * time.Second); m != nil {
			t.Fatalf("after the ACK: %v", m)
		}
	})
}

func preferSRTP(c *Config) { c.SRTP = sdp.SRTPPreferred }

func TestHeldAndEncryptedAreTold(t *testing.T) {
	inVirtualTime(t, preferSRTP, func(t *testing.T, h *house) {
		p := h.phone("198.51.100.7:5062")
		leg, _ := p.call(h)
		l := leg.(*Leg)
		if l.Held() || l.Encrypted() {
			t.Errorf("held %v, encrypted %v", l.Held(), l.Encrypted())
		}
		for _, c := range []struct {
			sdp             string
			held, encrypted bool
		}{
			{p.sdp("sendonly", "8 101"), true, false},
			{p.sdp("sendrecv", "8 101"), false, false},
			{p.sdp("sendrecv", "8 101") + "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n", false, true},
			{strings.Replace(p.sdp("sendrecv", "8 101"), "c=IN IP4 198.51.100.7", "c=IN IP4 0.0.0.0", 1), true, false},
		} {
			p.request("INVITE", "", "application/sdp", c.sdp)
			p.expect(200)
			p.ack("", "")
			synctest.Wait()
			if l.Held() != c.held || l.Encrypted() != c.encrypted {
				t.Errorf("held %v, encrypted %v after\n%s", l.Held(), l.Encrypted(), c.sdp)
			}
		}
	})
}

// TestKeysWithIdentifier: what Lync and Skype offer.
func TestKeysWithIdentifier(t *testing.T) {
	inVirtualTime(t, preferSRTP, func(t *testing.T, h *house) {
		p := h.phone("198.51.100.7:5062")
		p.request("INVITE", "", "application/sdp", strings.Replace(p.offer(), "RTP/AVP", "RTP/SAVP", 1)+
			"a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^31|1:1\r\n")
		res := p.expect(200)
		keys := h.stream(0).last().SRTP
		if keys == nil || string(keys.RemoteMKI) != "\x01" {
			t.Fatalf("keys %+v", keys)
		}
		if body := string(res.Body()); !strings.Contains(body, "a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:") || strings.Contains(body, "|") {
			t.Errorf("answer:\n%s", body)
		}
	})
}

// TestUnusableKeys: a key that does not fit its suite is refused, not given to
// the engine.
func TestUnusableKeys(t *testing.T) {
	inVirtualTime(t, preferSRTP, func(t *testing.T, h *house) {
		p := h.phone("198.51.100.7:5062")
		for _, key := range []string{"WVNfX19zZW1j", "", "!!!", "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^31|1:129"} {
			p.toTag = ""
			p.request("INVITE", "", "application/sdp", strings.Replace(p.offer(), "RTP/AVP", "RTP/SAVP", 1)+
				"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:"+key+"\r\n")
			res := p.expect(488)
			if w := header(res, "Warning", ""); !strings.Contains(w, "crypto") {
				t.Errorf("Warning %q", w)
			}
			p.ack("", "")
		}
		good := sdp.Crypto{Suite: sdp.AEADAES128GCM, Local: make([]byte, 28), Remote: make([]byte, 28)}
		if _, err := keysOf(sdp.Negotiated{Crypto: &good}); err != nil {
			t.Error(err)
		}
		bad := good
		bad.Remote = make([]byte, 27)
		if _, err := keysOf(sdp.Negotiated{Crypto: &bad}); causeOf(err) != cause.Unsupported {
			t.Errorf("keys too short: %v", err)
		}
	})
}
