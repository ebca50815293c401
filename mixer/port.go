package mixer

import (
	"github.com/partyline/partyline/internal/cacheline"
	"github.com/partyline/partyline/media/codec"
)

// Hearing is what a port hears.
type Hearing uint8

// What a port may hear: the room (the default), the lobby's music, or nothing
// but its own overlay.
const (
	HearRoom Hearing = iota
	HearLobby
	HearNothing
)

// Port is one leg's place in the room. It belongs to its mixer's goroutine.
type Port struct {
	mixer *Mixer
	index int
	voice // what the leg says
	ear   // what it hears
}

// Touch fetches what a tick needs of the port itself, TouchVoice what it keeps of the
// leg's voice (package cacheline).
func (p *Port) Touch() byte { return cacheline.Touch(p) }

// TouchVoice comes after Touch.
func (p *Port) TouchVoice() byte { return p.leveller.Touch() }

// Rate is the rate of Buffer, in Hz.
func (p *Port) Rate() int { return rateHz(p.rate) }

// SetRate changes the rate of Buffer, when the leg's peer changes its codec. A
// rate that is not mixed is taken as 8000.
func (p *Port) SetRate(rate int) {
	if i, _ := rateIndex(rate); i == p.rate {
		return
	}
	p.dropVoice()
	p.setRate(rate, p.mixer != nil && p.mixer.cfg.Levelling)
}

// Buffer is where the leg's 20 ms of this tick go: Rate()/50 samples. Put says
// that they are there; Mix overwrites them.
func (p *Port) Buffer() []int16 { return p.in }

// Put says that Buffer holds this tick's sound, received or concealed. Without
// it the leg is silent in this tick.
func (p *Port) Put() { p.put = true }

// Quiet takes in a tick of which only the level in -dBov is known, if that is
// enough: if so soft a sound would neither be mixed nor be anybody's voice. It
// is called instead of Put. If it returns false, the mixer has to have the sound.
func (p *Port) Quiet(level uint8) bool {
	if p.mixer == nil || p.member || p.whole || p.mixer.sounding <= fewSounding && level < silent {
		return false
	}
	return p.dismiss(level)
}

// SetMuted mutes the leg, or lets it be heard again; either fades within 5 ms.
// What a muted leg puts is still measured by Level.
func (p *Port) SetMuted(on bool) { p.muted = on }

// Muted says whether the leg is muted.
func (p *Port) Muted() bool { return p.muted }

// SetHearing chooses what the leg hears.
func (p *Port) SetHearing(h Hearing) { p.hearing = h }

// Hearing is what the leg hears.
func (p *Port) Hearing() Hearing { return p.hearing }

// SetVolume changes how loud the leg hears the room or the lobby, in dB (0: as
// it is). Prompts keep their level.
func (p *Port) SetVolume(dB int) { p.volume = fromDB(dB) }

// SetGain changes how loud the leg is heard, in dB.
func (p *Port) SetGain(dB int) { p.gain, p.gainDB = fromDB(dB), float32(dB) }

// Addressable says whether a prompt may begin or go on in this tick with the sound at
// a place. Where too many hear one of their own already and each costs an encode, the
// next has to wait. It is asked before each Prompt that can wait.
func (p *Port) Addressable(at Place) bool {
	m := p.mixer
	if p.own != nil || m == nil || !p.format.IsZero() && p.format.Name != codec.Opus {
		return true // an own encode is there already, or cheap
	}
	if !p.format.IsZero() && (p.prompt != nil && p.told == m.tick || m.begun(at, nil) != nil) {
		return true // there is an encode for those who hear it
	}
	if m.owns >= manyOwns {
		return false
	}
	m.owns++ // until it is counted
	return true
}

// Overlay adds 20 ms that only this leg hears in this tick (its echo); the room is
// ducked by 12 dB beneath it. It is called before Mix and keeps nothing of pcm.
// Silence goes on with an overlay but begins none.
func (p *Port) Overlay(pcm []int16, rate int) {
	i, ok := rateIndex(rate)
	if !ok || len(pcm) == 0 || p.mixer == nil {
		return
	}
	if (p.overlay == nil || p.overlay.tick < p.mixer.tick) && isSilence(pcm) {
		return
	}
	if p.overlay == nil {
		p.overlay = new(overlay)
	}
	p.overlay.add(pcm, i, p.mixer.tick+1)
}

// Level is the RFC 6464 level of what the leg said in this tick, before levelling:
// 0 (loud) to 127 (silent), in -dBov.
func (p *Port) Level() uint8 { return p.level }

// Talking says whether somebody speaks on the leg and is not muted, with a
// hangover of 300 ms.
func (p *Port) Talking() bool { return p.talk > 0 }

// InMix says whether the leg was heard by the others in this tick.
func (p *Port) InMix() bool { return p.inSum }

// Output is this tick's packets in format f, after Mix: none, one, or two. The
// format may change between ticks; nothing is sent in the zero Format. The
// packets are valid until the next Mix and may be shared with other ports;
// nobody may write to them. It is called once per tick.
func (p *Port) Output(f codec.Format) []codec.Packet {
	m := p.mixer
	if m == nil {
		return nil
	}
	if f != p.asked {
		p.setFormat(f)
	}
	if p.format.IsZero() {
		return nil
	}
	c := p.own
	if c != nil {
		if c.tick != m.tick {
			p.code(c)
		}
	} else {
		c = m.code(p.group)
	}
	return p.mark(c)
}
