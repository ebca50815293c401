package sip

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	msg "github.com/emiago/sipgo/sip"

	"github.com/partyline/partyline/cause"
)

func TestOutsideOfDialogs(t *testing.T) {
	for method, want := range map[string]int{
		"OPTIONS": 200, "REGISTER": 405, "SUBSCRIBE": 405, "NOTIFY": 405, "PUBLISH": 405, "MESSAGE": 405,
		"REFER": 405, "BYE": 481, "INFO": 481, "UPDATE": 481, "PRACK": 481, "CANCEL": 481, "FROBNICATE": 405,
	} {
		t.Run(method, func(t *testing.T) {
			inVirtualTime(t, nil, func(t *testing.T, h *house) {
				p := h.phone("198.51.100.7:5062")
				p.request(method, "", "", "")
				res := p.expect(want)
				if want == 405 && header(res, "Allow", "") != allow {
					t.Errorf("Allow %q", header(res, "Allow", ""))
				}
				if tag, _ := res.To().Params.Get("tag"); tag == "" {
					t.Error("no To tag")
				}
				if method == "CANCEL" {
					return
				}
				// In a dialog that is not.
				p.toTag = "nobody"
				p.request(method, "", "", "")
				p.expect(481)
			})
		})
	}
}

// Nobody learns by OPTIONS or REGISTER who is known here.
func TestSameAnswerForAnyUser(t *testing.T) {
	inVirtualTime(t, nil, func(t *testing.T, h *house) {
		p := h.phone("198.51.100.7:5062")
		for _, method := range []string{"OPTIONS", "REGISTER"} {
			var answers []string
			for _, user := range []string{"112752642", "000000000", "root"} {
				p.uri = "sip:" + user + "@192.0.2.1"
				p.callID, p.seq, p.branch = "c", 1, 1
				p.raw(p.text(method, 1, "", "", ""))
				answers = append(answers, strings.ReplaceAll(p.response().String(), user, "USER"))
			}
			if answers[0] != answers[1] || answers[1] != answers[2] {
				t.Errorf("%s tells users apart:\n%s", method, strings.Join(answers, "\n"))
			}
		}
	})
}

func TestInDialogOthers(t *testing.T) {
	inVirtualTime(t, nil, func(t *testing.T, h *house) {
		p := h.phone("198.51.100.7:5062")
		leg, _ := p.call(h)
		p.request("OPTIONS", "", "", "")
		p.expect(200)
		p.request("REFER", "Refer-To: <sip:0900@premium.example>\r\n", "", "")
		p.expect(603)
		p.request("MESSAGE", "", "", "")
		p.expect(405)
		p.request("INFO", "Require: x-unknown\r\n", "", "")
		p.expect(420)
		leg.Hangup(cause.Ended)
	})
}

func TestResponsesGoWhereTheyShould(t *testing.T) {
	for name, c := range map[string]struct {
		via  string
		want string // where the response must arrive
	}{
		"rport":              {"SIP/2.0/UDP 10.0.0.5:5060;branch=z9hG4bKa;rport", "198.51.100.7:5062"},
		"no rport":           {"SIP/2.0/UDP 198.51.100.7:5070;branch=z9hG4bKa", "198.51.100.7:5070"},
		"no rport, by NAT":   {"SIP/2.0/UDP 10.0.0.5:5070;branch=z9hG4bKa", "198.51.100.7:5070"},
		"default port":       {"SIP/2.0/UDP phone.example;branch=z9hG4bKa", "198.51.100.7:5060"},
		"RFC 2543, no magic": {"SIP/2.0/UDP 198.51.100.7:5070", "198.51.100.7:5070"},
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, nil, func(t *testing.T, h *house) {
				p := h.phone("198.51.100.7:5062")
				text := p.text("OPTIONS", 1, "", "", "")
				_, rest, _ := strings.Cut(text, "Via: ")
				_, rest, _ = strings.Cut(rest, "\r\n")
				q := p
				if c.want != "198.51.100.7:5062" {
					q = h.phone(c.want)
				}
				p.raw("OPTIONS sip:192.0.2.1 SIP/2.0\r\nVia: " + c.via + "\r\n" + rest)
				res := q.expect(200)
				if strings.Contains(c.via, "10.0.0.5") {
					if got, _ := res.Via().Params.Get("received"); got != "198.51.100.7" {
						t.Errorf("received=%q", got)
					}
				}
				if strings.Contains(c.via, "rport") {
					if got, _ := res.Via().Params.Get("rport"); got != "5062" {
						t.Errorf("rport=%q", got)
					}
				}
			})
		})
	}
}

