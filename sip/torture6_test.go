package sip

import (
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// sixth is one message of RFC 5118 with what it must be answered with; empty: a
// reply that does not come back to its sender, or none. The whole is survived.
type sixth struct{ name, want, text, body string }

const session6 = "v=0\r\no=assistant 971731711378798081 0 IN IP6 2001:db8::20\r\ns=Live video feed for today's meeting\r\n" +
	"c=IN IP6 2001:db8::20\r\nt=3338481189 3370017201\r\nm=audio 6000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"

// messages6 are the messages of RFC 5118 §4, the sections in their names.
var messages6 = []sixth{
	{"4.1 reference", "405", `REGISTER sip:[2001:db8::10] SIP/2.0
To: sip:user@example.com
From: sip:user@example.com;tag=81x2
Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111
Call-ID: SSG9559905523997077@hlau_4100
Max-Forwards: 70
Contact: "Caller" <sip:caller@[2001:db8::1]>
CSeq: 98176 REGISTER
Content-Length: 0

`, ""},
	{"4.2 no brackets", "400", `REGISTER sip:2001:db8::10 SIP/2.0
To: sip:user@example.com
From: sip:user@example.com;tag=81x2
Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111
Call-ID: SSG9559905523997077@hlau_4100
Max-Forwards: 70
Contact: "Caller" <sip:caller@[2001:db8::1]>
CSeq: 98176 REGISTER
Content-Length: 0

`, ""},
	{"4.3 port ambiguous", "405", `REGISTER sip:[2001:db8::10:5070] SIP/2.0
To: sip:user@example.com
From: sip:user@example.com;tag=81x2
Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111
Call-ID: SSG9559905523997077@hlau_4100
Contact: "Caller" <sip:caller@[2001:db8::1]>
Max-Forwards: 70
CSeq: 98176 REGISTER
Content-Length: 0

`, ""},
	{"4.4 port unambiguous", "405", `REGISTER sip:[2001:db8::10]:5070 SIP/2.0
To: sip:user@example.com
From: sip:user@example.com;tag=81x2
Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111
Call-ID: SSG9559905523997077@hlau_4100
Contact: "Caller" <sip:caller@[2001:db8::1]>
Max-Forwards: 70
CSeq: 98176 REGISTER
Content-Length: 0

`, ""},
	{"4.5 received with brackets", "481", `BYE sip:[2001:db8::10] SIP/2.0
To: sip:user@example.com;tag=bd76ya
From: sip:user@example.com;tag=81x2
Via: SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKas3-111
Call-ID: SSG9559905523997077@hlau_4100
Max-Forwards: 70
CSeq: 321 BYE
Content-Length: 0

`, ""},
	{"4.5 received without", "481", `BYE sip:[2001:db8::10] SIP/2.0
To: sip:user@example.com;tag=bd76ya
From: sip:user@example.com;tag=81x2
Via: SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255;branch=z9hG4bKas3-111
Call-ID: SSG9559905523997077@hlau_4100
Max-Forwards: 70
CSeq: 322 BYE
Content-Length: 0

`, ""},
	{"4.6 session", "200", `INVITE sip:user@[2001:db8::10] SIP/2.0
To: sip:user@[2001:db8::10]
From: sip:user@example.com;tag=81x2
Via: SIP/2.0/UDP [2001:db8::20];branch=z9hG4bKas3-111
Call-ID: SSG9559905523997077@hlau_4100
Contact: "Caller" <sip:caller@[2001:db8::20]>
CSeq: 8612 INVITE
Max-Forwards: 70
Content-Type: application/sdp
Content-Length: LENGTH

`, session6},
	{"4.7 both families in headers", "481", `BYE sip:user@host.example.net SIP/2.0
Via: SIP/2.0/UDP [2001:db8::9:1]:6050;branch=z9hG4bKas3-111
Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKjhja8781hjuaij65144
Via: SIP/2.0/TCP [2001:db8::9:255];branch=z9hG4bK451jj;received=192.0.2.200
Call-ID: 997077@lau_4100
Max-Forwards: 70
CSeq: 89187 BYE
To: sip:user@example.net;tag=9817--94
From: sip:user@example.com;tag=81x2
Content-Length: 0

`, ""},
	{"4.8 both families in the session", "200", `INVITE sip:user@[2001:db8::10] SIP/2.0
To: sip:user@[2001:db8::10]
From: sip:user@example.com;tag=81x2
Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111
Call-ID: SSG9559905523997077@hlau_4100
Contact: "Caller" <sip:caller@[2001:db8::9:1]>
Max-Forwards: 70
CSeq: 8912 INVITE
Content-Type: application/sdp
Content-Length: LENGTH

`, "v=0\r\no=bob 280744730 28977631 IN IP4 host.example.com\r\ns=\r\nt=0 0\r\nm=audio 22334 RTP/AVP 0\r\nc=IN IP4 192.0.2.1\r\n" +
		"m=video 6024 RTP/AVP 107\r\nc=IN IP6 2001:db8::1\r\na=rtpmap:107 H263-1998/90000\r\n"},
	{"4.9 IPv4 mapped to IPv6", "200", `INVITE sip:user@example.com SIP/2.0
To: sip:user@example.com
From: sip:user@east.example.com;tag=81x2
Via: SIP/2.0/UDP [::ffff:192.0.2.10]:19823;branch=z9hG4bKbh19
Via: SIP/2.0/UDP [::ffff:192.0.2.2];branch=z9hG4bKas3-111
Call-ID: SSG9559905523997077@hlau_4100
Contact: "T. desk phone" <sip:ted@[::ffff:192.0.2.2]>
CSeq: 612 INVITE
Max-Forwards: 70
Content-Type: application/sdp
Content-Length: LENGTH

`, "v=0\r\no=assistant 971731711378798081 0 IN IP6 ::ffff:192.0.2.2\r\ns=Call me soon, please!\r\nc=IN IP6 ::ffff:192.0.2.2\r\n" +
		"t=3338481189 3370017201\r\nm=audio 6000 RTP/AVP 0 8\r\na=rtpmap:0 PCMU/8000\r\n"},
	{"4.10 three colons", "200", `OPTIONS sip:user@[2001:db8:::192.0.2.1] SIP/2.0
To: sip:user@[2001:db8:::192.0.2.1]
From: sip:user@example.com;tag=810x2
Via: SIP/2.0/UDP lab1.east.example.com;branch=z9hG4bKas3-111
Call-ID: G9559905523997077@hlau_4100
CSeq: 689 OPTIONS
Max-Forwards: 70
Content-Length: 0

`, ""},
}

// TestTorture6 sends each message by IPv6 and looks for the answer at the port
// that its Via asks for.
func TestTorture6(t *testing.T) {
	for _, m := range messages6 {
		t.Run(m.name, func(t *testing.T) {
			inVirtualTime(t, nil, func(t *testing.T, h *house) {
				h.srv.ServePacket(h.wire.listen("[2001:db8::10]:5060"))
				port := "5060"
				switch {
				case strings.HasPrefix(m.name, "4.7"):
					port = "6050"
				case strings.HasPrefix(m.name, "4.9"):
					port = "19823"
				}
				p := h.phone("[2001:db8::9:1]:" + port)
				text := strings.ReplaceAll(strings.Replace(m.text, "LENGTH", itoa(len(m.body)), 1), "\n", "\r\n") + m.body
				_, _ = p.c.WriteTo([]byte(text), netUDP(netip.MustParseAddrPort("[2001:db8::10]:5060")))
				synctest.Wait()
				got := ""
				for {
					reply, ok := p.readRaw(time.Second)
					if !ok {
						break
					}
					if f := strings.Fields(reply); len(f) > 1 && f[1] != "100" {
						got = f[1]
						if got == "200" && m.body != "" {
							answer6(t, m.name, reply)
						}
						break
					}
				}
				if got != m.want {
					t.Errorf("answered %q, want %q", got, m.want)
				}
				q := h.phone("198.51.100.7:5062")
				q.request("OPTIONS", "", "", "")
				q.expect(200)
			})
		})
	}
}

// answer6 looks whether the answer is in the family of the audio.
func answer6(t *testing.T, name, reply string) {
	want := map[string]string{"4.6": "c=IN IP6 2001:db8::1\r\n", "4.8": "c=IN IP4 192.0.2.1\r\n", "4.9": "c=IN IP4 192.0.2.1\r\n"}[name[:3]]
	if !strings.Contains(reply, want) {
		t.Errorf("no %q in\n%s", want, reply)
	}
	if strings.HasPrefix(name, "4.8") && !strings.Contains(reply, "m=video 0 ") {
		t.Errorf("the video line is not refused:\n%s", reply)
	}
}
