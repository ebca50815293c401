package quality

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/partyline/partyline/media/codec"
	"github.com/partyline/partyline/media/pcm"
)

// Point is one of a curve.
type Point struct{ X, Y float64 }

// curve takes one point after the other.
func curve(xs []float64, y func(x float64) (float64, error)) ([]Point, error) {
	out := make([]Point, 0, len(xs))
	for _, x := range xs {
		v, err := y(x)
		if err != nil {
			return nil, err
		}
		out = append(out, Point{x, v})
	}
	return out, nil
}

// Levels are those of the SNR curves, in dBFS of a sine's peak.
func Levels() []float64 { return []float64{-30, -25, -20, -15, -10, -6, -3} }

// SNR is that of a sine of 1,020 Hz from leg to leg, in dB, over its level.
func SNR(f codec.Format, levelling bool) ([]Point, error) {
	return curve(Levels(), func(db float64) (float64, error) {
		l, err := toneThrough(f, 1020, db, levelling, false)
		if err != nil {
			return 0, err
		}
		_, snr := sineIn(l.settled(), l.Rate, 1020)
		return snr, nil
	})
}

// Response is the level of a sine of -15 dBFS from leg to leg, in dB to what was
// said, over its frequency in Hz. Two phones are in the room, one of them with
// some noise.
func Response(f codec.Format, freqs []float64) ([]Point, error) {
	return curve(freqs, func(hz float64) (float64, error) {
		l, err := toneThrough(f, hz, -15, false, true)
		if err != nil {
			return 0, err
		}
		level, _ := sineIn(l.settled(), l.Rate, hz)
		return level + 15, nil
	})
}

func toneThrough(f codec.Format, hz, db float64, levelling, phones bool) (*Leg, error) {
	r := NewRoom(levelling)
	tone := Tone(f.SampleRate, hz, db)
	if levelling { // until the gain has been found
		for range 2 {
			tone = append(tone, tone...)
		}
	}
	if phones {
		for _, said := range [][]int16{hiss(8000, len(tone)*8000/f.SampleRate, -65), nil} {
			if _, err := r.Join(codec.Standard(codec.PCMU), said); err != nil {
				return nil, err
			}
		}
	}
	if _, err := r.Join(f, tone); err != nil {
		return nil, err
	}
	l, err := r.Join(f, nil)
	if err != nil {
		return nil, err
	}
	return l, r.Run()
}

// Aliases is what a leg of 8 kHz hears of a sine that one of 16 kHz says, in dB
// to it, over its frequency in Hz.
func Aliases(freqs []float64) ([]Point, error) {
	return curve(freqs, func(hz float64) (float64, error) {
		r := NewRoom(false)
		said := Tone(16000, hz, -10)
		if _, err := r.Join(PCM(16000), said); err != nil {
			return 0, err
		}
		l, err := r.Join(PCM(8000), nil)
		if err != nil {
			return 0, err
		}
		err = r.Run()
		return max(-120, pcm.DBFS(l.settled())-pcm.DBFS(said)), err
	})
}

// hiss is white noise of an RMS level in dBFS.
func hiss(rate, n int, dBFS float64) []int16 {
	r := rand.New(rand.NewPCG(uint64(rate), 5))
	rms := 32768 * pcm.Amplitude(dBFS)
	out := make([]float64, n)
	for i := range out {
		out[i] = rms * r.NormFloat64()
	}
	return rounded(out)
}

// heardAs is what a leg hears of another that says sound, levelled or not.
func heardAs(f codec.Format, sound []int16, levelling bool) ([]int16, error) {
	r := NewRoom(levelling)
	if _, err := r.Join(f, sound); err != nil {
		return nil, err
	}
	l, err := r.Join(f, nil)
	if err != nil {
		return nil, err
	}
	err = r.Run()
	return l.Heard, err
}

// Levelled is how loud a talker of each level is heard, in dBFS, from three
// seconds after the beginning on.
func Levelled(f codec.Format, levels []float64) ([]Point, error) {
	said, err := Speech(f.SampleRate, 12*time.Second)
	if err != nil {
		return nil, err
	}
	return curve(levels, func(db float64) (float64, error) {
		heard, err := heardAs(f, AtLevel(said, f.SampleRate, db), true)
		if err != nil {
			return 0, err
		}
		return Level(heard[3*f.SampleRate:], f.SampleRate), nil
	})
}

// Pumping is by how much the noise behind a talker of a level rises and falls in
// a pause of ten seconds, in dB.
func Pumping(f codec.Format, levels []float64) ([]Point, error) {
	said, err := Speech(f.SampleRate, 10*time.Second)
	if err != nil {
		return nil, err
	}
	return curve(levels, func(db float64) (float64, error) {
		sound := append(AtLevel(said, f.SampleRate, db), make([]int16, 10*f.SampleRate)...)
		for i, v := range hiss(f.SampleRate, len(sound), -62) {
			sound[i] = pcm.Clamp(int32(sound[i]) + int32(v))
		}
		heard, err := heardAs(f, sound, true)
		if err != nil {
			return 0, err
		}
		// Seconds of the pause, from half a second after the last word on.
		least, most := math.Inf(1), math.Inf(-1)
		for at := 10*f.SampleRate + f.SampleRate/2; at+f.SampleRate <= len(heard); at += f.SampleRate {
			db := pcm.DBFS(heard[at : at+f.SampleRate])
			least, most = min(least, db), max(most, db)
		}
		return most - least, nil
	})
}

// Lifted is by how much the noise of a phone on which nobody speaks is louder
// after ten seconds, in dB, over its level in dBFS.
func Lifted(f codec.Format, levels []float64) ([]Point, error) {
	return curve(levels, func(db float64) (float64, error) {
		said := hiss(f.SampleRate, 10*f.SampleRate, db)
		heard, err := heardAs(f, said, true)
		if err != nil || len(heard) < 5*f.SampleRate {
			return -100, err // it is not heard at all
		}
		tail := heard[len(heard)-f.SampleRate:]
		return pcm.DBFS(tail) - pcm.DBFS(said), nil
	})
}

// Limited is the ratio, in dB, of two talkers of a level who speak at once to
// what the room changes of their sum.
func Limited(rate int, levels []float64) ([]Point, error) {
	a, err := Speech(rate, 20*time.Second)
	if err != nil {
		return nil, err
	}
	half := len(a) / 2
	return curve(levels, func(db float64) (float64, error) {
		x, y := AtLevel(a[:half], rate, db), AtLevel(a[half:], rate, db)
		r := NewRoom(false)
		for _, said := range [][]int16{x, y} {
			if _, err := r.Join(PCM(rate), said); err != nil {
				return 0, err
			}
		}
		l, err := r.Join(PCM(rate), nil)
		if err != nil {
			return 0, err
		}
		if err := r.Run(); err != nil {
			return 0, err
		}
		sig, rest := 0.0, 1e-9
		for i := rate / 10; i < len(l.Heard); i++ { // after the fade-in
			want := float64(x[i]) + float64(y[i])
			sig += want * want
			rest += (float64(l.Heard[i]) - want) * (float64(l.Heard[i]) - want)
		}
		return min(120, 10*math.Log10(sig/rest)), nil
	})
}
