package mixer

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/partyline/partyline/media/codec"
)

// churner is a leg of the churn test. What it says is small enough that no sum
// needs the limiter.
type churner struct {
	*Port
	put  bool
	said []int16 // as given
}

// A thousand random changes under load: in every tick each L16 listener hears,
// sample by sample, what a naive mixer makes of what the ports added.
func TestChurn(t *testing.T) {
	for _, seed := range []uint64{1, 2, 3} {
		if raceDetector && seed > 1 {
			break // there is one goroutine here
		}
		c := &churn{t: t, rng: rand.New(rand.NewPCG(seed, 42)), m: New(Config{Loudest: 5})}
		for range 12 {
			c.add()
		}
		for range 1000 {
			c.change()
			for range 1 + c.rng.IntN(4) {
				c.tick()
			}
		}
		if c.compared < 10000 || c.loud < 1000 {
			t.Fatalf("only %d frames compared, %d of them with sound", c.compared, c.loud)
		}
	}
}

type churn struct {
	t              *testing.T
	rng            *rand.Rand
	m              *Mixer
	legs           []*churner
	compared, loud int
}

func (c *churn) add() {
	p := &churner{Port: c.m.Add(8000)}
	c.legs = append(c.legs, p)
}

func (c *churn) change() {
	p := c.legs[c.rng.IntN(len(c.legs))]
	switch c.rng.IntN(8) {
	case 0:
		c.add()
	case 1, 2:
		if len(c.legs) > 4 {
			c.m.Remove(p.Port)
			for i := range c.legs {
				if c.legs[i] == p {
					c.legs = append(c.legs[:i], c.legs[i+1:]...)
					break
				}
			}
		}
	case 3:
		p.SetMuted(!p.Muted())
	case 4:
		// Away and back: this codec has another rate only for what it hears.
		p.Output(codec.Standard(codec.G722))
	case 5:
		p.SetHearing(Hearing(c.rng.IntN(3)))
	case 6:
		p.put = !p.put
	case 7:
		c.add()
	}
}

func (c *churn) tick() {
	for i, p := range c.legs {
		if p.put || i%3 == 0 {
			in := p.Buffer()
			amp := 100 + c.rng.IntN(2000)
			for i := range in {
				in[i] = int16(c.rng.IntN(2*amp) - amp)
			}
			p.said = append(p.said[:0], in...)
			p.Put()
		}
	}
	before := map[*churner]Hearing{}
	for _, p := range c.legs {
		before[p] = p.heard
	}
	c.m.Mix()
	// What a leg adds is what it said, but for fades.
	members := 0
	for _, p := range c.legs {
		if p.member {
			members++
		}
		if p.InMix() && p.whole && len(p.said) > 0 {
			for i := len(p.in) / fadeParts; i < len(p.in); i++ {
				if p.in[i] != p.said[i] {
					c.t.Fatalf("a port added what it did not say")
				}
			}
		}
	}
	if members > 5 {
		c.t.Fatalf("%d members", members)
	}
	f := l16(8000)
	f.Ptime = 20 * time.Millisecond
	dec, err := codec.NewDecoder(f)
	if err != nil {
		c.t.Fatal(err)
	}
	var got [160]int16
	for n, p := range c.legs {
		changing := p.heard != p.hearing
		pk := p.Output(f)
		if len(pk) != 1 {
			c.t.Fatalf("%d packets", len(pk))
		}
		if _, err := dec.Decode(got[:], pk[0].Payload); err != nil {
			c.t.Fatal(err)
		}
		var want [160]int32
		if p.Hearing() == HearRoom {
			for _, q := range c.legs {
				if q != p && q.InMix() {
					for i, s := range q.in {
						want[i] += int32(s)
					}
				}
			}
		}
		from := 0
		if changing || c.recentlyLeft() {
			from = len(want) / fadeParts // a fade is heard
		}
		for i := from; i < len(want); i++ {
			if int32(got[i]) != want[i] {
				c.t.Fatalf("leg %d, sample %d: %d, want %d (own %v, hearing %d)", n, i, got[i], want[i], p.own != nil, p.hearing)
			}
		}
		c.compared++
		if want[100] != 0 {
			c.loud++
		}
	}
}

