package sdp

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestParseErrors(t *testing.T) {
	head := "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n"
	tests := []struct{ name, body, line string }{
		{"empty", "", ""},
		{"blank", "\r\n\r\n", ""},
		{"html", "<html>", "line 1:"},
		{"no equals", head + "garbage\r\n", "line 5:"},
		{"version", "v=1\r\n", "line 1:"},
		{"short media", head + "m=audio 5\r\n", "line 5:"},
		{"port", head + "m=audio 65536 RTP/AVP 0\r\n", "line 5:"},
		{"negative port", head + "m=audio -1 RTP/AVP 0\r\n", "line 5:"},
		{"control characters", head + "m=audio 5 RTP/A\rVP 0\r\n", "line 5:"},
		{"connection", head + "c=IN IP4\r\n", "line 5:"},
		{"address type", head + "c=IN IPX 1.2.3.4\r\n", "line 5:"},
		{"network", head + "c=ATM NSAP 47\r\n", "line 5:"},
		{"size", head + strings.Repeat("a=x\n", MaxBody/4), "bytes"},
		{"media", head + strings.Repeat("m=audio 0 RTP/AVP 0\n", MaxMedia+1), fmt.Sprintf("line %d:", 5+MaxMedia)},
		{"candidates", head + strings.Repeat("a=candidate:1 1 udp 1 192.0.2.1 9 typ host\n", MaxCandidates+1), "candidates"},
		{"attributes", head + strings.Repeat("a=x\n", maxAttributes+1), "attributes"},
		{"formats", head + "m=audio 5 RTP/AVP" + strings.Repeat(" 0", maxFormats+1), "formats"},
	}
	for _, tt := range tests {
		_, err := Parse([]byte(tt.body))
		if !errors.Is(err, ErrMalformed) || !strings.Contains(err.Error(), tt.line) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.line)
		}
	}
}

func TestParseTolerates(t *testing.T) {
	for _, body := range []string{
		strings.ReplaceAll(offerCisco, "\r\n", "\n"),
		offerCisco + "\r\n\r\n",
		offerCisco + "\x00\x00",
		strings.ReplaceAll(offerCisco, "\r\n", " \r\n"),
		strings.Replace(offerCisco, "v=0\r\n", "", 1),
		strings.Replace(offerCisco, "o=Cisco-SIPUA 11532 0 IN IP4 192.0.2.7\r\n", "o=broken\r\n", 1),
		strings.Replace(offerCisco, "t=0 0\r\n", "", 1),
		strings.Replace(offerCisco, "b=AS:4064\r\n", "z=what\r\nX=what\r\nb=\r\n", 1),
		offerCisco + strings.Repeat("m=video 9 RTP/AVP 99\r\n", MaxMedia-4),
	} {
		d, err := Parse([]byte(body))
		if err != nil {
			t.Errorf("%v in\n%s", err, body)
			continue
		}
		n, err := Peek(d, local(SRTPPreferred))
		if err != nil || n.Remote.String() != "192.0.2.7:22144" || n.Send.PayloadType != 114 {
			t.Errorf("%v, %v", n, err)
		}
	}
	if o := parse(t, offerCisco).Origin; o.ID != "11532" || o.Version != "0" || o.Addr.String() != "192.0.2.7" {
		t.Errorf("origin %v", o)
	}
}

func TestCryptoLines(t *testing.T) {
	k30, k28, k44 := strings.Repeat("A", 40), strings.Repeat("A", 38)+"==", strings.Repeat("A", 59)+"="
	tests := []struct {
		value string
		ok    bool
		mki   string
	}{
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + k30, true, ""},
		{"1 aes_cm_128_hmac_sha1_80 INLINE:" + k30, true, ""},
		{"1 AEAD_AES_128_GCM inline:" + k28, true, ""},
		{"1 AEAD_AES_128_GCM inline:" + strings.TrimRight(k28, "="), true, ""},
		{"1 AEAD_AES_256_GCM inline:" + k44, true, ""},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + k30 + "|2^20", true, ""},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + k30 + "|1000000", true, ""},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + k30 + "|2^20|1:4", true, "\x00\x00\x00\x01"},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + k30 + "|258:2", true, "\x01\x02"},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + k30 + " WSH=128 -unknown", true, ""},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + k30 + " KDR=0", true, ""},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + k30 + " KDR=5", false, ""},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + k30 + " UNENCRYPTED_SRTP", false, ""},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + k30 + " UNAUTHENTICATED_SRTP", false, ""},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + k30 + " FUTURE=1", false, ""},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + k30 + "|x", false, ""},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + k30 + "|1:0", false, ""},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + k30 + "|1:4|2^20", false, ""},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + k30 + "|2^20|1:4|x", false, ""},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + k30 + ";inline:" + k30, false, ""},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + k28, false, ""},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:!!!!", false, ""},
		{"1 AES_CM_128_HMAC_SHA1_80 uri:https://example.org", false, ""},
		{"1 AES_CM_128_HMAC_SHA1_80", false, ""},
		{"x AES_CM_128_HMAC_SHA1_80 inline:" + k30, false, ""},
		{"1 F8_128_HMAC_SHA1_80 inline:" + k30, false, ""},
	}
	for _, tt := range tests {
		c, ok := parseCrypto(tt.value)
		if ok != tt.ok || string(c.RemoteMKI) != tt.mki {
			t.Errorf("%s: %v, MKI %x", tt.value, ok, c.RemoteMKI)
		}
		if s, _ := suiteOf(c.Suite); ok && len(c.Remote) != s.key {
			t.Errorf("%s: %d bytes of key", tt.value, len(c.Remote))
		}
	}
}

