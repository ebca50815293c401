package dtmf

import "time"

// Timing of presses that are sent, in ticks of 20 ms: long enough for any
// receiver (ITU-T Q.24 asks for 40 ms), with a pause that tells two presses
// apart.
const (
	pressTicks = 5
	endPackets = 3 // RFC 4733 §2.5.1.4
	pauseTicks = 3
	queueSize  = 32
	volume     = 10 // -dBm0
)

// Sender turns keys to press into telephone-event payloads, at most one for
// each tick of 20 ms. Keys that come faster are queued.
type Sender struct {
	step      uint32 // RTP clock ticks in 20 ms
	queue     [queueSize]byte
	head, len int

	digit byte   // the key that is held; 0: none
	ts    uint32 // at which it went down
	tick  int    // ticks since
}

// NewSender returns a sender for an RTP clock of clockRate Hz.
func NewSender(clockRate int) *Sender {
	s := &Sender{}
	s.SetClockRate(clockRate)
	return s
}

// SetClockRate changes the clock. A press that is being sent is begun anew.
func (s *Sender) SetClockRate(clockRate int) {
	s.step = uint32(int64(clockRate) * int64(20*time.Millisecond) / int64(time.Second))
	s.tick = 0
}

// Press queues a key. It returns false if digit is no key or too many wait.
func (s *Sender) Press(digit byte) bool {
	code, ok := Code(digit)
	if !ok || s.len == len(s.queue) {
		return false
	}
	s.queue[(s.head+s.len)%len(s.queue)] = digits[code]
	s.len++
	return true
}

// Active says that a key is held, has just been or waits: Next has to be called
// in each tick.
func (s *Sender) Active() bool { return s.digit != 0 || s.len > 0 }

// Holding says that the last Next made a packet of a held key: sound sent
// beside it would be heard with the tone.
func (s *Sender) Holding() bool { return s.digit != 0 && s.tick <= pressTicks+endPackets }

// Packet is one telephone-event on its way out. Timestamp is that of the
// press's beginning, in all of its packets.
type Packet struct {
	Payload   [EventSize]byte
	Timestamp uint32
	Marker    bool
}

// Next yields the packet of this tick, if there is one. ts is the stream's
// timestamp at this tick; it must advance by 20 ms from call to call.
func (s *Sender) Next(ts uint32) (p Packet, ok bool) {
	if s.digit == 0 {
		if s.len == 0 {
			return Packet{}, false
		}
		s.digit = s.queue[s.head]
		s.head = (s.head + 1) % len(s.queue)
		s.len--
		s.tick = 0
	}
	if s.tick == 0 {
		s.ts = ts
	}
	s.tick++
	switch {
	case s.tick <= pressTicks:
		return s.packet(s.tick, false), true
	case s.tick <= pressTicks+endPackets:
		// The end is repeated with the same duration.
		return s.packet(pressTicks, true), true
	case s.tick >= pressTicks+endPackets+pauseTicks:
		s.digit = 0
	}
	return Packet{}, false
}

func (s *Sender) packet(ticks int, end bool) Packet {
	ev := Event{Digit: s.digit, End: end, Volume: volume, Duration: uint16(uint32(ticks) * s.step)}
	p := Packet{Timestamp: s.ts, Marker: s.tick == 1}
	ev.Append(p.Payload[:0])
	return p
}
