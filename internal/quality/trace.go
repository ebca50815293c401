package quality

import (
	"math"
	"time"

	"github.com/partyline/partyline/media/codec"
	"github.com/partyline/partyline/media/pcm"
)

// Kind is what a packet carries.
type Kind uint8

// The kinds of packets.
const (
	Sound   Kind = iota
	Comfort      // RFC 3389: silence from here on, and the level of its noise
	Event        // telephone-event (RFC 4733), in place of sound
)

// Packet is one RTP packet on its way.
type Packet struct {
	Kind    Kind
	SSRC    uint32
	Format  codec.Format // of the payload type
	Seq     uint16
	TS      uint32
	Marker  bool
	Level   byte // of comfort noise, -dBov
	Payload []byte
	Sent    time.Duration // when its last sample had been spoken
	Arrival time.Duration
}

// Trace is what came of one speech, in the order of arrival.
type Trace struct {
	Format   codec.Format
	Original []int16 // at the format's sampling rate
	Drift    float64 // ppm by which the sender's clock is slow
	Packets  []Packet
}

// Peer is how the speech is sent.
type Peer struct {
	Drift float64 // ppm by which its clock is slow
	// What happens at a time of the speech; nil: nothing.
	Ptime  func(at time.Duration) time.Duration
	Keys   func(at time.Duration) bool // an event takes the place of the sound
	Change *Change
	// Comfort makes it send comfort noise, once, in pauses.
	Comfort bool
}

// Change is what a peer changes in mid-stream.
type Change struct {
	At     time.Duration
	SSRC   bool         // another source: all numbers are new
	Seq    uint16       // the sequence number jumps by so much
	Format codec.Format // another payload type, and codec; zero: as before
}

const (
	firstSSRC = 0x1001
	firstSeq  = 65400      // wraps within the first seconds
	firstTS   = 4294900000 // the same
	// pauseAfter is for how long it is quiet before comfort noise is sent.
	pauseAfter = 200 * time.Millisecond
	pauseBelow = -48 // dBFS
	// noiseLevel is that of the room around such a peer, in -dBov.
	noiseLevel = 58
)

// sender is a Peer at work.
type sender struct {
	Peer
	format  codec.Format
	enc     codec.Encoder
	ssrc    uint32
	seq     uint16
	ts      uint32
	changed bool
	quiet   time.Duration // for how long it has been quiet
	resting bool          // comfort noise has been sent
	keyed   bool
	event   uint32 // timestamp of its beginning
}

// Send codes and sends speech, which is of f's sampling rate. What arrives when
// is the network's to say.
func (p Peer) Send(speech []int16, f codec.Format) (*Trace, error) {
	s := &sender{Peer: p, ssrc: firstSSRC, seq: firstSeq, ts: firstTS}
	if err := s.use(f); err != nil {
		return nil, err
	}
	t := &Trace{Format: f, Original: speech, Drift: p.Drift}
	for pos := 0; ; {
		at := time.Duration(int64(pos) * int64(time.Second) / int64(f.SampleRate))
		ptime := f.Ptime
		if p.Ptime != nil {
			ptime = p.Ptime(at)
		}
		n := f.FrameSamples(ptime)
		if pos+n > len(speech) {
			return t, nil
		}
		if err := s.change(at); err != nil {
			return nil, err
		}
		q, ok, err := s.packet(speech[pos:pos+n], at, ptime)
		if err != nil {
			return nil, err
		}
		if ok {
			q.Sent = time.Duration(math.Round(float64(at+ptime) * (1 + p.Drift*1e-6)))
			q.Arrival = q.Sent
			t.Packets = append(t.Packets, q)
		}
		pos += n
	}
}

func (s *sender) use(f codec.Format) (err error) {
	s.format = f
	s.enc, err = codec.NewEncoder(f)
	return err
}

func (s *sender) change(at time.Duration) error {
	c := s.Change
	if c == nil || s.changed || at < c.At {
		return nil
	}
	s.changed = true
	s.seq += c.Seq
	if c.SSRC {
		s.ssrc, s.seq, s.ts = s.ssrc+1, s.seq*31+7, s.ts*31+7
	}
	if !c.Format.IsZero() {
		return s.use(c.Format)
	}
	return nil
}

// packet is what is sent for a frame; false: nothing.
func (s *sender) packet(sound []int16, at, ptime time.Duration) (Packet, bool, error) {
	q := Packet{SSRC: s.ssrc, Format: s.format, TS: s.ts}
	ts := s.ts
	s.ts += s.format.ClockTicks(ptime)
	buf := make([]byte, codec.MaxPayload)
	n, err := s.enc.Encode(buf, sound)
	if err != nil {
		return q, false, err
	}
	q.Payload = append([]byte(nil), buf[:n]...)
	switch {
	case s.Keys != nil && s.Keys(at):
		if !s.keyed {
			s.event = ts
		}
		q.Kind, q.TS, q.Payload, q.Marker, s.keyed = Event, s.event, nil, !s.keyed, true
	case s.Comfort && s.pause(sound, ptime):
		if s.resting {
			return q, false, nil
		}
		s.resting = true
		q.Kind, q.Payload, q.Level = Comfort, nil, noiseLevel
	default:
		q.Marker, s.resting, s.keyed = s.resting, false, false
	}
	q.Seq = s.seq
	s.seq++
	return q, true, nil
}

// pause says that it has been quiet for so long that silence may be sent.
func (s *sender) pause(sound []int16, ptime time.Duration) bool {
	if pcm.DBFS(sound) > pauseBelow {
		s.quiet = 0
		return false
	}
	s.quiet += ptime
	return s.quiet > pauseAfter
}
