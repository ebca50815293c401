package sdp

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/partyline/partyline/media/codec"
)

var all = []codec.Name{codec.Opus, codec.G722, codec.PCMA, codec.PCMU}

func local(p Policy, names ...codec.Name) Local {
	if names == nil {
		names = all
	}
	return Local{
		Addr: netip.MustParseAddr("198.51.100.9"), RTPPort: 20000, RTCPPort: 20001, Codecs: names,
		SRTP: p, SessionID: 42, Version: 7, Events: true,
	}
}

func parse(t *testing.T, s string) *Description {
	t.Helper()
	d, err := Parse([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// media is the m= lines of a body.
func media(body []byte) []string {
	var list []string
	for line := range strings.SplitSeq(string(body), "\r\n") {
		if strings.HasPrefix(line, "m=") {
			list = append(list, line[2:])
		}
	}
	return list
}

func (n Negotiated) summary() string {
	crypto := "plain"
	if n.Crypto != nil {
		crypto = fmt.Sprintf("%s/%d", n.Crypto.Suite, n.Crypto.Tag)
	}
	return fmt.Sprintf("%s %s/%d %v %s ev%d/%d cn%d ext%d %s", n.Remote, n.Send, n.Send.PayloadType, n.Send.Ptime, n.Direction, n.EventPT, n.EventClock, n.ComfortPT, n.LevelExt, crypto)
}

func TestAnswer(t *testing.T) {
	tests := []struct {
		name, offer string
		local       Local
		want        string
		rtcp        string
		media       []string
		err         error
	}{
		{
			name: "sipp", offer: offerSipp, local: local(SRTPPreferred),
			want: "192.0.2.1:6000 PCMU/8000/0 20ms sendrecv ev0/0 cn13 ext0 plain", rtcp: "192.0.2.1:6001",
			media: []string{"audio 20000 RTP/AVP 0"},
		},
		{
			name: "static payload types", offer: offerStaticOnly, local: local(SRTPOff),
			want:  "192.0.2.1:6000 G722/8000/9 20ms sendrecv ev101/8000 cn13 ext0 plain",
			media: []string{"audio 20000 RTP/AVP 9 101"},
		},
		{
			name: "Cisco", offer: offerCisco, local: local(SRTPPreferred),
			want:  "192.0.2.7:22144 opus/48000/114 20ms sendrecv ev101/8000 cn0 ext0 plain",
			media: []string{"audio 20000 RTP/AVP 114 101", "video 0 RTP/AVP 100", "application 0 UDP/BFCP *", "application 0 RTP/AVP 125"},
		},
		{
			name: "Polycom, encrypted line preferred", offer: offerPolycom, local: local(SRTPPreferred),
			want:  "192.0.2.20:2222 G722/8000/9 20ms sendrecv ev127/8000 cn13 ext0 AES_CM_128_HMAC_SHA1_80/1",
			media: []string{"audio 20000 RTP/SAVP 9 127", "audio 0 RTP/AVP 9"},
		},
		{
			name: "Polycom, plain line", offer: offerPolycom, local: local(SRTPOff),
			want:  "192.0.2.20:2222 G722/8000/9 20ms sendrecv ev127/8000 cn13 ext0 plain",
			media: []string{"audio 0 RTP/SAVP 9", "audio 20000 RTP/AVP 9 127"},
		},
		{
			name: "Asterisk, events at 48000", offer: offerAsterisk, local: local(SRTPOff),
			want:  "192.0.2.30:17412 opus/48000/107 20ms sendrecv ev113/48000 cn0 ext0 plain",
			media: []string{"audio 20000 RTP/AVP 107 113"},
		},
		{
			name: "Asterisk, our preference", offer: offerAsterisk, local: local(SRTPOff, codec.PCMU, codec.Opus),
			want:  "192.0.2.30:17412 PCMU/8000/0 20ms sendrecv ev101/8000 cn13 ext0 plain",
			media: []string{"audio 20000 RTP/AVP 0 101"},
		},
		{
			name: "FreeSWITCH with comfort noise", offer: offerFreeSwitch, local: local(SRTPOff, codec.PCMA),
			want: "192.0.2.40:28374 PCMA/8000/8 20ms sendrecv ev101/8000 cn13 ext0 plain", rtcp: "192.0.2.40:28375",
			media: []string{"audio 20000 RTP/AVP 8 101 13"},
		},
		{
			name: "baresip, best-effort SRTP, mux", offer: offerBaresip, local: local(SRTPPreferred),
			want: "192.0.2.50:10000 opus/48000/96 20ms sendrecv ev101/8000 cn0 ext0 AES_CM_128_HMAC_SHA1_80/1", rtcp: "192.0.2.50:10000",
			media: []string{"audio 20000 RTP/AVP 96 101", "video 0 RTP/AVP 97"},
		},
		{
			name: "baresip, required", offer: offerBaresip, local: local(SRTPRequired, codec.G722),
			want:  "192.0.2.50:10000 G722/8000/9 20ms sendrecv ev101/8000 cn13 ext0 AES_CM_128_HMAC_SHA1_80/1",
			media: []string{"audio 20000 RTP/AVP 9 101", "video 0 RTP/AVP 97"},
		},
		{
			name: "baresip, off", offer: offerBaresip, local: local(SRTPOff, codec.G722),
			want:  "192.0.2.50:10000 G722/8000/9 20ms sendrecv ev101/8000 cn13 ext0 plain",
			media: []string{"audio 20000 RTP/AVP 9 101", "video 0 RTP/AVP 97"},
		},
		{
			name: "linphone, IPv6, second crypto line", offer: offerLinphone, local: local(SRTPPreferred),
			want: "[2001:db8::7]:7078 opus/48000/96 20ms sendrecv ev101/48000 cn0 ext0 AEAD_AES_256_GCM/7", rtcp: "[2001:db8::7]:7079",
			media: []string{"audio 20000 RTP/SAVPF 96 101"},
		},
		{
			name: "many lines, the fourth taken", offer: offerGateway, local: local(SRTPPreferred),
			want:  "192.0.2.60:4004 PCMA/8000/97 30ms sendrecv ev96/8000 cn13 ext3 plain",
			media: []string{"image 0 udptl t38", "video 0 RTP/AVP 31", "audio 0 UDP/TLS/RTP/SAVPF 111", "audio 20000 RTP/AVPF 97 96", "audio 0 RTP/AVP 0", "application 0 TCP/BFCP *"},
		},
		{
			name: "bare", offer: offerBare, local: local(SRTPPreferred),
			want: "192.0.2.70:5004 PCMA/8000/8 40ms sendrecv ev0/0 cn13 ext0 plain", media: []string{"audio 20000 RTP/AVP 8"},
		},
		{name: "MKI taken where we can", offer: offerSavp, local: func() Local { l := local(SRTPPreferred); l.MKI = true; return l }(), want: "192.0.2.1:6000 PCMU/8000/0 20ms sendrecv ev0/0 cn13 ext0 AES_CM_128_HMAC_SHA1_80/1", media: []string{"audio 20000 RTP/SAVP 0"}},
		{name: "MKI only, and we can't", offer: offerSavp, local: local(SRTPPreferred), err: ErrNoCodec},
		{name: "encrypted only, off", offer: offerSavp, local: local(SRTPOff), err: ErrNoCodec},
		{name: "plain only, required", offer: offerAsterisk, local: local(SRTPRequired), err: ErrEncryption},
		{name: "no crypto we know, required", offer: strings.ReplaceAll(offerSavp, "SHA1_80", "SHA1_32"), local: local(SRTPRequired), err: ErrEncryption},
		{name: "browser", offer: offerBrowser, local: local(SRTPPreferred), err: ErrNoCodec},
		{name: "fax", offer: offerT38, local: local(SRTPPreferred), err: ErrNoCodec},
		{name: "no common codec", offer: offerSipp, local: local(SRTPPreferred, codec.Opus), err: ErrNoCodec},
		{name: "audio refused", offer: strings.Replace(offerSipp, "6000", "0", 1), local: local(SRTPOff), err: ErrNoCodec},
		{name: "no media", offer: "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\n", local: local(SRTPOff), err: ErrNoCodec},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			body, n, err := Answer(parse(t, tt.offer), tt.local)
			if !errors.Is(err, tt.err) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
			if tt.err != nil {
				if body != nil || n.Send.Name != "" {
					t.Error("a failed answer has a body or a format")
				}
				return
			}
			if got := n.summary(); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if tt.rtcp != "" && n.RemoteRTCP.String() != tt.rtcp {
				t.Errorf("RTCP %s, want %s", n.RemoteRTCP, tt.rtcp)
			}
			if got := media(body); strings.Join(got, "\n") != strings.Join(tt.media, "\n") {
				t.Errorf("media lines %q\nwant %q", got, tt.media)
			}
			if n.Receive[0].PayloadType != n.Send.PayloadType || n.Ptime != n.Send.Ptime {
				t.Errorf("receive %v, ptime %v", n.Receive[0], n.Ptime)
			}
			if (n.Crypto != nil) != strings.Contains(string(body), "\r\na=crypto:") {
				t.Errorf("crypto %v and body\n%s", n.Crypto, body)
			}
			parse(t, string(body))
		})
	}
}

// TestAnswerWhole is an answer letter by letter.
func TestAnswerWhole(t *testing.T) {
	offer := strings.Replace(offerFreeSwitch, "t=0 0", "t=3724394400 3724398000", 1) + "a=rtcp-mux\r\na=extmap:5/recvonly " + levelURN + "\r\n"
	l := local(SRTPOff)
	l.RTCPPort = 20007
	body, n, err := Answer(parse(t, offer), l)
	if err != nil {
		t.Fatal(err)
	}
	want := "v=0\r\no=- 42 7 IN IP4 198.51.100.9\r\ns=-\r\nc=IN IP4 198.51.100.9\r\nt=3724394400 3724398000\r\n" +
		"m=audio 20000 RTP/AVP 102 103\r\na=rtpmap:102 opus/48000/2\r\na=fmtp:102 useinbandfec=1;stereo=0;sprop-stereo=0;usedtx=1\r\n" +
		"a=rtpmap:103 telephone-event/48000\r\na=fmtp:103 0-15\r\na=ptime:20\r\na=maxptime:60\r\na=sendrecv\r\na=rtcp-mux\r\na=rtcp:20007\r\n" +
		"a=extmap:5/sendonly " + levelURN + "\r\n"
	if string(body) != want {
		t.Errorf("got\n%s\nwant\n%s", body, want)
	}
	f := n.Send
	if !f.FEC || !f.DTX || f.Bitrate != 30000 || f.MaxPlayback != 0 {
		t.Errorf("opus parameters: %+v", f)
	}
	if len(n.Receive) != 4 || len(n.ReceiveEvents) != 2 || !n.Mux || n.LevelExt != 5 {
		t.Errorf("negotiated %+v", n)
	}
}

func TestOpusOfThePeer(t *testing.T) {
	_, n, err := Answer(parse(t, offerCisco), local(SRTPOff))
	if err != nil {
		t.Fatal(err)
	}
	if f := n.Send; f.FEC || f.DTX || f.MaxPlayback != 16000 || f.Bitrate != 64000 || f.SampleRate != 48000 {
		t.Errorf("%+v", f)
	}
}

func TestHold(t *testing.T) {
	base := strings.ReplaceAll(offerAsterisk, "a=sendrecv\r\n", "")
	tests := []struct {
		name, offer string
		want        Direction
		hold, sends bool
		remote      bool
	}{
		{"both ways", base, SendRecv, false, true, true},
		{"sendonly", base + "a=sendonly\r\n", RecvOnly, true, false, true},
		{"recvonly", base + "a=recvonly\r\n", SendOnly, false, true, true},
		{"inactive", base + "a=inactive\r\n", Inactive, true, false, true},
		{"session level", strings.Replace(base, "t=0 0", "t=0 0\r\na=sendonly", 1), RecvOnly, true, false, true},
		{"line over session", strings.Replace(base, "t=0 0", "t=0 0\r\na=sendonly", 1) + "a=sendrecv\r\n", SendRecv, false, true, true},
		{"0.0.0.0", strings.Replace(base, "c=IN IP4 192.0.2.30", "c=IN IP4 0.0.0.0", 1), RecvOnly, true, false, false},
		{"0.0.0.0 inactive", strings.Replace(base, "c=IN IP4 192.0.2.30", "c=IN IP4 0.0.0.0", 1) + "a=inactive\r\n", Inactive, true, false, false},
		{"0.0.0.0 recvonly", strings.Replace(base, "c=IN IP4 192.0.2.30", "c=IN IP4 0.0.0.0", 1) + "a=recvonly\r\n", Inactive, true, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			body, n, err := Answer(parse(t, tt.offer), local(SRTPOff))
			if err != nil {
				t.Fatal(err)
			}
			if n.Direction != tt.want || n.PeerHold != tt.hold || n.Send.IsZero() == tt.sends || n.Remote.IsValid() != tt.remote {
				t.Errorf("direction %v, hold %v, send %v, remote %v", n.Direction, n.PeerHold, n.Send, n.Remote)
			}
			if !strings.Contains(string(body), "\r\na="+tt.want.String()+"\r\n") {
				t.Errorf("the answer does not say %v:\n%s", tt.want, body)
			}
			if n.Receive[0].Name != codec.Opus {
				t.Errorf("receive %v", n.Receive)
			}
		})
	}
}

