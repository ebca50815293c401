package trace

import (
	"bytes"
	"flag"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares a drawing with what is in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
	for line := range strings.Lines(got) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 80 {
			t.Errorf("a line has %d columns: %s", n, line)
		}
	}
}

const offerSDP = "v=0\r\no=- 1 1 IN IP4 198.51.100.7\r\ns=-\r\nc=IN IP4 198.51.100.7\r\nt=0 0\r\n" +
	"m=audio 40000 RTP/SAVP 8 0 96 101\r\na=rtpmap:96 opus/48000/2\r\na=rtpmap:101 telephone-event/8000\r\n"

const holdSDP = "v=0\r\nc=IN IP4 198.51.100.7\r\nm=audio 40000 RTP/AVP 8\r\na=sendonly\r\nm=video 0 RTP/AVP 99\r\n"

func sdpMessage(start, body string) string {
	return start + "\r\nFrom: <sip:+41445551234@x>;tag=1\r\nTo: <sip:100100@gw>\r\nc: application/sdp\r\n\r\n" + body
}

func inUTC(t *testing.T) {
	local := time.Local
	time.Local = time.UTC
	t.Cleanup(func() { time.Local = local })
}

func TestLadderOfSIP(t *testing.T) {
	inUTC(t)
	b := NewBook(Limits{Calls: 10, Messages: 50})
	b.Add(sipPacket("3848276298220188511@198.51.100.7", 0, false, "INVITE", sdpMessage("INVITE sip:100100@203.0.113.10 SIP/2.0", offerSDP)))
	b.Add(sipPacket("3848276298220188511@198.51.100.7", 500, false, "INVITE", sdpMessage("INVITE sip:100100@203.0.113.10 SIP/2.0", offerSDP)))
	b.Add(sipPacket("3848276298220188511@198.51.100.7", 2, true, "100 Trying", "SIP/2.0 100 Trying\r\n\r\n"))
	b.Add(sipPacket("3848276298220188511@198.51.100.7", 31, true, "200 OK", sdpMessage("SIP/2.0 200 OK", strings.Replace(offerSDP, "198.51.100.7", "203.0.113.10", 2))))
	b.Begin(Call{CallID: "3848276298220188511@198.51.100.7", LegID: "abcdefghij", Protocol: "sip", Direction: "in", Trunk: "carrier-a", Caller: "+41445551234", Called: "100100", Began: began})
	b.Add(Packet{At: began.Add(40 * time.Millisecond), Protocol: Log, LegID: "abcdefghij", Summary: `call answered trunk=carrier-a from=+41445551234 to=100100 source=198.51.100.7:5060 agent="A rather long name of a product 1.2.3"`})
	b.Room("abcdefghij", "100100")
	b.Add(sipPacket("3848276298220188511@198.51.100.7", 65000, false, "INVITE", sdpMessage("INVITE sip:100100@203.0.113.10 SIP/2.0", holdSDP)))
	b.Add(sipPacket("3848276298220188511@198.51.100.7", 90000, true, "BYE", "BYE sip:x@198.51.100.7 SIP/2.0\r\nReason: Q.850;cause=16;text=\"the host ended the meeting\"\r\n\r\n"))
	b.End("abcdefghij", "ended", "the host ended the meeting", began.Add(90*time.Second))
	var out bytes.Buffer
	if err := b.Ladder(&out, "abcdefghij", 80); err != nil {
		t.Fatal(err)
	}
	golden(t, "sip.txt", out.String())
}

