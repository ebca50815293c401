package endpoint

import (
	"cmp"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"github.com/partyline/partyline/h323/call"
	"github.com/partyline/partyline/h323/secure"
	"github.com/partyline/partyline/media/codec"
	"github.com/partyline/partyline/media/pcm"
)

// speak sends a packet every 20 ms by the clock.
func (c *Call) speak() {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	begin, sent := time.Now(), 0
	head := stream{seq: uint16(rand.Uint32()), stamp: rand.Uint32(), ssrc: rand.Uint32()}
	for {
		select {
		case <-c.over:
			return
		case <-tick.C:
		}
		for ; time.Since(begin) >= time.Duration(sent)*20*time.Millisecond; sent++ {
			packets, to := c.packets(&head)
			for _, p := range packets {
				_, _ = c.rtp.WriteToUDPAddrPort(p, to)
			}
		}
	}
}

// stream is where the stream of sent packets is.
type stream struct {
	seq         uint16
	stamp, ssrc uint32
}

// packets are those that leave for the next 20 ms, and where they go.
func (c *Call) packets(head *stream) (list [][]byte, to netip.AddrPort) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := &c.sound
	ch := s.send
	ticks := uint32(160) // the clock of G.722 is 8000 too
	if c.opts.WideClock && ch != nil && ch.Codec == call.G722 {
		ticks = 320
	}
	began := head.stamp
	head.stamp += ticks
	if ch == nil || s.encoder == nil || s.silent || ch.Encrypted && len(ch.Keys) == 0 {
		s.held = nil
		return nil, to
	}
	if event, at := s.event(ch.Events, began); event != nil {
		s.held = nil
		return [][]byte{s.seal(head, ch, ch.Events, at, event)}, ch.RTP
	}
	pt := ch.Payload
	if n := len(ch.Keys); n > 0 {
		pt = ch.Keys[n-1].PayloadType
	}
	payload := make([]byte, codec.MaxPayload)
	n, err := s.encoder.Encode(payload, s.next(codec.Standard(codecs[ch.Codec]).SampleRate))
	if err != nil {
		s.fault = err
		return nil, to
	}
	if len(s.held) == 0 {
		s.since = began
	}
	s.held = append(s.held, payload[:n]...)
	frames := cmp.Or(c.opts.Frames, 20)
	for size := n * frames / 20; size > 0 && len(s.held) >= size; {
		list = append(list, s.seal(head, ch, pt, s.since, s.held[:size]))
		s.held, s.since = s.held[size:], s.since+ticks*uint32(frames)/20
	}
	return list, ch.RTP
}

// seal makes a packet, encrypted if the channel is.
func (s *sound) seal(head *stream, ch *call.Channel, pt uint8, stamp uint32, payload []byte) []byte {
	b := make([]byte, 12, 12+len(payload)+secure.MaxGrowth)
	b[0], b[1] = 0x80, pt
	binary.BigEndian.PutUint16(b[2:], head.seq)
	binary.BigEndian.PutUint32(b[4:], stamp)
	binary.BigEndian.PutUint32(b[8:], head.ssrc)
	head.seq++
	b = append(b, payload...)
	if s.cipher != nil && ch.Encrypted {
		return s.cipher.SealRTP(b, 12)
	}
	return b
}

// next is 20 ms of what is said.
func (s *sound) next(rate int) []int16 {
	out := make([]int16, rate/50)
	if len(s.source) > 0 {
		for done := 0; done < len(out); {
			if len(s.said) == 0 || s.to != rate {
				s.said, s.to = pcm.Convert(s.source, s.from, rate), rate
			}
			n := copy(out[done:], s.said)
			done, s.said = done+n, s.said[n:]
		}
		return out
	}
	if s.hz == 0 {
		return out
	}
	for i := range out {
		out[i] = int16(32767 * level * math.Sin(s.phase))
		s.phase += 2 * math.Pi * s.hz / float64(rate)
	}
	s.phase = math.Mod(s.phase, 2*math.Pi)
	return out
}

// listen takes what comes by RTP.
func (c *Call) listen() {
	buf, plain, samples := make([]byte, 2048), make([]byte, 2048), make([]int16, 4096)
	for {
		n, _, err := c.rtp.ReadFromUDPAddrPort(buf)
		if err != nil {
			if c.isOver() {
				return
			}
			continue
		}
		if n >= 12 && buf[0]>>6 == 2 {
			c.take(buf[:n], plain, samples)
		}
	}
}

func (c *Call) take(packet, plain []byte, samples []int16) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := &c.sound
	pt, payload := packet[1]&0x7f, packet[12:]
	decoder := s.decoders[pt]
	isEvent := slices.ContainsFunc(s.receive, func(ch call.Channel) bool { return ch.Events == pt && pt != 0 })
	if decoder == nil && !isEvent {
		return
	}
	if s.cipher != nil && slices.ContainsFunc(s.receive, func(ch call.Channel) bool { return ch.Encrypted }) {
		var ok bool
		if payload, ok = s.cipher.OpenRTP(plain, packet, 12); !ok {
			s.plain++
			return
		}
	}
	if isEvent {
		s.hear(binary.BigEndian.Uint32(packet[4:]), payload)
		return
	}
	n, err := decoder.Decode(samples, payload)
	if err != nil {
		s.fault = err
		return
	}
	if rate := s.rates[pt]; rate != s.rate {
		s.heard, s.rate = nil, rate
	}
	s.packets++
	s.heard = append(s.heard, samples[:n]...)
}

// hear takes an event: a key counts once, when it is let go.
func (s *sound) hear(stamp uint32, event []byte) {
	const keys = "0123456789*#ABCD"
	if len(event) >= 4 && int(event[0]) < len(keys) && event[1]&0x80 != 0 && (stamp != s.keyAt || s.keys == "") {
		s.keys, s.keyAt = s.keys+keys[event[0]:event[0]+1], stamp
	}
}

// reports counts what comes by RTCP.
func (c *Call) reports() {
	buf := make([]byte, 2048)
	for {
		n, _, err := c.rtcp.ReadFromUDPAddrPort(buf)
		if err != nil {
			if c.isOver() {
				return
			}
			continue
		}
		if n >= 8 && buf[0]>>6 == 2 && buf[1] >= 200 && buf[1] <= 207 {
			c.mu.Lock()
			c.sound.reports++
			c.mu.Unlock()
		}
	}
}

func (c *Call) isOver() bool {
	select {
	case <-c.over:
		return true
	default:
		return false
	}
}