func TestPacketTime(t *testing.T) {
	tests := []struct {
		attributes string
		name       codec.Name
		want       int
	}{
		{"", codec.PCMU, 20},
		{"a=ptime:10", codec.PCMU, 10},
		{"a=ptime:30", codec.PCMU, 30},
		{"a=ptime:30", codec.Opus, 20},
		{"a=ptime:40", codec.Opus, 40},
		{"a=ptime:60", codec.PCMU, 60},
		{"a=ptime:50", codec.PCMU, 40},
		{"a=ptime:200", codec.PCMU, 60},
		{"a=ptime:5", codec.PCMU, 10},
		{"a=ptime:20.0", codec.PCMU, 20},
		{"a=ptime:0", codec.PCMU, 20},
		{"a=ptime:-20", codec.PCMU, 20},
		{"a=ptime:99999999999999999999", codec.PCMU, 20},
		{"a=ptime:x", codec.PCMU, 20},
		{"a=maxptime:10", codec.PCMU, 10},
		{"a=ptime:60\r\na=maxptime:30", codec.PCMU, 30},
		{"a=maxptime:240", codec.PCMU, 20},
	}
	for _, tt := range tests {
		d := parse(t, "v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 6000 RTP/AVP 0 96\r\na=rtpmap:96 opus/48000/2\r\n"+tt.attributes+"\r\n")
		_, n, err := Answer(d, local(SRTPOff, tt.name))
		if err != nil {
			t.Fatal(err)
		}
		if want := time.Duration(tt.want) * time.Millisecond; n.Ptime != want || n.Send.Ptime != want {
			t.Errorf("%s %q: %v, %v", tt.name, tt.attributes, n.Ptime, n.Send.Ptime)
		}
	}
}

