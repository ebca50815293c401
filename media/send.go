package media

import (
	"math/rand/v2"
	"time"

	"github.com/partyline/partyline/media/codec"
	"github.com/partyline/partyline/media/dtmf"
)

// reportEvery is the mean interval of RTCP (RFC 3550 §6.2); each is drawn between
// half of it and one and a half.
const reportEvery = 5 * time.Second

// outgoing is the state of what is sent.
type outgoing struct {
	rtp, rtcp *queue // of the engine; nil: to be found
	seq       uint16
	ts        uint32 // at the beginning of the last tick
	at        int64  // when that tick should have been, by the timestamp; 0: none yet
	next      uint32 // where the last packet's sound ended
	running   bool   // next means something
	still     int    // ticks in a row until now that were as good as silent
	keys      *dtmf.Sender
	packets   uint32
	octets    uint32

	nextReport   int64
	untilPublish int
}

func (s *Stream) applySend(p *Params) {
	o := &s.out
	if p.Send.ClockRate != s.send.ClockRate {
		o.running = false
	}
	switch {
	case p.EventPT == 0:
		o.keys = nil
	case o.keys == nil:
		o.keys = dtmf.NewSender(p.EventClock)
	case p.EventClock != s.params.EventClock:
		o.keys.SetClockRate(p.EventClock)
	}
}

// SendFormat implements Audio.
func (s *Stream) SendFormat() codec.Format {
	if s.hold || s.closed.Load() {
		return codec.Format{}
	}
	f := s.send
	// Redundancy is worth its bits where packets get lost, and only there: without
	// it more listeners share an encode (RFC 7587 §3.1.1 leaves it to the sender).
	f.FEC = f.FEC && s.lossy
	return f
}

// fecLoss is the share of lost packets, as the peer reports them, from which on
// in-band redundancy is sent.
const fecLoss = 0.01

// Send implements Audio.
func (s *Stream) Send(t *Tick, packets []codec.Packet) {
	f := s.SendFormat()
	if f.IsZero() {
		return
	}
	ticks := f.ClockTicks(TickDuration)
	if s.rests(packets, ticks) && s.ahead(t.Nominal) {
		return
	}
	s.advance(t.Nominal, ticks)
	to := s.way.rtp(t.Now)
	if to.isZero() || to.is4() != s.port.addr.Is4() {
		s.out.running = false
		return
	}
	b := s.bind()
	if s.out.keys != nil && s.sendKey(b, to) {
		s.out.running = false
		return
	}
	var total uint32
	for i := range packets {
		total += packets[i].Ticks
	}
	start := s.out.ts + ticks - total
	for i := range packets {
		p := &packets[i]
		// Sound goes on where it ended, even if the tick says otherwise by less
		// than itself: packets of 30 ms end in the middle of ticks.
		if d := int32(start - s.out.next); s.out.running && d > -int32(ticks) && d < int32(ticks) {
			start = s.out.next
		}
		s.sendPacket(b, to, rtpPacket{
			pt: f.PayloadType, marker: p.Talkspurt, ts: start, level: p.Level, payload: p.Payload,
		})
		start += p.Ticks
		s.out.next, s.out.running = start, true
	}
}

// advance moves the timestamp to this tick: by one, or by what was left out. A
// room that leans has had ticks after less than TickDuration: the timestamp may
// run ahead of the clock.
func (s *Stream) advance(nominal int64, ticks uint32) {
	o := &s.out
	n := int64(1)
	if o.at == 0 {
		o.at = nominal
	} else {
		n = max(1, (nominal-o.at)/int64(TickDuration))
		o.at += n * int64(TickDuration)
	}
	o.ts += uint32(n) * ticks
}

// ahead says that the timestamp is a whole tick ahead of the clock, or more.
func (s *Stream) ahead(nominal int64) bool { return s.out.at != 0 && nominal <= s.out.at }

const (
	// softest is the level, in -dBov, from which on sound is as good as silent.
	softest = 60
	// Still is how many ticks have been as good as silent before a stream leaves one
	// out: whoever follows the ticks that have come sooner finds the next sound a tick
	// late, and after such a pause that is most likely silence, too.
	Still = 5
)

// rests says whether a tick's packets can be left out, and its time with them: then
// what is ahead is made up for.
func (s *Stream) rests(packets []codec.Packet, ticks uint32) bool {
	var total uint32
	for i := range packets {
		if packets[i].Level < softest || packets[i].Talkspurt {
			s.out.still = 0
			return false
		}
		total += packets[i].Ticks
	}
	s.out.still = min(s.out.still+1, Still+1)
	return s.out.still > Still && (total == 0 || total == ticks)
}

