package webrtc

import (
	"context"
	"strings"
	"testing"
	"time"

	pion "github.com/pion/webrtc/v4"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/media"
)

// A network that lets no UDP through.
func TestTCPOnly(t *testing.T) {
	h := newHouse(t, nil)
	other := hum(16000, 1000)
	h.enter(other)
	b, _, _ := h.arrive(browserConfig{tcp: true})
	b.say(tone(t, b.codec, 440), 20)
	b.hears(1000)
	var heard []int16
	until(t, "the room hears the browser", func() bool {
		heard = append(heard, other.Heard()...)
		return power(heard[max(0, len(heard)-6400):], 16000, 440) > 0.5
	})
	pair, _ := b.leg.current.agent.GetSelectedCandidatePair()
	if !pair.Local.NetworkType().IsTCP() {
		t.Error(pair)
	}
}

// Candidates that come after the offer.
func TestTrickle(t *testing.T) {
	h := newHouse(t, nil)
	h.enter(hum(16000, 1000))
	b := newBrowser(t, browserConfig{})
	leg, err := h.server.NewLeg(bridge.Party{})
	if err != nil {
		t.Fatal(err)
	}
	b.leg = leg
	var trickled []error
	ended := make(chan struct{})
	b.pc.OnICECandidate(func(c *pion.ICECandidate) {
		if c == nil {
			trickled = append(trickled, leg.Candidate(""))
			close(ended)
			return
		}
		trickled = append(trickled, leg.Candidate(c.ToJSON().Candidate))
	})
	answer, err := leg.Offer(context.Background(), b.offer(nil, true))
	if err != nil {
		t.Fatal(err)
	}
	b.take(answer)
	<-ended
	for _, err := range trickled {
		if err != nil {
			t.Error(err)
		}
	}
	if len(trickled) < 2 {
		t.Error("no candidates")
	}
	select {
	case <-leg.Connected():
	case <-time.After(patience):
		t.Fatal(leg.State())
	}
	h.enter(leg)
	b.hears(1000)
}

// Video and data are refused in their places, and the sound goes on.
func TestOthersRefused(t *testing.T) {
	h := newHouse(t, nil)
	h.enter(hum(16000, 1000))
	b, _, _ := h.arrive(browserConfig{video: true, data: true})
	b.hears(1000)
	answer := b.pc.RemoteDescription().SDP
	for _, want := range []string{"m=video 0 ", "m=application 0 "} {
		if !strings.Contains(answer, want) {
			t.Errorf("no %q in\n%s", want, answer)
		}
	}
}

// A guest without a microphone listens, also longer than a silent phone would be
// sent anything.
func TestListener(t *testing.T) {
	h := newHouse(t, nil)
	h.enter(hum(16000, 1000))
	b, _, _ := h.arrive(browserConfig{listen: true})
	b.hears(1000)
	if !strings.Contains(b.pc.RemoteDescription().SDP, "a=sendonly") {
		t.Error(b.pc.RemoteDescription().SDP)
	}
}

// Mute holds for the browser as for any leg.
func TestMute(t *testing.T) {
	h := newHouse(t, nil)
	other := hum(16000, 1000)
	h.enter(other)
	b, p, room := h.arrive(browserConfig{})
	b.say(tone(t, b.codec, 440), 20)
	hears := func() float64 {
		other.Heard()
		wait(400 * time.Millisecond)
		return power(other.Heard(), 16000, 440)
	}
	until(t, "the browser is heard", func() bool { return hears() > 0.5 })
	if err := room.Mute(context.Background(), p.ID(), true, true); err != nil {
		t.Fatal(err)
	}
	until(t, "the browser is not heard", func() bool { return hears() < 0.01 })
	b.hears(1000)
}

// Keys come by telephone-event and from the page, and go to the browser.
func TestKeys(t *testing.T) {
	h := newHouse(t, nil)
	b, p, _ := h.arrive(browserConfig{events: true})
	b.say(tone(t, b.codec, 440), 20)
	next := func(want media.Key) {
		t.Helper()
		select {
		case k := <-p.Keys():
			if k != want {
				t.Errorf("key %c by %d", k.Digit, k.Source)
			}
		case <-time.After(patience):
			t.Errorf("no key %c", want.Digit)
		}
	}
	b.until("the stream runs", func() bool { return b.leg.Quality().PacketsIn > 5 })
	b.press(110, 5)
	next(media.Key{Digit: '5', Source: media.KeyEvent})
	b.leg.Press('*')
	b.leg.Press('x')
	next(media.Key{Digit: '*', Source: media.KeyPage})
	events := make(chan byte, 64)
	b.mu.Lock()
	b.got = eventsTo(events)
	b.mu.Unlock()
	b.leg.SendKey('7')
	select {
	case code := <-events:
		if code != 7 {
			t.Error(code)
		}
	case <-time.After(patience):
		t.Error("no key was sent")
	}
}

// The level beside each packet is told in both directions.
func TestLevels(t *testing.T) {
	h := newHouse(t, nil)
	h.enter(hum(16000, 1000))
	b, p, _ := h.arrive(browserConfig{})
	b.say(tone(t, b.codec, 440), 17)
	b.hears(1000)
	b.until("a level of what is heard", func() bool { l := b.level.Load(); return l > 5 && l < 40 })
	stream := p.Leg().(*Leg).stream
	var known bool
	var level uint8
	b.until("a level of what is said", func() bool {
		err := stream.Engine().Call(context.Background(), func() { level, known = stream.Level() })
		return err == nil && known && level == 17
	})
}

// Reports go both ways and tell the round trip, the loss and the jitter.
func TestReports(t *testing.T) {
	h := newHouse(t, nil)
	h.enter(hum(16000, 1000))
	b, _, _ := h.arrive(browserConfig{})
	payloads := tone(t, b.codec, 440)
	b.say(payloads, 20)
	b.hears(1000)
	b.until("something was sent", func() bool { return b.leg.Quality().PacketsOut > 0 })
	var seen uint32
	b.until("a sender report is answered with the round trip", func() bool {
		seen = b.reported.Load()
		if seen != 0 {
			b.report(seen)
		}
		return b.leg.Quality().RTT > 0
	})
	q := b.leg.Quality()
	if q.RTT > time.Second || q.LossOut < 0.24 || q.LossOut > 0.26 || q.JitterOut != 10*time.Millisecond {
		t.Errorf("%+v", q)
	}
}
