package playout

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/partyline/partyline/media/codec"
)

// On a quiet network each packet plays at the first tick after it came, bit by
// bit, whatever the phase, for ten minutes.
func TestQuietNetworkAddsNothing(t *testing.T) {
	t.Parallel()
	said := speech(8000, long(10*time.Minute), 1)
	for _, phase := range []time.Duration{0, 50 * time.Microsecond, 10 * time.Millisecond, 19900 * time.Microsecond} {
		n := network{format: l16(), phase: phase, seq: 65000, ts: 1<<32 - 80000}
		p := n.run(t, said)
		from := slices.Index(p.is, Voice)
		if g := gaps(p.is); g != 0 {
			t.Fatalf("phase %v: %d gaps, %+v", phase, g, p.stats)
		}
		// The packet of the first 20 ms is there at 20 ms: the first tick from
		// then on plays it.
		if want := int((20*time.Millisecond - phase + 19999999) / (20 * time.Millisecond)); from != want {
			t.Errorf("phase %v: begins in tick %d, want %d", phase, from, want)
		}
		if !slices.Equal(p.pcm[from*160:from*160+len(said)], said) {
			t.Errorf("phase %v: not what was said", phase)
		}
		if p.stats != (Stats{}) {
			t.Errorf("phase %v: %+v", phase, p.stats)
		}
		if p.b.Delay() >= 20*time.Millisecond {
			t.Errorf("phase %v: delay %v", phase, p.b.Delay())
		}
	}
}

// Small jitter and ticks that come late change nothing either, as long as every
// packet is there at its tick.
func TestSmallJitterAddsNothing(t *testing.T) {
	t.Parallel()
	said := speech(8000, long(2*time.Minute), 1)
	n := network{
		format: l16(), phase: 8 * time.Millisecond,
		delay: func(r *rand.Rand, _ time.Duration) time.Duration { return time.Duration(r.Int64N(7 * ms)) },
		late:  func(r *rand.Rand) time.Duration { return time.Duration(r.Int64N(3 * ms)) },
	}
	p := n.run(t, said)
	from := slices.Index(p.is, Voice)
	if !slices.Equal(p.pcm[from*160:from*160+len(said)], said) || p.stats != (Stats{}) {
		t.Errorf("not what was said: %+v", p.stats)
	}
}

func TestLossAndJitter(t *testing.T) {
	t.Parallel()
	for _, f := range []codec.Format{codec.Standard(codec.PCMU), codec.Standard(codec.G722)} {
		said := speech(f.SampleRate, 36*time.Second, 2)
		for seed := range uint64(2) {
			if raced && seed > 0 {
				continue
			}
			bad := 25 * time.Second
			n := network{
				format: f, seed: seed, phase: 3 * time.Millisecond,
				delay: func(r *rand.Rand, at time.Duration) time.Duration {
					if at > bad {
						return 0
					}
					return time.Duration(r.Int64N(60 * ms))
				},
				lost: func(r *rand.Rand, at time.Duration) bool { return at < bad && r.IntN(10) == 0 },
			}
			p := n.run(t, said)
			c := likeness(said, p.pcm, f.SampleRate, 200*time.Millisecond)
			during := p.delay[int(bad/(20*time.Millisecond))-1]
			after := p.delay[int((bad+10*time.Second)/(20*time.Millisecond))]
			t.Logf("%v seed %d: likeness %.3f, delay %v, after %v, %+v", f, seed, c, during, after, p.stats)
			if c < 0.85 {
				t.Errorf("likeness %.3f", c)
			}
			if during > 50*time.Millisecond {
				t.Errorf("delay in the jitter is %v", during)
			}
			if after > 25*time.Millisecond {
				t.Errorf("delay 10 s after the jitter is %v", after)
			}
			if g := gaps(p.after(bad + 10*time.Second)); g > 0 {
				t.Errorf("%d gaps after the jitter", g)
			}
		}
	}
}

