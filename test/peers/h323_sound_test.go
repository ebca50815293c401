//go:build peers

package peers

import (
	"math"
	"os/exec"
	"strings"
	"testing"
	"time"

	h323 "github.com/partyline/partyline/h323/call"
	"github.com/partyline/partyline/h323/control"
	"github.com/partyline/partyline/h323/secure"
	"github.com/partyline/partyline/test/endpoint"
)

// sine is so much of a tone for a telephone.
func sine(hz float64, d time.Duration) []int16 {
	out := make([]int16, int(8000*d.Seconds()))
	for i := range out {
		out[i] = int16(5000 * math.Sin(2*math.Pi*hz*float64(i)/8000))
	}
	return out
}

// listening waits until each hears what it should: the tones by their names, in
// the last second and a half.
func listening(t *testing.T, what string, within time.Duration, want map[string]string, hear func(name string) ([]int16, int)) {
	t.Helper()
	tones := []float64{450, 700, 1050, 1450}
	got := map[string]string{}
	for name := range want {
		hear(name)
	}
	for end := time.Now().Add(within); time.Now().Before(end); {
		<-time.After(1500 * time.Millisecond)
		ok := true
		for name, w := range want {
			sound, rate := hear(name)
			got[name] = tonesOf(sound, rate, tones...)
			ok = ok && got[name] == w
		}
		if ok {
			return
		}
	}
	t.Errorf("%s: heard %v, want %v", what, got, want)
}

// TestH323Sound: endpoints of both codecs, plain and encrypted, and a telephone in
// one room hear each other and not themselves; pauses, muting and the end of each.
// All that crosses the wire is well formed to tshark.
func TestH323Sound(t *testing.T) {
	t.Parallel()
	g := start(t, withH323)
	g.room("112752642", "48219")
	c := g.record(t)
	number := digits("112752642#48219")
	points := map[string]*endpoint.Call{
		"narrow": g.answered(t, number, endpoint.Options{Audio: []h323.Codec{h323.G711A}, Name: "Huddle"}),
		"wide":   g.answered(t, number, endpoint.Options{Audio: []h323.Codec{h323.G722}, Slow: true, Separate: true}),
		"secret": g.answered(t, number, endpoint.Options{Slow: true, Encryption: secure.Preferred}),
	}
	phone := g.raw(t, "112752642.48219", rawWays{})
	hear := func(name string) ([]int16, int) {
		if name == "phone" {
			return phone.take(), 8000
		}
		return points[name].Heard()
	}
	list := g.await("all in the room", 15*time.Second, inRoom(4))
	ids := map[string]string{}
	encrypted := 0
	for _, c := range list {
		if c.Encrypted {
			encrypted++
		}
		if c.Name == "Huddle" {
			ids["narrow"] = c.ID
		}
	}
	if encrypted != 1 {
		t.Errorf("%d calls are encrypted, want 1: %+v", encrypted, list)
	}
	points["narrow"].Tone(450)
	points["wide"].Tone(700)
	points["secret"].Tone(1050)
	phone.talk(sine(1450, 40*time.Second))
	all := map[string]string{"narrow": "700 1050 1450", "wide": "450 1050 1450", "secret": "450 700 1450", "phone": "450 700 1050"}
	listening(t, "four in the room", 20*time.Second, all, hear)

	points["wide"].Control(func(s *control.Session) { s.Pause() })
	listening(t, "wide has paused us", 10*time.Second, map[string]string{"wide": "", "narrow": "700 1050 1450"}, hear)
	if send, receive := points["wide"].Channels(); send == nil || len(receive) > 0 {
		t.Errorf("paused: sends %+v, receives %+v", send, receive)
	}
	points["wide"].Control(func(s *control.Session) { s.Resume() })
	listening(t, "wide has gone on", 10*time.Second, all, hear)

	if err := points["secret"].Press(endpoint.Digits, "*6"); err != nil {
		t.Error(err)
	}
	listening(t, "secret is muted", 10*time.Second, map[string]string{"narrow": "700 1450", "phone": "450 700"}, hear)
	for name, p := range points {
		if _, rtcp, plain := p.Counts(); rtcp == 0 || plain > 0 {
			t.Errorf("%s: %d packets of RTCP, %d that cannot be decrypted", name, rtcp, plain)
		}
	}
	if shown := g.cli("calls", "show", ids["narrow"]); !strings.Contains(shown, "h323") || !strings.Contains(shown, "Partyline test endpoint 1") {
		t.Errorf("calls show says\n%s", shown)
	}
	g.cli("calls", "keys", ids["narrow"], "12#")
	for end := time.Now().Add(5 * time.Second); points["narrow"].Events() != "12#" && time.Now().Before(end); <-time.After(50 * time.Millisecond) {
		continue
	}
	if got := points["narrow"].Events(); got != "12#" {
		t.Errorf("keys that were sent into a call came as %q", got)
	}
	g.cli("calls", "kick", ids["narrow"])
	if r := ended(t, "kicked", points["narrow"], 8*time.Second); r.Cause != 16 || !r.Peer {
		t.Errorf("the kicked one is told %v", r)
	}
	points["wide"].Vanish()
	g.await("who vanishes leaves", 5*time.Second, inRoom(2))
	points["secret"].Close()
	phone.hangup()
	g.await("nobody is left", 5*time.Second, inRoom(0))
	c.end(t)
	c.h323WellFormed(t, "h225", "h245", "rtp", "rtcp")
}

// h323WellFormed has tshark judge what was captured of H.323 calls, in which there
// is something of each of these protocols.
func (c *capture) h323WellFormed(t *testing.T, kinds ...string) {
	t.Helper()
	read := func(filter string, fields ...string) []string {
		args := []string{"-r", c.file, "-n", "-Y", filter, "--disable-protocol", "cpfi", "-T", "fields"}
		for _, f := range fields {
			args = append(args, "-e", f)
		}
		out, err := exec.Command("tshark", args...).Output()
		if err != nil {
			t.Fatalf("tshark: %v", err)
		}
		return strings.Fields(strings.ReplaceAll(string(out), "\t", "|"))
	}
	for _, kind := range kinds {
		if n := len(read(kind, "frame.number")); n < 4 {
			t.Errorf("only %d packets of %s were captured", n, kind)
		}
	}
	bad := read("_ws.malformed or ((h225 or h245 or q931 or tpkt or rtp or rtcp) and _ws.expert.severity>=0x00600000)",
		"frame.number", "_ws.col.Protocol", "_ws.col.Info", "_ws.expert.message")
	if len(bad) > 0 {
		t.Errorf("tshark objects to %d packets:\n%s", len(bad), strings.Join(bad[:min(30, len(bad))], " "))
	}
}
