package load

import (
	"math"
	"testing"

	"github.com/partyline/partyline/media/codec"
)

func TestPercentiles(t *testing.T) {
	values := make([]float64, 200)
	for i := range values {
		values[len(values)-1-i] = float64(i + 1)
	}
	d := NewDist(values)
	if d.N != 200 || d.P50 != 100 || d.P95 != 190 || d.P99 != 198 || d.Max != 200 || d.Mean != 100.5 {
		t.Errorf("%+v", d)
	}
	if d := NewDist([]float64{7}); d.P50 != 7 || d.P99 != 7 {
		t.Errorf("one value: %+v", d)
	}
	if d := NewDist(nil); d.N != 0 {
		t.Errorf("no value: %+v", d)
	}
	var h histogram
	for _, v := range values {
		h.add(v)
	}
	if d := h.dist(); math.Abs(d.P50-100) > 2*histogramStep || math.Abs(d.P99-198) > 2*histogramStep || d.Max != 200 || d.N != 200 {
		t.Errorf("histogram: %+v", d)
	}
	h.add(1e9)
	if d := h.dist(); d.Max != 1e9 {
		t.Errorf("beyond its end: %+v", d)
	}
}

// hear makes what a listener records: the sound in packets of 20 ms, each delayed.
func hear(t *testing.T, f codec.Format, sound []int16, begin int64, delay func(packet int) int64) []recorded {
	t.Helper()
	coded, err := frames(f, sound)
	if err != nil {
		t.Fatal(err)
	}
	var out []recorded
	for i, b := range coded {
		if d := delay(i); d >= 0 {
			out = append(out, recorded{begin + int64(i)*20e6 + d, uint32(i) * f.ClockTicks(f.Ptime), b})
		}
	}
	return out
}

// TestClick hides a sweep in tones and noise, a fraction of a sample off, and wants
// it found to a tenth of a millisecond.
func TestClick(t *testing.T) {
	const begin, delay = 1e15, int64(13.4e6)
	for _, name := range []codec.Name{codec.PCMU, codec.PCMA, codec.G722} {
		f := format(name)
		sound := noise(f.SampleRate, 1000)
		for i, v := range tone(toneOf(0, 0, 2), f.SampleRate, 1000) {
			sound[i] += v
		}
		sine, _ := sweep(f.SampleRate)
		at := f.SampleRate * 317 / 1000
		for i, v := range sine {
			sound[at+i] += int16(sweepLevel * 32767 * v)
		}
		track, err := newTrack(f, hear(t, f, sound, begin, func(int) int64 { return delay }))
		if err != nil {
			t.Fatal(err)
		}
		// It was sent 100 ms before the listener's stream had it.
		sent := int64(begin + 300e6 - 100e6)
		ms, heard, seen := newEar(f.SampleRate).transit(track, click{sent: sent, offset: 17e6})
		want := 100 + float64(delay)/1e6
		if name == codec.G722 {
			want += 1.4 // its filters' own delay
		}
		if !heard || !seen || math.Abs(ms-want) > 0.1 {
			t.Errorf("%s: %v ms (heard %v, seen %v), want %v", name, ms, heard, seen, want)
		}
		if _, heard, _ := newEar(f.SampleRate).transit(track, click{sent: begin + 500e6}); heard {
			t.Errorf("%s: a click is heard where there is none", name)
		}
		if _, _, seen := newEar(f.SampleRate).transit(track, click{sent: begin + 900e6}); seen {
			t.Errorf("%s: a click is judged beyond the end", name)
		}
	}
}

// TestPresence takes packets away from a tone, and then says one twice.
func TestPresence(t *testing.T) {
	f := format(codec.PCMU)
	hz := toneOf(0, 1, 2)
	sound := tone(hz, f.SampleRate, 4000)
	on := func(int) int64 { return 0 }
	whole, err := newTrack(f, hear(t, f, sound, 0, on))
	if err != nil {
		t.Fatal(err)
	}
	if p := whole.presence(hz); p.Heard != 1 || p.Missing != 0 || p.Dropouts+p.Slips != 0 || p.Seconds != 4 {
		t.Errorf("whole: %+v", p)
	}
	if p := whole.presence(hz + 300); p.Heard != 0 || p.Missing != 4 {
		t.Errorf("another tone: %+v", p)
	}
	holes, _ := newTrack(f, hear(t, f, sound, 0, func(i int) int64 {
		if i == 50 || i == 51 || i == 120 {
			return -1
		}
		return 0
	}))
	if p := holes.presence(hz); p.Dropouts != 2 || p.Slips != 0 || math.Abs(p.Missing-0.06) > 1e-9 {
		t.Errorf("3 packets lost: %+v", p)
	}
	twice := append(append([]int16(nil), sound[:16000]...), sound[16000-160:]...)
	slipped, _ := newTrack(f, hear(t, f, twice, 0, on))
	if p := slipped.presence(hz); p.Slips != 1 || p.Dropouts != 0 {
		t.Errorf("a frame said twice: %+v", p)
	}
}

// TestPresenceBegins in mid stream: nothing is missing but what a decoder needs to
// learn its coder's state, whatever the moment.
func TestPresenceBegins(t *testing.T) {
	for _, name := range []codec.Name{codec.G722, codec.Opus} {
		f := format(name)
		hz := toneOf(0, 1, 2)
		packets := hear(t, f, tone(hz, f.SampleRate, 4000), 0, func(int) int64 { return 0 })
		for from := range 12 {
			track, err := newTrack(f, packets[from:])
			if err != nil {
				t.Fatal(err)
			}
			if p := track.presence(hz); p.Heard != 1 || p.Missing != 0 || p.Slips != 0 {
				t.Errorf("%s from packet %d: %+v", name, from, p)
			}
		}
	}
}

// TestTones: those of neighbouring rooms are different, loop without a seam and keep
// clear of the sweep.
func TestTones(t *testing.T) {
	seen := map[float64]bool{}
	for room := range 10 {
		for talker := range 2 {
			hz := toneOf(room, talker, 2)
			if seen[hz] || hz > sweepLow-300 {
				t.Errorf("room %d, talker %d: %v Hz", room, talker, hz)
			}
			seen[hz] = true
			if turns := hz * toneRepeat / 1000; turns != math.Trunc(turns) {
				t.Errorf("%v Hz has a seam", hz)
			}
		}
	}
}

func TestLoops(t *testing.T) {
	for _, name := range []codec.Name{codec.PCMU, codec.PCMA, codec.G722, codec.Opus} {
		l, err := newLoops(name, Silence)
		if err != nil {
			t.Fatal(err)
		}
		loop, err := l.tone(toneOf(0, 0, 2))
		if err != nil {
			t.Fatal(err)
		}
		clicks, err := l.clicks()
		if err != nil {
			t.Fatal(err)
		}
		all := append(append(append([][]byte(nil), loop...), l.noise...), l.idle...)
		for _, c := range clicks {
			all = append(all, c.frames[:]...)
		}
		for _, b := range all {
			if d := codec.Duration(l.format, b); d.Milliseconds() != frameMS {
				t.Fatalf("%s: a packet of %v", name, d)
			}
		}
	}
}
