package sdp

import (
	"strconv"
	"strings"
	"time"

	"github.com/partyline/partyline/media/codec"
)

// The payload formats that are no codecs.
const (
	telephoneEvent = "telephone-event"
	comfortNoise   = "CN"
	comfortPT      = 13
)

// rtpmap is one payload type of a media line.
type rtpmap struct {
	pt     uint8
	name   string // as the peer writes it
	clock  int
	params string // channels
	fmtp   string
}

// static are the payload types of RFC 3551 §6 that need no rtpmap.
var static = map[uint8]rtpmap{
	0:         {pt: 0, name: "PCMU", clock: 8000},
	8:         {pt: 8, name: "PCMA", clock: 8000},
	9:         {pt: 9, name: "G722", clock: 8000},
	comfortPT: {pt: comfortPT, name: comfortNoise, clock: 8000},
}

// rtpmaps gives the payload types of m in its order, each once. Those without a
// usable rtpmap are left out.
func rtpmaps(m *Media) []rtpmap {
	known := make(map[uint8]rtpmap)
	fmtp := make(map[uint8]string)
	for _, a := range m.Attributes {
		switch a.Name {
		case "rtpmap":
			if r, ok := parseRTPMap(a.Value); ok {
				if _, twice := known[r.pt]; !twice {
					known[r.pt] = r
				}
			}
		case "fmtp":
			pt, rest, _ := strings.Cut(a.Value, " ")
			if n, err := strconv.ParseUint(pt, 10, 7); err == nil {
				fmtp[uint8(n)] = strings.TrimSpace(rest)
			}
		}
	}
	var list []rtpmap
	seen := make(map[uint8]bool)
	for _, f := range m.Formats {
		n, err := strconv.ParseUint(f, 10, 7)
		pt := uint8(n)
		if err != nil || seen[pt] {
			continue
		}
		seen[pt] = true
		r, ok := known[pt]
		if !ok {
			r, ok = static[pt]
		}
		if ok {
			r.fmtp = fmtp[pt]
			list = append(list, r)
		}
	}
	return list
}

// parseRTPMap reads "96 opus/48000/2".
func parseRTPMap(value string) (rtpmap, bool) {
	pt, rest, ok := strings.Cut(value, " ")
	n, err := strconv.ParseUint(pt, 10, 7)
	if !ok || err != nil {
		return rtpmap{}, false
	}
	f := strings.SplitN(strings.TrimSpace(rest), "/", 3)
	if len(f) < 2 {
		return rtpmap{}, false
	}
	clock, err := strconv.Atoi(strings.TrimSpace(f[1]))
	if err != nil || clock < 8000 || clock > 192000 {
		return rtpmap{}, false
	}
	r := rtpmap{pt: uint8(n), name: f[0], clock: clock}
	if len(f) == 3 {
		r.params = strings.TrimSpace(f[2])
	}
	return r, true
}

// format is r as a codec of ours; the zero Format if it is none.
func (r rtpmap) format() codec.Format {
	mono := r.params == "" || r.params == "1"
	var f codec.Format
	switch {
	case strings.EqualFold(r.name, string(codec.PCMU)) && r.clock == 8000 && mono:
		f = codec.Standard(codec.PCMU)
	case strings.EqualFold(r.name, string(codec.PCMA)) && r.clock == 8000 && mono:
		f = codec.Standard(codec.PCMA)
	case strings.EqualFold(r.name, string(codec.G722)) && mono && (r.clock == 8000 || r.clock == 16000):
		// G722/16000 is a mistake of some phones, whose clock is 8000 all the same.
		f = codec.Standard(codec.G722)
	case strings.EqualFold(r.name, string(codec.Opus)) && r.clock == 48000:
		f = codec.Standard(codec.Opus)
		r.opus(&f)
	case strings.EqualFold(r.name, string(codec.L16)) && mono && (r.clock == 8000 || r.clock == 16000 || r.clock == 48000):
		f = codec.Standard(codec.L16)
		f.ClockRate, f.SampleRate = r.clock, r.clock
	default:
		return codec.Format{}
	}
	f.PayloadType = r.pt
	return f
}

// opus applies what the peer says of itself as a receiver (RFC 7587 §6.1).
func (r rtpmap) opus(f *codec.Format) {
	f.FEC = r.parameter("useinbandfec") == "1"
	f.DTX = r.parameter("usedtx") == "1"
	if n, err := strconv.Atoi(r.parameter("maxplaybackrate")); err == nil && n >= 8000 && n < 48000 {
		f.MaxPlayback = n
	}
	if n, err := strconv.Atoi(r.parameter("maxaveragebitrate")); err == nil && n >= 6000 && n <= 510000 {
		f.Bitrate = n
	}
}

// parameter is one of the fmtp's "name=value; name=value".
func (r rtpmap) parameter(name string) string {
	for part := range strings.SplitSeq(r.fmtp, ";") {
		k, v, _ := strings.Cut(part, "=")
		if strings.EqualFold(strings.TrimSpace(k), name) {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// event says that r is a telephone-event.
func (r rtpmap) event() bool {
	return strings.EqualFold(r.name, telephoneEvent) && (r.clock == 8000 || r.clock == 16000 || r.clock == 48000)
}

// events gives the telephone-events of a line.
func events(maps []rtpmap) []Event {
	var list []Event
	for _, r := range maps {
		if r.event() {
			list = append(list, Event{r.pt, r.clock})
		}
	}
	return list
}

// eventFor chooses the telephone-event for a codec: of its own clock (RFC 4733
// §2.1), else at 8000 as many peers offer beside Opus, else the first.
func eventFor(list []Event, clock int) (Event, bool) {
	for _, c := range []int{clock, 8000} {
		for _, e := range list {
			if e.Clock == c {
				return e, true
			}
		}
	}
	if len(list) > 0 {
		return list[0], true
	}
	return Event{}, false
}

// usable gives our formats of a line in the order of names, each codec once
// first, then the same codec's other payload types.
func usable(maps []rtpmap, names []codec.Name) []codec.Format {
	var list []codec.Format
	for _, name := range names {
		for _, r := range maps {
			if f := r.format(); f.Name == name {
				list = append(list, f)
			}
		}
	}
	return list
}

// ptimes of what we send: what every encoder here can do.
var ptimes = []time.Duration{60, 40, 30, 20, 10} // ms

// packetTime is how much sound we put in a packet for m: what it asks by ptime,
// else 20 ms, no more than its maxptime. Some peers write them once, for the
// session. Opus has no frame of 30 ms.
func packetTime(d *Description, m *Media, name codec.Name) time.Duration {
	want := milliseconds(d, m, "ptime")
	if want == 0 {
		want = 20
	}
	if limit := milliseconds(d, m, "maxptime"); limit > 0 && limit < want {
		want = limit
	}
	for _, p := range ptimes {
		if p <= want && (p != 30 || name != codec.Opus) {
			return p * time.Millisecond
		}
	}
	return 10 * time.Millisecond
}

// milliseconds reads an attribute like ptime:20 of the line, else of the
// session, tolerating 20.0 and blanks; 0 if it is absent or makes no sense.
func milliseconds(d *Description, m *Media, name string) time.Duration {
	v, ok := m.Attribute(name)
	if !ok {
		v, _ = find(d.Attributes, name)
	}
	v, _, _ = strings.Cut(v, ".")
	n, err := strconv.Atoi(strings.TrimSpace(v))
	if err != nil || n < 0 || n > 10000 {
		return 0
	}
	return time.Duration(n)
}