// sendKey sends this tick's telephone-event, if a key is held. It says whether
// the sound has to wait.
func (s *Stream) sendKey(b *batch, to key) bool {
	k := s.out.keys
	if !k.Active() {
		return false
	}
	p, ok := k.Next(s.out.ts)
	if !ok {
		return false
	}
	m := s.sendPacket(b, to, rtpPacket{pt: s.params.EventPT, marker: p.Marker, ts: p.Timestamp, level: 127})
	m.length += copy(m.header[m.length:], p.Payload[:])
	s.seal(b, m)
	return true
}

// sendPacket queues one packet. Sound is sealed at once; what has no payload yet
// is not.
func (s *Stream) sendPacket(b *batch, to key, p rtpPacket) *message {
	o := &s.out
	p.ssrc, p.seq = s.ssrc, o.seq
	o.seq++
	o.packets++
	o.octets += uint32(len(p.payload))
	s.count.PacketsOut++
	s.count.BytesOut += uint64(len(p.payload))
	m := b.add(o.rtp, to)
	m.length = putRTP(&m.header, p, s.levelExt)
	m.payload = p.payload
	if len(p.payload) > 0 {
		s.seal(b, m)
	}
	return m
}

// seal encrypts the message into space of its own: the payload is others' too.
func (s *Stream) seal(b *batch, m *message) {
	if s.crypt == nil {
		if s.cipher != nil {
			s.encipher(b, m)
		}
		return
	}
	if m.length+len(m.payload)+maxTag > maxPacket {
		m.length, m.payload = 0, nil // no codec of the wire makes such
		return
	}
	buf := b.room()
	n := copy(buf, m.header[:m.length])
	n += copy(buf[n:], m.payload)
	m.length = 0
	sealed, err := s.crypt.sealRTP(buf[:n])
	if err != nil {
		sealed = nil // the keys are worn out: nothing is sent
	}
	m.payload = sealed
}

// report sends RTCP if there is where to, and sets the time for the next.
func (s *Stream) report(now int64, bye bool) {
	s.out.nextReport = now + int64(reportEvery)/2 + rand.Int64N(int64(reportEvery))
	if bye && s.out.packets == 0 && s.lastHeard.Load() == 0 {
		return // nobody knows of us
	}
	to := s.way.rtcp(now)
	if to.isZero() || to.is4() != s.port.addr.Is4() || s.params.SRTP != nil && s.crypt == nil {
		return
	}
	out := rtcpOut{
		ssrc: s.cfg.SSRC, cname: s.cfg.CNAME, bye: bye,
		sending: s.out.packets > 0, packets: s.out.packets, octets: s.out.octets,
	}
	if out.sending {
		// On the engines' clock, so that setting the system's does not upset the
		// round trip.
		out.ntp = ntpTime(s.media.wall(now))
		out.ts = s.out.ts + uint32((now-s.out.at)*int64(s.send.ClockRate)/1e9)
	}
	var about report
	if s.in.heard.started {
		about = s.in.heard.report(now)
		out.about = &about
	}
	b := s.bind()
	q := s.out.rtcp
	if s.params.Mux {
		q = s.out.rtp
	}
	m := b.add(q, to)
	m.length = 0
	buf := b.room()
	m.payload = buf[:out.put(buf)]
	if s.crypt != nil {
		sealed, err := s.crypt.sealRTCP(m.payload)
		if err != nil {
			sealed = nil
		}
		m.payload = sealed
	}
}

// reported takes the loss that the peer saw of ours, in 1/256 (RFC 3550 §6.4.1).
func (s *Stream) reported(fraction uint8) {
	s.count.LossOut = float64(fraction) / 256
	s.lossy = s.count.LossOut >= fecLoss || s.lossy && fraction > 0
}

// takeRTCP learns from the peer's reports. Its BYE ends nothing: signalling does.
func (s *Stream) takeRTCP(b []byte, arrival int64) {
	h, ok := parseRTCP(b, s.cfg.SSRC)
	if !ok {
		return
	}
	if h.isSR && s.in.heard.started && h.sender == s.in.heard.ssrc {
		s.in.heard.lastSR, s.in.heard.lastSRAt = uint32(h.ntp>>16), arrival
	}
	if !h.hasBlock {
		return
	}
	s.reported(h.block.fraction)
	if c := s.send.ClockRate; c > 0 {
		s.count.JitterOut = time.Duration(int64(h.block.jitter) * int64(time.Second) / int64(c))
	}
	if h.block.lastSR == 0 {
		return
	}
	mid := uint32(ntpTime(s.media.wall(arrival)) >> 16)
	if d := int32(mid - h.block.lastSR - h.block.delay); d > -65536 && d < 60*65536 {
		// What is shorter than the clock's grain is not unknown.
		s.count.RTT = max(time.Microsecond, time.Duration(int64(d)*int64(time.Second)/65536))
	}
}
