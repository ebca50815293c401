package sdp

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/partyline/partyline/media/codec"
)

func TestOfferWhole(t *testing.T) {
	_, body := Offer(local(SRTPOff, codec.PCMA, codec.Opus))
	want := "v=0\r\no=- 42 7 IN IP4 198.51.100.9\r\ns=-\r\nc=IN IP4 198.51.100.9\r\nt=0 0\r\n" +
		"m=audio 20000 RTP/AVP 8 96 101 102\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1;stereo=0;sprop-stereo=0\r\n" +
		"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=rtpmap:102 telephone-event/48000\r\na=fmtp:102 0-15\r\na=ptime:20\r\na=maxptime:60\r\na=sendrecv\r\na=rtcp-mux\r\n"
	if string(body) != want {
		t.Errorf("got\n%s\nwant\n%s", body, want)
	}
}

// TestBothEnds lets every policy meet every other: both ends agree on all.
func TestBothEnds(t *testing.T) {
	for _, theirs := range []Policy{SRTPOff, SRTPPreferred, SRTPRequired} {
		for _, ours := range []Policy{SRTPOff, SRTPPreferred, SRTPRequired} {
			o, offer := Offer(local(theirs))
			l := local(ours, codec.G722, codec.Opus)
			l.RTPPort, l.RTCPPort = 30000, 30005
			answer, b, err := Answer(parse(t, string(offer)), l)
			switch {
			case theirs == SRTPOff && ours == SRTPRequired:
				if !errors.Is(err, ErrEncryption) {
					t.Errorf("%d→%d: %v", theirs, ours, err)
				}
				continue
			case theirs == SRTPRequired && ours == SRTPOff:
				if !errors.Is(err, ErrNoCodec) {
					t.Errorf("%d→%d: %v", theirs, ours, err)
				}
				continue
			case err != nil:
				t.Fatalf("%d→%d: %v", theirs, ours, err)
			}
			a, err := o.Accept(parse(t, string(answer)))
			if err != nil {
				t.Fatalf("%d→%d: %v", theirs, ours, err)
			}
			if a.Send.Name != codec.G722 || a.Send.PayloadType != b.Receive[0].PayloadType || a.Receive[0].PayloadType != b.Send.PayloadType {
				t.Errorf("%d→%d: %v, %v", theirs, ours, a, b)
			}
			if (a.Crypto == nil) != (b.Crypto == nil) || (a.Crypto != nil) != (theirs != SRTPOff && ours != SRTPOff) {
				t.Fatalf("%d→%d: crypto %v, %v", theirs, ours, a.Crypto, b.Crypto)
			}
			if a.Crypto != nil && (!bytes.Equal(a.Crypto.Local, b.Crypto.Remote) || !bytes.Equal(a.Crypto.Remote, b.Crypto.Local) || a.Crypto.Suite != b.Crypto.Suite || bytes.Equal(a.Crypto.Local, a.Crypto.Remote)) {
				t.Errorf("%d→%d: keys differ: %v, %v", theirs, ours, a.Crypto, b.Crypto)
			}
			if !a.Mux || !b.Mux || a.RemoteRTCP.Port() != 30000 || b.RemoteRTCP.Port() != 20000 {
				t.Errorf("%d→%d: RTCP %v, %v", theirs, ours, a.RemoteRTCP, b.RemoteRTCP)
			}
			if a.EventPT != 101 || a.EventClock != 8000 || b.EventPT != 101 || len(a.ReceiveEvents) != 2 {
				t.Errorf("%d→%d: events %v, %v", theirs, ours, a, b)
			}
		}
	}
}

