package pcm

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

func TestLevel(t *testing.T) {
	full := make([]int16, 160)
	for i := range full {
		full[i] = -32768
	}
	for _, c := range []struct {
		pcm  []int16
		want uint8
	}{
		{make([]int16, 160), 127},
		{nil, 127},
		{full, 0},
		{sine(8000, 8000, 1000, 0), 3},
		{sine(8000, 8000, 1000, -20), 23},
		{[]int16{1, -1, 1}, 90},
	} {
		if got := LevelDBov(c.pcm); got != c.want {
			t.Errorf("level %d, want %d", got, c.want)
		}
	}
	if p := Peak([]int16{5, -32768, 7}); p != 32768 {
		t.Errorf("peak %d", p)
	}
	if e := Energy([]int16{3, 4, -5}); e != 50 {
		t.Errorf("energy %d", e)
	}
}

func TestGoertzel(t *testing.T) {
	pcm := sine(8000, 800, 1000, 0)
	if p := Goertzel(pcm, 8000, 1000); math.Abs(p-0.5) > 0.001 {
		t.Errorf("power %v, want 0.5", p)
	}
	if p := Goertzel(pcm, 8000, 1500); p > 1e-6 {
		t.Errorf("power %v beside the tone", p)
	}
}

func TestToneIsUnbroken(t *testing.T) {
	tone := Tone{Freqs: [4]float64{440}, Level: -13, On: 300 * time.Millisecond, Off: 200 * time.Millisecond}
	whole := make([]int16, 16000)
	tone.Fill(whole, 16000, 0)
	part := make([]int16, 320)
	for i := 0; i < len(whole); i += 320 {
		tone.Fill(part, 16000, i)
		for j := range part {
			if d := int(part[j]) - int(whole[i+j]); d > 1 || d < -1 {
				t.Fatalf("sample %d is %d, in one piece %d", i+j, part[j], whole[i+j])
			}
		}
	}
	if db := DBFS(whole[1600:4000]); math.Abs(db+13) > 0.2 {
		t.Errorf("level %.2f dBFS", db)
	}
	if Peak(whole[4800:8000]) != 0 {
		t.Error("sound in the pause")
	}
	worst := 0
	for i := 1; i < len(whole); i++ {
		worst = max(worst, int(whole[i])-int(whole[i-1]))
	}
	if worst > 2000 {
		t.Errorf("a step of %d", worst)
	}
}

func TestCorrelate(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	a := make([]int16, 5000)
	for i := range a {
		a[i] = int16(r.IntN(20000) - 10000)
	}
	b := make([]int16, 9000)
	for i := range b {
		b[i] = int16(r.IntN(2000) - 1000)
	}
	for i, v := range a {
		b[i+1234] += v / 3
	}
	best, lag := Correlate(a, b, 3000)
	if lag != 1234 || best < 0.9 {
		t.Errorf("%.3f at %d", best, lag)
	}
	if best, lag = Correlate(b, a, 3000); lag != -1234 || best < 0.9 {
		t.Errorf("%.3f at %d", best, lag)
	}
	for i := range b {
		b[i] = int16(r.IntN(2000) - 1000)
	}
	if best, _ = Correlate(a, b, 3000); best > 0.15 {
		t.Errorf("%.3f between strangers", best)
	}
	if best, _ = Correlate(nil, b, 10); best != 0 {
		t.Errorf("%.3f with nothing", best)
	}
}

func TestWAV(t *testing.T) {
	in := sine(16000, 1234, 440, -6)
	var b bytes.Buffer
	if err := WriteWAV(&b, in, 16000); err != nil {
		t.Fatal(err)
	}
	out, rate, err := ReadWAV(bytes.NewReader(b.Bytes()))
	if err != nil || rate != 16000 || len(out) != len(in) {
		t.Fatal(rate, len(out), err)
	}
	for i := range in {
		if in[i] != out[i] {
			t.Fatalf("sample %d: %d, want %d", i, out[i], in[i])
		}
	}
	// Cut short: what there is.
	if out, _, err = ReadWAV(bytes.NewReader(b.Bytes()[:144])); err != nil || len(out) != 50 {
		t.Error(len(out), err)
	}
	if _, _, err = ReadWAV(bytes.NewReader([]byte("RIFF....WAVEdata"))); err == nil {
		t.Error("a file without format is read")
	}
}

// wavOf makes a file of another kind.
func wavOf(tag, channels, bits uint16, data []byte) []byte {
	b := []byte("RIFF\x00\x00\x00\x00WAVELIST\x03\x00\x00\x00abc\x00fmt \x10\x00\x00\x00")
	b = append(b, byte(tag), byte(tag>>8), byte(channels), 0, 0x40, 0x1f, 0, 0, 0, 0, 0, 0, 0, 0, byte(bits), 0)
	b = append(b, "data"...)
	b = append(b, byte(len(data)), byte(len(data)>>8), 0, 0)
	return append(b, data...)
}

func TestWAVKinds(t *testing.T) {
	for _, c := range []struct {
		name string
		file []byte
		want int16
	}{
		{"8 bit", wavOf(1, 1, 8, []byte{0xc0}), 16384},
		{"stereo", wavOf(1, 2, 16, []byte{0, 0x40, 0, 0}), 8192},
		{"24 bit", wavOf(1, 1, 24, []byte{0, 0, 0xc0}), -16384},
		{"32 bit", wavOf(1, 1, 32, []byte{0, 0, 0, 0x40}), 16384},
		{"float", wavOf(3, 1, 32, []byte{0, 0, 0, 0x3f}), 16384},
	} {
		got, rate, err := ReadWAV(bytes.NewReader(c.file))
		if err != nil || rate != 8000 || len(got) != 1 || got[0] != c.want {
			t.Errorf("%s: %v at %d Hz, %v", c.name, got, rate, err)
		}
	}
}

func FuzzReadWAV(f *testing.F) {
	f.Add(wavOf(1, 1, 16, []byte{1, 2}))
	f.Add(wavOf(3, 2, 32, make([]byte, 16)))
	f.Add(wavOf(0xfffe, 1, 24, make([]byte, 5)))
	f.Fuzz(func(t *testing.T, b []byte) {
		pcm, rate, err := ReadWAV(bytes.NewReader(b))
		if err == nil && (rate < 1000 || len(pcm) > len(b)) {
			t.Fatal(rate, len(pcm), len(b))
		}
	})
}
