package pcm

import (
	"math"
	"math/rand/v2"
	"testing"
)

// run passes pcm through a leveller by 20 ms and returns a copy, with what each
// does after every block.
func run(l *Leveller, rate int, pcm []int16, each func(i int)) []int16 {
	out := append([]int16(nil), pcm...)
	n := rate / 50
	for i := 0; i+n <= len(out); i += n {
		l.Process(out[i : i+n])
		if each != nil {
			each(i / n)
		}
	}
	return out
}

// noise is white noise low-passed by a factor: 0 is white, 0.95 rumbles.
func noise(n int, level, colour float64) []int16 {
	r := rand.New(rand.NewPCG(5, 6))
	x := make([]float64, n)
	y, sum := 0.0, 0.0
	for i := range x {
		y = colour*y + r.NormFloat64()
		x[i] = y
		sum += y * y
	}
	g := 32768 * Amplitude(level) / math.Sqrt(sum/float64(n))
	out := make([]int16, n)
	for i := range out {
		out[i] = Clamp(int32(math.Round(g * x[i])))
	}
	return out
}

func mixed(a, b []int16) []int16 {
	out := make([]int16, len(a))
	for i := range a {
		out[i] = Clamp(int32(a[i]) + int32(b[i]))
	}
	return out
}

func TestLevellerEvensTalkers(t *testing.T) {
	if testing.Short() {
		t.Skip("numbers and no goroutines: nothing for the race detector")
	}
	for _, rate := range []int{8000, 16000, 48000} {
		for _, noisy := range []bool{false, true} {
			lo, hi := math.Inf(1), math.Inf(-1)
			for _, level := range []float64{-40, -30, -20, -10} {
				in := speechAt(t, rate, level)
				if noisy {
					in = mixed(in, noise(len(in), -65, 0.5))
				}
				l := NewLeveller(rate)
				out := run(l, rate, in, nil)
				got := activeLevel(out[3*rate:], rate)
				t.Logf("%d Hz, %v dBFS, noise %v: %.1f dBFS, gain %.1f dB", rate, level, noisy, got, l.Gain())
				lo, hi = min(lo, got), max(hi, got)
			}
			if hi-lo > 6 {
				t.Errorf("%d Hz, noise %v: %.1f dB apart", rate, noisy, hi-lo)
			}
		}
	}
}

func TestLevellerDoesNotLiftNoise(t *testing.T) {
	if testing.Short() {
		t.Skip("numbers and no goroutines: nothing for the race detector")
	}
	for _, rate := range []int{8000, 16000, 48000} {
		for _, colour := range []float64{0, 0.7, 0.95} {
			for _, level := range []float64{-70, -60, -50, -40, -30} {
				l := NewLeveller(rate)
				in := append(make([]int16, rate), noise(6*rate, level, colour)...)
				most, voiced := 0.0, 0
				run(l, rate, in, func(i int) {
					most = max(most, l.Gain())
					if l.Voiced() {
						voiced++
					}
				})
				if most > 1 || voiced > 10 {
					t.Errorf("%d Hz, noise of colour %v at %v dBFS: lifted by %.1f dB, voiced %d blocks", rate, colour, level, most, voiced)
				}
			}
		}
		hum := make([]int16, 6*rate)
		for i := range hum {
			at := 2 * math.Pi * float64(i) / float64(rate)
			hum[i] = int16(80 * (math.Sin(50*at) + 0.5*math.Sin(100*at) + 0.5*math.Sin(150*at)))
		}
		l := NewLeveller(rate)
		run(l, rate, hum, nil)
		if l.Gain() > 1 {
			t.Errorf("%d Hz: hum lifted by %.1f dB", rate, l.Gain())
		}
	}
}

