package mixer

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/partyline/partyline/media/codec"
)

// rig is a room under test: legs that say what say writes, and whose received
// packets are decoded.
type rig struct {
	t    testing.TB
	m    *Mixer
	legs []*leg
	tick int
}

type leg struct {
	*Port
	format codec.Format
	dec    codec.Decoder
	say    func(tick int, dst []int16) bool // nil: silent
	heard  []int16                          // all that was decoded
	pkts   int
	marks  int
	last   []codec.Packet
}

func newRig(t testing.TB, cfg Config) *rig { return &rig{t: t, m: New(cfg)} }

func l16(rate int) codec.Format {
	f := codec.Standard(codec.L16)
	f.SampleRate, f.ClockRate = rate, rate
	return f
}

func (r *rig) leg(f codec.Format, say func(int, []int16) bool) *leg {
	r.t.Helper()
	l := &leg{Port: r.m.Add(f.SampleRate), say: say}
	l.setCodec(r.t, f)
	r.legs = append(r.legs, l)
	return l
}

func (l *leg) setCodec(t testing.TB, f codec.Format) {
	t.Helper()
	l.format = f
	dec, err := codec.NewDecoder(f)
	if err != nil {
		t.Fatal(err)
	}
	l.dec = dec
}

func (r *rig) input() {
	for _, l := range r.legs {
		if l.say != nil && l.say(r.tick, l.Buffer()) {
			l.Put()
		}
	}
}

func (r *rig) output() {
	var buf [5760]int16
	for _, l := range r.legs {
		l.last = l.Output(l.format)
		for _, p := range l.last {
			n, err := l.dec.Decode(buf[:], p.Payload)
			if err != nil {
				r.t.Fatal(err)
			}
			if want := l.format.ClockRate * n / l.format.SampleRate; int(p.Ticks) != want {
				r.t.Fatalf("%v: packet of %d ticks, want %d", l.format, p.Ticks, want)
			}
			l.heard = append(l.heard, buf[:n]...)
			l.pkts++
			if p.Talkspurt {
				l.marks++
			}
		}
	}
	r.tick++
}

func (r *rig) step(n int) {
	for range n {
		r.input()
		r.m.Mix()
		r.output()
	}
}

// tone says a sine of freq at dBFS (of the peak).
func tone(rate int, freq, dBFS float64) func(int, []int16) bool {
	a := 32767 * math.Pow(10, dBFS/20)
	return func(tick int, dst []int16) bool {
		for i := range dst {
			dst[i] = int16(math.Round(a * math.Sin(2*math.Pi*freq*float64(tick*len(dst)+i)/float64(rate))))
		}
		return true
	}
}

// noise says white noise of an RMS level in dBFS.
func noise(seed uint64, dBFS float64) func(int, []int16) bool {
	rng := rand.New(rand.NewPCG(seed, 1))
	a := 32768 * math.Pow(10, dBFS/20)
	return func(_ int, dst []int16) bool {
		for i := range dst {
			dst[i] = int16(math.Round(a * rng.NormFloat64()))
		}
		return true
	}
}

// level is the amplitude of a tone in pcm in dBFS.
func level(x []int16, rate int, freq float64) float64 {
	var re, im float64
	for i, s := range x {
		w := 0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/float64(len(x)))
		ph := 2 * math.Pi * freq * float64(i) / float64(rate)
		re += w * float64(s) * math.Cos(ph)
		im += w * float64(s) * math.Sin(ph)
	}
	return 20 * math.Log10(math.Hypot(re, im)*4/float64(len(x))/32767+1e-9)
}

// snr is the ratio of the sine of freq that fits x best to all the rest, in dB.
func snr(x []int16, rate int, freq float64) float64 {
	var ss, cc, sc, xs, xc float64
	for i, v := range x {
		s, c := math.Sincos(2 * math.Pi * freq * float64(i) / float64(rate))
		ss, cc, sc = ss+s*s, cc+c*c, sc+s*c
		xs, xc = xs+float64(v)*s, xc+float64(v)*c
	}
	det := ss*cc - sc*sc
	a, b := (xs*cc-xc*sc)/det, (xc*ss-xs*sc)/det
	var sig, err float64
	for i, v := range x {
		s, c := math.Sincos(2 * math.Pi * freq * float64(i) / float64(rate))
		y := a*s + b*c
		sig += y * y
		err += (float64(v) - y) * (float64(v) - y)
	}
	return 10 * math.Log10(sig/(err+1e-9))
}

func tail(x []int16, rate int, ms int) []int16 { return x[len(x)-rate*ms/1000:] }
