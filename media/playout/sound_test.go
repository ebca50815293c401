package playout

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/partyline/partyline/media/codec"
)

func sine(rate int, hz, peak float64, d time.Duration) []int16 {
	out := make([]int16, int(int64(rate)*int64(d)/int64(time.Second)))
	for i := range out {
		out[i] = int16(math.Round(peak * math.Sin(2*math.Pi*hz*float64(i)/float64(rate))))
	}
	return out
}

// A tone goes through bit by bit on a clean network, at each rate.
func TestToneIsUntouched(t *testing.T) {
	t.Parallel()
	for _, rate := range []int{8000, 16000, 48000} {
		f := l16()
		f.ClockRate, f.SampleRate = rate, rate
		said := sine(rate, 1020, 10000, 20*time.Second)
		p := network{format: f, phase: 6 * time.Millisecond}.run(t, said)
		from := rate / 50 // the first tick is too early
		if !slices.Equal(p.pcm[from:from+len(said)], said) || p.stats != (Stats{}) {
			t.Errorf("%d Hz: not what was said: %+v", rate, p.stats)
		}
	}
}

// Leaving out and repeating periods of a tone makes no click: no step is larger
// than the tone's own.
func TestAdjustmentsDoNotClick(t *testing.T) {
	t.Parallel()
	for _, rate := range []int{8000, 16000, 48000} {
		if raced && rate > 8000 {
			continue
		}
		for _, drift := range []float64{300, -300} {
			f := l16()
			f.ClockRate, f.SampleRate = rate, rate
			const hz, peak = 437, 10000.0
			said := sine(rate, hz, peak, 2*time.Minute)
			p := network{format: f, drift: drift, phase: 6 * time.Millisecond}.run(t, said)
			if p.stats.Shrunk+p.stats.Stretched < 3 || p.stats.Concealed > 0 {
				t.Errorf("%d Hz, %v ppm: %+v", rate, drift, p.stats)
			}
			// The second difference of a sine is its sample times a constant.
			w := 2 - 2*math.Cos(2*math.Pi*hz/float64(rate))
			worst := 0.0
			for i := rate; i < len(said)-rate; i++ {
				second := 2*float64(p.pcm[i]) - float64(p.pcm[i-1]) - float64(p.pcm[i+1])
				worst = max(worst, math.Abs(second-w*float64(p.pcm[i])))
			}
			t.Logf("%d Hz, %v ppm: step %.0f, %+v", rate, drift, worst, p.stats)
			if worst > peak*0.05 {
				t.Errorf("%d Hz, %v ppm: a step of %.0f", rate, drift, worst)
			}
		}
	}
}

// spoken is real speech, if there is a synthesiser, at 22050 Hz: pitched a
// little lower it serves as 8 kHz speech after dropping to a third.
func spoken(t *testing.T) []int16 {
	t.Helper()
	path, err := exec.LookPath("espeak-ng")
	if err != nil {
		return nil
	}
	text := "The quick brown fox jumps over the lazy dog, while a hundred people listen to the conference and nobody says a word. " +
		"Please enter the number of your meeting, followed by the hash key. You are the third person in this room."
	wav, err := exec.Command(path, "--stdout", "-v", "en", "-s", "150", text+" "+text+" "+text).Output()
	if err != nil || len(wav) < 44+22050 {
		return nil
	}
	wav = wav[44:]
	in := make([]float64, len(wav)/2)
	for i := range in {
		in[i] = float64(int16(binary.LittleEndian.Uint16(wav[2*i:])))
	}
	// Linear interpolation after a short average is good enough to be speech.
	out := make([]int16, 0, len(in)*8000/22050)
	for x := 2.0; int(x)+3 < len(in); x += 22050.0 / 8000 {
		i := int(x)
		out = append(out, int16((in[i-1]+in[i]+in[i+1])/3))
	}
	return out
}

// Real speech stays itself on a bad network.
func TestSpokenOnBadNetwork(t *testing.T) {
	t.Parallel()
	said := spoken(t)
	if said == nil {
		t.Skip("no speech synthesiser: the other tests use synthetic vowels")
	}
	n := network{
		format: g711(), phase: 11 * time.Millisecond,
		delay: func(r *rand.Rand, _ time.Duration) time.Duration { return time.Duration(r.Int64N(60 * ms)) },
		lost:  func(r *rand.Rand, _ time.Duration) bool { return r.IntN(10) == 0 },
	}
	p := n.run(t, said)
	c := likeness(said, p.pcm, 8000, 200*time.Millisecond)
	t.Logf("%v of speech: likeness %.3f, delay %v, %+v", time.Duration(len(said))*time.Second/8000, c, p.b.Delay(), p.stats)
	if c < 0.85 {
		t.Errorf("likeness %.3f", c)
	}
}

func FuzzBuffer(f *testing.F) {
	f.Add(uint8(0), []byte("0123456789abcdefghijklmnopqrstuvwxyz"))
	f.Add(uint8(1), []byte{3, 0, 1, 160, 0, 0, 3, 0, 1, 160, 9, 9, 1, 1, 1})
	f.Add(uint8(2), slices.Repeat([]byte{4, 1, 80, 30, 7}, 40))
	names := []codec.Name{codec.PCMU, codec.G722, codec.Opus}
	f.Fuzz(func(t *testing.T, which uint8, script []byte) {
		format := codec.Standard(names[int(which)%len(names)])
		dec, err := codec.NewDecoder(format)
		if err != nil {
			t.Fatal(err)
		}
		drive(t, New(format, dec), format, script)
	})
}

// drive feeds a buffer with what five bytes each of script say.
func drive(t *testing.T, b *Buffer, f codec.Format, script []byte) {
	t.Helper()
	pcm := make([]int16, f.SampleRate/50)
	now, seq, ts := int64(0), uint16(0), uint32(0)
	payload := make([]byte, 2000)
	for ; len(script) >= 5; script = script[5:] {
		op, x, y, z, w := script[0], script[1], script[2], script[3], script[4]
		seq += uint16(int8(x) >> 4)
		ts += uint32(int32(int8(y)) * 40)
		copy(payload, script)
		switch op % 16 {
		case 0:
			b.Skip(seq, ts, now)
		case 1:
			b.Comfort(seq, ts, z, now)
		case 2:
			b.Reset()
		case 3:
			seq, ts = uint16(x)<<8|uint16(y), uint32(z)<<24|uint32(w)
		case 4:
			now += int64(x) * 10 * ms
		default:
			b.Put(Packet{Seq: seq, TS: ts, Marker: op > 200, Payload: payload[:int(z)*2], Arrival: now - int64(w)*ms})
		}
		for range w % 3 {
			now += tick
			if op&0x30 == 0 {
				b.Pull(nil, now)
			} else {
				b.Pull(pcm, now)
			}
		}
		if b.in.count > queueSize || len(b.out.pcm) > f.SampleRate/4 {
			t.Fatal("grows: ", b.in.count, len(b.out.pcm))
		}
		for i := range b.in.count {
			if d := b.in.slots[i].seq - b.next; b.synced && d >= queueSize {
				t.Fatalf("%d waits, but %d is next", b.in.slots[i].seq, b.next)
			}
		}
		for i := 1; i < b.in.count; i++ {
			if d := b.in.slots[i].seq - b.in.slots[i-1].seq; d == 0 || d >= queueSize {
				t.Fatalf("out of order: %d after %d", b.in.slots[i].seq, b.in.slots[i-1].seq)
			}
		}
	}
}
