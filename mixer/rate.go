package mixer

import "math"

// rates is the number of sampling rates that are mixed, rateHz which.
const rates = 3

func rateHz(i int) int { return [rates]int{8000, 16000, 48000}[i] }

// rateIndex is where a sampling rate stands in arrays of rates entries.
func rateIndex(hz int) (int, bool) {
	switch hz {
	case 8000:
		return 0, true
	case 16000:
		return 1, true
	case 48000:
		return 2, true
	}
	return 0, false
}

// tickSamples is the number of samples of a tick at the rate of index i.
func tickSamples(i int) int { return rateHz(i) / ticksPerSecond }

// unity is the gain that changes nothing; samples at unity are not touched.
const unity float32 = 1

func fromDB(dB int) float32 {
	if dB == 0 {
		return unity
	}
	return float32(math.Pow(10, float64(dB)/20))
}