// Once a talker's gain is found, it rests in pauses, however long.
func TestLevellerRestsInPauses(t *testing.T) {
	const rate = 8000
	for _, level := range []float64{-38, -12} {
		talker := speechAt(t, rate, level)
		in := append(append([]int16(nil), talker...), make([]int16, 10*rate)...)
		in = mixed(in, noise(len(in), -66, 0.5))
		l := NewLeveller(rate)
		var before, least, most float64
		pause := len(talker)/160 + 10
		run(l, rate, in, func(i int) {
			switch {
			case i == pause:
				before, least, most = l.Gain(), l.Gain(), l.Gain()
			case i > pause:
				least, most = min(least, l.Gain()), max(most, l.Gain())
			}
		})
		if most-least > 1 {
			t.Errorf("%v dBFS: gain %.1f before a pause, %.1f to %.1f in it", level, before, least, most)
		}
	}
}

func TestLevellerPassesTones(t *testing.T) {
	if testing.Short() {
		t.Skip("numbers and no goroutines: nothing for the race detector")
	}
	for _, rate := range []int{8000, 16000, 48000} {
		for _, freq := range []float64{300, 1020, 2040} {
			for _, level := range []float64{-30, -20, -3} {
				l := NewLeveller(rate)
				voiced := 0
				out := run(l, rate, sine(rate, 6*rate, freq, level), func(int) {
					if l.Voiced() {
						voiced++
					}
				})
				got, snr := toneSNR(out[5*rate:6*rate], rate, freq)
				if voiced < 295 || math.Abs(got+19) > 5 || snr < 45 {
					t.Errorf("%d Hz, %v Hz at %v dBFS: voiced %d of 300, %.1f dBFS, SNR %.1f dB", rate, freq, level, voiced, got, snr)
				}
			}
		}
	}
}

func TestLevellerHearsSpeech(t *testing.T) {
	const rate = 8000
	for _, level := range []float64{-40, -20} {
		in := mixed(speechAt(t, rate, level), noise(len(speech(t)), -65, 0.5))
		l := NewLeveller(rate)
		heard, loud := 0, 0
		run(l, rate, in, func(i int) {
			if DBFS(in[i*160:i*160+160]) > level-12 {
				loud++
				if l.Voiced() {
					heard++
				}
			}
		})
		if heard < loud*92/100 {
			t.Errorf("%v dBFS: %d of %d loud blocks are voiced", level, heard, loud)
		}
		// After the end it is quiet within half a second.
		run(l, rate, noise(rate/2, -65, 0.5), nil)
		if l.Voiced() {
			t.Errorf("%v dBFS: still voiced in the pause", level)
		}
	}
}

func TestLevellerOffIsExact(t *testing.T) {
	const rate = 8000
	in := speechAt(t, rate, -35)
	l := NewLeveller(rate)
	l.SetEnabled(false)
	voiced := false
	out := run(l, rate, in, func(int) { voiced = voiced || l.Voiced() })
	for i := range in {
		if in[i] != out[i] {
			t.Fatalf("sample %d: %d, want %d", i, out[i], in[i])
		}
	}
	if !voiced {
		t.Error("off, it hears no speech")
	}
	// Turned off in the middle it is exact after one block.
	l.SetEnabled(true)
	run(l, rate, in, nil)
	l.SetEnabled(false)
	out = run(l, rate, in, nil)
	for i := 160; i < len(in); i++ {
		if in[i] != out[i] {
			t.Fatalf("sample %d: %d, want %d", i, out[i], in[i])
		}
	}
}

// A sudden shout after a quiet talker does not clip for long.
func TestLevellerMeetsPeaks(t *testing.T) {
	const rate = 8000
	l := NewLeveller(rate)
	run(l, rate, speechAt(t, rate, -40), nil)
	out := run(l, rate, sine(rate, rate, 400, -3), nil)
	cut := 0
	for _, v := range out {
		if v == math.MaxInt16 || v == math.MinInt16 {
			cut++
		}
	}
	if cut > rate/200 {
		t.Errorf("%d samples are cut", cut)
	}
}
