package mixer

import (
	"math"
	"testing"
	"time"

	"github.com/partyline/partyline/media/codec"
	"github.com/partyline/partyline/media/pcm"
)

// step is the largest second difference in x: what a click has and a tone of a
// low frequency has not.
func roughness(x []int16) int {
	worst := 0
	for i := 2; i < len(x); i++ {
		d := int(x[i]) - 2*int(x[i-1]) + int(x[i-2])
		worst = max(worst, d, -d)
	}
	return worst
}

func TestMuteWithoutClick(t *testing.T) {
	for _, putting := range []bool{true, false} { // the leg's sound goes on, or is not even decoded
		r := newRig(t, Config{})
		a := r.leg(l16(8000), nil)
		say := tone(8000, 437, -6)
		a.say = func(tick int, dst []int16) bool { return (putting || !a.Muted()) && say(tick, dst) }
		l := r.leg(l16(8000), nil)
		r.step(10)
		steady := roughness(tail(l.heard, 8000, 100))
		for i := range 20 {
			a.SetMuted(true)
			r.step(1)
			if x := tail(l.heard, 8000, 15); pcm.Peak(x) != 0 {
				t.Fatalf("not silent 5 ms after muting: peak %d", pcm.Peak(x))
			}
			if a.InMix() != true || a.Talking() {
				t.Error("fading out, a port is in the mix and not talking")
			}
			r.step(i % 4)
			a.SetMuted(false)
			r.step(3 + i%5)
		}
		// A fade bends the tone a little; turning back in time gives a corner of
		// twice its steepest slope. A cut would be far more.
		limit := steady + 500
		if !putting {
			limit += 11300 // 2 × 16400 × 2π × 437/8000
		}
		if got := roughness(l.heard); got > limit {
			t.Errorf("putting %v: roughness %d, steady tone %d, limit %d", putting, got, steady, limit)
		}
	}
}

func TestLoudTalkersAreNotCut(t *testing.T) {
	r := newRig(t, Config{})
	for i := range 8 {
		r.leg(l16(8000), tone(8000, 310+137*float64(i), -3))
	}
	l := r.leg(l16(8000), nil)
	w := r.leg(l16(16000), nil)
	r.step(100)
	for _, l := range []*leg{l, w} {
		// The sum's peaks are 15 dB over full scale. The limiter may cut one that
		// comes in the first millisecond of a tick, no other.
		cut := 0
		for _, s := range l.heard {
			if s == 32767 || s <= -32767 {
				cut++
			}
		}
		if cut*200 > len(l.heard) {
			t.Errorf("%v: %d of %d samples at full scale", l.format, cut, len(l.heard))
		}
		if got := pcm.DBFS(l.heard); got < -15 {
			t.Errorf("%v: limited to %.1f dBFS", l.format, got)
		}
	}
}

func TestLoudest(t *testing.T) {
	r := newRig(t, Config{Loudest: 3})
	for i := range 6 {
		r.leg(l16(8000), tone(8000, 500+250*float64(i), -40+4*float64(i)))
	}
	r.step(50)
	for i, l := range r.legs {
		if l.InMix() != (i >= 3) {
			t.Errorf("leg %d: in the mix %v", i, l.InMix())
		}
	}
	// Somebody softer than all has to wait for the hangover of one of them.
	r.legs[5].say = nil
	r.step(gateHold / 2)
	if r.legs[2].InMix() {
		t.Error("a place was given away in a short pause")
	}
	r.step(gateHold)
	if !r.legs[2].InMix() || r.legs[1].InMix() {
		t.Error("the next loudest did not come in")
	}
	// Somebody louder comes at once.
	r.legs[0].say = tone(8000, 500, -6)
	r.step(2)
	if !r.legs[0].InMix() {
		t.Error("somebody far louder was not let in")
	}
}

