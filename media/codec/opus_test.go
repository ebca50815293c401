package codec

import (
	"math"
	"testing"
	"time"
)

func TestOpusKeepsItsBand(t *testing.T) {
	if testing.Short() {
		t.Skip("numbers and no goroutines: nothing for the race detector")
	}
	for _, c := range []struct {
		rate  int
		freqs []float64
	}{
		{8000, []float64{300, 1020, 3200}},
		{16000, []float64{100, 1020, 7000}},
		{48000, []float64{100, 1020, 7000, 12000, 15000}},
	} {
		f := Standard(Opus)
		f.SampleRate = c.rate
		for _, freq := range c.freqs {
			enc, dec := mustCodec(t, f)
			out := through(t, enc, dec, f, sine(c.rate, c.rate, freq, -12))
			level, snr := toneSNR(out[c.rate/2:], c.rate, freq)
			t.Logf("%d Hz: %5.0f Hz: %+.2f dB, SNR %.1f dB", c.rate, freq, level+12, snr)
			if math.Abs(level+12) > 3 {
				t.Errorf("%d Hz: %v Hz: level changes by %.2f dB", c.rate, freq, level+12)
			}
		}
	}
}

func TestOpusFrameLengths(t *testing.T) {
	f := Standard(Opus)
	enc, dec := mustCodec(t, f)
	buf, dst := make([]byte, MaxPayload), make([]int16, 5760)
	for _, d := range []time.Duration{10, 20, 40, 60, 20, 10} {
		d *= time.Millisecond
		n, err := enc.Encode(buf, sine(48000, f.FrameSamples(d), 300, -10))
		if err != nil {
			t.Fatal(d, err)
		}
		if got := Duration(f, buf[:n]); got != d {
			t.Errorf("duration %v, want %v", got, d)
		}
		if m, err := dec.Decode(dst, buf[:n]); err != nil || m != f.FrameSamples(d) {
			t.Errorf("%v: %d samples, %v", d, m, err)
		}
	}
	if _, err := enc.Encode(buf, make([]int16, 1440)); err == nil {
		t.Error("30 ms are coded in one frame")
	}
}

func TestOpusDTX(t *testing.T) {
	f := Standard(Opus)
	f.DTX = true
	enc, _ := mustCodec(t, f)
	buf := make([]byte, MaxPayload)
	sent := 0
	for range 100 {
		n, err := enc.Encode(buf, make([]int16, 960))
		if err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			sent++
		}
	}
	if sent > 40 {
		t.Errorf("%d of 100 silent frames are sent", sent)
	}
}

// hum is a voiced sound: harmonics of a pitch that wanders.
func hum(rate, n int) []int16 {
	out := make([]int16, n)
	phase := 0.0
	for i := range out {
		at := float64(i) / float64(rate)
		phase += (130 + 25*math.Sin(2*math.Pi*1.3*at)) / float64(rate)
		v := 0.0
		for h := 1; h <= 20; h++ {
			v += math.Sin(2*math.Pi*phase*float64(h)) / float64(h)
		}
		out[i] = int16(5000 * v * (0.6 + 0.4*math.Sin(2*math.Pi*2.1*at)))
	}
	return out
}

// distance is the energy of the difference relative to want, in dB.
func distance(got, want []int16) float64 {
	var d, e float64
	for i := range got {
		x := float64(got[i]) - float64(want[i])
		d += x * x
		e += float64(want[i]) * float64(want[i])
	}
	return 10 * math.Log10(d/e)
}

