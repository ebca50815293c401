package playout

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/partyline/partyline/media/codec"
)

// line is a stream of packets that come 5 ms before their tick.
type line struct {
	*Buffer
	t    *testing.T
	enc  codec.Encoder
	seq  uint16
	ts   uint32
	now  int64
	rate int
}

func newLine(t *testing.T, name codec.Name) *line {
	f := codec.Standard(name)
	enc, err := codec.NewEncoder(f)
	if err != nil {
		t.Fatal(err)
	}
	dec, err := codec.NewDecoder(f)
	if err != nil {
		t.Fatal(err)
	}
	return &line{Buffer: New(f, dec), t: t, enc: enc, seq: 65000, ts: 1 << 31, now: int64(time.Second), rate: f.SampleRate}
}

// put sends 20 ms at a constant amplitude.
func (l *line) put(amplitude int16, level uint8) {
	l.t.Helper()
	sound := make([]int16, l.rate/50)
	for i := range sound {
		sound[i] = amplitude
		if i%2 == 1 {
			sound[i] = -amplitude
		}
	}
	l.send(sound, level)
}

func (l *line) send(sound []int16, level uint8) {
	l.t.Helper()
	payload := make([]byte, codec.MaxPayload)
	n, err := l.enc.Encode(payload, sound)
	if err != nil {
		l.t.Fatal(err)
	}
	l.Put(Packet{Seq: l.seq, TS: l.ts, Payload: payload[:n], Level: level, Arrival: l.now + 15e6})
	l.seq++
	l.ts += l.f.ClockTicks(20 * time.Millisecond)
	l.now += 20e6
}

func TestLevelIsKnownBeforeDecoding(t *testing.T) {
	l := newLine(t, codec.PCMU)
	pcm := make([]int16, 160)
	if _, known := l.Level(); known {
		t.Error("known before anything came")
	}
	l.put(8, NoLevel)
	l.Pull(nil, l.now)
	for range 20 {
		l.put(8, NoLevel)
		if dBov, known := l.Level(); !known || dBov != 72 {
			t.Fatalf("level %d, known %v; want 72", dBov, known)
		}
		l.Pull(nil, l.now)
	}
	// Louder: the very packet that said so is heard.
	l.put(4000, NoLevel)
	if dBov, known := l.Level(); !known || dBov > 20 {
		t.Fatalf("level %d, known %v", dBov, known)
	}
	if is := l.Pull(pcm, l.now); is != Voice || pcm[150] < 3800 && pcm[150] > -3800 {
		t.Errorf("activity %v, %d", is, pcm[150])
	}
	// What has not come has no level.
	l.now += 20e6
	if _, known := l.Level(); known {
		t.Error("known although nothing came")
	}
}

func TestLevelFromTheSender(t *testing.T) {
	l := newLine(t, codec.Opus)
	l.put(2000, 100)
	l.Pull(nil, l.now)
	l.put(2000, 100)
	if dBov, known := l.Level(); !known || dBov != 100 {
		t.Errorf("level %d, known %v; want 100 as told", dBov, known)
	}
	l.Pull(nil, l.now)
	l.put(2000, NoLevel)
	if _, known := l.Level(); known {
		t.Error("known although the sender does not tell")
	}
}

// A line whose decoder follows without decoding is quiet as others are; what is said
// then is heard as by one that never slept, but for the fade.
func TestSkippedSoundIsFollowed(t *testing.T) {
	quiet, awake := newLine(t, codec.G722), newLine(t, codec.G722)
	a, b := make([]int16, 320), make([]int16, 320)
	rng := rand.New(rand.NewPCG(1, 2))
	slept := 0
	for i := range 400 {
		sound := make([]int16, 320)
		for k := range sound {
			sound[k] = int16(rng.NormFloat64() * 8)
			if i >= 350 {
				sound[k] += int16(6000 * math.Sin(float64(k)*math.Pi/16))
			}
		}
		if i%100 == 60 { // a packet is lost
			for _, l := range []*line{quiet, awake} {
				l.seq++
				l.ts += 160
				l.now += 20e6
			}
		} else {
			quiet.send(sound, NoLevel)
			awake.send(sound, NoLevel)
		}
		awake.Pull(a, awake.now)
		if dBov, known := quiet.Level(); known && dBov > 62 {
			quiet.Pull(nil, quiet.now)
			slept++
			if i >= 350 {
				t.Fatalf("tick %d: a tone is told to have -%d dBov", i, dBov)
			}
			continue
		}
		quiet.Pull(b, quiet.now)
		for k := range a {
			if off := int(a[k]) - int(b[k]); i >= 350 && (i > 350 || k >= 80) && (off > 120 || off < -120) {
				t.Fatalf("tick %d, sample %d: %d, want %d", i, k, b[k], a[k])
			}
		}
	}
	if slept < 250 {
		t.Errorf("asleep in %d ticks of 350", slept)
	}
}

