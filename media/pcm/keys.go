package pcm

import "math"

// KeyDetector finds keys in the sound (DTMF, ITU-T Q.23 and Q.24) and is not
// fooled by voices. Every 6.4 ms it looks at the last 12.8 ms; a key needs four
// looks in a row (32 ms) at which two of the eight frequencies, no more, carry
// nearly all of the power, at levels that fit each other, and whose phase
// advances as that of exactly these frequencies does.
type KeyDetector struct {
	hop    int
	filter [8]keyFilter
	block  [keyHopMax]float32
	filled int

	power   float32 // of the last hop, sum of squares
	valid   bool    // the filters hold the last hop
	heard   byte    // candidate
	looks   int     // looks in a row at which it was heard
	drift   [2]complex64
	pressed byte // reported, not yet released
	absent  int  // looks in a row without it
}

// keyFilter is Goertzel's algorithm for one frequency over one hop.
type keyFilter struct {
	coeff float32   // 2 cos ω
	back  complex64 // e^-jω
	turn  complex64 // e^jωN of a hop
	sum   complex64 // over the last hop
}

// What a key is. Q.24 asks to accept 40 ms, ±1.5 %, 8 dB of the low group over
// the high (normal twist) and 4 dB of the high over the low, with pauses
// of 40 ms, and to bridge interruptions of 10 ms.
const (
	keyHopMax   = 306
	keyLooks    = 4
	keyRelease  = 4
	keyFloor    = 4e-5 // least power of a frequency, full scale is 1: -44 dBFS
	keyPurity   = 0.80 // share of the power in the two frequencies
	keyRowOver  = 12.6 // rows over columns, power: 11 dB
	keyColOver  = 6.3  // columns over rows: 8 dB
	keyAlone    = 4.0  // over the others of its group: 6 dB
	keyTolerate = 0.025
	keySlack    = 0.25 // radians, for noise
)

// NewKeyDetector makes a detector for samples of rate Hz (8000, 16000, 48000).
func NewKeyDetector(rate int) *KeyDetector {
	d := &KeyDetector{hop: min(rate*51/8000, keyHopMax)}
	for i := range d.filter {
		f := keyRows[i%4]
		if i >= 4 {
			f = keyColumns[i-4]
		}
		w := 2 * math.Pi * f / float64(rate)
		sin, cos := math.Sincos(w)
		tsin, tcos := math.Sincos(w * float64(d.hop))
		d.filter[i] = keyFilter{
			coeff: float32(2 * cos),
			back:  complex(float32(cos), float32(-sin)),
			turn:  complex(float32(tcos), float32(tsin)),
		}
	}
	return d
}

// Reset forgets the past.
func (d *KeyDetector) Reset() {
	d.filled, d.valid, d.heard, d.looks, d.pressed, d.absent = 0, false, 0, 0, 0, 0
}

// Process looks at a block of up to 60 ms and returns the key that was pressed
// in it, once per press.
func (d *KeyDetector) Process(pcm []int16) (digit byte, ok bool) {
	for len(pcm) > 0 {
		n := min(len(pcm), d.hop-d.filled)
		for i, s := range pcm[:n] {
			d.block[d.filled+i] = float32(s)
		}
		d.filled += n
		pcm = pcm[n:]
		if d.filled < d.hop {
			break
		}
		d.filled = 0
		if k := d.follow(d.look()); k != 0 {
			digit, ok = k, true
		}
	}
	return digit, ok
}

// look evaluates the hop that is complete and returns the key heard in it and
// the one before; 0 for none.
func (d *KeyDetector) look() byte {
	var power float32
	for _, v := range d.block[:d.hop] {
		power += v * v
	}
	scale := float32(d.hop) * (1 << 30)
	if power < keyFloor*scale {
		d.valid = false
		return 0
	}
	var last [8]complex64
	for i := range d.filter {
		last[i] = d.filter[i].sum
	}
	d.run()
	both, was := power+d.power, d.valid
	d.power, d.valid = power, true
	if !was {
		return 0
	}
	return d.judge(&last, both/(2*scale))
}

