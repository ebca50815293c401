package sip

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	msg "github.com/emiago/sipgo/sip"

	"github.com/partyline/partyline/trace"
)

// secretMessage has a PIN, a password, a digest response or a key wherever a message
// can have one.
const secretMessage = "INVITE sip:112752642.48219@gw.example SIP/2.0\r\n" +
	"Via: SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bK776asdhds\r\n" +
	"From: \"48 219\" <sip:+41445551234@x>;tag=1\r\n" +
	"T: <sips:112752642%2348219%23@gw.example>\r\n" +
	"Contact: <sip:alice:hunter2@198.51.100.7>, <sip:bob#48219@198.51.100.7>\r\n" +
	"P-Called-Party-ID: <tel:+41445550100,,112752642,,48219#>\r\n" +
	"Route: <sip:%31%31%32.48219@proxy;lr>\r\n" +
	"Refer-To: <sip:112752642*48219@gw?Replaces=1>\r\n" +
	"Referred-By: sip:room%2E%34%38%32%31%39@gw\r\n" +
	"Authorization: Digest username=\"acme\", realm=\"gw\", nonce=\"abc\",\r\n" +
	" uri=\"sip:112752642.48219@gw.example\", response=\"0123456789abcdef0123456789abcdef\", algorithm=MD5, cnonce=\"f00dcafe\"\r\n" +
	"Proxy-Authorization: Basic aGVsbG86aHVudGVyMg==\r\n" +
	"Authentication-Info: rspauth=\"feedfacefeedface\", qop=auth\r\n" +
	"i: one@two\r\n" +
	"CSeq: 1 INVITE\r\n" +
	"c: application/sdp\r\n"

const secretSDP = "v=0\r\no=- 1 1 IN IP4 198.51.100.7\r\ns=-\r\nu=sip:112752642.48219@gw\r\nc=IN IP4 198.51.100.7\r\nt=0 0\r\n" +
	"m=audio 40000 RTP/SAVP 8\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n" +
	"a=ice-pwd:asd88fgpdd777uzjYhagZg\r\na=sendrecv\r\n"

// secrets are what must not be seen of them.
var secrets = []string{
	"48219", "%34%38%32%31%39", "hunter2", "aGVsbG86", "0123456789abcdef", "f00dcafe", "feedface", "d0RmdmcmVCsp", "asd88fgp",
}