func TestDrift(t *testing.T) {
	if testing.Short() {
		t.Skip("numbers and no goroutines: nothing for the race detector")
	}
	t.Parallel()
	said := speech(8000, long(10*time.Minute), 3)
	for _, drift := range []float64{200, -200, 50, -50} {
		for _, jitter := range []int64{1, 500000} {
			for _, phase := range []time.Duration{3 * time.Millisecond} {
				n := network{
					format: g711(), drift: drift, phase: phase,
					delay: func(r *rand.Rand, _ time.Duration) time.Duration { return time.Duration(r.Int64N(jitter)) },
				}
				p := n.run(t, said)
				g := gaps(p.is[100:])
				most := slices.Max(p.delay)
				t.Logf("drift %v ppm, jitter %v, phase %v: %d gaps, delay at most %v, %+v", drift, time.Duration(jitter), phase, g, most, p.stats)
				if g > 1 {
					t.Errorf("%d gaps", g)
				}
				if most > 42*time.Millisecond {
					t.Errorf("delay %v", most)
				}
			}
		}
	}
}

func TestOutage(t *testing.T) {
	t.Parallel()
	said := speech(8000, 20*time.Second, 4)
	for _, burst := range []bool{false, true} {
		out := func(at time.Duration) bool { return at > 5*time.Second && at < 7*time.Second }
		n := network{format: g711(), phase: 4 * time.Millisecond}
		if burst { // all comes when the network is back
			n.delay = func(_ *rand.Rand, at time.Duration) time.Duration {
				if out(at) {
					return 7*time.Second - at
				}
				return 0
			}
		} else {
			n.lost = func(_ *rand.Rand, at time.Duration) bool { return out(at) }
		}
		p := n.run(t, said)
		t.Logf("burst %v: delay %v, %+v", burst, p.delay[400], p.stats)
		if g := gaps(p.after(7100 * time.Millisecond)); g > 0 {
			t.Errorf("burst %v: %d gaps after the outage", burst, g)
		}
		if d := p.delay[int(8500*time.Millisecond/(20*time.Millisecond))]; d > 40*time.Millisecond {
			t.Errorf("burst %v: delay %v after the outage", burst, d)
		}
		if c := likeness(said[8000*8:], p.pcm[8000*8:], 8000, 60*time.Millisecond); c < 0.98 {
			t.Errorf("burst %v: likeness %.3f after the outage", burst, c)
		}
	}
}

func TestPacketSizes(t *testing.T) {
	if testing.Short() {
		t.Skip("numbers and no goroutines: nothing for the race detector")
	}
	t.Parallel()
	said := speech(8000, 30*time.Second, 5)
	for _, size := range []time.Duration{10, 20, 30, 40, 50, 60} {
		for phase := time.Duration(0); phase < 20*time.Millisecond; phase += 2500 * time.Microsecond {
			f := l16()
			f.Ptime = size * time.Millisecond
			p := network{format: f, phase: phase + 100*time.Microsecond}.run(t, said)
			p.stats.Concealed -= min(p.stats.Concealed, 1) // half a tick may be the last
			if g := gaps(p.is); g > 0 || p.stats != (Stats{}) {
				t.Errorf("%v at %v: %d gaps, %+v", f.Ptime, phase, g, p.stats)
			}
			from := slices.IndexFunc(p.pcm, func(v int16) bool { return v != 0 })
			first := slices.IndexFunc(said, func(v int16) bool { return v != 0 })
			from -= first
			whole := len(said) - f.FrameSamples(f.Ptime)
			if from < 0 || !slices.Equal(p.pcm[from:from+whole], said[:whole]) {
				t.Errorf("%v at %v: not what was said", f.Ptime, phase)
			}
		}
	}
}

func TestPacketSizeChanges(t *testing.T) {
	t.Parallel()
	said := speech(8000, 60*time.Second, 6)
	sizes := []time.Duration{20, 10, 60, 30, 20, 40}
	n := network{format: g711(), phase: 7 * time.Millisecond, ptime: func(at time.Duration) time.Duration {
		return sizes[int(at/(10*time.Second))%len(sizes)] * time.Millisecond
	}}
	p := n.run(t, said)
	t.Logf("%+v", p.stats)
	if g := gaps(p.is); g > len(sizes)*2 {
		t.Errorf("%d gaps", g)
	}
	if c := likeness(said, p.pcm, 8000, 150*time.Millisecond); c < 0.98 {
		t.Errorf("likeness %.3f", c)
	}
}