func TestHearing(t *testing.T) {
	f := l16(8000)
	r := newRig(t, Config{})
	r.leg(f, tone(8000, 500, -20))
	room, lobby, nothing := r.leg(f, nil), r.leg(f, nil), r.leg(f, nil)
	lobby.SetHearing(HearLobby)
	nothing.SetHearing(HearNothing)
	music, news := tone(16000, 900, -20), tone(16000, 1300, -20)
	var a, b [320]int16
	play := func(n int) {
		for range n {
			music(r.tick, a[:])
			news(r.tick, b[:])
			r.m.PlayLobby(a[:], 16000)
			r.m.Play(b[:], 16000)
			r.step(1)
		}
	}
	play(60)
	want := func(l *leg, name string, talk, mus, ann bool) {
		t.Helper()
		for freq, on := range map[float64]bool{500: talk, 900: mus, 1300: ann} {
			if got := level(tail(l.heard, 8000, 500), 8000, freq); on != (got > -21) || !on && got > -85 {
				t.Errorf("%s: %g Hz at %.1f dBFS, wanted: %v", name, freq, got, on)
			}
		}
	}
	want(r.legs[0], "talker", false, false, true)
	want(room, "room", true, false, true)
	want(lobby, "lobby", false, true, false)
	want(nothing, "nothing", false, false, false)
	steady := roughness(tail(room.heard, 8000, 200)) + roughness(tail(lobby.heard, 8000, 200))
	lobby.SetHearing(HearRoom)
	room.SetHearing(HearNothing)
	play(60)
	want(lobby, "admitted", true, false, true)
	want(room, "expelled", false, false, false)
	if got := roughness(lobby.heard[8000:]); got > steady*3/2 {
		t.Errorf("changing over makes a click: %d, steady %d", got, steady)
	}
}

func TestOverlayDucks(t *testing.T) {
	f := l16(8000)
	r := newRig(t, Config{})
	r.leg(f, tone(8000, 500, -20))
	l, other := r.leg(f, nil), r.leg(f, nil)
	prompt := tone(16000, 900, -20)
	var a [320]int16
	for range 60 {
		prompt(r.tick, a[:])
		l.Overlay(a[:], 16000)
		r.step(1)
	}
	x := tail(l.heard, 8000, 500)
	if got := level(x, 8000, 900); math.Abs(got+20) > 0.5 {
		t.Errorf("prompt at %.1f dBFS", got)
	}
	if got := level(x, 8000, 500); math.Abs(got+32) > 0.5 {
		t.Errorf("room at %.1f dBFS beneath a prompt, want -32", got)
	}
	if got := level(tail(other.heard, 8000, 500), 8000, 900); got > -85 {
		t.Errorf("another leg hears the prompt at %.1f dBFS", got)
	}
	r.step(60)
	if got := level(tail(l.heard, 8000, 500), 8000, 500); math.Abs(got+20) > 0.1 {
		t.Errorf("room at %.1f dBFS after the prompt", got)
	}
	if l.own != nil {
		t.Error("still an encode of its own long after the prompt")
	}
}

func TestVolumeAndGain(t *testing.T) {
	f := l16(8000)
	r := newRig(t, Config{})
	a := r.leg(f, tone(8000, 500, -20))
	b := r.leg(f, tone(8000, 900, -20))
	l := r.leg(f, nil)
	a.SetGain(6)
	l.SetVolume(-10)
	r.step(60)
	if got := level(tail(l.heard, 8000, 500), 8000, 500); math.Abs(got+24) > 0.2 {
		t.Errorf("gain +6, volume -10: %.1f dBFS, want -24", got)
	}
	if got := level(tail(a.heard, 8000, 500), 8000, 500); got > -85 {
		t.Errorf("own voice with gain at %.1f dBFS", got)
	}
	if got := level(tail(b.heard, 8000, 500), 8000, 500); math.Abs(got+14) > 0.2 {
		t.Errorf("gain +6: %.1f dBFS, want -14", got)
	}
	a.SetGain(30)
	r.step(60)
	if got := pcm.DBFS(tail(b.heard, 8000, 500)); got < -4 || pcm.Peak(tail(b.heard, 8000, 500)) == 32767 {
		t.Errorf("gain +30: %.1f dBFS, peak %d, want it bent, not cut", got, pcm.Peak(b.heard))
	}
}

func TestAsymmetricRates(t *testing.T) {
	r := newRig(t, Config{})
	a := r.leg(l16(8000), tone(8000, 500, -20))
	a.setCodec(t, l16(16000)) // speaks at 8 kHz, hears at 16
	r.leg(l16(16000), tone(16000, 5000, -20))
	r.leg(l16(8000), tone(8000, 900, -20))
	r.step(60)
	x := tail(a.heard, 16000, 500)
	if got := level(x, 16000, 500); got > -85 {
		t.Errorf("hears itself at %.1f dBFS", got)
	}
	for _, freq := range []float64{900, 5000} {
		if got := level(x, 16000, freq); math.Abs(got+20) > 0.5 {
			t.Errorf("%g Hz at %.1f dBFS, want -20", freq, got)
		}
	}
}

