package reception

import (
	"slices"
	"testing"
	"time"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/bridge/memory"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/media"
)

func TestTestCall(t *testing.T) {
	in(t, Config{}, func(w *world) {
		leg := memory.New("anna", 16000, bridge.Party{})
		leg.SetQuality(media.Stats{PacketsIn: 980, Lost: 20, Jitter: 12 * time.Millisecond, RTT: 47 * time.Millisecond})
		w.receive(leg, "anna", Entry{})
		w.pass(3 * time.Second)
		w.press(leg, "9196#")
		w.pass(2 * time.Second)
		w.said("anna", "welcome", "ask-extension", "test-begin")
		leg.Heard()
		leg.Say(signal(note{400, 2000}))
		w.pass(900 * time.Millisecond)
		if hasTone(leg.Heard(), 400) {
			t.Error("the echo came before a second was over")
		}
		w.pass(300 * time.Millisecond)
		if !hasTone(leg.Heard(), 400) {
			t.Error("there was no echo after a second")
		}
		w.pass(2 * time.Second)
		w.press(leg, "#")
		w.pass(time.Second)
		leg.Heard()
		leg.Say(signal(note{400, 2000}))
		w.pass(3 * time.Second)
		if hasTone(leg.Heard(), 400) {
			t.Error("the echo goes on under the result")
		}
		w.pass(10 * time.Second)
		w.said("anna", "test-fair", "test-loss", "n-2", "per-cent", "test-jitter", "n-12", "milliseconds",
			"test-round-trip", "n-47", "milliseconds", "level-good", "goodbye")
		w.dead(leg, cause.TestDone)
	})
}

func TestTestCallDialled(t *testing.T) {
	in(t, Config{}, func(w *world) {
		leg := w.call("anna", Entry{Test: true})
		w.pass(40 * time.Second) // says nothing, presses nothing
		w.said("anna", "test-begin", "test-good", "test-loss", "n-0", "per-cent", "test-jitter", "n-0", "milliseconds",
			"test-round-trip", "test-unknown", "level-none", "goodbye")
		w.dead(leg, cause.TestDone)
	})
}

func TestResult(t *testing.T) {
	const ms = time.Millisecond
	voice := func(level uint8) (l loudness) {
		for range 50 {
			l.add(level)
			l.add(127)
		}
		return l
	}
	tests := []struct {
		s    media.Stats
		l    loudness
		want []prompt
	}{
		{media.Stats{RTT: 420 * ms}, voice(20), []prompt{"test-fair", "n-0", "n-0", "n-400", "level-good"}},
		{media.Stats{RTT: 90 * ms, LossOut: 0.3}, voice(45), []prompt{"test-poor", "n-30", "n-0", "n-90", "level-low"}},
		{media.Stats{RTT: 800 * ms, JitterOut: 130 * ms}, voice(5), []prompt{"test-poor", "n-0", "n-150", "over-half-second", "level-high"}},
		{media.Stats{PacketsIn: 999, Lost: 1, RTT: 101 * ms}, voice(60), []prompt{"test-good", "n-1", "n-0", "n-100", "level-none"}},
		{media.Stats{PacketsIn: 10, Lost: -3, LossOut: 1}, voice(20), []prompt{"test-poor", "n-100", "n-0", "test-unknown", "level-good"}},
	}
	for _, tt := range tests {
		var got []prompt
		for _, p := range result(tt.s, tt.l) {
			switch p {
			case sayLoss, sayPerCent, sayJitter, sayRoundTrip, sayMilliseconds:
			default:
				got = append(got, p)
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%+v: %q, want %q", tt.s, got, tt.want)
		}
	}
}
