// Package codec turns PCM into coded speech and back, one frame at a time.
//
// In go frames of 16-bit mono PCM and RTP payloads; out come payloads and PCM.
// An Encoder or Decoder belongs to one goroutine (the engine that steps its
// leg) and allocates nothing after it is made. G.711 follows ITU-T G.711,
// G.722 follows ITU-T G.722 at 64 kbit/s, Opus follows RFC 6716 and RFC 7587;
// L16 (RFC 3551 §4.5.11) carries PCM as it is, for legs in memory and tests.
package codec

import (
	"errors"
	"fmt"
	"time"
)

// MaxPayload is room enough for one payload of any codec here: 60 ms of L16 at
// 48 kHz. Wire codecs stay below 1,275 bytes (RFC 6716 §3.2.1).
const MaxPayload = 5760

// ErrPayload says that a payload cannot be decoded.
var ErrPayload = errors.New("codec: malformed payload")

var (
	errShort = errors.New("codec: destination too short")
	errFrame = errors.New("codec: not a frame length of this codec")
)

// Name is a codec's encoding name as SDP's rtpmap writes it (RFC 3551, RFC 7587).
type Name string

// The codecs of Partyline. Comfort noise (RFC 3389) and telephone-event
// (RFC 4733) are payload formats beside these, not codecs.
const (
	PCMU Name = "PCMU"
	PCMA Name = "PCMA"
	G722 Name = "G722"
	Opus Name = "opus"
	L16  Name = "L16"
)

// Format is how one direction of a stream is coded. It is comparable: legs with
// equal formats (less the payload type) can share one encode.
type Format struct {
	Name        Name
	PayloadType uint8
	// ClockRate is the RTP clock in Hz: 8000 for G.722 too (RFC 3551 §4.5.2),
	// 48000 for Opus (RFC 7587 §4.1).
	ClockRate int
	// SampleRate is the rate of the PCM this end mixes at, in Hz: 8000, 16000 or
	// 48000.
	SampleRate int
	// Ptime is the sound in one packet sent, 10 to 60 ms.
	Ptime time.Duration
	// FEC asks the Opus encoder for in-band redundancy, DTX lets it stop in
	// silence, Bitrate is its ceiling in bit/s (0: the encoder's choice) and
	// MaxPlayback what the peer can play, in Hz (0: 48000; RFC 7587 §6.1).
	FEC         bool
	DTX         bool
	Bitrate     int
	MaxPlayback int
}

// IsZero says that there is no format: nothing is sent.
func (f Format) IsZero() bool { return f.Name == "" }

// Sharable is f less what differs between legs that can share an encode: the
// payload type, which is the RTP header's.
func (f Format) Sharable() Format { f.PayloadType = 0; return f }

// FrameSamples is the number of samples of PCM in d at the format's rate.
func (f Format) FrameSamples(d time.Duration) int {
	return int(int64(f.SampleRate) * int64(d) / int64(time.Second))
}

// ClockTicks is the number of RTP clock ticks in d.
func (f Format) ClockTicks(d time.Duration) uint32 {
	return uint32(int64(f.ClockRate) * int64(d) / int64(time.Second))
}

func (f Format) String() string {
	return fmt.Sprintf("%s/%d", f.Name, f.ClockRate)
}

// Standard returns the usual format of a codec: its static payload type
// (RFC 3551 §6; 0 where it is dynamic), clock, PCM rate and 20 ms.
func Standard(n Name) Format {
	f := Format{Name: n, ClockRate: 8000, SampleRate: 8000, Ptime: 20 * time.Millisecond}
	switch n {
	case PCMA:
		f.PayloadType = 8
	case G722:
		f.PayloadType, f.SampleRate = 9, 16000
	case Opus:
		f.ClockRate, f.SampleRate, f.FEC = 48000, 48000, true
	case L16:
		f.ClockRate, f.SampleRate = 16000, 16000
	}
	return f
}

// Encoder codes PCM of one stream. One goroutine uses it.
type Encoder interface {
	// Encode codes pcm (10, 20, 40 or 60 ms at the format's SampleRate) into dst
	// (at least MaxPayload bytes) and returns the payload's length. A length of
	// 0 means DTX: nothing need be sent for this frame.
	Encode(dst []byte, pcm []int16) (int, error)
	// Reset forgets the past, as if new.
	Reset()
	// Rejoin prepares for a switch of a listener from another encoder to this
	// one: G.722 copies the other's state, Opus codes the next frame without
	// prediction; stateless codecs do nothing. from may be nil.
	Rejoin(from Encoder)
}

// Decoder decodes the payloads of one stream. One goroutine uses it.
type Decoder interface {
	// Decode writes the payload's PCM to dst and returns the number of samples.
	// dst holds at least 120 ms.
	Decode(dst []int16, payload []byte) (int, error)
	// DecodeFEC recovers the frame lost before payload from its in-band
	// redundancy into dst, whose length says how much was lost. 0 samples: there
	// is none, use Conceal.
	DecodeFEC(dst []int16, payload []byte) (int, error)
	// Conceal fills dst (any length up to 60 ms) with what probably was said:
	// Opus's own concealment, else pitch repetition in the manner of G.711
	// Appendix I, fading to silence within 60 ms of consecutive calls.
	Conceal(dst []int16)
	// Reset forgets the past, as if new.
	Reset()
}

// Duration tells how much sound a payload carries, without decoding it: by its
// length for G.711, G.722 and L16, by its TOC byte for Opus (RFC 6716 §3.1).
// 0 means malformed.
func Duration(f Format, payload []byte) time.Duration {
	n := int64(len(payload))
	switch f.Name {
	case PCMU, PCMA, G722: // one octet a tick of the 8 kHz clock
		return time.Duration(n) * time.Second / 8000
	case L16:
		return time.Duration(n/2) * time.Second / time.Duration(f.SampleRate)
	case Opus:
		return opusDuration(payload)
	}
	return 0
}

// OctetSamples is how many samples of PCM an octet of payload holds, 0 if that is not
// the same for every payload.
func (f Format) OctetSamples() int {
	switch f.Name {
	case PCMU, PCMA, G722:
		return f.SampleRate / 8000
	}
	return 0
}

// Packet is one payload on its way out. The bytes are valid until the end of
// the tick that made them and may be shared by many legs: nobody writes to them.
type Packet struct {
	Payload []byte
	// Ticks is the packet's length in RTP clock ticks.
	Ticks uint32
	// Talkspurt marks the first packet after silence: the RTP marker bit
	// (RFC 3551 §4.1).
	Talkspurt bool
	// Level is the RFC 6464 audio level, 0 (loud) to 127 (silent) -dBov.
	Level uint8
}
