package playout

import (
	"math"
	"math/rand/v2"
	"sort"
	"testing"
	"time"

	"github.com/partyline/partyline/media/codec"
)

// network is an offline simulation of a sender, a network and the ticks of the
// receiver. Everything follows from the seed.
type network struct {
	format codec.Format
	ptime  func(at time.Duration) time.Duration // nil: the format's
	drift  float64                              // ppm by which the sender's clock is slow
	phase  time.Duration                        // of the ticks against the sending
	delay  func(r *rand.Rand, at time.Duration) time.Duration
	lost   func(r *rand.Rand, at time.Duration) bool
	gap    func(at time.Duration) gapKind // what the sender does
	late   func(r *rand.Rand) time.Duration
	muted  func(at time.Duration) bool
	seq    uint16
	ts     uint32
	// jump changes sequence number and timestamp of a packet sent at a time.
	jump func(at time.Duration) (seq uint16, ts uint32)
	seed uint64
}

type gapKind int

const (
	talking gapKind = iota
	dtx             // nothing is sent
	event           // telephone-events take the numbers
	noisy           // a comfort noise packet, then nothing
)

type flight struct {
	Packet
	kind    kind
	arrival int64
}

type played struct {
	pcm   []int16
	is    []Activity
	delay []time.Duration // at each tick
	stats Stats
	b     *Buffer
}

// flights sends the speech.
func (n network) flights(t testing.TB, speech []int16, r *rand.Rand) []flight {
	t.Helper()
	enc, err := codec.NewEncoder(n.format)
	if err != nil {
		t.Fatal(err)
	}
	var out []flight
	buf := make([]byte, codec.MaxPayload)
	seq, ts := n.seq, n.ts
	var eventTS uint32
	state := talking
	for pos := 0; ; {
		at := time.Duration(int64(pos) * int64(time.Second) / int64(n.format.SampleRate))
		ptime := n.format.Ptime
		if n.ptime != nil {
			ptime = n.ptime(at)
		}
		k := n.format.FrameSamples(ptime)
		if pos+k > len(speech) {
			break
		}
		size, err := enc.Encode(buf, speech[pos:pos+k])
		if err != nil {
			t.Fatal(err)
		}
		if n.jump != nil {
			s, d := n.jump(at)
			seq += s
			ts += d
		}
		// A packet leaves when its last sample is there.
		leaves := float64(at+ptime) * (1 + n.drift*1e-6)
		f := flight{kind: sound, arrival: int64(leaves)}
		f.Seq, f.TS, f.Payload = seq, ts, append([]byte(nil), buf[:size]...)
		now := talking
		if n.gap != nil {
			now = n.gap(at)
		}
		send := true
		switch now {
		case dtx:
			send = false
		case event:
			if state != event {
				eventTS = ts
			}
			f.kind, f.TS = skip, eventTS
		case noisy:
			send = state != noisy
			f.kind = comfort
		}
		state = now
		if send {
			seq++
			if n.delay != nil {
				f.arrival += int64(n.delay(r, at))
			}
			if n.lost == nil || !n.lost(r, at) {
				f.Arrival = f.arrival
				out = append(out, f)
			}
		}
		ts += n.format.ClockTicks(ptime)
		pos += k
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].arrival < out[j].arrival })
	return out
}

// run plays the speech out through the network.
func (n network) run(t testing.TB, speech []int16) played {
	t.Helper()
	r := rand.New(rand.NewPCG(n.seed, 7))
	dec, err := codec.NewDecoder(n.format)
	if err != nil {
		t.Fatal(err)
	}
	b := New(n.format, dec)
	return n.drive(b, n.flights(t, speech, r), r)
}

func (n network) drive(b *Buffer, flights []flight, r *rand.Rand) played {
	p := played{b: b}
	need := n.format.SampleRate / 50
	if len(flights) == 0 {
		return p
	}
	end := flights[len(flights)-1].arrival + 500*ms
	frame := make([]int16, need)
	over := false
	for now := int64(n.phase); now < end; now += tick {
		at := now
		if n.late != nil {
			at += int64(n.late(r))
		}
		for len(flights) > 0 && flights[0].arrival <= at {
			f := flights[0]
			flights = flights[1:]
			switch f.kind {
			case sound:
				b.Put(f.Packet)
			case skip:
				b.Skip(f.Seq, f.TS, f.arrival)
			case comfort:
				b.Comfort(f.Seq, f.TS, 50, f.arrival)
			}
		}
		clear(frame)
		pcm := frame
		if n.muted != nil && n.muted(time.Duration(now)) {
			pcm = nil
		}
		is := b.Pull(pcm, at)
		p.pcm = append(p.pcm, frame...)
		if !over { // the sender does not say good-bye: the end is not told from a loss
			p.is = append(p.is, is)
			p.delay = append(p.delay, b.Delay())
			p.stats = b.Stats()
		}
		over = len(flights) == 0
	}
	return p
}

