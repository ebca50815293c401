package load

import (
	"fmt"
	"time"

	"github.com/partyline/partyline/media/codec"
)

// frameMS is the sound in a packet.
const frameMS = 20

// dynamicPT is the payload type that is offered for Opus, comfortPT the one of
// comfort noise (RFC 3389).
const (
	dynamicPT = 96
	comfortPT = 13
)

// format is how a codec is sent and offered.
func format(n codec.Name) codec.Format {
	f := codec.Standard(n)
	if n == codec.Opus {
		f.PayloadType = dynamicPT
		f.FEC = false
	}
	return f
}

// frames codes pcm in frames of 20 ms. A codec with a memory runs through the sound
// twice before, so that the end of the loop fits its beginning.
func frames(f codec.Format, pcm []int16) ([][]byte, error) {
	enc, err := codec.NewEncoder(f)
	if err != nil {
		return nil, err
	}
	rounds := 1
	if f.Name == codec.G722 || f.Name == codec.Opus {
		rounds = 3
	}
	n := f.FrameSamples(frameMS * time.Millisecond)
	buf := make([]byte, codec.MaxPayload)
	var out [][]byte
	for range rounds {
		out = out[:0]
		for i := 0; i+n <= len(pcm); i += n {
			k, err := enc.Encode(buf, pcm[i:i+n])
			if err != nil {
				return nil, fmt.Errorf("%s: %w", f, err)
			}
			out = append(out, append([]byte(nil), buf[:k]...))
		}
	}
	return out, nil
}

// comfort is the packet that a phone with DTX sends now and then: comfort noise, or
// an Opus frame of nothing but its TOC byte (RFC 6716 §3.1), 20 ms at 16 kHz.
func comfort(f codec.Format) (pt uint8, payload []byte) {
	if f.Name == codec.Opus {
		return f.PayloadType, []byte{9 << 3}
	}
	return comfortPT, []byte{74}
}

// Idle is what a phone sends that has nothing to say.
type Idle string

// Noise is the coded noise of a quiet room at -74 dBFS, Silence coded digital
// silence, DTX a comfort packet every 400 ms, None nothing; the last two begin with noise.
const (
	Noise   Idle = "noise"
	Silence Idle = "silence"
	DTX     Idle = "dtx"
	None    Idle = "none"
)

// Valid says that the word is one of the four.
func (i Idle) Valid() bool { return i == Noise || i == Silence || i == DTX || i == None }

// loops are the coded sounds that phones of one codec share.
type loops struct {
	format codec.Format
	gauge  codec.Gauge // nil: a payload by itself does not tell how loud it is
	noise  [][]byte
	idle   [][]byte // nil: DTX or nothing
	tones  map[float64][][]byte
}

func newLoops(n codec.Name, idle Idle) (*loops, error) {
	l := &loops{format: format(n), tones: map[float64][][]byte{}}
	dec, err := codec.NewDecoder(l.format)
	if err != nil {
		return nil, err
	}
	if _, skips := dec.(codec.Skipper); !skips {
		l.gauge, _ = dec.(codec.Gauge)
	}
	if l.noise, err = frames(l.format, noise(l.format.SampleRate, 640)); err != nil {
		return nil, err
	}
	switch idle {
	case Noise:
		l.idle = l.noise
	case Silence:
		l.idle, err = frames(l.format, make([]int16, l.format.SampleRate*frameMS/1000))
	}
	return l, err
}

// silent says that a payload holds nothing that would be heard.
func (l *loops) silent(payload []byte) bool {
	const softest = 60 // -dBov
	return l.gauge != nil && len(payload) > 0 && l.gauge.Level(payload) >= softest
}

// tone is the loop of a talker.
func (l *loops) tone(hz float64) ([][]byte, error) {
	if t := l.tones[hz]; t != nil {
		return t, nil
	}
	t, err := frames(l.format, tone(hz, l.format.SampleRate, 8*toneRepeat))
	l.tones[hz] = t
	return t, err
}

// codedClick is a sweep in three frames. It begins offset ns after the first.
type codedClick struct {
	frames [3][]byte
	offset int64
}

// clicks are sweeps that begin at different places in the frame, with the noise
// around them.
func (l *loops) clicks() ([]codedClick, error) {
	const places = 8
	rate := l.format.SampleRate
	sine, _ := sweep(rate)
	var out []codedClick
	for k := range places {
		pcm := noise(rate, 3*frameMS)
		at := k * (frameMS * rate / 1000) / places
		for i, v := range sine {
			pcm[at+i] += int16(sweepLevel * 32767 * v)
		}
		f := l.format
		coded, err := frames(f, pcm)
		if err != nil {
			return nil, err
		}
		c := codedClick{offset: int64(at) * int64(time.Second) / int64(rate)}
		copy(c.frames[:], coded)
		out = append(out, c)
	}
	return out, nil
}