// recentlyLeft says whether the room's sum holds the end of what a port said
// that has left since the last tick.
func (c *churn) recentlyLeft() bool {
	var sum [160]int32
	for _, q := range c.legs {
		if q.InMix() {
			for i, s := range q.in {
				sum[i] += int32(s)
			}
		}
	}
	s := &c.m.room.sums[0]
	if s.tick != c.m.tick {
		return false
	}
	for i, v := range s.acc {
		if v != sum[i] {
			return i < len(sum)/fadeParts
		}
	}
	return false
}

// The same with every rate and codec at once, for what must not happen whatever
// is asked for: a panic, a wrong length, two lots of sound at once.
func TestChurnOfAll(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	m := New(Config{Loudest: 4, Levelling: true})
	formats := []codec.Format{
		{},
		codec.Standard(codec.PCMU), codec.Standard(codec.PCMA), codec.Standard(codec.G722),
		l16(8000), l16(16000), l16(48000),
		{Name: "GSM", SampleRate: 8000},
	}
	opus := codec.Standard(codec.Opus)
	opus.SampleRate, opus.DTX = 8000, true
	type leg struct {
		*Port
		f   codec.Format
		dec map[codec.Format]codec.Decoder
	}
	var legs []*leg
	var music [320]int16
	var buf [5760]int16
	rounds := 1500
	if raceDetector {
		rounds = 150
	}
	for tick := range rounds {
		for range 1 + rng.IntN(3) {
			if len(legs) < 6 || rng.IntN(5) == 0 && len(legs) < 20 {
				legs = append(legs, &leg{Port: m.Add(8000), f: formats[1], dec: map[codec.Format]codec.Decoder{}})
			}
			i := rng.IntN(len(legs))
			p := legs[i]
			switch rng.IntN(10) {
			case 0:
				p.SetRate([]int{8000, 16000, 48000}[rng.IntN(3)])
			case 1, 2:
				p.f = formats[rng.IntN(len(formats))]
				if rng.IntN(8) == 0 {
					p.f = opus
				}
				p.f.Ptime = time.Duration(rng.IntN(7)) * 10 * time.Millisecond
			case 3:
				p.SetMuted(rng.IntN(2) == 0)
			case 4:
				p.SetHearing(Hearing(rng.IntN(3)))
			case 5:
				p.SetVolume(rng.IntN(20) - 10)
			case 6:
				p.SetGain(rng.IntN(20) - 10)
			case 7:
				p.SetVolume(0)
			case 8:
				m.Remove(p.Port)
				legs = append(legs[:i], legs[i+1:]...)
			case 9:
				if rng.IntN(50) == 0 {
					m.Reset()
				}
				m.SetLevelling(rng.IntN(2) == 0)
			}
		}
		place := PlaceOf(music[:tick/4%4*80])
		for _, p := range legs {
			for i := range p.Buffer() {
				p.Buffer()[i] = int16(rng.Uint32())
			}
			if rng.IntN(3) > 0 {
				p.Put()
			}
			if rng.IntN(6) == 0 {
				p.Overlay(music[:rng.IntN(321)], []int{8000, 16000, 48000, 7}[rng.IntN(4)])
			}
			if tick/16%3 > 0 && rng.IntN(12) > 0 && p.Addressable(place) {
				p.Prompt(music[:place.n], []int{8000, 16000, 48000, 7}[tick/64%4], place)
			}
		}
		m.Play(music[:], 16000)
		m.PlayLobby(music[:], []int{8000, 16000}[rng.IntN(2)])
		m.Mix()
		for _, p := range legs {
			for _, pk := range p.Output(p.f) {
				s, _ := settle(p.f)
				s.PayloadType = 0
				if p.dec[s] == nil {
					d, err := codec.NewDecoder(s)
					if err != nil {
						t.Fatal(err)
					}
					p.dec[s] = d
				}
				n, err := p.dec[s].Decode(buf[:], pk.Payload)
				if err != nil || n != s.FrameSamples(s.Ptime) {
					t.Fatalf("%v of %v: %d samples, %v", p.f, p.f.Ptime, n, err)
				}
			}
		}
		if m.Ports() != len(legs) {
			t.Fatalf("%d ports, want %d", m.Ports(), len(legs))
		}
	}
}