func TestAccept(t *testing.T) {
	answer := func(lines string) string {
		return "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n" + lines
	}
	key := strings.Repeat("A", 40)
	tests := []struct {
		name, answer string
		policy       Policy
		want         string
		err          error
	}{
		{"several codecs: the first", answer("m=audio 4000 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=ptime:30\r\n"), SRTPOff, "192.0.2.1:4000 PCMU/8000/0 30ms sendrecv ev101/8000 cn13 ext0 plain", nil},
		{"other payload types", answer("m=audio 4000 RTP/AVP 120 110\r\na=rtpmap:120 OPUS/48000/2\r\na=rtpmap:110 telephone-event/48000\r\n"), SRTPOff, "192.0.2.1:4000 opus/48000/120 20ms sendrecv ev110/48000 cn0 ext0 plain", nil},
		{"held at once", answer("m=audio 4000 RTP/AVP 0\r\na=inactive\r\n"), SRTPOff, "192.0.2.1:4000 /0/0 0s inactive ev0/0 cn13 ext0 plain", nil},
		{"plain to preferred", answer("m=audio 4000 RTP/AVP 0\r\n"), SRTPPreferred, "192.0.2.1:4000 PCMU/8000/0 20ms sendrecv ev0/0 cn13 ext0 plain", nil},
		{"tag 3", answer("m=audio 4000 RTP/AVP 0\r\na=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:" + key + "\r\n"), SRTPPreferred, "192.0.2.1:4000 PCMU/8000/0 20ms sendrecv ev0/0 cn13 ext0 AES_CM_128_HMAC_SHA1_80/3", nil},
		{"refused", answer("m=audio 0 RTP/AVP 0\r\n"), SRTPOff, "", ErrNoCodec},
		{"no common codec", answer("m=audio 4000 RTP/AVP 18\r\n"), SRTPOff, "", ErrNoCodec},
		{"no line", answer(""), SRTPOff, "", ErrMalformed},
		{"another line", answer("m=video 4000 RTP/AVP 0\r\n"), SRTPOff, "", ErrMalformed},
		{"plain to required", answer("m=audio 4000 RTP/SAVP 0\r\n"), SRTPRequired, "", ErrEncryption},
		{"tag we did not offer", answer("m=audio 4000 RTP/AVP 0\r\na=crypto:9 AES_CM_128_HMAC_SHA1_80 inline:" + key + "\r\n"), SRTPPreferred, "", ErrEncryption},
		{"tag of another suite", answer("m=audio 4000 RTP/AVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + key + "\r\n"), SRTPPreferred, "", ErrEncryption},
		{"keys unasked", answer("m=audio 4000 RTP/AVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + key + "\r\n"), SRTPOff, "192.0.2.1:4000 PCMU/8000/0 20ms sendrecv ev0/0 cn13 ext0 plain", nil},
		{"encrypted line without keys", answer("m=audio 4000 RTP/SAVP 0\r\n"), SRTPPreferred, "", ErrNoCodec},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o, _ := Offer(local(tt.policy))
			n, err := o.Accept(parse(t, tt.answer))
			if !errors.Is(err, tt.err) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
			if err == nil && n.summary() != tt.want {
				t.Errorf("got  %s\nwant %s", n.summary(), tt.want)
			}
			if err == nil && (len(n.Receive) != len(all) || !n.Send.IsZero() && n.Receive[0].Name != n.Send.Name) {
				t.Errorf("receive %v", n.Receive)
			}
		})
	}
}

// TestOfferWithin is our offer in a call that the peer set up: its payload
// types, its lines, our key.
func TestOfferWithin(t *testing.T) {
	l := local(SRTPPreferred)
	_, n, err := Answer(parse(t, offerBaresip), l)
	if err != nil {
		t.Fatal(err)
	}
	l.Current, l.Version, l.Direction = &n, 8, Inactive
	o, body := Offer(l)
	if got, want := strings.Join(media(body), "|"), "audio 20000 RTP/AVP 96 9 8 0 101 102|video 0 RTP/AVP 97"; got != want {
		t.Errorf("media %s, want %s", got, want)
	}
	if strings.Count(string(body), "a=crypto:") != 1 || !strings.Contains(string(body), n.Crypto.line()) || !strings.Contains(string(body), "a=inactive\r\n") {
		t.Errorf("%s", body)
	}
	answer := strings.NewReplacer("a=sendrecv", "a=inactive", "m=video 10002", "m=video 0").Replace(offerBaresip)
	n2, err := o.Accept(parse(t, answer))
	if err != nil {
		t.Fatal(err)
	}
	if !n2.Send.IsZero() || n2.Direction != Inactive || string(n2.Crypto.Local) != string(n.Crypto.Local) || n2.Crypto.Remote == nil {
		t.Errorf("%+v", n2)
	}
	l.Current = &n2
	if _, again := Offer(l); !bytes.Equal(again, body) {
		t.Errorf("the same offer again differs:\n%s\n%s", again, body)
	}
}

// TestOfferAvoids: a payload type that means something in the session is not
// given to another format.
func TestOfferAvoids(t *testing.T) {
	offer := "v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 96 102 97\r\na=rtpmap:96 telephone-event/8000\r\na=rtpmap:102 PCMU/8000\r\na=rtpmap:97 G722/8000\r\n"
	l := local(SRTPOff)
	_, n, err := Answer(parse(t, offer), l)
	if err != nil {
		t.Fatal(err)
	}
	l.Current = &n
	_, body := Offer(l)
	seen := make(map[string]bool)
	for _, pt := range strings.Fields(media(body)[0])[3:] {
		if seen[pt] {
			t.Errorf("payload type %s twice: %s", pt, media(body)[0])
		}
		seen[pt] = true
	}
	for _, want := range []string{"96 telephone-event/8000", "102 PCMU/8000", "97 G722/8000"} {
		if !strings.Contains(string(body), "a=rtpmap:"+want) {
			t.Errorf("%s is gone:\n%s", want, body)
		}
	}
}

func TestOfferPtime(t *testing.T) {
	l := local(SRTPOff)
	l.Ptime = 40 * time.Millisecond
	if _, body := Offer(l); !strings.Contains(string(body), "a=ptime:40\r\n") {
		t.Errorf("%s", body)
	}
}
