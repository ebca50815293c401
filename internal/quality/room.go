package quality

import (
	"math"

	"github.com/partyline/partyline/media/codec"
	"github.com/partyline/partyline/mixer"
)

// Room is legs around the real mixer, on a perfect network: what a leg says is
// coded as its phone would, decoded, mixed, coded again and decoded by those who
// hear it.
type Room struct {
	m    *mixer.Mixer
	legs []*Leg
}

// Leg is one party of a Room.
type Leg struct {
	Heard []int16 // all that it heard
	Rate  int

	port *mixer.Port
	f    codec.Format
	enc  codec.Encoder
	dec  codec.Decoder // of what it hears
	in   codec.Decoder // of what it says
	say  []int16
}

// NewRoom makes an empty room.
func NewRoom(levelling bool) *Room {
	return &Room{m: mixer.New(mixer.Config{Levelling: levelling})}
}

// PCM is the format of a leg whose sound is not coded.
func PCM(rate int) codec.Format {
	f := codec.Standard(codec.L16)
	f.ClockRate, f.SampleRate = rate, rate
	return f
}

// Join adds a leg of format f that says what say holds, and then nothing.
func (r *Room) Join(f codec.Format, say []int16) (*Leg, error) {
	l := &Leg{Rate: f.SampleRate, port: r.m.Add(f.SampleRate), f: f, say: say}
	var err error
	if l.enc, err = codec.NewEncoder(f); err != nil {
		return nil, err
	}
	if l.dec, err = codec.NewDecoder(f); err != nil {
		return nil, err
	}
	if l.in, err = codec.NewDecoder(f); err != nil {
		return nil, err
	}
	r.legs = append(r.legs, l)
	return l, nil
}

// Run steps the room until all has been said.
func (r *Room) Run() error {
	for {
		spoken := false
		for _, l := range r.legs {
			said, err := l.speak()
			if err != nil {
				return err
			}
			spoken = spoken || said
		}
		if !spoken {
			return nil
		}
		r.m.Mix()
		for _, l := range r.legs {
			if err := l.listen(); err != nil {
				return err
			}
		}
	}
}

func (l *Leg) speak() (bool, error) {
	n := l.Rate / 50
	if len(l.say) < n {
		return false, nil
	}
	var payload [codec.MaxPayload]byte
	k, err := l.enc.Encode(payload[:], l.say[:n])
	l.say = l.say[n:]
	if err != nil {
		return false, err
	}
	if _, err = l.in.Decode(l.port.Buffer(), payload[:k]); err != nil {
		return false, err
	}
	l.port.Put()
	return true, nil
}

func (l *Leg) listen() error {
	var pcm [5760]int16
	for _, p := range l.port.Output(l.f) {
		n, err := l.dec.Decode(pcm[:], p.Payload)
		if err != nil {
			return err
		}
		l.Heard = append(l.Heard, pcm[:n]...)
	}
	return nil
}

// Tone is a second and a half of a sine whose peak is at dBFS.
func Tone(rate int, hz, dBFS float64) []int16 {
	out := make([]float64, rate*3/2)
	a := 32767 * math.Pow(10, dBFS/20)
	for i := range out {
		out[i] = a * math.Sin(2*math.Pi*hz*float64(i)/float64(rate))
	}
	return rounded(out)
}

// settled is the last second of what was heard.
func (l *Leg) settled() []int16 { return l.Heard[len(l.Heard)-l.Rate:] }

// sineIn fits a sine to x: its level in dBFS of the peak, and its ratio to all
// the rest in dB.
func sineIn(x []int16, rate int, hz float64) (level, snr float64) {
	var ss, cc, sc, xs, xc float64
	for i, v := range x {
		s, c := math.Sincos(2 * math.Pi * hz * float64(i) / float64(rate))
		ss, cc, sc = ss+s*s, cc+c*c, sc+s*c
		xs, xc = xs+float64(v)*s, xc+float64(v)*c
	}
	det := ss*cc - sc*sc
	a, b := (xs*cc-xc*sc)/det, (xc*ss-xs*sc)/det
	sig, rest := 0.0, 0.0
	for i, v := range x {
		s, c := math.Sincos(2 * math.Pi * hz * float64(i) / float64(rate))
		y := a*s + b*c
		sig += y * y
		rest += (float64(v) - y) * (float64(v) - y)
	}
	return 20 * math.Log10(math.Hypot(a, b)/32767+1e-9), 10 * math.Log10(sig/(rest+1e-9))
}