func TestRouteSetAndTargets(t *testing.T) {
	inVirtualTime(t, nil, func(t *testing.T, h *house) {
		p := h.phone("198.51.100.7:5062")
		proxy := h.phone("198.51.100.1:5060")
		p.extra = "Record-Route: <sip:198.51.100.1;lr>, <sip:198.51.100.2:5070;lr>\r\n"
		leg, res := p.call(h)
		if got := len(res.GetHeaders("Record-Route")); got != 2 {
			t.Fatalf("%d Record-Routes in the answer", got)
		}
		leg.Hangup(cause.Ended)
		bye := proxy.expectRequest("BYE")
		var routes []string
		for _, r := range bye.GetHeaders("Route") {
			routes = append(routes, r.Value())
		}
		if strings.Join(routes, " ") != "<sip:198.51.100.1;lr> <sip:198.51.100.2:5070;lr>" || bye.Recipient.Host != "198.51.100.7" {
			t.Fatalf("BYE:\n%s", bye)
		}
	})
}

func TestStrictRouter(t *testing.T) {
	inVirtualTime(t, nil, func(t *testing.T, h *house) {
		p := h.phone("198.51.100.7:5062")
		proxy := h.phone("198.51.100.1:5060")
		p.extra = "Record-Route: <sip:198.51.100.1>\r\n"
		leg, _ := p.call(h)
		leg.Hangup(cause.Ended)
		bye := proxy.expectRequest("BYE")
		if bye.Recipient.Host != "198.51.100.1" || bye.Route().Address.Host != "198.51.100.7" {
			t.Fatalf("BYE:\n%s", bye)
		}
	})
}

func TestPhoneBehindNAT(t *testing.T) {
	inVirtualTime(t, nil, func(t *testing.T, h *house) {
		p := h.phone("198.51.100.7:31337")
		p.target = "sip:alice@192.168.1.20:5060"
		leg, _ := p.call(h)
		leg.Hangup(cause.Ended)
		bye := p.expectRequest("BYE")
		if bye.Recipient.Host != "192.168.1.20" {
			t.Fatalf("the Request-URI is not the Contact: %s", bye)
		}
	})
}

func TestContactChangesWithReinvite(t *testing.T) {
	inVirtualTime(t, nil, func(t *testing.T, h *house) {
		p := h.phone("198.51.100.7:5062")
		leg, _ := p.call(h)
		other := h.phone("198.51.100.9:5066")
		p.target = "sip:alice@198.51.100.9:5066"
		p.request("UPDATE", "", "", "")
		p.expect(200)
		leg.Hangup(cause.Ended)
		other.expectRequest("BYE")
	})
}

func TestPublicAddress(t *testing.T) {
	inVirtualTime(t, func(c *Config) { c.PublicIP = []netip.Addr{netip.MustParseAddr("203.0.113.10")} },
		func(t *testing.T, h *house) {
			p := h.phone("198.51.100.7:5062")
			leg, res := p.call(h)
			if !strings.Contains(string(res.Body()), "c=IN IP4 203.0.113.10") || res.Contact().Address.Host != "203.0.113.10" {
				t.Fatalf("answer:\n%s", res)
			}
			leg.Hangup(cause.Ended)
			if bye := p.expectRequest("BYE"); bye.Via().Host != "203.0.113.10" {
				t.Errorf("Via %s", bye.Via())
			}
		})
}