func TestFormats(t *testing.T) {
	tests := []struct {
		rtpmap, want string
	}{
		{"96 opus/48000/2", "opus 48000/48000"},
		{"96 opus/48000", "opus 48000/48000"},
		{"96 OPUS/48000/2", "opus 48000/48000"},
		{"96 opus/16000", " 0/0"},
		{"96 G722/16000", "G722 8000/16000"},
		{"96 pcma/8000/1", "PCMA 8000/8000"},
		{"96 PCMU/16000", " 0/0"},
		{"96 PCMU/8000/2", " 0/0"},
		{"96 L16/16000", "L16 16000/16000"},
		{"96 L16/44100/2", " 0/0"},
	}
	for _, tt := range tests {
		r, ok := parseRTPMap(tt.rtpmap)
		f := r.format()
		if got := fmt.Sprintf("%s %d/%d", f.Name, f.ClockRate, f.SampleRate); !ok || got != tt.want {
			t.Errorf("%s: %s, want %s", tt.rtpmap, got, tt.want)
		}
	}
	for _, bad := range []string{"", "96", "96 opus", "x opus/48000", "128 opus/48000", "96 opus/0", "96 opus/-1", "96 opus/999999999999"} {
		if _, ok := parseRTPMap(bad); ok {
			t.Errorf("%q is taken", bad)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, o := range offers {
		f.Add([]byte(o))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		d, err := Parse(body)
		if err != nil {
			if !errors.Is(err, ErrMalformed) {
				t.Fatal(err)
			}
			return
		}
		if len(d.Media) > MaxMedia {
			t.Fatalf("%d media lines", len(d.Media))
		}
		for _, p := range []Policy{SRTPOff, SRTPPreferred, SRTPRequired} {
			exchange(t, d, p)
		}
	})
}

// exchange answers an offer, offers in turn, and takes the offer as an answer:
// whatever comes, what we write can be read and has the lines of the offer.
func exchange(t *testing.T, d *Description, p Policy) {
	l := local(p)
	l.MKI = true
	answer, n, err := Answer(d, l)
	if err == nil {
		if strings.ContainsFunc(strings.ReplaceAll(string(answer), "\r\n", ""), func(r rune) bool { return r < ' ' }) {
			t.Fatalf("control characters in %q", answer)
		}
		a, err := Parse(answer)
		if err != nil {
			t.Fatalf("our answer: %v\n%s", err, answer)
		}
		if len(a.Media) != len(d.Media) || a.Media[n.Index].Port != l.RTPPort {
			t.Fatalf("%d lines answered by\n%s", len(d.Media), answer)
		}
		if p == SRTPRequired && n.Crypto == nil || p == SRTPOff && n.Crypto != nil {
			t.Fatalf("policy %v, crypto %v", p, n.Crypto)
		}
		if n.Ptime < 10e6 || n.Ptime > 60e6 {
			t.Fatalf("ptime %v", n.Ptime)
		}
		l.Current = &n
		if _, n2, err := Answer(d, l); err != nil || n2.summary() != n.summary() {
			t.Fatalf("again: %v\n%s\n%s", err, n.summary(), n2.summary())
		}
	}
	o, offer := Offer(l)
	if _, err := Parse(offer); err != nil {
		t.Fatalf("our offer: %v\n%s", err, offer)
	}
	if n, err := o.Accept(d); err == nil && p == SRTPRequired && n.Crypto == nil {
		t.Fatal("plain RTP accepted where encryption is required")
	}
}