// TestPacketTimeOfTheSession: the session's ptime counts where the line has none.
func TestPacketTimeOfTheSession(t *testing.T) {
	for _, tt := range []struct {
		session, line string
		want          time.Duration
	}{
		{"a=ptime:30\r\n", "", 30},
		{"a=ptime:30\r\n", "a=ptime:10\r\n", 10},
		{"a=maxptime:10\r\n", "", 10},
		{"a=ptime:60\r\n", "a=maxptime:40\r\n", 40},
		{"a=ptime:nonsense\r\n", "", 20},
	} {
		d := parse(t, "v=0\r\nc=IN IP4 192.0.2.1\r\n"+tt.session+"m=audio 6000 RTP/AVP 0\r\n"+tt.line)
		body, n, err := Answer(d, local(SRTPOff))
		if err != nil {
			t.Fatal(err)
		}
		if n.Send.Ptime != tt.want*time.Millisecond {
			t.Errorf("%q, %q: %v", tt.session, tt.line, n.Send.Ptime)
		}
		if !strings.Contains(string(body), fmt.Sprintf("a=ptime:%d\r\n", tt.want)) {
			t.Errorf("%q, %q:\n%s", tt.session, tt.line, body)
		}
	}
}

func TestAddresses(t *testing.T) {
	tests := []struct{ connection, extra, rtp, rtcp string }{
		{"c=IN IP4 192.0.2.1", "", "192.0.2.1:6000", "192.0.2.1:6001"},
		{"c=IN IP4 192.0.2.1/127/2", "", "192.0.2.1:6000", "192.0.2.1:6001"},
		{"c=IN IP4 192.0.2.1", "a=rtcp:7777", "192.0.2.1:6000", "192.0.2.1:7777"},
		{"c=IN IP4 192.0.2.1", "a=rtcp:7777 IN IP4 192.0.2.2", "192.0.2.1:6000", "192.0.2.2:7777"},
		{"c=IN IP4 192.0.2.1", "a=rtcp:7777 IN IP4 0.0.0.0", "192.0.2.1:6000", "192.0.2.1:7777"},
		{"c=IN IP4 192.0.2.1", "a=rtcp:nonsense", "192.0.2.1:6000", "192.0.2.1:6001"},
		{"c=IN IP4 192.0.2.1", "a=rtcp:0", "192.0.2.1:6000", "192.0.2.1:6001"},
		{"c=IN IP4 192.0.2.1", "a=rtcp:7777\r\na=rtcp-mux", "192.0.2.1:6000", "192.0.2.1:6000"},
		{"c=IN IP4 192.0.2.1", "c=IN IP4 192.0.2.9", "192.0.2.9:6000", "192.0.2.9:6001"},
		{"c=IN IP4 192.0.2.1", "c=IN IP4 192.0.2.9\r\nc=IN IP4 192.0.2.10", "192.0.2.9:6000", "192.0.2.9:6001"},
		{"c=IN IP6 2001:db8::1", "", "[2001:db8::1]:6000", "[2001:db8::1]:6001"},
		{"c=IN IP6 ::ffff:192.0.2.1", "", "192.0.2.1:6000", "192.0.2.1:6001"},
		{"c=IN IP6 fe80::1%eth0", "", "[fe80::1]:6000", "[fe80::1]:6001"},
		{"c=in ip4 192.0.2.1", "", "192.0.2.1:6000", "192.0.2.1:6001"},
		{"s=no connection", "", "invalid AddrPort", "invalid AddrPort"},
		{"c=IN IP4 phone.example.org", "", "invalid AddrPort", "invalid AddrPort"},
		{"c=IN IP4 224.2.1.1/127/3", "", "invalid AddrPort", "invalid AddrPort"},
		{"c=IN IP4 255.255.255.255", "", "invalid AddrPort", "invalid AddrPort"},
	}
	for _, tt := range tests {
		n, err := Peek(parse(t, "v=0\r\n"+tt.connection+"\r\nm=audio 6000/2 RTP/AVP 0\r\n"+tt.extra+"\r\n"), local(SRTPOff))
		if err != nil {
			t.Fatal(err)
		}
		if n.Remote.String() != tt.rtp || n.RemoteRTCP.String() != tt.rtcp {
			t.Errorf("%s %s: %v, %v", tt.connection, tt.extra, n.Remote, n.RemoteRTCP)
		}
		if n.PeerHold || n.Remote.Port() != 6000 {
			t.Errorf("%s: hold %v, port %d", tt.connection, n.PeerHold, n.Remote.Port())
		}
	}
}

