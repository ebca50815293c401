package sdp

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/partyline/partyline/media/codec"
)

// body writes SDP line by line.
type body struct{ strings.Builder }

func (b *body) line(format string, args ...any) {
	fmt.Fprintf(b, format, args...)
	b.WriteString("\r\n")
}

// head writes the session level.
func (b *body) head(l Local, time string) {
	if time == "" {
		time = "0 0"
	}
	b.line("v=0")
	b.line("o=- %d %d IN %s", l.SessionID, l.Version, network(l.Addr))
	b.line("s=-")
	b.line("c=IN %s", network(l.Addr))
	b.line("t=%s", time)
}

func network(a netip.Addr) string {
	a = a.Unmap().WithZone("")
	switch {
	case !a.IsValid():
		return "IP4 0.0.0.0"
	case a.Is4():
		return "IP4 " + a.String()
	}
	return "IP6 " + a.String()
}

// refused writes a media line that is turned down in its place.
func (b *body) refused(l line) { b.line("m=%s 0 %s %s", l.kind, l.proto, l.format) }

// audio is a media line of ours.
type audio struct {
	proto     string
	codecs    []codec.Format
	maps      []rtpmap // the peer's, in an answer: how it wrote the codecs
	events    []Event
	comfort   bool
	ptime     time.Duration
	direction Direction
	mux       bool
	cryptos   []Crypto
	levelExt  uint8
	levelDir  string
}

func (b *body) audio(l Local, a audio) {
	fmt.Fprintf(b, "m=audio %d %s", l.RTPPort, a.proto)
	for _, f := range a.codecs {
		fmt.Fprintf(b, " %d", f.PayloadType)
	}
	for _, e := range a.events {
		fmt.Fprintf(b, " %d", e.PT)
	}
	if a.comfort {
		fmt.Fprintf(b, " %d", comfortPT)
	}
	b.line("")
	for _, f := range a.codecs {
		b.codec(f, a.maps)
	}
	for _, e := range a.events {
		b.line("a=rtpmap:%d %s/%d", e.PT, telephoneEvent, e.Clock)
		b.line("a=fmtp:%d 0-15", e.PT)
	}
	b.line("a=ptime:%d", a.ptime.Milliseconds())
	b.line("a=maxptime:60")
	b.line("a=%s", a.direction)
	for i := range a.cryptos {
		b.line("a=crypto:%s", a.cryptos[i].line())
	}
	if a.mux {
		b.line("a=rtcp-mux")
	}
	if l.RTCPPort != 0 && l.RTCPPort != l.RTPPort+1 {
		b.line("a=rtcp:%d", l.RTCPPort)
	}
	if a.levelExt != 0 {
		b.line("a=extmap:%d%s %s", a.levelExt, a.levelDir, levelURN)
	}
}

// codec writes rtpmap and fmtp. Static payload types have an rtpmap too: it
// costs a line, and some peers insist.
func (b *body) codec(f codec.Format, maps []rtpmap) {
	name, clock, channels := string(f.Name), f.ClockRate, ""
	if f.Name == codec.Opus {
		channels = "/2" // RFC 7587 §7, mono too
	}
	for _, r := range maps { // as the peer writes it
		if r.pt == f.PayloadType {
			name, clock = r.name, r.clock
		}
	}
	b.line("a=rtpmap:%d %s/%d%s", f.PayloadType, name, clock, channels)
	if f.Name == codec.Opus {
		dtx := ""
		if f.DTX {
			dtx = ";usedtx=1"
		}
		b.line("a=fmtp:%d useinbandfec=1;stereo=0;sprop-stereo=0%s", f.PayloadType, dtx)
	}
}