// Silence that is not sent, key presses and comfort noise are not losses.
func TestSilences(t *testing.T) {
	t.Parallel()
	for _, kind := range []gapKind{dtx, event, noisy} {
		said := speech(8000, 20*time.Second, 7)
		quiet := func(at time.Duration) bool { return at%(2*time.Second) > 1500*time.Millisecond }
		n := network{format: l16(), phase: 9 * time.Millisecond, gap: func(at time.Duration) gapKind {
			if quiet(at) {
				return kind
			}
			return talking
		}}
		p := n.run(t, said)
		t.Logf("%d: %+v", kind, p.stats)
		if p.stats.Lost > 0 || kind != dtx && p.stats.Concealed > 0 || p.stats.Concealed > 30 {
			t.Errorf("%d: %+v", kind, p.stats)
		}
		from := slices.Index(p.is, Voice) * 160
		for i := range said {
			at := time.Duration(i) * time.Second / 8000
			if quiet(at) || quiet(at+20*time.Millisecond) || quiet(at-20*time.Millisecond) {
				continue
			}
			if p.pcm[from+i] != said[i] {
				t.Errorf("%d: not what was said at %v", kind, at)
				break
			}
		}
	}
}

func TestComfortNoiseLevel(t *testing.T) {
	t.Parallel()
	for _, level := range []byte{40, 55, 70, 127} {
		dec, _ := codec.NewDecoder(g711())
		b := New(g711(), dec)
		b.Comfort(1, 160, level, 0)
		pcm := make([]int16, 160)
		var energy float64
		is := Silent
		for i := range int64(50) {
			clear(pcm)
			is = max(is, b.Pull(pcm, i*tick))
			for _, v := range pcm {
				energy += float64(v) * float64(v) / 8000
			}
		}
		if level > inaudible != (is == Silent) || level > inaudible && energy > 0 {
			t.Errorf("level %d: %v, energy %v", level, is, energy)
		}
		if level < inaudible {
			if got := dbov(energy); got < -float64(level)-2 || got > -float64(level)+2 {
				t.Errorf("level %d: noise has %.1f dBov", level, got)
			}
		}
	}
}

// Comfort noise that lasts for minutes, with an update each second, does not end
// the stream: what it has learnt of the network is kept.
func TestLongComfortNoise(t *testing.T) {
	t.Parallel()
	dec, _ := codec.NewDecoder(g711())
	b := New(g711(), dec)
	pcm := make([]int16, 160)
	b.Put(Packet{Seq: 0, TS: 0, Payload: make([]byte, 160)})
	for i := range int64(10000) {
		if i > 0 && i%50 == 1 {
			b.Comfort(uint16(i/50)+1, uint32(i)*160, 50, i*tick)
		}
		is := b.Pull(pcm, i*tick+ms)
		if is != Voice {
			t.Fatalf("tick %d: %v", i, is)
		}
	}
	if !b.playing || b.debt > 8000 {
		t.Errorf("playing %v, debt %d", b.playing, b.debt)
	}
}

// The stream begins anew with other numbers and timestamps.
func TestJumps(t *testing.T) {
	t.Parallel()
	said := speech(8000, 20*time.Second, 8)
	for _, j := range []struct {
		seq uint16
		ts  uint32
	}{{10000, 0}, {0, 1 << 30}, {20000, 3 << 30}, {1<<16 - 40, 0}, {1<<16 - 5000, 1 << 29}, {500, 80000}, {0, 1<<32 - 320}} {
		n := network{format: g711(), phase: 4 * time.Millisecond, jump: func(at time.Duration) (uint16, uint32) {
			if at == 10*time.Second {
				return j.seq, j.ts
			}
			return 0, 0
		}}
		p := n.run(t, said)
		t.Logf("%+v: gaps %d, delay %v, %+v", j, gaps(p.is), p.b.Delay(), p.stats)
		if g := gaps(p.is); g > 20 {
			t.Errorf("%+v: %d gaps", j, g)
		}
		if c := likeness(said[11*8000:], p.pcm[11*8000:], 8000, 400*time.Millisecond); c < 0.99 {
			t.Errorf("%+v: likeness %.3f", j, c)
		}
		if d := p.b.Delay(); d > 60*time.Millisecond {
			t.Errorf("%+v: delay %v", j, d)
		}
	}
}

