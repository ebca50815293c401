package pcm

import "math"

// periodicity tells voiced speech, tones and music from noise: the first three
// resemble themselves a pitch period earlier. It works at about 4 kHz; what
// aliases into that band keeps its nature, tone or noise.
type periodicity struct {
	step    int
	history [160]float32 // 40 ms
	last, y float32      // of the high-pass at 120 Hz, which takes off hum
}

const (
	periodicWindow   = 80 // 20 ms
	periodicShortest = 10 // 2.5 ms, 400 Hz
	periodicLongest  = 64 // 16 ms, 62 Hz
)

func (p *periodicity) feed(pcm []int16) {
	n := len(pcm) / p.step
	if n > len(p.history) {
		pcm = pcm[(n-len(p.history))*p.step:]
		n = len(p.history)
	}
	copy(p.history[:], p.history[n:])
	tail := p.history[len(p.history)-n:]
	half := p.step / 2
	for i := range tail {
		at := i * p.step
		x := float32(int(pcm[at]) + int(pcm[at+half]))
		p.y = x - p.last + 0.83*p.y
		p.last = x
		tail[i] = p.y
	}
}

// strength is the best normalised correlation of the last 20 ms with what was
// a pitch period before, at most 1.
func (p *periodicity) strength() float32 {
	now := p.history[len(p.history)-periodicWindow:]
	var energy float32
	for _, v := range now {
		energy += v * v
	}
	if energy < 1 {
		return 0
	}
	start := len(p.history) - periodicWindow - periodicShortest
	var before float32
	for _, v := range p.history[start : start+periodicWindow] {
		before += v * v
	}
	var best float32
	for at := start; at >= len(p.history)-periodicWindow-periodicLongest; at-- {
		if c := dot80(now, p.history[at:]); c > 0 {
			best = max(best, c*c/(energy*max(before, energy/16)))
		}
		if at > 0 {
			in, out := p.history[at-1], p.history[at-1+periodicWindow]
			before += in*in - out*out
		}
	}
	return float32(math.Sqrt(float64(best)))
}

func dot80(x, y []float32) float32 {
	x, y = x[:periodicWindow], y[:periodicWindow]
	var a, b, c, d float32
	for i := 0; i < periodicWindow; i += 4 {
		a += x[i] * y[i]
		b += x[i+1] * y[i+1]
		c += x[i+2] * y[i+2]
		d += x[i+3] * y[i+3]
	}
	return a + b + c + d
}
