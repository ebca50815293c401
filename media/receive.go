package media

import (
	"math/rand/v2"
	"strings"

	"github.com/partyline/partyline/media/codec"
	"github.com/partyline/partyline/media/dtmf"
	"github.com/partyline/partyline/media/pcm"
	"github.com/partyline/partyline/media/playout"
)

// staticComfort is comfort noise's static payload type (RFC 3551 §6).
const staticComfort = 13

// apply takes the parameters that wait.
func (s *Stream) apply() {
	p := s.pending.Swap(nil)
	if p == nil || s.closed.Load() {
		return
	}
	s.way.announce(p.Peer, p.Mux)
	if s.isFed() {
		s.feed(p.Feed)
	}
	switch {
	case p.SRTP == nil:
		s.crypt = nil
	case s.crypt == nil || !p.SRTP.equal(s.crypt.keys): // the same keys go on: so must the rollover counter
		x, err := newCrypt(p.SRTP)
		if err != nil {
			s.log.Error("media keys are unusable: nothing is sent", "error", err)
			x, p.Send, p.EventPT = nil, codec.Format{}, 0
		}
		s.crypt = x
	}
	s.cipher = p.Cipher
	s.applyReceive(p)
	s.applySend(p)
	s.params = *p
	s.hold, s.levelExt, s.send = p.Hold, p.LevelExt, p.Send
}

// applyReceive takes the formats. Decoders that are still wanted are kept.
func (s *Stream) applyReceive(p *Params) {
	in, may := &s.in, &s.accepts
	old, playing := may.formats, in.current
	*may, in.current = repertoire{}, -1
	for _, f := range p.Receive {
		r := receiving{format: f}
		for i := range old {
			if old[i].format == f {
				r.decoder = old[i].decoder
				if i == playing {
					s.playing(len(may.formats), &f)
				}
			}
		}
		may.formats = append(may.formats, r)
		may.byPT[f.PayloadType&0x7f] = uint8(len(may.formats))
	}
	for _, e := range p.ReceiveEvents {
		may.events[e.PT&0x7f] = true
	}
	if in.current < 0 && len(may.formats) > 0 {
		s.play(0)
	}
	s.listenInband(len(p.ReceiveEvents) == 0 && !p.NoTones)
	if in.buffer != nil && p.Hold != s.hold {
		in.buffer.Reset()
	}
}

// play turns the buffer to another format.
func (s *Stream) play(i int) bool {
	r := &s.accepts.formats[i]
	if c := s.in.current; c >= 0 && s.accepts.formats[c].format.Sharable() == r.format.Sharable() {
		// The same sound by another payload type, as with a new key: it goes on.
		r.decoder = s.accepts.formats[c].decoder
		s.playing(i, &r.format)
		return true
	}
	if r.decoder == nil {
		d, err := codec.NewDecoder(r.format)
		if err != nil {
			s.log.Error("no decoder", "codec", r.format.String(), "error", err)
			return false
		}
		r.decoder = d
	}
	if s.in.buffer == nil {
		s.in.buffer = playout.New(r.format, r.decoder)
	} else {
		s.in.buffer.SetFormat(r.format, r.decoder)
	}
	s.in.habit = habit{}
	s.playing(i, &r.format)
	if s.in.inband != nil {
		s.listenInband(true)
	}
	return true
}

// playing notes what the buffer plays.
func (s *Stream) playing(i int, f *codec.Format) {
	s.in.current, s.in.rate, s.in.pt = i, f.SampleRate, f.PayloadType&0x7f
	s.in.manner = mannerOf(f)
	s.in.clock = s.in.habit.clock(s.in.manner)
}

// listenInband looks for keys in the sound, or not.
func (s *Stream) listenInband(on bool) {
	s.in.inband = nil
	if s.in.buffer != nil {
		s.in.buffer.Tap(nil)
	}
	if !on || s.in.current < 0 {
		return
	}
	keys := pcm.NewKeyDetector(s.Rate())
	s.in.inband = keys
	s.in.buffer.Tap(func(sound []int16) { // at most a packet of 120 ms
		if digit, ok := keys.Process(sound); ok {
			s.press(Key{Digit: digit, Source: KeyInband})
		}
	})
}

// take takes a packet that the table says is ours, or may be.
func (s *Stream) take(q *packet) {
	if s.closed.Load() {
		return
	}
	data, ok := s.authentic(q)
	if !ok {
		return
	}
	if q.verdict == probe {
		s.port.confirm(q)
		q.settled = true
	}
	s.lastHeard.Store(q.arrival)
	s.way.hear(q)
	if q.rtcp {
		s.takeRTCP(data, q.arrival)
		return
	}
	p, ok := s.parse(data)
	if !ok {
		return
	}
	s.count.PacketsIn++
	s.count.BytesIn += uint64(len(p.payload))
	s.takeRTP(&p, q.arrival)
}

// authentic decrypts; a plain stream's packets are what they are.
func (s *Stream) authentic(q *packet) (data []byte, ok bool) {
	x := s.crypt
	if x == nil {
		// Keys that have not been applied yet, or are unusable: nothing plain is
		// let through meanwhile.
		return q.data, q.verdict == own && !s.keyed.Load()
	}
	var err error
	plain := s.engine.Load().plain[:0]
	if q.rtcp {
		data, err = x.openRTCP(plain, q.data)
	} else {
		data, err = x.openRTP(plain, q.data)
	}
	if err != nil {
		if strings.Contains(err.Error(), "duplicated") {
			s.count.Replayed++
		}
		return nil, false
	}
	return data, true
}