func TestReorderingAndDuplicates(t *testing.T) {
	t.Parallel()
	said := speech(8000, 30*time.Second, 9)
	n := network{format: g711(), phase: 4 * time.Millisecond, delay: func(r *rand.Rand, _ time.Duration) time.Duration {
		if r.IntN(20) == 0 {
			return 25 * time.Millisecond
		}
		return 0
	}}
	r := rand.New(rand.NewPCG(1, 1))
	flights := n.flights(t, said, r)
	for i := len(flights) - 1; i > 0; i -= 7 {
		f := flights[i]
		f.arrival += 30 * ms
		at := i
		for at < len(flights) && flights[at].arrival <= f.arrival {
			at++
		}
		flights = slices.Insert(flights, at, f)
	}
	dec, _ := codec.NewDecoder(n.format)
	p := n.drive(New(n.format, dec), flights, r)
	t.Logf("delay %v, %+v", p.b.Delay(), p.stats)
	if g := gaps(p.after(3 * time.Second)); g > 0 {
		t.Errorf("%d gaps", g)
	}
	if d := p.b.Delay(); d > 50*time.Millisecond {
		t.Errorf("delay %v", d)
	}
}

// Muted legs keep time: what is heard after is on time, and fades in.
func TestMuted(t *testing.T) {
	t.Parallel()
	said := speech(8000, 20*time.Second, 10)
	n := network{format: l16(), phase: 4 * time.Millisecond, muted: func(at time.Duration) bool {
		return at%time.Second > 500*time.Millisecond
	}}
	p := n.run(t, said)
	if p.stats != (Stats{}) {
		t.Errorf("%+v", p.stats)
	}
	for i := range p.is {
		at := 4*time.Millisecond + time.Duration(i)*20*time.Millisecond
		if (p.is[i] == Silent) != (n.muted(at) || i == 0) && i < 1000 {
			t.Fatalf("%v at %v", p.is[i], at)
		}
	}
	whole := 0
	for i := 1; i < 1000; i++ {
		if i > 1 && p.is[i-1] == Silent && p.is[i] == Voice {
			heard, original := p.pcm[i*160:(i+1)*160], said[(i-1)*160:i*160]
			if heard[0] != 0 || !slices.Equal(heard[40:], original[40:]) || slices.Equal(heard[:40], original[:40]) && slices.Max(original[:40]) > 99 {
				t.Errorf("tick %d does not fade in", i)
			}
		}
		if slices.Equal(p.pcm[i*160:(i+1)*160], said[(i-1)*160:i*160]) {
			whole++
		}
	}
	if whole < 470 {
		t.Errorf("%d ticks as said", whole)
	}
}

func TestSetFormat(t *testing.T) {
	t.Parallel()
	a, b := codec.Standard(codec.PCMU), codec.Standard(codec.G722)
	da, _ := codec.NewDecoder(a)
	db, _ := codec.NewDecoder(b)
	buf := New(a, da)
	pcm := make([]int16, 320)
	now, seq, ts := int64(0), uint16(5), uint32(99)
	for i := range 300 {
		switch i {
		case 100:
			buf.SetFormat(b, db)
		case 200:
			da.Reset()
			buf.SetFormat(a, da)
		}
		buf.Put(Packet{Seq: seq, TS: ts, Payload: make([]byte, 160), Arrival: now})
		seq++
		ts += 160
		if is := buf.Pull(pcm[:buf.need], now+ms); is != Voice {
			t.Fatalf("tick %d: %v", i, is)
		}
		now += tick
	}
	if buf.Stats() != (Stats{}) {
		t.Errorf("%+v", buf.Stats())
	}
}

func TestOpusRedundancy(t *testing.T) {
	t.Parallel()
	if testing.Short() || raced {
		t.Skip("Opus encodes slowly")
	}
	said := speech(16000, 20*time.Second, 11)
	f := codec.Standard(codec.Opus)
	f.SampleRate = 16000
	n := network{format: f, phase: 4 * time.Millisecond, lost: func(r *rand.Rand, at time.Duration) bool {
		return at > 2*time.Second && r.IntN(10) == 0
	}}
	p := n.run(t, said)
	t.Logf("delay %v, %+v", p.b.Delay(), p.stats)
	if p.stats.Recovered < p.stats.Lost/2 {
		t.Errorf("%+v", p.stats)
	}
}

// Whatever comes, nothing breaks and memory is bounded.
func TestGarbage(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 5))
	for _, name := range []codec.Name{codec.PCMU, codec.Opus, codec.G722} {
		f := codec.Standard(name)
		dec, _ := codec.NewDecoder(f)
		script := make([]byte, long(50000))
		for i := range script {
			script[i] = byte(r.Uint32())
		}
		drive(t, New(f, dec), f, script)
	}
}
