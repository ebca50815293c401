package bridge

import (
	"sync/atomic"

	"github.com/partyline/partyline/internal/cacheline"
	"github.com/partyline/partyline/media"
	"github.com/partyline/partyline/media/pcm"
	"github.com/partyline/partyline/mixer"
)

// strip is one leg's channel strip: what the engine does for it in a tick. The
// engine that steps its space owns it; it moves whole from space to space.
type strip struct {
	p     *Participant
	audio media.Audio
	ahead media.Touchable // audio, if it is one
	port  *mixer.Port     // belongs to the space's mixer

	listening bool // its voice goes into the mix: in the room, not in hall or lobby
	hearing   mixer.Hearing
	muted     bool
	volume    int // dB, of what it hears
	talking   bool
	part      part // in what was heard of late
	desk      *desk

	play   *Playback
	echo   *echoLine
	record *recording

	level atomic.Uint32 // last measured level, -dBov; 127 when nothing is decoded
}

// desk is where a space's strips lay the sound that they are working on. Nothing
// stays there.
type desk struct {
	prompt [sourceFrame]int16
	echo   [960]int16
}

// attach gives the strip a port of a mixer, and room to work in.
func (s *strip) attach(m *mixer.Mixer, d *desk) {
	s.port, s.desk = m.Add(s.audio.Rate()), d
	s.ahead, _ = s.audio.(media.Touchable)
	s.port.SetHearing(s.hearing)
	s.port.SetMuted(s.muted)
	s.port.SetVolume(s.volume)
}

// touchOut fetches what out needs of several strips (package cacheline).
func touchOut(list []*strip) (sum byte) {
	for _, s := range list {
		sum += cacheline.Touch(s)
	}
	for _, s := range list {
		sum += s.port.Touch()
		if s.ahead != nil {
			sum += s.ahead.Touch()
		}
	}
	return sum
}

// touchIn is touchOut for in.
func touchIn(list []*strip) (sum byte) {
	sum = touchOut(list)
	for _, s := range list {
		sum += s.port.TouchVoice()
		if s.ahead != nil {
			sum += s.ahead.TouchBuffer()
		}
	}
	return sum
}

// in takes the leg's 20 ms and lays them before the mixer, with the prompt or
// echo that only this leg hears.
func (s *strip) in(t *media.Tick) {
	if r := s.audio.Rate(); r != s.port.Rate() {
		s.port.SetRate(r)
	}
	wanted := s.listening && !s.muted
	if !wanted && s.echo == nil && s.record == nil {
		s.audio.Receive(t, nil)
		s.setLevel(127)
	} else {
		s.hear(t, wanted)
	}
	if s.play != nil {
		s.prompt()
	}
}

// prompt lays what is played to this leg before the mixer.
func (s *strip) prompt() {
	at := s.play.place()
	if !s.port.Addressable(at) {
		return
	}
	if s.play.next(s.desk.prompt[:]) {
		s.port.Prompt(s.desk.prompt[:], SourceRate, at)
		return
	}
	s.play.finish()
	s.play = nil
}

// hear decodes the leg's sound for whoever wants it.
func (s *strip) hear(t *media.Tick, wanted bool) {
	if s.echo == nil && s.record == nil {
		if l, known := s.audio.Level(); known && s.port.Quiet(l) {
			s.audio.Receive(t, nil)
			s.setLevel(l)
			return
		}
	}
	buf := s.port.Buffer()
	activity := s.audio.Receive(t, buf)
	if activity == media.Silent {
		s.setLevel(127)
		if s.echo == nil && s.record == nil {
			return
		}
		clear(buf)
	} else if wanted {
		s.port.Put()
	}
	if s.echo != nil || s.record != nil {
		s.setLevel(pcm.LevelDBov(buf))
	}
	if s.echo != nil {
		n := s.echo.swap(s.desk.echo[:], buf)
		s.port.Overlay(s.desk.echo[:n], s.port.Rate())
	}
	if s.record != nil && s.record.add(buf, s.port.Rate()) {
		s.record.finish()
		s.record = nil
	}
}

// setLevel publishes the level. Others seldom look: a store that changes nothing
// is left out.
func (s *strip) setLevel(dBov uint8) {
	if s.level.Load() != uint32(dBov) {
		s.level.Store(uint32(dBov))
	}
}

// out codes what the leg hears and sends it.
func (s *strip) out(t *media.Tick) {
	s.audio.Send(t, s.port.Output(s.audio.SendFormat()))
}

// silence ends all that is played to or recorded from the strip.
func (s *strip) silence() {
	if s.play != nil {
		s.play.finish()
		s.play = nil
	}
	if s.record != nil {
		s.record.finish()
		s.record = nil
	}
	s.echo = nil
}

// echoLine is a delay line that lets a caller hear itself: the test call.
type echoLine struct {
	ring []int16
	at   int
}

func newEchoLine(samples int) *echoLine { return &echoLine{ring: make([]int16, max(samples, 1))} }

// swap puts in into the line and writes what comes out of it to out.
func (e *echoLine) swap(out, in []int16) int {
	for i, v := range in {
		out[i] = e.ring[e.at]
		e.ring[e.at] = v
		e.at++
		if e.at == len(e.ring) {
			e.at = 0
		}
	}
	return len(in)
}

// recording collects what a leg says at 16 kHz until it is full.
type recording struct {
	pcm  []int16 // grows up to its capacity
	conv *pcm.Resampler
	rate int
	tmp  [sourceFrame]int16
	done chan struct{}
	over bool
}

func newRecording(samples int) *recording {
	return &recording{pcm: make([]int16, 0, samples), done: make(chan struct{})}
}

// add appends 20 ms of the given rate and says whether the recording is full.
func (r *recording) add(in []int16, rate int) bool {
	if rate != SourceRate {
		if r.rate != rate { // first frame, or the leg has changed its codec
			r.rate, r.conv = rate, pcm.NewResampler(rate, SourceRate)
		}
		in = r.tmp[:r.conv.Process(r.tmp[:], in)]
	}
	room := cap(r.pcm) - len(r.pcm)
	r.pcm = append(r.pcm, in[:min(len(in), room)]...)
	return len(r.pcm) == cap(r.pcm)
}

func (r *recording) finish() {
	if !r.over {
		r.over = true
		close(r.done)
	}
}