// Frames recovered from the redundancy of the next packet are far closer to what
// was sent than concealed ones.
func TestOpusFEC(t *testing.T) {
	f := Standard(Opus)
	enc, full := mustCodec(t, f)
	_, fec := mustCodec(t, f)
	_, plc := mustCodec(t, f)
	pcm := hum(48000, 3*48000)
	var packets [][]byte
	buf := make([]byte, MaxPayload)
	for i := 0; i+960 <= len(pcm); i += 960 {
		n, err := enc.Encode(buf, pcm[i:i+960])
		if err != nil {
			t.Fatal(err)
		}
		packets = append(packets, append([]byte(nil), buf[:n]...))
	}
	x, y, z := make([]int16, 5760), make([]int16, 5760), make([]int16, 5760)
	var refs, fecs, plcs []int16
	recovered, lost := 0, 0
	for i, p := range packets {
		n, _ := full.Decode(x, p)
		if i > 10 && i%7 == 0 && i+1 < len(packets) {
			lost++
			k, err := fec.DecodeFEC(y[:n], packets[i+1])
			if err != nil {
				t.Fatal(err)
			}
			if k == n {
				recovered++
			} else {
				fec.Conceal(y[:n])
			}
			plc.Conceal(z[:n])
			if k == n {
				refs, fecs, plcs = append(refs, x[:n]...), append(fecs, y[:n]...), append(plcs, z[:n]...)
			}
			continue
		}
		_, _ = fec.Decode(y, p)
		_, _ = plc.Decode(z, p)
	}
	f1, p1 := distance(fecs, refs), distance(plcs, refs)
	t.Logf("%d of %d recovered, error %.1f dB, concealed %.1f dB", recovered, lost, f1, p1)
	if recovered*2 < lost || f1 > -9 || f1 > p1-4 {
		t.Errorf("%d of %d recovered, error %.1f dB, concealed %.1f dB", recovered, lost, f1, p1)
	}
}

func TestOpusWithoutFECHasNone(t *testing.T) {
	f := Standard(Opus)
	f.FEC = false
	enc, dec := mustCodec(t, f)
	pcm, buf, dst := hum(48000, 48000), make([]byte, MaxPayload), make([]int16, 960)
	for i := 0; i+960 <= len(pcm); i += 960 {
		n, _ := enc.Encode(buf, pcm[i:i+960])
		if k, err := dec.DecodeFEC(dst, buf[:n]); k != 0 || err != nil {
			t.Fatal(k, err)
		}
	}
}

// A hundred switches of a listener between two encoders of the same tone make no
// click: nothing appears beside the tone.
func TestOpusRejoinDoesNotClick(t *testing.T) {
	if testing.Short() {
		t.Skip("numbers and no goroutines: nothing for the race detector")
	}
	f := Standard(Opus)
	a, dec := mustCodec(t, f)
	b, straight := mustCodec(t, f)
	pcm := sine(48000, 9*48000, 440, -12)
	bufs := [2][]byte{make([]byte, MaxPayload), make([]byte, MaxPayload)}
	encs := [2]Encoder{a, b}
	x, y := make([]int16, 5760), make([]int16, 5760)
	on, worst, usual := 0, 0.0, 0.0
	for i := 0; i+960 <= len(pcm); i += 960 {
		switched := i/960 > 20 && i/960%4 == 0
		if switched {
			on = 1 - on
			encs[on].Rejoin(encs[1-on])
		}
		var sizes [2]int
		for k, e := range encs {
			sizes[k], _ = e.Encode(bufs[k], pcm[i:i+960])
		}
		n, _ := dec.Decode(x, bufs[on][:sizes[on]])
		m, _ := straight.Decode(y, bufs[0][:sizes[0]])
		if i/960 > 24 {
			worst, usual = max(worst, steepest(x[:n])), max(usual, steepest(y[:m]))
		}
	}
	t.Logf("steepest curvature %.0f, without switches %.0f", worst, usual)
	if worst > 3*usual {
		t.Errorf("steepest curvature %.0f, without switches %.0f", worst, usual)
	}
}

// steepest is the largest second difference: a click shows in it.
func steepest(pcm []int16) float64 {
	worst := 0.0
	for i := 2; i < len(pcm); i++ {
		worst = max(worst, math.Abs(float64(pcm[i])-2*float64(pcm[i-1])+float64(pcm[i-2])))
	}
	return worst
}

