package codec

import (
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/partyline/partyline/media/pcm"
)

// speech16k is ten seconds of speech, at 16 kHz.
func speech16k(t testing.TB) []int16 {
	t.Helper()
	f, err := os.Open("../pcm/testdata/speech.wav")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	narrow, rate, err := pcm.ReadWAV(f)
	if err != nil || rate != 8000 {
		t.Fatal(rate, err)
	}
	out := make([]int16, 2*len(narrow)-2)
	for i := range len(narrow) - 1 {
		out[2*i] = narrow[i]
		out[2*i+1] = int16((int(narrow[i]) + int(narrow[i+1])) / 2)
	}
	return out
}

// hiss is noise of a level in dBFS, each sample pole times the one before and more.
func hiss(rng *rand.Rand, dB, pole float64) func() float64 {
	y, a := 0.0, 32768*math.Pow(10, dB/20)*math.Sqrt(1-pole*pole)
	return func() float64 { y = pole*y + a*rng.NormFloat64(); return y }
}

// Whatever the packets' sizes, skipping follows the scale factors bit by bit, and
// after a short time nothing at all is lost.
func TestG722SkipFollows(t *testing.T) {
	for _, size := range []int{80, 160, 240, 33, 480} {
		enc, always, skips := newG722Encoder(), newG722Decoder(), newG722Decoder()
		sound := ruggedSignal(20 * 2 * 480)
		code, a, b := make([]byte, size), make([]int16, 2*size), make([]int16, 2*size)
		few := g722Warm * g722Chunk / max(size, g722Chunk) / 2
		for i := range 20 {
			_, _ = enc.Encode(code, sound[i*2*size:][:2*size])
			_, _ = always.Decode(a, code)
			if i%(few+1) != 0 {
				skips.Skip(code)
			} else {
				skips.Wake()
				_, _ = skips.Decode(b, code)
				if digest(a) != digest(b) {
					t.Fatalf("%d octets, packet %d: differs", size, i)
				}
			}
			if skips.scale() != always.scale() {
				t.Fatalf("%d octets, packet %d: scale factors %v, want %v", size, i, skips.scale(), always.scale())
			}
		}
	}
	var always, skips g722Decoder
	always.plc, skips.plc = newConcealer(16000), newConcealer(16000)
	var out [480]int16
	for i, code := range [][]byte{ruggedBytes(16000), make([]byte, 16000)} {
		for len(code) > 0 {
			n := min(len(code), 37+i)
			_, _ = always.Decode(out[:], code[:n])
			skips.Skip(code[:n])
			code = code[n:]
			if skips.scale() != always.scale() {
				t.Fatalf("scale factors %v, want %v", skips.scale(), always.scale())
			}
		}
	}
}

// quietRule says, as a mixer does, whether a line of that level may be left out.
type quietRule struct {
	floor float32
	open  int
}

func (r *quietRule) gate(level uint8) (gate uint8, floor float32) {
	if l := float32(level); l > r.floor {
		floor = min(l, 81)
	} else {
		floor = max(l, r.floor-0.06)
	}
	return uint8(max(62, min(72, floor-9))), floor
}

func (r *quietRule) quiet(level uint8) bool {
	gate, floor := r.gate(level)
	if r.open > 0 || level <= gate {
		return false
	}
	r.floor = floor
	return true
}

func (r *quietRule) heard(level uint8) {
	var gate uint8
	gate, r.floor = r.gate(level)
	if r.open = max(0, r.open-1); level <= gate {
		r.open = 25
	}
}

// spared is a line's decoder that skips what the rule leaves out, beside one that
// never skips.
type spared struct {
	enc                  *g722Encoder
	always, skips        *g722Decoder
	rule, want           quietRule
	whole, heard         [320]int16
	decoded, late, begun int
	needed               int // ticks in which the line may be heard
	behind               int // ticks for which the line should have been heard and was not
	loudest              uint8
}

func newSpared() *spared {
	return &spared{
		enc: newG722Encoder(), always: newG722Decoder(), skips: newG722Decoder(),
		rule: quietRule{floor: 81}, want: quietRule{floor: 81}, loudest: 127,
	}
}

func (s *spared) tick(sound *[320]int16) (decoded bool) {
	var code [160]byte
	_, _ = s.enc.Encode(code[:], sound[:])
	_, _ = s.always.Decode(s.whole[:], code[:])
	was, level := s.want.open, pcm.LevelDBov(s.whole[:])
	s.want.heard(level)
	if was == 0 && s.want.open > 0 {
		s.begun++
	}
	if s.want.open > 0 {
		s.needed++
	}
	if s.rule.quiet(s.skips.Level(code[:])) {
		s.skips.Skip(code[:])
		if s.want.open == 25 {
			s.late++
			s.behind++
			s.loudest = min(s.loudest, level)
		}
		return false
	}
	_, _ = s.skips.Decode(s.heard[:], code[:])
	s.rule.heard(pcm.LevelDBov(s.heard[:]))
	s.decoded++
	s.behind = 0
	return true
}

// After ten seconds of noise that was skipped, what is said is heard as if nothing
// had been, from the first millisecond after the fade on.
func TestG722AfterQuiet(t *testing.T) {
	if testing.Short() {
		t.Skip("numbers and no goroutines: nothing for the race detector")
	}
	speech := speech16k(t)
	for _, c := range []struct {
		name     string
		dB, pole float64
	}{
		{"digital silence", -200, 0},
		{"white noise of -74 dBFS", -74, 0},
		{"dull noise of -74 dBFS", -74, 0.9},
		{"dull noise of -66 dBFS", -66, 0.9},
	} {
		rng := rand.New(rand.NewPCG(3, 4))
		worst := math.Inf(1)
		for trial := range 4 {
			line, noise := newSpared(), hiss(rng, c.dB, c.pole)
			from := rng.IntN(len(speech) - 30*320)
			var in [320]int16
			quiet := 0
			for tick := range 530 {
				for i := range in {
					v := noise()
					if k := (tick-500)*320 + i - 37*trial; k >= 0 {
						v += float64(speech[from+k])
					}
					in[i] = int16(math.Round(max(-32768, min(32767, v))))
				}
				if tick == 500 {
					quiet, line.late, line.loudest = line.decoded-line.needed, 0, 127
				}
				if !line.tick(&in) || tick < 500 {
					continue
				}
				for o := 0; o < 320; o += 80 {
					if tick == 500 && o == 0 {
						continue // fades in
					}
					var s, e float64
					for i := o; i < o+80; i++ {
						d := float64(line.whole[i]) - float64(line.heard[i])
						s += float64(line.whole[i]) * float64(line.whole[i])
						e += d * d
					}
					if s > 80*100*100 {
						worst = min(worst, 10*math.Log10(s/max(e, 1)))
					}
				}
			}
			if line.late > 0 {
				t.Errorf("%s: %d ticks late, the loudest of -%d dBov", c.name, line.late, line.loudest)
			}
			if quiet > 40 {
				t.Errorf("%s: %d ticks of 500 decoded in vain", c.name, quiet)
			}
		}
		t.Logf("%s: at worst %.1f dB", c.name, worst)
		if worst < 30 {
			t.Errorf("%s: %.1f dB, want 30", c.name, worst)
		}
	}
}