func TestLadderOfAConversation(t *testing.T) {
	inUTC(t)
	b := NewBook(Limits{Calls: 10, Messages: 50})
	b.Add(invite("first@carrier", 0))
	b.Add(sipPacket("first@carrier", 3, true, "200 OK", sdpMessage("SIP/2.0 200 OK", offerSDP)))
	b.Begin(Call{CallID: "first@carrier", LegID: "legone", Protocol: "sip", Direction: "in", Trunk: "carrier-a", Caller: "+41445551234", Called: "100100", Began: began})
	b.Link("legone", "second@us")
	for _, m := range []struct {
		ms            int
		out           bool
		summary, data string
	}{
		{1000, true, "INVITE", sdpMessage("INVITE sip:+41791234567@other.example SIP/2.0", offerSDP)},
		{1020, false, "180 Ringing", "SIP/2.0 180 Ringing\r\n\r\n"},
		{1900, false, "486 Busy Here", "SIP/2.0 486 Busy Here\r\nReason: Q.850;cause=17\r\n\r\n"},
	} {
		p := sipPacket("second@us", m.ms, m.out, m.summary, m.data)
		p.Remote = other
		b.Add(p)
	}
	b.End("second@us", "busy", "busy", began.Add(1900*time.Millisecond))
	var out bytes.Buffer
	if err := b.Ladder(&out, "second@us", 80); err != nil {
		t.Fatal(err)
	}
	golden(t, "conversation.txt", out.String())
}

func TestLadderOfH323(t *testing.T) {
	inUTC(t)
	b := NewBook(Limits{Calls: 10, Messages: 50})
	id := "9f3c2a10-0011-2233-4455-66778899aabb"
	gatekeeper := netip.MustParseAddrPort("192.0.2.5:1719")
	room := netip.MustParseAddrPort("192.0.2.77:49153")
	for i, m := range []Packet{
		{Protocol: H225, Summary: "Setup", Detail: "to 100100\nfrom Board room\nTANDBERG TC4.2\nfast connect: channel 1 G722, RTCP 192.0.2.77:2331, channel 2 back PCMA, RTP 192.0.2.77:2330"},
		{Protocol: H225, Summary: "CallProceeding", Out: true},
		{Protocol: RAS, Remote: gatekeeper, Summary: "ARQ", Detail: "100100", Out: true},
		{Protocol: RAS, Remote: gatekeeper, Summary: "ACF", Detail: "at 203.0.113.10:1720"},
		{Protocol: H225, Summary: "Connect", Out: true, Detail: "H.245 at 203.0.113.10:30001"},
		{Protocol: H245, Remote: netip.MustParseAddrPort("192.0.2.77:49154"), Summary: "TCS", Detail: "G722 PCMA PCMU userInput h263Video"},
		{Protocol: H225, Summary: "ReleaseComplete", Detail: "cause 16: normal call clearing"},
	} {
		m.At, m.Network, m.Local, m.CallID = began.Add(time.Duration(i)*10*time.Millisecond), "TCP", us, id
		if !m.Remote.IsValid() {
			m.Remote = room
		}
		b.Add(m)
	}
	b.End(id, "hangup", "the party hung up", began.Add(60*time.Millisecond))
	var out bytes.Buffer
	if err := b.Ladder(&out, id, 80); err != nil {
		t.Fatal(err)
	}
	golden(t, "h323.txt", out.String())
}

// However narrow the terminal, however many parties and whatever they send.
func TestLadderKeepsToItsWidth(t *testing.T) {
	b := NewBook(Limits{Calls: 50, Messages: 50})
	for i := range 9 {
		id := string(rune('a'+i)) + "-call"
		p := invite(id, i)
		p.Remote = netip.AddrPortFrom(netip.MustParseAddr("2001:db8:1111:2222:3333:4444:5555:6666"), uint16(40000+i))
		p.Summary = "INVITE\x1b[2J\u202eevil" + strings.Repeat("ü", 200)
		p.Detail = strings.Repeat("word ", 100) + "\n" + strings.Repeat("x", 300)
		b.Add(p)
		b.Link("a-call", id)
		for _, width := range []int{0, 60, 80, 100, 200} {
			var out bytes.Buffer
			if err := b.Ladder(&out, "a-call", width); err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(out.String()) {
				line = strings.TrimSuffix(line, "\n")
				if n := utf8.RuneCountInString(line); n > max(width, 60) {
					t.Errorf("%d parties, %d columns: a line of %d: %s", i+1, width, n, line)
				}
				if strings.ContainsAny(line, "\x1b\u202e") {
					t.Errorf("a peer steers the terminal: %q", line)
				}
			}
		}
	}
}

