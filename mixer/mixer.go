// Package mixer makes of what everyone says what everyone hears.
//
// A Mixer is one room's sound. Into it flows, once in a tick of 20 ms, the PCM
// of each leg at the leg's own rate (8, 16 or 48 kHz), and what is played to
// the room, to its lobby or to one leg; out of it come, for each leg, the coded
// packets of everything it may hear less its own voice (mix-minus).
//
// There is one sum of 32 bits for each rate. A sum is resampled into another
// rate once in a tick, and only when somebody of that rate listens; whoever is
// in a sum subtracts there exactly the samples it added, after its gain and
// fades; the limiter comes after that. Only the loudest few are in the sum.
// Whoever is not, and has no volume of its own, shares one encode with all the others
// of its format; those who are told the same by a prompt share one, too.
//
// There is no goroutine, clock, socket or lock here: whoever steps the room (an
// engine, a test) calls, in this order and from one goroutine, Buffer and Put,
// Play, Prompt and Overlay, then Mix, then Output. A tick allocates nothing once the
// legs have settled.
package mixer

import (
	"time"

	"github.com/partyline/partyline/media/codec"
)

// tickDuration is the length of a tick; ticksPerSecond of them make a second.
const (
	tickDuration   = 20 * time.Millisecond
	ticksPerSecond = int(time.Second / tickDuration)
)

// Config says how a room is mixed.
type Config struct {
	// Loudest is how many legs at most are in the mix at once; 0 means 8.
	Loudest int
	// Levelling makes quiet and loud legs alike.
	Levelling bool
}

// Mixer is one room's sound. One goroutine at a time may use it and its ports.
type Mixer struct {
	cfg   Config
	ports []*Port
	tick  uint64
	room  bus
	lobby bus

	members  []*Port // in the mix, at most cfg.Loudest
	best     []*Port // who would like to be, while they are chosen
	sounding int     // ports that gave any sound in this tick

	groups   []*group
	idle     []*coder // own coders that nobody uses now
	transits int      // encodes beside a shared one only to change over to it without a click
	owns     int      // Opus encodes of ports' own, and of audiences

	prompts   []*prompt
	audiences []*group

	scratch, spare []int32
}

// firstTick is not 0, so that nothing that was never used seems recent.
const firstTick = 300

// New makes an empty room's mixer.
func New(cfg Config) *Mixer {
	if cfg.Loudest <= 0 {
		cfg.Loudest = 8
	}
	return &Mixer{
		cfg: cfg, tick: firstTick,
		members: make([]*Port, 0, cfg.Loudest),
		best:    make([]*Port, 0, cfg.Loudest),
	}
}

// SetLevelling switches automatic levelling on or off for every leg.
func (m *Mixer) SetLevelling(on bool) {
	m.cfg.Levelling = on
	for _, p := range m.ports {
		p.leveller.SetEnabled(on)
	}
}

// Ports is the number of ports.
func (m *Mixer) Ports() int { return len(m.ports) }

// Add makes a port for a leg that gives PCM of rate 8000, 16000 or 48000 Hz
// (another rate is taken as 8000). It hears the room.
func (m *Mixer) Add(rate int) *Port {
	p := &Port{mixer: m, index: len(m.ports)}
	p.gain, p.gainNow = unity, unity
	p.volume, p.volumeNow, p.duck = unity, unity, 1
	p.setRate(rate, m.cfg.Levelling)
	m.ports = append(m.ports, p)
	return p
}

// Remove takes p out of the room. What it was just saying fades out within 5 ms.
// A port that was removed already is left alone. It is called between ticks.
func (m *Mixer) Remove(p *Port) {
	if p == nil || p.mixer != m {
		return
	}
	p.dropVoice()
	p.setFormat(codec.Format{})
	last := len(m.ports) - 1
	m.ports[p.index] = m.ports[last]
	m.ports[p.index].index = p.index
	m.ports[last] = nil
	m.ports = m.ports[:last]
	p.mixer = nil
}

// Reset forgets all sound that is on its way (fades, histories, encoders) but
// keeps the ports and their settings.
func (m *Mixer) Reset() {
	for _, p := range m.ports {
		p.dropVoice()
		p.setFormat(codec.Format{})
		p.setRate(p.Rate(), m.cfg.Levelling)
		p.overlay, p.prompt, p.aside = nil, nil, nil
	}
	m.room, m.lobby = bus{}, bus{}
	m.groups, m.idle = nil, nil
	m.prompts, m.audiences = nil, nil
}

// Play adds 20 ms of sound to what everyone in the room hears in this tick: an
// announcement, a join tone. It is not subject to the choice of the loudest. It
// is called before Mix and keeps nothing of pcm.
func (m *Mixer) Play(pcm []int16, rate int) { m.room.play(pcm, rate, m.tick+1) }

// PlayLobby is Play for those who hear the lobby: music.
func (m *Mixer) PlayLobby(pcm []int16, rate int) { m.lobby.play(pcm, rate, m.tick+1) }

// Mix chooses who is heard and sums them. It is called once in a tick, after all
// inputs and before all outputs.
func (m *Mixer) Mix() {
	m.tick++
	m.hear()
	m.choose()
	m.sum()
	m.assign()
}