func withBody(head, body string) []byte {
	return []byte(head + "Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body)
}

func TestNothingSecretIsShown(t *testing.T) {
	data := withBody(secretMessage, secretSDP)
	before := bytes.Clone(data)
	shown, callID := withoutSecrets(data)
	if !bytes.Equal(data, before) {
		t.Error("the message itself was changed")
	}
	if callID != "one@two" || summary(shown) != "INVITE" {
		t.Error(callID, summary(shown))
	}
	for _, s := range secrets {
		if bytes.Contains(shown, []byte(s)) {
			t.Errorf("%s is shown in\n%s", s, shown)
		}
	}
	for _, s := range []string{
		"INVITE sip:112752642.****@gw.example SIP/2.0\r\n", "username=\"acme\"", "nonce=\"abc\"", "algorithm=MD5", "tag=1", "<sip:+41445551234@x>",
		"AES_CM_128_HMAC_SHA1_80 inline:****", "a=sendrecv", "c=IN IP4 198.51.100.7", "tel:+41445550100,****", "branch=z9hG4bK776asdhds",
	} {
		if !bytes.Contains(shown, []byte(s)) {
			t.Errorf("%s is not shown in\n%s", s, shown)
		}
	}
	// What is shown is a message still, and its length is right.
	m, err := msg.NewParser().ParseSIP(shown)
	if err != nil {
		t.Fatalf("%v in\n%s", err, shown)
	}
	_, body, _ := bytes.Cut(shown, []byte("\r\n\r\n"))
	if got := header(m.(*msg.Request), "Content-Length", "l"); got != strconv.Itoa(len(body)) {
		t.Errorf("the body has %d octets, the message says %s", len(body), got)
	}
}

// Keys pressed come by INFO in several forms, and as reports.
func TestKeysPressedAreNotShown(t *testing.T) {
	for kind, body := range map[string]string{
		"application/dtmf-relay":                "Signal= 7\r\nDuration= 160\r\n",
		"application/dtmf":                      "7",
		"application/vnd.nortelnetworks.digits": "p=Digit-Collection\r\ny=Digits\r\nd=77777\r\n",
		"application/kpml-response+xml":         `<kpml-response digits="77777"/>`,
		"multipart/mixed;boundary=x": "--x\r\nContent-Type: application/sdp\r\n\r\nv=0\r\nm=audio 5 RTP/AVP 0\r\n--x\r\n" +
			"Content-Type: application/dtmf\r\n\r\n7\r\n--x--\r\n",
	} {
		data := withBody("INFO sip:x@y SIP/2.0\r\nContent-Type: "+kind+"\r\n", body)
		shown, _ := withoutSecrets(data)
		_, got, _ := bytes.Cut(shown, []byte("\r\n\r\n"))
		if bytes.ContainsRune(got, '7') || len(got) != len(body) {
			t.Errorf("%s: %q", kind, got)
		}
		if strings.HasPrefix(kind, "multipart") && !bytes.Contains(got, []byte("m=audio 5 RTP/AVP 0")) {
			t.Errorf("%s: %q", kind, got)
		}
	}
}

// What has nothing to hide is shown as it came.
func TestTheRestIsShownAsItCame(t *testing.T) {
	for _, data := range []string{
		"OPTIONS sip:gw.example:5060;transport=tcp SIP/2.0\r\nContact: <sip:alice@198.51.100.7:5062;ob>\r\nCall-ID: x\r\n\r\n",
		"SIP/2.0 200 OK\r\nTo: <sip:first.last@example.org>;tag=a.1234\r\nWarning: 399 gw \"not: sip, tel: no\"\r\n\r\n",
		"SIP/2.0 401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"x\", nonce=\"0123456789\", response-type=1\r\n\r\n",
		"BYE sip:+41445551234@x SIP/2.0\r\n folded: no\r\n\r\n", "", "\x00\x01\x02", "INVITE", ":", "sip:@", "tel:",
	} {
		if shown, _ := withoutSecrets([]byte(data)); string(shown) != data {
			t.Errorf("got  %q\nwant %q", shown, data)
		}
	}
}

func FuzzWithoutSecrets(f *testing.F) {
	f.Add(withBody(secretMessage, secretSDP), uint16(48219))
	f.Add([]byte("INFO sip:1 SIP/2.0\r\nc: multipart/mixed\r\n\r\n--\r\nc: application/dtmf\r\n\r\n1"), uint16(1))
	f.Fuzz(func(t *testing.T, data []byte, pin uint16) {
		shown, _ := withoutSecrets(data)
		if len(shown) > 3*len(data)+64 {
			t.Errorf("%d octets became %d", len(data), len(shown))
		}
		if again, _ := withoutSecrets(shown); len(again) > 3*len(shown)+64 {
			t.Error("and again")
		}
		// An address with a PIN, wherever it stands, is shown without.
		hidden := fmt.Sprintf("%05d", pin)
		line := fmt.Sprintf("Contact: <sip:112752642.%s@gw>\r\n", hidden)
		shown, _ = withoutSecrets(append([]byte(line), data...))
		if bytes.HasPrefix(shown, []byte("Contact: <sip:112752642."+hidden)) {
			t.Errorf("%q", shown)
		}
	})
}

// A tap sees what is read and what is written, also what cannot be understood.
func TestTapSeesBothWays(t *testing.T) {
	packets := make(chan trace.Packet, 100)
	cfg := Config{Tap: func(p trace.Packet) { packets <- p }}
	s := New(cfg, Streams{}, nil, nil)
	defer s.Close()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.ServePacket(pc)
	client, err := net.Dial("udp", pc.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	peer := client.LocalAddr().(*net.UDPAddr).AddrPort()
	for _, data := range []string{
		"\r\n\r\n",
		"OPTIONS sip:112752642.48219@gw SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKa;rport\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:112752642.48219@gw>\r\n" +
			"Call-ID: tapped\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
		"INVITE 112752642.48219 garbage\r\nVia: x\r\nCall-ID: bad\r\n\r\n",
	} {
		if _, err := client.Write([]byte(data)); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for range 3 {
		p := <-packets
		got = append(got, fmt.Sprint(p.Out, " ", p.CallID, " ", p.Summary))
		if p.Remote != netip.AddrPortFrom(peer.Addr().Unmap(), peer.Port()) || p.Network != "UDP" || p.Protocol != trace.SIP || p.At.IsZero() {
			t.Errorf("%+v", p)
		}
		if bytes.Contains(p.Data, []byte("48219")) || strings.Contains(p.Detail, "48219") {
			t.Errorf("%s\n%s", p.Detail, p.Data)
		}
	}
	want := []string{"false tapped OPTIONS", "true tapped 200 OK", "false bad malformed message"}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("got %s, want %s", got[i], want[i])
		}
	}
}

func BenchmarkWithoutSecrets(b *testing.B) {
	data := withBody(strings.ReplaceAll(secretMessage, ".48219", ""), secretSDP)
	b.ReportAllocs()
	for range b.N {
		withoutSecrets(data)
	}
}
