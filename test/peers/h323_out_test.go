//go:build peers

package peers

import (
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	h323 "github.com/partyline/partyline/h323/call"
	"github.com/partyline/partyline/h323/secure"
	"github.com/partyline/partyline/test/endpoint"
)

// step is what `partyline call --json` prints, a line each.
type step struct {
	State, ID, Cause string
}

// callOut calls an address into a room and returns how it went.
func (g *gateway) callOut(t *testing.T, to, wait string) (steps []step, err error) {
	t.Helper()
	out, err := g.tryCLI("call", to, "--room", "112752642", "--wait", wait, "--json")
	for line := range strings.Lines(out) {
		var s step
		if json.Unmarshal([]byte(line), &s) == nil {
			steps = append(steps, s)
		}
	}
	return steps, err
}

// TestH323Out calls endpoints into a room: how it went is told apart, and who comes
// is in the room. What is said is well formed to tshark.
func TestH323Out(t *testing.T) {
	t.Parallel()
	g := start(t, withH323)
	g.room("112752642", "48219")
	ways := map[string]struct {
		o     endpoint.Options
		wait  string
		cause string // empty: it connects
		rings bool
	}{
		"answers":        {wait: "10s", rings: true},
		"slow, separate": {o: endpoint.Options{Slow: true, Separate: true}, wait: "10s", rings: true},
		"encrypted":      {o: endpoint.Options{Encryption: secure.Required}, wait: "10s", rings: true},
		"at once":        {o: endpoint.Options{Take: func(c *endpoint.Call, _ *h323.Setup) { c.Answer() }}, wait: "10s"},
		"busy":           {o: endpoint.Options{Take: func(c *endpoint.Call, _ *h323.Setup) { c.Release(h323.Reason{Cause: 17}) }}, wait: "10s", cause: "busy"},
		"in conference":  {o: endpoint.Options{Take: func(c *endpoint.Call, _ *h323.Setup) { c.Release(h323.Reason{Release: h323.ReleaseInConf}) }}, wait: "10s", cause: "busy"},
		"declines":       {o: endpoint.Options{Take: func(c *endpoint.Call, _ *h323.Setup) { c.Alert(); c.Release(h323.Reason{Cause: 21}) }}, wait: "10s", cause: "rejected"},
		"lets it ring":   {o: endpoint.Options{Take: func(c *endpoint.Call, _ *h323.Setup) { c.Alert() }}, wait: "1s", cause: "no-answer", rings: true},
	}
	listeners := map[string]*endpoint.Listener{}
	var ports []uint16
	for name, w := range ways {
		l, err := endpoint.Listen(w.o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		listeners[name], ports = l, append(ports, l.Addr().Port())
	}
	wire := g.record(t, ports...)
	var up []*endpoint.Call
	for name, w := range ways {
		l := listeners[name]
		steps, err := g.callOut(t, fmt.Sprintf("h323:600@%v", l.Addr()), w.wait)
		text := fmt.Sprint(steps)
		if len(steps) == 0 {
			t.Errorf("%s: nothing is told; %v", name, err)
			continue
		}
		last := steps[len(steps)-1]
		switch {
		case w.cause != "" && (err == nil || last.State != "failed" || last.Cause != w.cause):
			t.Errorf("%s: %v %v, want %s", name, text, err, w.cause)
		case w.cause == "" && (err != nil || last.State != "connected" || last.ID == ""):
			t.Errorf("%s: %v %v", name, text, err)
		case w.rings && !strings.Contains(text, "{ringing"):
			t.Errorf("%s: %v", name, text)
		}
		c, err := l.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		if w.cause == "" {
			up = append(up, c)
		}
	}
	for _, c := range g.await("those who answered are in the room", 10*time.Second, inRoom(len(up))) {
		if c.Direction != "out" || c.Protocol != "h323" || c.Product != "Partyline test endpoint 1" {
			t.Errorf("shown as %+v", c)
		}
	}
	up[0].Tone(700)
	hear := func(name string) ([]int16, int) { return up[int(name[0]-'0')].Heard() }
	want := map[string]string{"0": ""}
	for i := range up[1:] {
		want[fmt.Sprint(i+1)] = "700"
	}
	listening(t, "the first says a tone", 15*time.Second, want, hear)

	// Nobody there, and somebody who says nothing.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if steps, err := g.callOut(t, "h323:600@"+l.Addr().String(), "1s"); err == nil || len(steps) == 0 || steps[len(steps)-1].Cause != "no-answer" {
		t.Errorf("somebody who says nothing: %v %v", steps, err)
	}
	l.Close()
	if steps, err := g.callOut(t, "h323:600@"+l.Addr().String(), "10s"); err == nil || len(steps) == 0 || steps[len(steps)-1].Cause != "unreachable" {
		t.Errorf("nobody there: %v %v", steps, err)
	}
	for _, c := range up {
		c.Close()
	}
	g.await("all have hung up", 8*time.Second, inRoom(0))
	wire.end(t)
	wire.h323WellFormed(t, "h225", "h245", "rtp")
}
