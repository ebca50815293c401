package quality

import "math"

// The log-spectral distance (A. H. Gray, J. D. Markel, "Distance measures for
// speech processing", IEEE Trans. ASSP 24, 1976): the RMS, over frequency, of the
// difference of two spectra in dB, as a mean over frames.
const (
	lsdFrame = 0.030 // s at least, Hann, half overlapping
	lsdFloor = 60    // dB below the loudest frame's strongest bin, where sound ends
	lsdRange = 40    // dB below the loudest frame, from which on it is silence
)

// LSD is the distance of heard from the original in dB, both of rate Hz and
// aligned: 0 for what is the same. Frames in which the original is silent do not
// count, nor does what is weaker than 60 dB below its loudest part, so that a
// missing frame is about as far off as it had been loud.
func LSD(original, heard []int16, rate int) float64 {
	n := 1
	for n < int(lsdFrame*float64(rate)) {
		n *= 2
	}
	x, y := spectra(original, heard, n)
	peak, loudest := 0.0, 0.0
	for _, s := range x {
		loudest = max(loudest, s.power)
		for _, v := range s.bins {
			peak = max(peak, float64(v))
		}
	}
	floor := peak * math.Pow(10, -lsdFloor/10.0)
	sum, count := 0.0, 0.0
	for i := range x {
		if x[i].power < loudest*math.Pow(10, -lsdRange/10.0) {
			continue
		}
		d := 0.0
		for k, v := range x[i].bins {
			e := 10 * math.Log10(max(float64(v), floor)/max(float64(y[i].bins[k]), floor))
			d += e * e
		}
		sum += math.Sqrt(d / float64(len(x[i].bins)))
		count++
	}
	if count == 0 {
		return 0
	}
	return sum / count
}

type spectrum struct {
	bins  []float32 // power, from 0 Hz to half the rate
	power float64
}

func spectra(a, b []int16, n int) (x, y []spectrum) {
	w, f := hann(n), newFFT(n)
	z := make([]complex128, n)
	fx, fy := make([]complex128, n/2), make([]complex128, n/2)
	for at := 0; at+n <= min(len(a), len(b)); at += n / 2 {
		for i, k := range w {
			z[i] = complex(k*float64(a[at+i]), k*float64(b[at+i]))
		}
		f.pair(z, fx, fy)
		x, y = append(x, spectrumOf(fx)), append(y, spectrumOf(fy))
	}
	return x, y
}

func spectrumOf(z []complex128) spectrum {
	s := spectrum{bins: make([]float32, len(z))}
	for k, c := range z {
		s.bins[k] = float32(power(c))
		s.power += power(c)
	}
	return s
}
