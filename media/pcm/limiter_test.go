package pcm

import (
	"math"
	"testing"
)

// limit passes sum through a limiter by 20 ms.
func limit(rate int, sum []int32) []int16 {
	l := NewLimiter(rate)
	out := make([]int16, len(sum))
	n := rate / 50
	for i := 0; i+n <= len(sum); i += n {
		l.Process(out[i:i+n], sum[i:i+n])
	}
	return out
}

func TestLimiterPassesWhatFits(t *testing.T) {
	sum := make([]int32, 1600)
	for i, v := range sine(8000, len(sum), 1020, 0) {
		sum[i] = int32(v)
	}
	sum[7], sum[8] = 32767, -32768
	for i, v := range limit(8000, sum) {
		if int32(v) != sum[i] {
			t.Fatalf("sample %d: %d, want %d", i, v, sum[i])
		}
	}
}

func TestLimiterIsNoClipper(t *testing.T) {
	for _, rate := range []int{8000, 16000, 48000} {
		sum := make([]int32, rate)
		for i := range sum { // twice full scale
			sum[i] = int32(65534 * math.Sin(2*math.Pi*300*float64(i)/float64(rate)))
		}
		out := limit(rate, sum)
		level, snr := toneSNR(out[rate/10:], rate, 300)
		t.Logf("%d Hz: %.2f dBFS, SNR %.1f dB", rate, level, snr)
		if snr < 35 || level < -1.5 { // a clipper's SNR is 15 dB
			t.Errorf("%d Hz: %.2f dBFS, SNR %.1f dB", rate, level, snr)
		}
		flat := 0
		for _, v := range out[rate/100:] {
			if v == math.MaxInt16 || v == math.MinInt16 {
				flat++
			}
		}
		if flat > 0 {
			t.Errorf("%d Hz: %d samples are cut", rate, flat)
		}
	}
}

func TestLimiterRecovers(t *testing.T) {
	sum := make([]int32, 16000)
	for i := range sum {
		a := 8000.0
		if i > 4000 && i < 4400 {
			a = 90000
		}
		sum[i] = int32(a * math.Sin(2*math.Pi*300*float64(i)/8000))
	}
	out := limit(8000, sum)
	for i := 9600; i < len(sum); i++ {
		if int32(out[i]) != sum[i] {
			t.Fatalf("sample %d: %d, want %d: not back 650 ms after the peak", i, out[i], sum[i])
		}
	}
}

// The gain goes down smoothly before a burst inside a block.
func TestLimiterLooksAhead(t *testing.T) {
	sum := make([]int32, 1600)
	for i := range sum {
		sum[i] = 20000
		if i >= 900 && i < 908 {
			sum[i] = 100000
		}
	}
	out := limit(8000, sum)
	for i := 801; i < len(out); i++ {
		from, to := float64(out[i-1])/float64(sum[i-1]), float64(out[i])/float64(sum[i])
		if math.Abs(to-from) > 0.025 { // 0.2 a millisecond
			t.Fatalf("the gain goes from %.3f to %.3f at sample %d", from, to, i)
		}
	}
}
