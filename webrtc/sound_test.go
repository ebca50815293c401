package webrtc

import (
	"testing"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/bridge/memory"
	"github.com/partyline/partyline/media/codec"
)

// hum is a memory leg that says a tone for long.
func hum(rate int, hz float64) *memory.Leg {
	m := memory.New("memory", rate, bridge.Party{})
	m.Say(sine(rate, hz, 60))
	return m
}

// What a browser says is heard in the room, and what is said there by the browser.
func TestSoundBothWays(t *testing.T) {
	for _, name := range []codec.Name{codec.Opus, codec.G722, codec.PCMU, codec.PCMA} {
		t.Run(string(name), func(t *testing.T) {
			h := newHouse(t, nil)
			other := hum(16000, 1000)
			h.enter(other)
			b, _, _ := h.arrive(browserConfig{codec: name, events: true})
			b.say(tone(t, b.codec, 440), 20)
			b.hears(1000)
			var heard []int16
			until(t, "the room hears the browser", func() bool {
				heard = append(heard, other.Heard()...)
				return power(heard[max(0, len(heard)-6400):], 16000, 440) > 0.5
			})
			if p := b.powerOf(440); p > 0.05 {
				t.Errorf("the browser hears itself: %.2f", p)
			}
			until(t, "the leg's figures", func() bool { // they are published five times a second
				q := b.leg.Quality()
				return q.Codec == string(name) && q.Heard && q.PacketsIn > 0
			})
		})
	}
}
