package quality

import (
	"math"
	"testing"

	"github.com/partyline/partyline/media/codec"
)

// within holds every point of a curve between two bounds.
func within(t *testing.T, what string, points []Point, err error, least, most float64) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range points {
		if p.Y < least || p.Y > most {
			t.Errorf("%s: %.1f at %g, want %g to %g", what, p.Y, p.X, least, most)
		}
	}
	t.Logf("%s: %.1f", what, points)
}

func TestSineFromLegToLeg(t *testing.T) {
	figures(t)
	for _, name := range []codec.Name{codec.PCMU, codec.PCMA} {
		for _, levelling := range []bool{false, true} {
			p, err := SNR(codec.Standard(name), levelling)
			within(t, string(name)+", SNR in dB", p, err, 33, 200)
		}
	}
	for _, rate := range []int{8000, 16000, 48000} {
		p, err := SNR(PCM(rate), false)
		within(t, "before the codec, SNR in dB", p, err, 60, 200)
	}
}

func TestBandAmongPhones(t *testing.T) {
	figures(t)
	g722 := []float64{50, 60, 100, 300, 1000, 2000, 3400, 5000, 6000, 6500, 7000}
	p, err := Response(codec.Standard(codec.G722), g722)
	within(t, "G.722, response in dB", p, err, -3, 1)
	p, err = Response(PCM(16000), g722)
	within(t, "16 kHz, response in dB", p, err, -0.1, 0.1)
	full := []float64{100, 300, 1000, 3400, 7000, 12000, 16000, 20000}
	p, err = Response(PCM(48000), full)
	within(t, "48 kHz, response in dB", p, err, -0.1, 0.1)
	if testing.Short() {
		return
	}
	f := codec.Standard(codec.Opus)
	f.FEC = false
	p, err = Response(f, full)
	within(t, "Opus, response in dB", p, err, -3, 1)
	// Redundancy takes the bits of what is above 14 kHz.
	p, err = Response(codec.Standard(codec.Opus), []float64{100, 1000, 3400, 7000, 12000})
	within(t, "Opus with redundancy, response in dB", p, err, -3, 1)
}

func TestNoAlias(t *testing.T) {
	figures(t)
	p, err := Aliases([]float64{4600, 4700, 5000, 5500, 6000, 6500, 7000, 7500, 7900})
	within(t, "16 to 8 kHz, alias in dB", p, err, -200, -60)
}

func TestTalkersAreLevelled(t *testing.T) {
	figures(t)
	for _, name := range []codec.Name{codec.PCMU, codec.G722} {
		p, err := Levelled(codec.Standard(name), []float64{-40, -25, -10})
		within(t, string(name)+", heard at dBFS", p, err, -40, -10)
		least, most := math.Inf(1), math.Inf(-1)
		for _, v := range p {
			least, most = min(least, v.Y), max(most, v.Y)
		}
		if most-least > 6 {
			t.Errorf("%s: %.1f dB apart", name, most-least)
		}
	}
}

func TestPausesAreQuiet(t *testing.T) {
	figures(t)
	f := codec.Standard(codec.PCMU)
	p, err := Pumping(f, []float64{-38, -25, -12})
	within(t, "noise in a pause, rise and fall in dB", p, err, 0, 1.5)
	p, err = Lifted(f, []float64{-65, -55, -45, -35})
	within(t, "noise of a silent phone, lifted by dB", p, err, -200, 1)
}

func TestLimiterIsNotHeard(t *testing.T) {
	figures(t)
	for _, rate := range []int{8000, 16000} {
		p, err := Limited(rate, []float64{-26, -20})
		within(t, "two talkers, sum to what is changed in dB", p, err, 60, 200)
		p, err = Limited(rate, []float64{-15})
		within(t, "two loud talkers, sum to what is changed in dB", p, err, 20, 200)
	}
}
