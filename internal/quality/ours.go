package quality

import (
	"time"

	"github.com/partyline/partyline/media/codec"
	"github.com/partyline/partyline/media/playout"
)

const tick = 20 * time.Millisecond

// Heard is what a receiver played: 20 ms for each tick from Phase on.
type Heard struct {
	PCM   []int16
	Rate  int
	Phase time.Duration
	// Of ours alone: what each tick was, the buffer's own idea of its delay at
	// it, and the counts.
	Is    []playout.Activity
	Delay []time.Duration
	Stats playout.Stats
}

// receiver plays packets out.
type receiver interface {
	put(p *Packet) error
	pull(pcm []int16, now time.Duration)
}

// run drives a receiver through a trace.
func (t *Trace) run(r receiver, phase time.Duration, each func()) (Heard, error) {
	h := Heard{Rate: t.Format.SampleRate, Phase: phase}
	frame := make([]int16, t.Format.SampleRate/50)
	end := time.Duration(len(t.Original)) * time.Second / time.Duration(h.Rate)
	left := t.Packets
	for now := phase; now < end+time.Second/2; now += tick {
		for len(left) > 0 && left[0].Arrival <= now {
			if err := r.put(&left[0]); err != nil {
				return h, err
			}
			left = left[1:]
		}
		clear(frame)
		r.pull(frame, now)
		h.PCM = append(h.PCM, frame...)
		if len(left) > 0 { // nobody says good-bye: the end looks like a loss
			each()
		}
	}
	return h, nil
}

// Ours plays a trace out as a leg does, with ticks at phase and every 20 ms on.
func Ours(t *Trace, phase time.Duration) (Heard, error) {
	dec, err := codec.NewDecoder(t.Format)
	if err != nil {
		return Heard{}, err
	}
	o := &ours{b: playout.New(t.Format, dec), format: t.Format, decoders: map[codec.Format]codec.Decoder{t.Format: dec}}
	var is []playout.Activity
	var delay []time.Duration
	var stats playout.Stats
	h, err := t.run(o, phase, func() {
		is = append(is, o.is)
		delay = append(delay, o.b.Delay())
		stats = o.b.Stats()
	})
	h.Is, h.Delay, h.Stats = is, delay, stats
	return h, err
}

// ours does with packets what a stream of package media does.
type ours struct {
	b        *playout.Buffer
	format   codec.Format
	decoders map[codec.Format]codec.Decoder
	ssrc     uint32
	is       playout.Activity
}

func (o *ours) put(p *Packet) error {
	if o.ssrc != 0 && p.SSRC != o.ssrc {
		o.b.Reset()
	}
	o.ssrc = p.SSRC
	arrival := int64(p.Arrival)
	switch p.Kind {
	case Event:
		o.b.Skip(p.Seq, p.TS, arrival)
		return nil
	case Comfort:
		o.b.Comfort(p.Seq, p.TS, p.Level, arrival)
		return nil
	}
	if p.Format != o.format {
		dec := o.decoders[p.Format]
		if dec == nil {
			var err error
			if dec, err = codec.NewDecoder(p.Format); err != nil {
				return err
			}
			o.decoders[p.Format] = dec
		}
		o.b.SetFormat(p.Format, dec)
		o.format = p.Format
	}
	o.b.Put(playout.Packet{Seq: p.Seq, TS: p.TS, Marker: p.Marker, Level: playout.NoLevel, Payload: p.Payload, Arrival: arrival})
	return nil
}

func (o *ours) pull(pcm []int16, now time.Duration) { o.is = o.b.Pull(pcm, int64(now)) }
