package pcm

// Limiter brings a sum of voices back into 16 bits without audible clipping.
// What fits passes bit by bit. What does not is turned down smoothly: within a
// block the limiter looks ahead, so that the gain is already low when the peak
// comes; only a peak in a block's first millisecond can be cut. It has no delay.
type Limiter struct {
	segment int     // samples in 1 ms
	gain    float32 // at the end of the last block; 1: at rest
}

const (
	limiterBlock   = 32    // ms handled at a time
	limiterCeiling = 32000 // of peaks that did not fit
	limiterAttack  = 0.15  // of gain per ms, ahead of a peak
	limiterRelease = 0.02  // of what is missing to 1, per ms: about 50 ms
	limiterRest    = 0.999 // from here on the gain is 1
)

// NewLimiter makes a limiter for samples of rate Hz.
func NewLimiter(rate int) *Limiter {
	return &Limiter{segment: max(rate/1000, 1), gain: 1}
}

// Reset forgets the past.
func (l *Limiter) Reset() { l.gain = 1 }

// Process writes sum to dst, which must be as long.
func (l *Limiter) Process(dst []int16, sum []int32) {
	dst = dst[:len(sum)]
	if l.gain == 1 && fits(dst, sum) {
		return
	}
	for len(sum) > 0 {
		n := min(len(sum), limiterBlock*l.segment)
		l.block(dst[:n], sum[:n])
		dst, sum = dst[n:], sum[n:]
	}
}

// fits copies sum to dst and says whether nothing was lost.
func fits(dst []int16, sum []int32) bool {
	var lost int32
	for i, v := range sum {
		s := int16(v)
		dst[i] = s
		lost |= v ^ int32(s)
	}
	return lost == 0
}

// block computes the gain at the borders of the milliseconds and draws straight
// lines between them.
func (l *Limiter) block(dst []int16, sum []int32) {
	var border [limiterBlock + 1]float32
	n := (len(sum) + l.segment - 1) / l.segment
	for i := range border[:n+1] {
		border[i] = 1
	}
	for i := range n {
		if need := l.need(sum[i*l.segment : min((i+1)*l.segment, len(sum))]); need < 1 {
			border[i] = min(border[i], need)
			border[i+1] = min(border[i+1], need)
		}
	}
	for i := n - 1; i > 0; i-- { // down in time for what comes
		border[i] = min(border[i], border[i+1]+limiterAttack)
	}
	border[0] = l.gain // what was played cannot be changed
	for i := 1; i <= n; i++ {
		border[i] = min(border[i], border[i-1]+(1-border[i-1])*limiterRelease)
	}
	if border[n] > limiterRest {
		border[n] = 1
	}
	l.gain = border[n]
	for i := range n {
		from, to := i*l.segment, min((i+1)*l.segment, len(sum))
		g, step := border[i], (border[i+1]-border[i])/float32(to-from)
		for j := from; j < to; j++ {
			g += step
			dst[j] = Clamp(int32(float32(sum[j]) * g))
		}
	}
}

// need is the gain at which the loudest of sum fits.
func (l *Limiter) need(sum []int32) float32 {
	var peak int32
	for _, v := range sum {
		peak = max(peak, v, -v)
	}
	if peak <= 32767 {
		return 1
	}
	return limiterCeiling / float32(peak)
}
