//go:build peers

package peers

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	h323 "github.com/partyline/partyline/h323/call"
	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/h323/q931"
	"github.com/partyline/partyline/media/pcm"
	"github.com/partyline/partyline/test/endpoint"
)

// withH323 is configuration that listens for H.323. The H.245 channels that are not
// tunnelled have the TCP ports of the RTP ports' numbers.
const withH323 = "h323: {listen: \"127.0.0.1:0\", h245_ports: RTP_PORTS}\n"

// digits is a dialled number; "" is the bare address.
func digits(number string) []h323.Alias {
	if number == "" {
		return nil
	}
	return []h323.Alias{{Kind: h323.DialedDigits, Text: number}}
}

// endpoint calls; the call ends with the test.
func (g *gateway) endpoint(t *testing.T, called []h323.Alias, o endpoint.Options) *endpoint.Call {
	t.Helper()
	c, err := endpoint.Dial(t.Context(), g.h323, called, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// answered calls and is answered.
func (g *gateway) answered(t *testing.T, called []h323.Alias, o endpoint.Options) *endpoint.Call {
	t.Helper()
	c := g.endpoint(t, called, o)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := c.Answered(ctx); err != nil {
		t.Fatal(err)
	}
	return c
}

// ended waits for the end of a call.
func ended(t *testing.T, what string, c *endpoint.Call, within time.Duration) h323.Reason {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	r, err := c.Ended(ctx)
	if err != nil {
		t.Fatalf("%s: the call goes on after %v", what, within)
	}
	return r
}

// onSetup changes the Setup.
func onSetup(t *testing.T, change func(*q931.Message, *h225.SetupUUIE)) func(*q931.Message) {
	return func(m *q931.Message) {
		if m.Type != q931.Setup {
			return
		}
		pdu, _ := m.UserUser()
		u, err := h225.Unmarshal(pdu)
		if err == nil {
			change(m, u.H323UuPdu.H323MessageBody.Setup)
			pdu, err = h225.Marshal(u)
		}
		if err != nil {
			t.Error(err)
			return
		}
		m.SetUserUser(pdu)
	}
}

// TestH323Numbers: the number stands wherever endpoints put it, with the PIN in
// every way that they write it.
func TestH323Numbers(t *testing.T) {
	t.Parallel()
	g := start(t, withH323)
	g.debug()
	g.room("112752642", "48219")
	named := func(kind h323.AliasKind, text string) []h323.Alias { return []h323.Alias{{Kind: kind, Text: text}} }
	extension := h323.Alias{Kind: h323.DialedDigits, Text: "112752642#48219"}
	cases := map[string]struct {
		called []h323.Alias
		how    endpoint.Options
		keys   string
	}{
		"bare address":      {keys: "112752642#48219#"},
		"digits":            {called: digits("112752642"), keys: "48219#"},
		"digits and PIN":    {called: digits("112752642#48219")},
		"digits ## PIN":     {called: digits("112752642##48219")},
		"h323-ID":           {called: named(h323.H323ID, "112752642#48219")},
		"h323-ID h323:":     {called: named(h323.H323ID, "h323:112752642#48219")},
		"h323-ID gateway":   {called: named(h323.H323ID, "gw##112752642#48219")},
		"h323-ID address":   {called: named(h323.H323ID, g.h323.Addr().String()+"##112752642##48219")},
		"url-ID":            {called: named(h323.URLID, "h323:112752642.48219@"+g.h323.Addr().String())},
		"email-ID":          {called: named(h323.EmailID, "112752642.48219@example.org")},
		"party number":      {called: named(h323.PartyNumber, "112752642"), keys: "48219#"},
		"name and number":   {called: append(named(h323.H323ID, "Board Room"), digits("112752642#48219")...)},
		"remoteExtension":   {how: endpoint.Options{Extension: &extension}},
		"CalledPartyNumber": {how: endpoint.Options{Edit: onSetup(t, func(m *q931.Message, _ *h225.SetupUUIE) { m.SetCalledParty(q931.PartyNumber{Digits: "112752642"}) })}, keys: "48219#"},
		"destExtraCallInfo": {how: endpoint.Options{Edit: onSetup(t, func(_ *q931.Message, s *h225.SetupUUIE) {
			s.DestExtraCallInfo = []h225.AliasAddress{h225.AliasDigits("112752642#48219")}
		})}},
		"no Display, no name": {called: digits("112752642#48219"), how: endpoint.Options{Edit: onSetup(t, func(m *q931.Message, s *h225.SetupUUIE) { m.Remove(q931.IDDisplay); s.SourceAddress = nil })}},
	}
	for name, c := range cases {
		p := g.answered(t, c.called, c.how)
		if c.keys != "" {
			if err := p.Press(endpoint.Signal, c.keys); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		defer func() {
			if t.Failed() {
				t.Logf("%s: %v", name, p.Why())
			}
		}()
		<-time.After(120 * time.Millisecond) // no more than 10 a second from one source
	}
	list := g.await("all in the room", 20*time.Second, inRoom(len(cases)))
	for _, c := range list {
		if c.Protocol != "h323" || c.Direction != "in" || c.Product != "Partyline test endpoint 1" || strings.Contains(c.Called, "48219") {
			t.Errorf("shown as %+v", c)
		}
	}
	// Who has a wrong PIN is not let in, and asked for both again.
	wrong := g.answered(t, digits("112752642#11111"), endpoint.Options{})
	g.await("it is asked", 8*time.Second, func(list []call) bool {
		n := 0
		for _, c := range list {
			if c.State == "reception" {
				n++
			}
		}
		return n == 1
	})
	if err := wrong.Press(endpoint.Whole, "112752642#48219#"); err != nil {
		t.Error(err)
	}
	g.await("with the right ones it is in", 20*time.Second, inRoom(len(cases)+1))
	if log := g.log.text(); strings.Contains(log, "48219") || strings.Contains(log, "11111") {
		t.Error("a PIN stands in the log")
	}
}

// TestH323Keys: keys come in every form, by whatever way H.245 goes. One key too
// many or too few and the PIN is wrong.
func TestH323Keys(t *testing.T) {
	t.Parallel()
	g := start(t, withH323+"reception: {attempts: 1}\n")
	g.room("112752642", "48219")
	modes := map[string]endpoint.Options{
		"fast, tunnelled": {},
		"slow, separate":  {Slow: true, Separate: true},
	}
	n := 0
	for mode, o := range modes {
		for _, form := range endpoint.Forms {
			p := g.answered(t, nil, o)
			n++
			defer func() {
				if t.Failed() {
					t.Logf("%s, %s: %v", mode, form, p.Why())
				}
			}()
			ready(t, p)
			if err := p.Press(form, "112752642#48219#"); err != nil {
				t.Errorf("%s, %s: %v", mode, form, err)
			}
			<-time.After(120 * time.Millisecond)
		}
	}
	g.await("all in the room", 20*time.Second, inRoom(n))
	if strings.Contains(g.log.text(), "48219") {
		t.Error("a PIN stands in the log")
	}
}

// ready waits until channels are open both ways, with telephone-events.
func ready(t *testing.T, p *endpoint.Call) {
	t.Helper()
	for end := time.Now().Add(8 * time.Second); time.Now().Before(end); <-time.After(10 * time.Millisecond) {
		if send, receive := p.Channels(); send != nil && send.Events != 0 && len(receive) > 0 {
			return
		}
	}
	send, receive := p.Channels()
	t.Fatalf("no sound: %+v, %+v, %v", send, receive, p.Why())
}

// share is how much of a sound is this tone.
func share(sound []int16, rate int, hz float64) float64 {
	if len(sound) == 0 {
		return 0
	}
	all := float64(pcm.Energy(sound)) / float64(len(sound)) / (32768 * 32768)
	if all < 1e-6 {
		return 0 // silence
	}
	return pcm.Goertzel(sound, rate, hz) / all
}

// tonesOf says which tones are in what somebody hears.
func tonesOf(sound []int16, rate int, tones ...float64) string {
	var text []string
	for _, hz := range tones {
		if v := share(sound, rate, hz); v > 0.1 {
			text = append(text, fmt.Sprintf("%.0f", hz))
		}
	}
	return strings.Join(text, " ")
}
