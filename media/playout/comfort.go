package playout

import "math"

// inaudible is the level in -dBov from which on comfort noise is silence: below
// the quantising noise of G.711.
const inaudible = 64

// noise makes comfort noise: RFC 3389's level with a gently falling spectrum.
// The reflection coefficients that may follow the level are not used: at these
// levels nobody hears the difference.
type noise struct {
	level uint8
	seed  uint32
	gain  int32 // of 24 bits of random
	low   int32
}

func (c *noise) set(level uint8) {
	c.level = level & 0x7f
	if !c.audible() {
		return
	}
	// A uniform variable has an RMS of 1/√3 of its peak, and of two in sequence
	// half the sum has 1/√2 of that.
	rms := 32768 * math.Pow(10, -float64(c.level)/20)
	c.gain = int32(min(32000, rms*math.Sqrt(6)))
	if c.seed == 0 {
		c.seed = 0x2545f491
	}
}

func (c *noise) audible() bool { return c.level < inaudible }

func (c *noise) fill(dst []int16) {
	for i := range dst {
		c.seed ^= c.seed << 13
		c.seed ^= c.seed >> 17
		c.seed ^= c.seed << 5
		v := int32(int16(c.seed)) * c.gain >> 15
		dst[i] = int16((v + c.low) / 2)
		c.low = v
	}
}

// lossWatch decides whether it is worth a packet's delay to wait for the
// redundancy that the next one may carry.
type lossWatch struct {
	rate    int32 // of loss, in 1/65536, mean over some 128 packets
	tried   int   // packets lost since redundancy was last found
	waiting bool
}

// Loss from which on waiting begins and below which it ends, and the lost
// packets without redundancy after which it is given up.
const (
	lossHigh = 65536 * 3 / 100
	lossLow  = 65536 / 200
	vain     = 30
)

func (l *lossWatch) lost(n int) {
	for range min(n, 8) {
		l.rate += (65536 - l.rate) / 128
		l.tried++
	}
}

func (l *lossWatch) came() { l.rate -= l.rate / 128 }

func (l *lossWatch) recovered() { l.tried = 0 }

// worth says that waiting pays.
func (l *lossWatch) worth() bool {
	switch {
	case l.rate < lossLow:
		l.waiting, l.tried = false, 0
	case l.tried > vain:
		l.waiting = false
	case l.rate > lossHigh:
		l.waiting = true
	}
	return l.waiting
}
