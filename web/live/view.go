package live

import (
	"math"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/media"
)

// Person is one party of a room as a page sees it. Guests see what stands before
// State, of those who are in the room; hosts see all of it, of the lobby too.
type Person struct {
	ID      string `json:"id" doc:"The call's id."`
	Name    string `json:"name" doc:"The name, or the masked number of a phone without one; empty if neither is known."`
	Kind    string `json:"kind" enum:"browser,phone,room-system"`
	Host    bool   `json:"host"`
	Muted   bool   `json:"muted"`
	Hand    bool   `json:"hand"`
	Talking bool   `json:"talking"`

	State    string  `json:"state,omitempty" enum:"lobby,room"`
	Number   string  `json:"number,omitempty" doc:"The masked number."`
	Codec    string  `json:"codec,omitempty"`
	Loss     float64 `json:"loss,omitempty" doc:"Packet loss of the worse direction, 0 to 1."`
	JitterMS float64 `json:"jitter_ms,omitempty"`
	RTTMS    float64 `json:"rtt_ms,omitempty" doc:"Left out until it is known."`
	MOS      float64 `json:"mos,omitempty" doc:"How the call sounds, 1 to 4.5; left out until it is known."`
}

// quality is what is shown of a leg's streams.
type quality struct{ loss, jitter, rtt, mos float64 }

// measure rounds a leg's figures to what can be shown: finer changes are no news.
func (l *Live) measure(s media.Stats) quality {
	q := quality{
		loss:   math.Round(1000*max(s.LossIn, s.LossOut)) / 1000,
		jitter: wholeMS(max(s.Jitter, s.JitterOut)), rtt: wholeMS(s.RTT),
	}
	if l.cfg.MOS != nil {
		q.mos = math.Round(10*l.cfg.MOS(s)) / 10
	}
	return q
}

func wholeMS(d time.Duration) float64 { return float64(d.Round(time.Millisecond).Milliseconds()) }

// guestView is an entry as guests see it.
func guestView(e *bridge.Entry) Person {
	return Person{
		ID: e.ID, Name: nameOf(e), Kind: kindOf(e), Host: e.Host,
		Muted: e.Muted, Hand: e.Hand, Talking: e.Talking,
	}
}

// hostView is an entry as hosts see it.
func hostView(e *bridge.Entry, q quality) Person {
	p := guestView(e)
	p.State, p.Codec = e.State.String(), e.Quality.Codec
	if p.Kind != kindBrowser && isNumber(e.Party.Number) {
		p.Number = MaskNumber(e.Party.Number)
	}
	p.Loss, p.JitterMS, p.RTTMS, p.MOS = q.loss, q.jitter, q.rtt, q.mos
	return p
}

// nameOf is the name that others see: never a number that is not masked, nor an
// address. Empty: the page says what kind of party it is.
func nameOf(e *bridge.Entry) string {
	name, number := strings.TrimSpace(e.Name), e.Party.Number
	if kindOf(e) == kindBrowser {
		return name
	}
	if isAddress(name) {
		name = ""
	}
	if isAddress(number) {
		number = ""
	}
	switch {
	case name == "" && isNumber(number):
		return MaskNumber(number)
	case name == "":
		return number // an alias or a user's name
	case isNumber(name):
		return MaskNumber(name)
	case hides(name, number):
		return MaskNumber(number)
	}
	return name
}

// isAddress says that a name is an IP address or that of a mailbox or host.
func isAddress(s string) bool {
	host, _, err := net.SplitHostPort(s)
	if err != nil {
		host = s
	}
	_, err = netip.ParseAddr(host)
	return err == nil || strings.ContainsAny(s, "@")
}

// The kinds of parties.
const (
	kindBrowser = "browser"
	kindPhone   = "phone"
	kindSystem  = "room-system"
)

// systems are words in the User-Agent or vendor of room systems that call by SIP.
var systems = []string{
	"realpresence", "polycom hdx", "poly studio", "tandberg", "telepresence", "cisco-codec", "roomos",
	"lifesize", "yealink meeting", "yealink vc", "sony pcs", "huawei te",
}

func kindOf(e *bridge.Entry) string {
	switch e.Leg.Protocol() {
	case "webrtc":
		return kindBrowser
	case "h323":
		return kindSystem
	}
	if e.Party.Trunk == "" {
		product := strings.ToLower(e.Party.Product)
		for _, s := range systems {
			if strings.Contains(product, s) {
				return kindSystem
			}
		}
	}
	return kindPhone
}

// change is what is new in a view: the people to set and those who are gone.
func change(old, now []Person) (set []Person, gone []string) {
	before := make(map[string]Person, len(old))
	for _, p := range old {
		before[p.ID] = p
	}
	for _, p := range now {
		was, known := before[p.ID]
		if !known || was != p {
			set = append(set, p)
		}
		delete(before, p.ID)
	}
	for _, p := range old { // in order, so that the same change is the same message
		if _, left := before[p.ID]; left {
			gone = append(gone, p.ID)
		}
	}
	return set, gone
}