func TestPtime(t *testing.T) {
	if testing.Short() {
		t.Skip("numbers and no goroutines: nothing for the race detector")
	}
	for _, name := range []codec.Name{codec.PCMU, codec.G722, codec.Opus, codec.L16} {
		for _, ms := range []int{10, 20, 30, 40, 50, 60} {
			if name == codec.Opus && (ms == 30 || ms == 50 || raceDetector) {
				continue // sent as 20 and 40
			}
			f := codec.Standard(name)
			f.Ptime = time.Duration(ms) * time.Millisecond
			r := newRig(t, Config{})
			say := tone(f.SampleRate, 700, -20)
			a := r.leg(f, say)
			r.leg(f, nil)
			r.step(1)
			b := r.leg(f, nil) // joins in the middle of a packet
			c := r.leg(f, nil)
			for i := range 180 {
				if i%7 == 3 {
					c.SetVolume(-1) // its own encode and back
				} else if i%11 == 6 {
					c.SetVolume(0)
				}
				if i > 80 {
					a.say = func(tick int, dst []int16) bool { return tick%80 < 40 && say(tick, dst) }
				}
				r.step(1)
			}
			for i, l := range r.legs {
				if got, want := len(l.heard)*1000/f.SampleRate, 3600; got < want || got > want+20+ms {
					t.Errorf("%v, ptime %d: leg %d got %d ms", f, ms, i, got)
				}
			}
			if got := level(b.heard[f.SampleRate/2:][:f.SampleRate*9/10], f.SampleRate, 700); math.Abs(got+20) > 2 {
				t.Errorf("%v, ptime %d: %.1f dBFS, want -20", f, ms, got)
			}
		}
	}
}

func TestSilentRoom(t *testing.T) {
	r := newRig(t, Config{})
	var legs []*leg
	for _, n := range []codec.Name{codec.PCMU, codec.PCMA, codec.G722, codec.Opus} {
		legs = append(legs, r.leg(codec.Standard(n), nil))
	}
	r.step(50)
	for _, l := range legs {
		if l.pkts != 50 || l.marks != 1 || pcm.Peak(l.heard) > 8 {
			t.Errorf("%v: %d packets, %d marked, peak %d", l.format, l.pkts, l.marks, pcm.Peak(l.heard))
		}
		if l.last[0].Level != 127 {
			t.Errorf("%v: level %d", l.format, l.last[0].Level)
		}
	}
}

func TestDTX(t *testing.T) {
	f := codec.Standard(codec.Opus)
	f.DTX = true
	r := newRig(t, Config{})
	say := tone(48000, 500, -20)
	r.leg(f, func(tick int, dst []int16) bool { return tick%200 < 50 && say(tick, dst) })
	l := r.leg(f, nil)
	r.step(400)
	if l.pkts > 250 || l.pkts < 100 {
		t.Errorf("%d packets of 400", l.pkts)
	}
	if l.marks < 2 {
		t.Errorf("%d talkspurts marked", l.marks)
	}
}

func TestHoldMarksTheNextTalkspurt(t *testing.T) {
	f := codec.Standard(codec.PCMU)
	r := newRig(t, Config{})
	l := r.leg(f, nil)
	r.leg(f, nil)
	r.step(5)
	l.format = codec.Format{}
	r.step(5)
	if l.pkts != 5 {
		t.Errorf("%d packets, want 5: something was sent on hold", l.pkts)
	}
	l.format = f
	r.step(5)
	if l.marks != 2 || r.legs[1].marks != 1 {
		t.Errorf("%d and %d talkspurts, want 2 and 1", l.marks, r.legs[1].marks)
	}
}

func TestUnknownFormat(t *testing.T) {
	m := New(Config{})
	p := m.Add(11025)
	if p.Rate() != 8000 {
		t.Errorf("rate %d", p.Rate())
	}
	m.Mix()
	for _, f := range []codec.Format{{Name: "GSM", SampleRate: 8000}, {Name: codec.PCMU, SampleRate: 44100}} {
		if got := p.Output(f); got != nil {
			t.Errorf("%v: %d packets", f, len(got))
		}
	}
	m.Remove(p)
	m.Remove(p)
	if p.Output(codec.Standard(codec.PCMU)) != nil || m.Ports() != 0 {
		t.Error("a removed port is not gone")
	}
}

func TestTalking(t *testing.T) {
	r := newRig(t, Config{Levelling: true})
	say := tone(8000, 300, -20)
	a := r.leg(l16(8000), func(tick int, dst []int16) bool { return tick < 50 && say(tick, dst) })
	b := r.leg(l16(8000), noise(3, -74))
	r.step(50)
	if !a.Talking() || b.Talking() {
		t.Errorf("talking: %v %v, want true false", a.Talking(), b.Talking())
	}
	if a.Level() < 21 || a.Level() > 25 {
		t.Errorf("level %d", a.Level())
	}
	r.step(10)
	if !a.Talking() {
		t.Error("no hangover")
	}
	r.step(20)
	if a.Talking() || a.Level() != 127 {
		t.Error("still talking after the hangover")
	}
}
