package sdp

import (
	"errors"
	"strings"
	"testing"

	"github.com/partyline/partyline/media/codec"
)

var browserCodecs = []codec.Name{codec.Opus, codec.G722, codec.PCMU, codec.PCMA}

const print256 = "AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99"

// chromium is an offer of Chromium's, shortened: audio, video and a data channel.
const chromium = "v=0\r\n" +
	"o=- 4611731400430051336 2 IN IP4 127.0.0.1\r\n" +
	"s=-\r\n" +
	"t=0 0\r\n" +
	"a=group:BUNDLE 0 1 2\r\n" +
	"a=extmap-allow-mixed\r\n" +
	"a=msid-semantic: WMS mic\r\n" +
	"m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126\r\n" +
	"c=IN IP4 0.0.0.0\r\n" +
	"a=rtcp:9 IN IP4 0.0.0.0\r\n" +
	"a=ice-ufrag:dV3p\r\n" +
	"a=ice-pwd:kQ0yLpE4ffZ8bXz0o1mLkQ0y\r\n" +
	"a=ice-options:trickle\r\n" +
	"a=fingerprint:sha-256 " + print256 + "\r\n" +
	"a=setup:actpass\r\n" +
	"a=mid:0\r\n" +
	"a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n" +
	"a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n" +
	"a=sendrecv\r\n" +
	"a=msid:mic 7f\r\n" +
	"a=rtcp-mux\r\n" +
	"a=rtcp-rsize\r\n" +
	"a=rtpmap:111 opus/48000/2\r\n" +
	"a=rtcp-fb:111 transport-cc\r\n" +
	"a=fmtp:111 minptime=10;useinbandfec=1\r\n" +
	"a=rtpmap:63 red/48000/2\r\n" +
	"a=fmtp:63 111/111\r\n" +
	"a=rtpmap:9 G722/8000\r\n" +
	"a=rtpmap:0 PCMU/8000\r\n" +
	"a=rtpmap:8 PCMA/8000\r\n" +
	"a=rtpmap:13 CN/8000\r\n" +
	"a=rtpmap:110 telephone-event/48000\r\n" +
	"a=rtpmap:126 telephone-event/8000\r\n" +
	"a=ssrc:1834 cname:x\r\n" +
	"a=candidate:1 1 udp 2113937151 8f2c.local 53124 typ host\r\n" +
	"m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\n" +
	"a=mid:1\r\n" +
	"a=rtpmap:96 VP8/90000\r\n" +
	"m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n" +
	"a=mid:2\r\n"

func peekSecured(t *testing.T, offer string) (*Description, Negotiated, Secured, error) {
	t.Helper()
	d, err := Parse([]byte(offer))
	if err != nil {
		t.Fatal(err)
	}
	n, s, err := PeekSecured(d, Local{Codecs: browserCodecs, Events: true})
	return d, n, s, err
}

func TestSecuredOffer(t *testing.T) {
	_, n, s, err := peekSecured(t, chromium)
	if err != nil {
		t.Fatal(err)
	}
	if s.Ufrag != "dV3p" || s.Setup != "actpass" || len(s.Fingerprints) != 1 || s.Fingerprints[0].Value != print256 || len(s.Candidates) != 1 {
		t.Errorf("%+v", s)
	}
	if n.Send.Name != codec.Opus || n.Send.PayloadType != 111 || !n.Send.FEC || len(n.Receive) != 4 ||
		n.EventPT != 110 || n.EventClock != 48000 || len(n.ReceiveEvents) != 2 || n.LevelExt != 1 || n.Direction != SendRecv {
		t.Errorf("%+v", n)
	}
}

// What stands for all lines counts for each (RFC 8839 §5.4, RFC 8122 §5): as
// Firefox and older browsers write it.
func TestSecuredBySession(t *testing.T) {
	offer := chromium
	for _, line := range []string{"a=ice-ufrag:dV3p\r\n", "a=ice-pwd:kQ0yLpE4ffZ8bXz0o1mLkQ0y\r\n", "a=fingerprint:sha-256 " + print256 + "\r\n", "a=setup:actpass\r\n"} {
		offer = strings.Replace(offer, line, "", 1)
		offer = strings.Replace(offer, "a=extmap-allow-mixed\r\n", line+"a=extmap-allow-mixed\r\n", 1)
	}
	_, _, s, err := peekSecured(t, offer)
	if err != nil || s.Ufrag != "dV3p" || s.Setup != "actpass" || len(s.Fingerprints) != 1 {
		t.Errorf("%+v: %v", s, err)
	}
}

func TestSecuredRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		old, new string
		err      error
	}{
		"plain RTP":       {"UDP/TLS/RTP/SAVPF 111", "RTP/AVP 111", ErrTransport},
		"SDES":            {"UDP/TLS/RTP/SAVPF 111", "RTP/SAVP 111", ErrTransport},
		"two ports":       {"a=rtcp-mux\r\n", "", ErrTransport},
		"short name":      {"ice-ufrag:dV3p", "ice-ufrag:dV3", ErrTransport},
		"short password":  {"ice-pwd:kQ0yLpE4ffZ8bXz0o1mLkQ0y", "ice-pwd:kQ0yLpE4ffZ8bXz0o1mL", ErrTransport},
		"odd password":    {"ice-pwd:kQ0y", "ice-pwd:k Q0y", ErrTransport},
		"SHA-1":           {"sha-256", "sha-1", ErrTransport},
		"short print":     {print256, print256[3:], ErrTransport},
		"odd role":        {"setup:actpass", "setup:holdconn", ErrTransport},
		"nothing we know": {" 111 63 9 0 8 13 110 126", " 63 110", ErrNoCodec},
		"off":             {"m=audio 9", "m=audio 0", ErrTransport},
	} {
		if _, _, _, err := peekSecured(t, strings.Replace(chromium, c.old, c.new, 1)); !errors.Is(err, c.err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSecuredAnswer(t *testing.T) {
	d, n, _, err := peekSecured(t, chromium)
	if err != nil {
		t.Fatal(err)
	}
	got := string(AnswerSecured(d, Local{SessionID: 7, Version: 1}, n, Secured{
		Ufrag: "ours", Password: "oursoursoursoursoursours", Setup: "active", Lite: true, Ended: true,
		Fingerprints: []Fingerprint{{"sha-256", print256}}, SSRC: 99, CNAME: "c",
		Candidates: []string{"1 1 udp 2130706431 192.0.2.1 7880 typ host"},
	}))
	const want = "v=0\r\n" +
		"o=- 7 1 IN IP4 0.0.0.0\r\n" +
		"s=-\r\n" +
		"c=IN IP4 0.0.0.0\r\n" +
		"t=0 0\r\n" +
		"a=ice-lite\r\n" +
		"a=group:BUNDLE 0\r\n" +
		"a=msid-semantic: WMS *\r\n" +
		"m=audio 9 UDP/TLS/RTP/SAVPF 111 110\r\n" +
		"a=rtpmap:111 opus/48000/2\r\n" +
		"a=fmtp:111 useinbandfec=1;stereo=0;sprop-stereo=0;usedtx=1\r\n" +
		"a=rtpmap:110 telephone-event/48000\r\n" +
		"a=fmtp:110 0-15\r\n" +
		"a=ptime:20\r\n" +
		"a=maxptime:60\r\n" +
		"a=sendrecv\r\n" +
		"a=rtcp-mux\r\n" +
		"a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n" +
		"a=mid:0\r\n" +
		"a=rtcp-rsize\r\n" +
		"a=ice-ufrag:ours\r\n" +
		"a=ice-pwd:oursoursoursoursoursours\r\n" +
		"a=fingerprint:sha-256 " + print256 + "\r\n" +
		"a=setup:active\r\n" +
		"a=candidate:1 1 udp 2130706431 192.0.2.1 7880 typ host\r\n" +
		"a=end-of-candidates\r\n" +
		"a=msid:c audio\r\n" +
		"a=ssrc:99 cname:c\r\n" +
		"m=video 0 UDP/TLS/RTP/SAVPF 0\r\n" +
		"a=mid:1\r\n" +
		"a=inactive\r\n" +
		"m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n" +
		"a=mid:2\r\n" +
		"a=inactive\r\n"
	if got != want {
		t.Errorf("got\n%s", got)
	}
}

// A guest without a microphone is sent to and not heard; who sends only is heard.
func TestSecuredDirections(t *testing.T) {
	for theirs, want := range map[string]Direction{"recvonly": SendOnly, "sendonly": RecvOnly, "inactive": Inactive} {
		_, n, _, err := peekSecured(t, strings.Replace(chromium, "a=sendrecv", "a="+theirs, 1))
		if err != nil || n.Direction != want || n.Send.IsZero() == want.Sends() || n.PeerHold {
			t.Errorf("%s: %+v, %v", theirs, n, err)
		}
	}
}

// A browser without Opus is answered with what it has.
func TestSecuredWithoutOpus(t *testing.T) {
	_, n, _, err := peekSecured(t, strings.Replace(chromium, " 111 63 9 0 8", " 0 8", 1))
	if err != nil || n.Send.Name != codec.PCMU || n.EventPT != 126 {
		t.Errorf("%+v, %v", n, err)
	}
}

// FuzzSecured answers offers of browsers: the answer has a line for each of
// theirs, one of them open, and is itself well-formed.
func FuzzSecured(f *testing.F) {
	f.Add(chromium)
	f.Add(strings.ReplaceAll(chromium, "\r\n", "\n"))
	f.Add(strings.Replace(chromium, "a=mid:0", "a=mid:\x7f", 1))
	f.Fuzz(func(t *testing.T, offer string) {
		d, err := Parse([]byte(offer))
		if err != nil {
			return
		}
		n, _, err := PeekSecured(d, Local{Codecs: browserCodecs, Events: true})
		if err != nil {
			return
		}
		answer := AnswerSecured(d, Local{}, n, Secured{Ufrag: "ours", Setup: "active", Lite: true})
		got, err := Parse(answer)
		if err != nil || len(got.Media) != len(d.Media) {
			t.Fatalf("%v in %q", err, answer)
		}
		for i := range got.Media {
			if open := got.Media[i].Port != 0; open != (i == n.Index) {
				t.Fatalf("line %d of %q", i, answer)
			}
		}
	})
}