// takeRTP sorts a packet by payload type.
func (s *Stream) takeRTP(p *rtpPacket, arrival int64) {
	in := &s.in
	if in.heard.started && in.heard.ssrc != p.ssrc {
		s.lost += in.heard.lost()
		s.keys.Reset()
		in.habit = habit{}
		if in.buffer != nil {
			in.buffer.Reset()
		}
	}
	if in.current >= 0 && p.pt == in.pt { // nearly always
		in.heard.take(p.ssrc, p.seq, p.ts, in.clock, arrival)
		if !s.hold {
			s.takeSound(p, in.current, arrival)
		}
		return
	}
	s.takeOther(p, arrival)
}

// takeOther sorts a packet that is not of the codec being played.
func (s *Stream) takeOther(p *rtpPacket, arrival int64) {
	in, may := &s.in, &s.accepts
	i := int(may.byPT[p.pt]) - 1
	clock := 0
	if i >= 0 {
		clock = may.formats[i].format.ClockRate
	}
	in.heard.take(p.ssrc, p.seq, p.ts, clock, arrival)
	if s.hold {
		return // music on hold is not for the room
	}
	switch {
	case may.events[p.pt]:
		s.takeEvent(p, arrival)
	case i >= 0:
		s.takeSound(p, i, arrival)
	case in.buffer == nil:
	case in.habit.join != nil:
		s.skip(p, arrival)
	case p.pt == staticComfort || p.pt == s.params.ComfortPT && p.pt != 0:
		level := byte(127)
		if len(p.payload) > 0 {
			level = p.payload[0] & 0x7f
		}
		in.buffer.Comfort(p.seq, p.ts, level, arrival)
	default:
		s.skip(p, arrival)
	}
}

func (s *Stream) takeSound(p *rtpPacket, i int, arrival int64) {
	if len(p.payload) == 0 {
		s.skip(p, arrival) // a keep-alive (RFC 6263 §4.6)
		return
	}
	if i != s.in.current && !s.play(i) {
		return
	}
	in := &s.in
	in.habit.put(in.manner, p, arrival, in.buffer)
	in.clock = in.habit.clock(in.manner)
}

func (s *Stream) takeEvent(p *rtpPacket, arrival int64) {
	s.skip(p, arrival)
	ev, err := dtmf.Parse(p.payload)
	if err != nil {
		return
	}
	if key, pressed := s.keys.Put(p.ts, p.seq, p.marker, ev); pressed {
		s.press(Key{Digit: key, Source: KeyEvent})
	}
}

func (s *Stream) skip(p *rtpPacket, arrival int64) {
	in := &s.in
	switch {
	case in.buffer == nil:
	case in.habit.join != nil:
		in.habit.join.skip(p, arrival, in.buffer)
	default:
		in.buffer.Skip(p.seq, p.ts, arrival)
	}
}

func (s *Stream) press(k Key) {
	if s.cfg.OnKey != nil {
		s.cfg.OnKey(k)
	}
}

// publishEvery is how many ticks lie between two snapshots of Stats.
const publishEvery = 10

// Level implements Audio. Of a leg whose keys may be in the sound it is never
// known: that has to be decoded.
func (s *Stream) Level() (dBov uint8, known bool) {
	if s.in.buffer == nil || s.hold || s.in.inband != nil {
		return 0, false
	}
	return s.in.buffer.Level()
}

// Receive implements Audio.
func (s *Stream) Receive(t *Tick, sound []int16) Activity {
	if s.closed.Load() {
		return Silent
	}
	if s.out.nextReport == 0 { // the first comes sooner (RFC 3550 §6.2)
		s.out.nextReport = t.Now + rand.Int64N(int64(reportEvery)/2)
	} else if t.Now >= s.out.nextReport {
		s.report(t.Now, false)
	}
	if s.out.untilPublish--; s.out.untilPublish <= 0 {
		s.out.untilPublish = publishEvery
		s.publish()
	}
	if s.in.buffer == nil || s.hold {
		return Silent
	}
	if t.Nominal != s.in.due {
		s.in.buffer.Moved()
	}
	s.in.due = t.Nominal + int64(TickDuration)
	if s.in.inband == nil {
		return Activity(s.in.buffer.Pull(sound, t.Now))
	}
	// Keys may be in the sound of those that are not heard.
	if sound == nil {
		sound = s.engine.Load().deaf[:s.Rate()/50]
	}
	return Activity(s.in.buffer.Pull(sound, t.Now))
}

// publish makes the snapshot that Stats returns.
func (s *Stream) publish() {
	c := &s.count
	if s.in.current >= 0 {
		c.Codec = string(s.accepts.formats[s.in.current].format.Name)
	}
	c.Lost = s.lost + s.in.heard.lost()
	c.LossIn = float64(s.in.heard.fraction) / 256
	c.Jitter = s.in.heard.ticks(s.in.heard.jitter)
	c.Heard = !s.way.latched.isZero()
	if b := s.in.buffer; b != nil {
		st := b.Stats()
		c.PlayoutDelay, c.Concealed, c.Late = b.Delay(), st.Concealed, st.Late
	}
	if s.mu.TryLock() { // a reader is there: it has the last one
		s.snapshot = *c
		s.mu.Unlock()
	}
}