func TestOpusConcealAnyLength(t *testing.T) {
	for _, rate := range []int{8000, 16000, 48000} {
		f := Standard(Opus)
		f.SampleRate = rate
		enc, dec := mustCodec(t, f)
		dec.Conceal(make([]int16, rate/50)) // before anything was heard
		out := through(t, enc, dec, f, hum(rate, rate/2))
		_ = out
		for _, n := range []int{1, rate / 400, rate / 100, rate / 50, rate/50 + 7, 3 * rate / 50} {
			dst := make([]int16, n)
			dec.Conceal(dst)
		}
	}
}

func TestOpusDuration(t *testing.T) {
	for _, c := range []struct {
		payload []byte
		want    time.Duration
	}{
		{nil, 0},
		{[]byte{0x78, 1}, 20 * time.Millisecond},                // hybrid 20 ms
		{[]byte{0x80}, 2500 * time.Microsecond},                 // CELT 2.5 ms
		{[]byte{0x18, 1}, 60 * time.Millisecond},                // SILK 60 ms
		{[]byte{0x19, 1, 1}, 120 * time.Millisecond},            // two of them
		{[]byte{0x1b, 3}, 0},                                    // three: too long
		{[]byte{0x1b}, 0},                                       // no count
		{[]byte{0x1b, 0x80}, 0},                                 // count 0
		{[]byte{0xfb, 6}, 120 * time.Millisecond},               // CELT 20 ms, six
		{[]byte{0xe3, 48}, 120 * time.Millisecond},              // 48 of 2.5 ms
		{[]byte{0xe3, 49}, 0},                                   // 49
		{[]byte{0x0a, 1, 1, 1, 1, 1}, 40 * time.Millisecond},    // two of SILK 20 ms
		{[]byte{0x60 | 1, 1, 1}, 20 * time.Millisecond},         // two of hybrid 10 ms
		{[]byte{0x08, 1}, 20 * time.Millisecond},                // SILK NB 20 ms
		{[]byte{0x10, 1}, 40 * time.Millisecond},                // SILK NB 40 ms
		{[]byte{0x03, 2 | 0x40, 5, 1}, 20 * time.Millisecond},   // padded
		{[]byte{0x00, 1, 2, 3, 4, 5, 6}, 10 * time.Millisecond}, // SILK NB 10 ms
	} {
		if got := Duration(Standard(Opus), c.payload); got != c.want {
			t.Errorf("%x: %v, want %v", c.payload, got, c.want)
		}
	}
}

func FuzzOpus(f *testing.F) {
	enc, _ := mustCodec(f, Standard(Opus))
	buf := make([]byte, MaxPayload)
	pcm := hum(48000, 48000/5)
	for i := 0; i+960 <= len(pcm); i += 960 {
		n, _ := enc.Encode(buf, pcm[i:i+960])
		f.Add(append([]byte(nil), buf[:n]...))
	}
	f.Add([]byte{0x1b, 3, 0})
	f.Add([]byte{0xff, 0xff, 0xff})
	_, dec := mustCodec(f, Standard(Opus))
	dst := make([]int16, 5760)
	f.Fuzz(func(t *testing.T, payload []byte) {
		d := Duration(Standard(Opus), payload)
		if d < 0 || d > 120*time.Millisecond {
			t.Fatalf("duration %v", d)
		}
		_, _ = dec.DecodeFEC(dst[:960], payload)
		n, err := dec.Decode(dst, payload)
		if err == nil && Standard(Opus).FrameSamples(d) != n {
			t.Fatalf("%d samples decoded, duration %v", n, d)
		}
		dec.Conceal(dst[:960])
	})
}

func FuzzDuration(f *testing.F) {
	f.Add([]byte{0x78, 1}, byte(0))
	f.Add([]byte{0xfb, 0x86, 1}, byte(3))
	names := []Name{PCMU, PCMA, G722, Opus, L16}
	f.Fuzz(func(t *testing.T, payload []byte, which byte) {
		fm := Standard(names[int(which)%len(names)])
		if d := Duration(fm, payload); d < 0 || fm.Name == Opus && d > 120*time.Millisecond {
			t.Fatal(d)
		}
	})
}