// What is left over of a tick, after the delay has been adjusted, does not keep a
// quiet line awake.
func TestLevelOfWhatIsLeftOver(t *testing.T) {
	l := newLine(t, codec.PCMU)
	pcm := make([]int16, 160)
	for range 5 {
		l.put(8, NoLevel)
		l.Pull(pcm, l.now)
	}
	l.out.insert(40)
	l.put(8, NoLevel)
	if dBov, known := l.Level(); !known || dBov < 72 {
		t.Errorf("level %d, known %v", dBov, known)
	}
	for i := range l.out.pcm[l.out.lo:l.out.hi] {
		l.out.pcm[l.out.lo+i] = 4000
	}
	if dBov, known := l.Level(); !known || dBov > 20 {
		t.Errorf("level %d, known %v: what is left over is loud", dBov, known)
	}
}

// Time that passes the quick way leaves the buffer as the other way does.
func TestPassingIsPulling(t *testing.T) {
	quick, slow := newLine(t, codec.PCMU), newLine(t, codec.PCMU)
	pcm := make([]int16, 160)
	fast := 0
	for i := range 200 {
		for _, l := range []*line{quick, slow} {
			if i%50 == 49 { // a packet is lost
				l.seq++
				l.ts += 160
				l.now += 20e6
				continue
			}
			l.put(8, NoLevel)
		}
		before := quick.out.hi
		quick.Pull(nil, quick.now)
		if quick.out.hi == before {
			fast++ // nothing was laid down, not even silence
		}
		slow.Pull(pcm, slow.now)
		if quick.next != slow.next || quick.tail != slow.tail || quick.debt != slow.debt {
			t.Fatalf("tick %d: next %d and %d, tail %d and %d, debt %d and %d",
				i, quick.next, slow.next, quick.tail, slow.tail, quick.debt, slow.debt)
		}
	}
	if fast < 100 {
		t.Errorf("only %d ticks of 200 passed the quick way", fast)
	}
	if quick.Stats().Lost != slow.Stats().Lost || quick.Delay() != slow.Delay() {
		t.Errorf("lost %d and %d, delay %v and %v", quick.Stats().Lost, slow.Stats().Lost, quick.Delay(), slow.Delay())
	}
}

// A sender that is silent but for a packet now and then (DTX) has lost nothing.
func TestLonePacketsAreNotConcealed(t *testing.T) {
	for _, name := range []codec.Name{codec.PCMU, codec.Opus} {
		l := newLine(t, name)
		pcm := make([]int16, l.need)
		heard := 0
		for i := range 400 {
			switch {
			case i < 50, i > 100 && i%20 == 0, i > 300:
				l.put(1000, NoLevel)
			default: // time passes
				l.ts += l.f.ClockTicks(20 * time.Millisecond)
				l.now += 20e6
			}
			if l.Pull(pcm, l.now) == Voice {
				heard++
			}
			if i == 99 { // the end of speech may have been a loss
				l.stats.Concealed = 0
			}
		}
		if c := l.Stats().Concealed; c != 0 {
			t.Errorf("%v: %d ticks concealed in a pause", name, c)
		}
		if want := 50 + 10 + 99; heard < want-1 || heard > want+10 {
			t.Errorf("%v: sound in %d ticks, want %d", name, heard, want)
		}
	}
}
