// Package memory is a leg without a wire: PCM goes in by Say and comes out by
// Heard. It is the second kind of leg beside SIP from the first day, which keeps
// the bridge, the reception and the mixer free of any protocol; tests of those
// packages use it in virtual time.
package memory

import (
	"encoding/binary"
	"sync"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/media"
	"github.com/partyline/partyline/media/codec"
)

// Leg is a call in memory. It implements bridge.Leg and media.Audio.
type Leg struct {
	id    string
	party bridge.Party
	send  codec.Format

	mu    sync.Mutex
	say   []int16 // still to be said
	heard []int16 // since the last Heard
	sink  func(media.Key)
	keys  []byte // sent into the leg
	cause cause.Cause
	done  chan struct{}
	ended bool
	stats media.Stats
}

// New returns a leg whose sound is L16 of the given rate (8000, 16000, 48000),
// so that what is heard is what was mixed, to the bit.
func New(id string, rate int, party bridge.Party) *Leg {
	f := codec.Standard(codec.L16)
	f.ClockRate, f.SampleRate = rate, rate
	return &Leg{id: id, party: party, send: f, done: make(chan struct{})}
}

// ID implements bridge.Leg.
func (l *Leg) ID() string { return l.id }

// Protocol implements bridge.Leg.
func (l *Leg) Protocol() string { return "memory" }

// Party implements bridge.Leg.
func (l *Leg) Party() bridge.Party { return l.party }

// Audio implements bridge.Leg.
func (l *Leg) Audio() media.Audio { return (*audio)(l) }

// SetKeySink implements bridge.Leg.
func (l *Leg) SetKeySink(sink func(media.Key)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sink = sink
}

// SendKey implements bridge.Leg: the key is kept for SentKeys.
func (l *Leg) SendKey(digit byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.keys = append(l.keys, digit)
}

// SentKeys returns the keys that the room sent into the leg.
func (l *Leg) SentKeys() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.keys)
}

// Quality implements bridge.Leg.
func (l *Leg) Quality() media.Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.stats
	s.Codec = l.send.String()
	return s
}

// SetQuality sets what Quality tells.
func (l *Leg) SetQuality(s media.Stats) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stats = s
}

// Hangup implements bridge.Leg.
func (l *Leg) Hangup(c cause.Cause) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.ended {
		l.ended, l.cause = true, c
		close(l.done)
	}
}

// Done implements bridge.Leg.
func (l *Leg) Done() <-chan struct{} { return l.done }

// Cause implements bridge.Leg.
func (l *Leg) Cause() cause.Cause {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cause
}

// Press presses keys, as RFC 4733 events.
func (l *Leg) Press(digits string) { l.PressBy(media.KeyEvent, digits) }

// PressBy presses keys that come in by the given way.
func (l *Leg) PressBy(source media.KeySource, digits string) {
	l.mu.Lock()
	sink := l.sink
	l.mu.Unlock()
	for i := 0; sink != nil && i < len(digits); i++ {
		sink(media.Key{Digit: digits[i], Source: source})
	}
}

// Say appends PCM of the leg's rate to what the party says.
func (l *Leg) Say(pcm []int16) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.say = append(l.say, pcm...)
}

// Heard returns the PCM that the party has heard since it was asked last.
func (l *Leg) Heard() []int16 {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.heard
	l.heard = nil
	return h
}

// audio is the engine's side of a Leg. It locks, unlike a leg with a wire: it
// is for a few legs in tests.
type audio Leg

func (a *audio) Rate() int { return a.send.SampleRate }

func (a *audio) Level() (dBov uint8, known bool) { return 0, false }

func (a *audio) Receive(_ *media.Tick, pcm []int16) media.Activity {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := a.send.SampleRate / 50
	if len(a.say) == 0 {
		return media.Silent
	}
	n = min(n, len(a.say))
	if pcm != nil {
		clear(pcm[copy(pcm, a.say[:n]):])
	}
	a.say = a.say[n:]
	return media.Voice
}

func (a *audio) SendFormat() codec.Format { return a.send }

func (a *audio) Send(_ *media.Tick, packets []codec.Packet) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, p := range packets {
		for i := 0; i+1 < len(p.Payload); i += 2 {
			a.heard = append(a.heard, int16(binary.BigEndian.Uint16(p.Payload[i:])))
		}
	}
}

func (a *audio) Attach(*media.Engine) {}