func TestCallsByIPv6(t *testing.T) {
	inVirtualTime(t, nil, func(t *testing.T, h *house) {
		h.srv.ServePacket(h.wire.listen("[2001:db8::1]:5060"))
		p := h.phone("[2001:db8::7]:5062")
		text := strings.ReplaceAll(p.text("INVITE", 1, "", "application/sdp", strings.ReplaceAll(p.offer(), "IP4", "IP6")), "@192.0.2.1", "@[2001:db8::1]")
		p.uri = "sip:reception@[2001:db8::1]"
		to := netip.MustParseAddrPort("[2001:db8::1]:5060")
		send := func(s string) { _, _ = p.c.WriteTo([]byte(s), netUDP(to)) }
		send(text)
		res := p.expect(200)
		if !strings.Contains(string(res.Body()), "c=IN IP6 2001:db8::1") || res.Contact().Address.Host != "[2001:db8::1]" {
			t.Fatalf("answer:\n%s", res)
		}
		p.toTag, _ = res.To().Params.Get("tag")
		send(p.text("ACK", 1, "", "", ""))
		leg := h.leg()
		leg.Hangup(cause.Ended)
		bye := p.expectRequest("BYE")
		if !strings.Contains(bye.String(), "Via: SIP/2.0/UDP [2001:db8::1]:5060") {
			t.Errorf("BYE:\n%s", bye)
		}
	})
}

func TestDrainAndShutdown(t *testing.T) {
	inVirtualTime(t, nil, func(t *testing.T, h *house) {
		p, q := h.phone("198.51.100.7:5062"), h.phone("198.51.100.8:5062")
		leg, _ := p.call(h)
		h.srv.Drain()
		q.request("INVITE", "", "application/sdp", q.offer())
		if res := q.expect(503); header(res, "Retry-After", "") == "" {
			t.Error("no Retry-After")
		}
		done := make(chan error)
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		go func() { done <- h.srv.Shutdown(ctx) }()
		bye := p.expectRequest("BYE")
		if !strings.Contains(header(bye, "Reason", ""), "SIP;cause=503") {
			t.Errorf("Reason %q", header(bye, "Reason", ""))
		}
		p.reply(bye, 200, "", "")
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		h.ended(leg, cause.Draining)
	})
}

func TestPINStaysHidden(t *testing.T) {
	inVirtualTime(t, nil, func(t *testing.T, h *house) {
		p := h.phone("198.51.100.7:5062")
		p.uri = "sip:112752642.48219@192.0.2.1"
		leg, _ := p.call(h)
		if leg.Party().Called != "112752642.****" {
			t.Errorf("Party.Called %q", leg.Party().Called)
		}
		if h.inbound[0].Called != "112752642.48219" {
			t.Errorf("the Router sees %q", h.inbound[0].Called)
		}
		if strings.Contains(h.inbound[0].String(), "48219") {
			t.Error("Inbound.String shows the PIN")
		}
		leg.Hangup(cause.Ended)
	})
}

func TestRedact(t *testing.T) {
	for in, want := range map[string]string{
		"112752642": "112752642", "112752642.48219": "112752642.****", "112752642#48219": "112752642#****",
		"112752642%2348219": "112752642%23****", "alice.smith": "alice.smith", "+41445550100": "+41445550100",
		"+41445550100,,112752642,,48219": "+41445550100,****", "": "", ".5": ".5", "+.5": "+.5",
		"nobody.48219": "nobody.****", "room#48219": "room#****", "x%2348219y": "x%23****y", "john.smith2": "john.smith2", "112x.48219": "112x.****",
	} {
		if got := RedactUser(in); got != want {
			t.Errorf("RedactUser(%q) = %q, want %q", in, got, want)
		}
	}
	text := "INVITE sip:112752642.48219@192.0.2.1;transport=tcp SIP/2.0\r\nTo: <sips:112752642%2E48219@gw>\r\n" +
		"Via: SIP/2.0/UDP 10.1.2.3:5060\r\nContact: <sip:123@10.0.0.5:5060>\r\nX: <tel:+4144,,112752642,,48219>\r\nY: <sip:room.48219@gw>\r\n\r\nSignal=5\r\nDuration=160"
	got := Redact(text)
	for _, s := range []string{"48219", "Signal=5"} {
		if strings.Contains(got, s) {
			t.Errorf("%q in %s", s, got)
		}
	}
	for _, s := range []string{"sip:112752642.****@192.0.2.1;transport=tcp", "10.1.2.3:5060", "sip:123@10.0.0.5:5060", "Duration=160"} {
		if !strings.Contains(got, s) {
			t.Errorf("%q is missing in %s", s, got)
		}
	}
}