// run filters the hop, four frequencies at a time to keep the processor busy.
func (d *KeyDetector) run() {
	x := d.block[:d.hop]
	for g := 0; g < 8; g += 4 {
		f := d.filter[g : g+4 : g+4]
		c0, c1, c2, c3 := f[0].coeff, f[1].coeff, f[2].coeff, f[3].coeff
		var a0, a1, a2, a3, b0, b1, b2, b3 float32
		for _, v := range x {
			a0, b0 = c0*a0+(v-b0), a0
			a1, b1 = c1*a1+(v-b1), a1
			a2, b2 = c2*a2+(v-b2), a2
			a3, b3 = c3*a3+(v-b3), a3
		}
		f[0].sum = complex(a0, 0) - f[0].back*complex(b0, 0)
		f[1].sum = complex(a1, 0) - f[1].back*complex(b1, 0)
		f[2].sum = complex(a2, 0) - f[2].back*complex(b2, 0)
		f[3].sum = complex(a3, 0) - f[3].back*complex(b3, 0)
	}
}

// judge decides on the last two hops, whose mean square is power.
func (d *KeyDetector) judge(last *[8]complex64, power float32) byte {
	var p [8]float32
	scale := float32(d.hop) * float32(d.hop) * (1 << 31) // N²/2 of both hops, full scale 1
	for i := range p {
		p[i] = square(last[i]*d.filter[i].turn+d.filter[i].sum) / scale
	}
	row, rowAlone := loudest(p[:4])
	col, colAlone := loudest(p[4:])
	r, c := p[row], p[4+col]
	if !rowAlone || !colAlone || r < keyFloor || c < keyFloor || r > keyRowOver*c || c > keyColOver*r {
		d.drift = [2]complex64{}
		return 0
	}
	key := keyLayout[4*row+col]
	if key != d.heard {
		d.drift = [2]complex64{}
	}
	near := true
	for g, i := range [2]int{row, 4 + col} {
		f := &d.filter[i]
		turn := last[i] * f.turn
		d.drift[g] += f.sum * complex(real(turn), -imag(turn))
		off := angle(d.drift[g])
		freq := keyRows[row]
		if g == 1 {
			freq = keyColumns[col]
		}
		// 2π·f·tolerance over the 6.375 ms of a hop.
		near = near && math.Abs(off) < 2*math.Pi*freq*keyTolerate*0.006375+keySlack
		// A frequency beside the nominal one loses power in its bin.
		p[i] /= float32(loss(off))
	}
	if !near || p[row]+p[4+col] < keyPurity*power {
		return 0
	}
	return key
}

// follow makes presses of looks.
func (d *KeyDetector) follow(key byte) byte {
	if key == 0 || key != d.heard {
		d.looks = 0
	}
	d.heard = key
	if d.pressed != 0 {
		if key == d.pressed {
			d.absent = 0
			return 0
		}
		d.absent++
		if d.absent >= keyRelease {
			d.pressed = 0
		}
	}
	if key == 0 {
		return 0
	}
	d.looks++
	if d.looks < keyLooks {
		return 0
	}
	d.pressed, d.absent = key, 0
	return key
}

// loudest is the index of the largest power, and whether it stands alone.
func loudest(p []float32) (at int, alone bool) {
	for i, v := range p {
		if v > p[at] {
			at = i
		}
	}
	for i, v := range p {
		if i != at && v*keyAlone > p[at] {
			return at, false
		}
	}
	return at, true
}

func square(c complex64) float32 { return real(c)*real(c) + imag(c)*imag(c) }

func angle(c complex64) float64 { return math.Atan2(float64(imag(c)), float64(real(c))) }

// loss is the share of power that is left in the bin of two hops when the phase
// is off by this much in one.
func loss(off float64) float64 {
	if math.Abs(off) < 0.01 {
		return 1
	}
	s := math.Sin(off) / off
	return max(s*s, 0.3)
}