func TestSDPInWords(t *testing.T) {
	for body, want := range map[string]string{
		offerSDP: "audio 198.51.100.7:40000 PCMA PCMU opus, keys, SRTP",
		holdSDP:  "audio 198.51.100.7:40000 PCMA, hold (sendonly)|video refused",
		"v=0\r\nc=IN IP6 2001:db8::1\r\na=inactive\r\nm=audio 4 RTP/AVP 9\r\n": "audio [2001:db8::1]:4 G722, hold (inactive)",
		"v=0\r\nm=audio 4 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n":                   "audio 0.0.0.0:4 PCMU, hold (inactive)",
		"m=": " ", "": "", "nonsense": "", "m=audio": " ",
	} {
		if got := strings.Join(sdpDetail(body), "|"); got != want {
			t.Errorf("%q: %q, want %q", body, got, want)
		}
	}
}

func FuzzSIPDetail(f *testing.F) {
	f.Add([]byte(sdpMessage("INVITE sip:a@b SIP/2.0", offerSDP)))
	f.Add([]byte("SIP/2.0 302 Moved\r\nContact: <sip:x@y>\r\n\r\n"))
	f.Add([]byte("NOTIFY sip:a@b SIP/2.0\r\nContent-Type: message/sipfrag\r\n\r\nSIP/2.0 200 OK\r\n"))
	f.Add([]byte(" folded\r\n:\r\nm=audio\n\n\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		b := NewBook(Limits{Calls: 1, Messages: 5})
		b.Add(Packet{At: began, Protocol: SIP, Network: "UDP", Local: us, Remote: carrier, CallID: "x", Summary: "INVITE", Data: data})
		var out bytes.Buffer
		if err := b.Ladder(&out, "x", 80); err != nil {
			t.Fatal(err)
		}
		b.List()
	})
}

// tshark reads the capture files that we write.
func TestPCAP(t *testing.T) {
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		t.Skip("no tshark")
	}
	b := NewBook(Limits{Calls: 10, Messages: 50})
	p := sipPacket("abc@x", 0, false, "INVITE", "INVITE sip:100100@gw SIP/2.0\r\nVia: SIP/2.0/UDP x;branch=z9hG4bK1\r\nFrom: <sip:a@x>;tag=1\r\nTo: <sip:100100@gw>\r\n"+
		"Call-ID: abc@x\r\nCSeq: 1 INVITE\r\nContent-Type: application/sdp\r\nContent-Length: "+"183"+"\r\n\r\n"+offerSDP)
	b.Add(p)
	p = sipPacket("abc@x", 1, true, "200 OK", "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP x;branch=z9hG4bK1\r\nFrom: <sip:a@x>;tag=1\r\nTo: <sip:100100@gw>;tag=2\r\nCall-ID: abc@x\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n")
	p.Network, p.Local, p.Remote = "TCP", netip.MustParseAddrPort("[2001:db8::1]:5060"), netip.MustParseAddrPort("[2001:db8::2]:40000")
	b.Add(p)
	tr, err := b.Trace("abc@x")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "call.pcap")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.PCAP(f); err != nil {
		t.Fatal(err)
	}
	f.Close()
	out, err := exec.Command(tshark, "-r", file, "-T", "fields", "-E", "separator=|", "-e", "ip.src", "-e", "ipv6.dst", "-e", "sip.Method", "-e", "sip.Status-Code", "-e", "sip.Call-ID", "-e", "_ws.malformed").Output()
	if err != nil {
		t.Fatal(err)
	}
	got := strings.TrimSpace(string(out))
	if !strings.Contains(got, "|INVITE||abc@x|") || !strings.Contains(got, "||200|abc@x|") {
		t.Errorf("tshark reads\n%s", got)
	}
}
