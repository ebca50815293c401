package pcm

// periodicity tells voiced speech, tones and music from noise: the first three
// resemble themselves a pitch period earlier. It works at about 4 kHz; what
// aliases into that band keeps its nature, tone or noise.
type periodicity struct {
	step    int
	last, y float32      // of the high-pass at 120 Hz, which takes off hum
	missed  bool         // history is not what came just before
	found   int          // where in history the period was found last; 0: it was not
	history [160]float32 // 40 ms
}

const (
	periodicWindow   = 80 // 20 ms
	periodicShortest = 10 // 2.5 ms, 400 Hz
	periodicLongest  = 64 // 16 ms, 62 Hz
)

// miss says that a block was left out.
func (p *periodicity) miss() { p.missed = true }

func (p *periodicity) feed(pcm []int16) {
	if p.missed {
		p.missed = false
		clear(p.history[:])
	}
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

// exceeds says whether the last 20 ms resemble what was a pitch period before, by
// a normalised correlation of more than least, at most 1. It looks first where it
// last found the period: a voice's changes slowly.
func (p *periodicity) exceeds(least float32) bool {
	now := p.history[len(p.history)-periodicWindow:]
	energy := dot80(now, now)
	if energy < 1 {
		return false
	}
	least *= least
	start := len(p.history) - periodicWindow - periodicShortest
	if p.found > 0 {
		for at := max(0, p.found-1); at <= min(start, p.found+1); at++ {
			then := p.history[at : at+periodicWindow]
			if resemble(dot80(now, then), energy, dot80(then, then)) > least {
				p.found = at
				return true
			}
		}
	}
	before := dot80(p.history[start:], p.history[start:])
	for at := start; at >= len(p.history)-periodicWindow-periodicLongest; at-- {
		if resemble(dot80(now, p.history[at:]), energy, before) > least {
			p.found = at
			return true
		}
		if at > 0 {
			in, out := p.history[at-1], p.history[at-1+periodicWindow]
			before += in*in - out*out
		}
	}
	p.found = 0
	return false
}

// resemble is the square of a normalised correlation, 0 if it is negative.
func resemble(cross, energy, before float32) float32 {
	if cross <= 0 {
		return 0
	}
	return cross * cross / (energy * max(before, energy/16))
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
