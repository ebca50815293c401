package media

import (
	"net/netip"
	"slices"
	"sync/atomic"
)

// A fed stream has no port of ours: a transport of somebody else's, with its own
// way of finding and proving who the peer is, brings its packets (Feed.Put) and
// takes them (Wire). All else is as on a port: the port of a fed stream is one
// that nobody reads, and its socket is the wire.

// beyond stands for whoever is at the other end of a wire.
func beyond() netip.AddrPort { return netip.AddrPortFrom(netip.AddrFrom4([4]byte{0, 0, 0, 1}), 1) }

// NewFedStream makes a stream without a port. Local, Peer, Exclusive and
// FollowLatch of the configuration mean nothing to it. It is silent until Update
// gives it a Feed.
func (m *Media) NewFedStream(cfg StreamConfig) *Stream {
	cfg.Peer = Candidates{}
	s := m.newStream(cfg)
	w := &wireSocket{}
	s.wire = w
	s.port = &port{media: m, addr: beyond().Addr(), rtp: w, rtcp: w}
	s.peer = &peer{stream: s}
	s.engine.Store(m.Pick())
	return s
}

// Source is the SSRC and the CNAME of what the stream sends.
func (s *Stream) Source() (ssrc uint32, cname string) { return s.cfg.SSRC, s.cfg.CNAME }

// isFed says that the stream has no port.
func (s *Stream) isFed() bool { return s.wire != nil }

// feed settles where a fed stream's packets come from and go. It runs on the
// stream's engine.
func (s *Stream) feed(f *Feed) {
	s.wire.feed.Store(f)
	s.way.alive = f != nil // the transport knows that somebody is there
	s.settleIn()
}

// settleIn has the engine that the stream is on feed it from now on.
func (s *Stream) settleIn() {
	if e := s.engine.Load(); !s.closed.Load() && !slices.Contains(e.fed, s) {
		e.fed = append(e.fed, s)
	}
}

// starve takes the stream from those that the engine feeds.
func (s *Stream) starve(e *Engine) {
	if i := slices.Index(e.fed, s); i >= 0 {
		e.fed = slices.Delete(e.fed, i, i+1)
	}
}

// mostFed bounds how many packets of one stream are taken in a step.
const mostFed = 64

// drink takes what came for a fed stream.
func (e *Engine) drink(s *Stream) {
	f := s.wire.feed.Load()
	if f == nil {
		return
	}
	for range mostFed {
		data, arrival, ok := f.next()
		if !ok {
			return
		}
		q := packet{data: data, from: keyOf(beyond()), arrival: arrival, peer: s.peer, verdict: own, settled: true}
		switch kindOf(data) {
		case kindRTCP:
			q.rtcp = true
		case kindOther:
			q.verdict = stranger
		}
		e.packetsIn.Add(1)
		e.deliver(e.one(&q))
		f.done()
	}
}

// wireSocket is the socket of a fed stream's port. Nobody reads it.
type wireSocket struct {
	feed atomic.Pointer[Feed]
}

func (w *wireSocket) send(p *page, head int32) (sent int) {
	f := w.feed.Load()
	if f == nil {
		return 0
	}
	for i := head; i >= 0; i = p.messages[i].next {
		m := &p.messages[i]
		whole := m.payload
		if m.length > 0 { // not encrypted: nobody has put it together yet
			if p.scratch[i] == nil {
				p.scratch[i] = make([]byte, maxPacket)
			}
			n := copy(p.scratch[i], m.header[:m.length])
			whole = p.scratch[i][:n+copy(p.scratch[i][n:], m.payload)]
		}
		if len(whole) > 0 {
			f.wire.Send(whole)
			sent++
		}
	}
	return sent
}

func (w *wireSocket) receive(*inbox) int { return 0 }

func (w *wireSocket) port() uint16 { return 0 }

func (w *wireSocket) holds() int { return 0 }

func (w *wireSocket) close() {}