func TestAnswerIPv6(t *testing.T) {
	l := local(SRTPPreferred)
	l.Addr = netip.MustParseAddr("2001:db8::9")
	body, _, err := Answer(parse(t, offerLinphone), l)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(body), "IN IP6 2001:db8::9\r\n") != 2 {
		t.Errorf("%s", body)
	}
}

// TestReoffer puts a call on hold and back: payload types and keys stay.
func TestReoffer(t *testing.T) {
	l := local(SRTPPreferred)
	first, n, err := Answer(parse(t, offerPolycom), l)
	if err != nil {
		t.Fatal(err)
	}
	l.Current, l.Version = &n, l.Version+1
	held, n2, err := Answer(parse(t, strings.Replace(offerPolycom, "a=sendrecv", "a=sendonly", 1)), l)
	if err != nil {
		t.Fatal(err)
	}
	if !n2.PeerHold || !n2.Send.IsZero() || string(n2.Crypto.Local) != string(n.Crypto.Local) {
		t.Errorf("held: %+v", n2)
	}
	want := strings.Replace(string(first), "42 7", "42 8", 1)
	want = strings.Replace(want, "a=sendrecv", "a=recvonly", 1)
	if string(held) != want {
		t.Errorf("held\n%s\nfirst\n%s", held, first)
	}
	// The line in use stays in use even where the other would be preferred now.
	l.SRTP, l.Current = SRTPPreferred, &Negotiated{Index: 1}
	if _, n3, err := Answer(parse(t, offerPolycom), l); err != nil || n3.Index != 1 || n3.Crypto != nil {
		t.Errorf("%+v, %v", n3, err)
	}
}