// after is what was played from a time on.
func (p played) after(d time.Duration) []Activity {
	return p.is[min(int(d/(20*time.Millisecond)), len(p.is)):]
}

// gaps counts ticks that were not heard as said, less the silence before the
// first and after the last sound.
func gaps(is []Activity) int {
	first, last, n := -1, -1, 0
	for i, a := range is {
		if a == Voice {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	for i := max(first, 0); i < last; i++ {
		if is[i] != Voice {
			n++
		}
	}
	return n
}

func g711() codec.Format { return codec.Standard(codec.PCMU) }

// l16 is 8 kHz PCM as it is, so that sound can be compared bit by bit.
func l16() codec.Format {
	f := codec.Standard(codec.L16)
	f.ClockRate, f.SampleRate = 8000, 8000
	return f
}

// speech is voiced sound with a pitch that glides, in syllables of changing
// vowels with pauses, like talk. It never repeats.
func speech(rate int, d time.Duration, seed uint64) []int16 {
	r := rand.New(rand.NewPCG(seed, 3))
	out := make([]int16, int(int64(rate)*int64(d)/int64(time.Second)))
	phase, pitch, noise := 0.0, 120.0, 0.0
	for i := 0; i < len(out); {
		n := rate * (120 + r.IntN(200)) / 1000
		pause := rate * r.IntN(120) / 1000
		if r.IntN(8) == 0 {
			pause += rate * 3 / 10
		}
		f1, f2 := 300+500*r.Float64(), 900+1400*r.Float64()
		to := 95 + 90*r.Float64()
		loud := 3000 + 5000*r.Float64()
		for k := 0; k < n && i < len(out); k, i = k+1, i+1 {
			x := float64(k) / float64(n)
			hz := pitch + (to-pitch)*x
			phase += hz / float64(rate)
			t := (phase - math.Floor(phase)) / hz // since the glottal pulse
			v := math.Exp(-t*400)*math.Sin(2*math.Pi*f1*t) + 0.5*math.Exp(-t*600)*math.Sin(2*math.Pi*f2*t)
			noise = 0.7*noise + 0.02*r.NormFloat64()
			out[i] = int16(loud * math.Sin(math.Pi*x) * (v + noise))
		}
		pitch = to
		for k := 0; k < pause && i < len(out); k, i = k+1, i+1 {
			out[i] = int16(6 * r.NormFloat64())
		}
	}
	return out
}

// likeness compares what was played with the original in pieces of 200 ms, each
// found within slack of where the previous one was, and returns the mean
// correlation, weighted by energy. Under the race detector, which slows this down
// most of all and has nothing to find in it, all is alike.
func likeness(original, heard []int16, rate int, slack time.Duration) float64 {
	if raced {
		return 1
	}
	step := rate / 2000
	piece := rate / 5
	reach := int(int64(rate) * int64(slack) / int64(time.Second))
	var sum, weight float64
	for at := 0; at+piece < len(original); at += piece {
		x := original[at : at+piece]
		var e float64
		for _, v := range x {
			e += float64(v) * float64(v)
		}
		if e < float64(piece)*400*400 {
			continue
		}
		best := 0.0
		for lag := 0; lag <= reach; lag += step / 4 {
			if at+lag+piece > len(heard) {
				break
			}
			if c := correlation(x, heard[at+lag:at+lag+piece], step); c > best {
				best = c
			}
		}
		sum += best * e
		weight += e
	}
	return sum / weight
}

func correlation(x, y []int16, step int) float64 {
	var xy, xx, yy int64
	for i := 0; i < len(x); i += step {
		xy += int64(x[i]) * int64(y[i])
		xx += int64(x[i]) * int64(x[i])
		yy += int64(y[i]) * int64(y[i])
	}
	if xx == 0 || yy == 0 {
		return 0
	}
	return float64(xy) / math.Sqrt(float64(xx)*float64(yy))
}

func dbov(power float64) float64 { return 10 * math.Log10(power/(32768*32768)) }

// long is d, or less of it under the race detector.
func long(d time.Duration) time.Duration {
	if raced {
		return d / 5
	}
	return d
}