func TestBadRequests(t *testing.T) {
	for name, change := range map[string]*strings.Replacer{
		"no To":             strings.NewReplacer("To: <", "X-To: <"),
		"no Call-ID":        strings.NewReplacer("Call-ID", "X-ID"),
		"no CSeq":           strings.NewReplacer("CSeq", "X-CSeq"),
		"CSeq method":       strings.NewReplacer("1 OPTIONS", "1 INVITE"),
		"CSeq overflow":     strings.NewReplacer("1 OPTIONS", "36893488147419103232 OPTIONS"),
		"two From":          strings.NewReplacer("To: <", "From: <sip:x@y>;tag=1\r\nTo: <"),
		"negative length":   strings.NewReplacer("Content-Length: 0", "Content-Length: -999"),
		"too long":          strings.NewReplacer("Content-Length: 0", "Content-Length: 9999"),
		"open quote":        strings.NewReplacer(`"Alice"`, `"Alice`),
		"header sans colon": strings.NewReplacer("Max-Forwards: 70", "Max-Forwards 70"),
		"URI in brackets":   strings.NewReplacer("OPTIONS sip:reception@192.0.2.1", "OPTIONS <sip:reception@192.0.2.1>"),
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, nil, func(t *testing.T, h *house) {
				p := h.phone("198.51.100.7:5062")
				text := p.text("OPTIONS", 1, "", "", "")
				bad := change.Replace(text)
				if bad == text {
					t.Fatal("nothing is bad about it")
				}
				p.raw(bad)
				m, ok := p.readRaw(time.Second)
				if !ok || !strings.HasPrefix(m, "SIP/2.0 400 ") {
					t.Fatalf("got %q", m)
				}
				p.raw(p.text("OPTIONS", 2, "", "", ""))
				p.expect(200)
			})
		})
	}
}

func (p *phone) readRaw(d time.Duration) (string, bool) {
	select {
	case dg := <-p.c.in:
		return string(dg.data), true
	case <-time.After(d):
		return "", false
	}
}

func TestVersion(t *testing.T) {
	inVirtualTime(t, nil, func(t *testing.T, h *house) {
		p := h.phone("198.51.100.7:5062")
		p.raw(strings.Replace(p.text("OPTIONS", 1, "", "", ""), " SIP/2.0\r\n", " SIP/7.0\r\n", 1))
		p.expect(505)
	})
}

func TestMultipartAndCompact(t *testing.T) {
	inVirtualTime(t, nil, func(t *testing.T, h *house) {
		p := h.phone("198.51.100.7:5062")
		body := "--b1\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b1\r\nContent-Type: application/sdp\r\nContent-Disposition: session\r\n\r\n" +
			p.offer() + "\r\n--b1--\r\n"
		p.seq = 1
		text := p.text("INVITE", 1, "", "multipart/mixed;boundary=b1", body)
		text = strings.NewReplacer("Via:", "v:", "From:", "f:", "To:", "t:", "Call-ID:", "i:", "Contact:", "m:",
			"Content-Type: multipart", "c: multipart", "Content-Length:", "l:").Replace(text)
		p.raw(text)
		res := p.expect(200)
		if !strings.Contains(string(res.Body()), "m=audio 20000") {
			t.Fatalf("answer:\n%s", res)
		}
	})
}

func TestLargeAnswerArrives(t *testing.T) {
	inVirtualTime(t, nil, func(t *testing.T, h *house) {
		p := h.phone("198.51.100.7:5062")
		for i := range 12 { // copied into the response
			p.extra += fmt.Sprintf("Record-Route: <sip:proxy%d.a-rather-long-name-of-a-carrier.example.com:5060;lr;ftag=%s;did=%s>\r\n", i, newTag(), newTag())
		}
		p.request("INVITE", "", "application/sdp", p.offer())
		res := p.expect(200)
		if n := len(res.String()); n < 1500 {
			t.Fatalf("the answer has but %d bytes", n)
		}
	})
}

var _ = msg.INVITE

func TestRepeatedRequestGetsTheSameTag(t *testing.T) {
	inVirtualTime(t, nil, func(t *testing.T, h *house) {
		p := h.phone("198.51.100.7:5062")
		text := p.request("OPTIONS", "", "", "")
		first := p.expect(200)
		time.Sleep(time.Second)
		p.raw(text)
		if second := p.expect(200); second.String() != first.String() {
			t.Errorf("first\n%s\nthen\n%s", first, second)
		}
	})
}
