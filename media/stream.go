package media

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/partyline/partyline/internal/cacheline"
	"github.com/partyline/partyline/media/codec"
	"github.com/partyline/partyline/media/dtmf"
	"github.com/partyline/partyline/media/pcm"
	"github.com/partyline/partyline/media/playout"
)

// Stream is one call's sound over RTP. It is an Audio: the methods of Audio run
// on its engine, the others on any goroutine.
type Stream struct {
	near
	count   Stats // the running counts; the rest is filled in by publish
	accepts repertoire

	media   *Media
	cfg     StreamConfig
	log     *slog.Logger
	peer    *peer
	wire    *wireSocket // nil: the port is a real one
	born    int64
	pending atomic.Pointer[Params]
	params  Params
	lost    int64         // packets, of earlier SSRCs
	keys    dtmf.Receiver // the peer's

	mu       sync.Mutex // guards snapshot
	snapshot Stats
}

// near is what every packet and tick needs. It lies together: with hundreds of legs
// it is not computing that takes the time but fetching these lines.
type near struct {
	engine    atomic.Pointer[Engine] // that owns what is not otherwise guarded
	port      *port
	crypt     *crypt
	cipher    Cipher       // params', of payloads only
	lastHeard atomic.Int64 // the engines' clock; 0: not yet
	closed    atomic.Bool
	keyed     atomic.Bool // SRTP is agreed upon: nothing plain is taken
	hold      bool        // params'
	levelExt  uint8       // params'
	lossy     bool        // the peer reports losses: redundancy helps it
	ssrc      uint32      // cfg's
	in        incoming
	out       outgoing
	way       way
	send      codec.Format // params'
}

var (
	_ Audio     = (*Stream)(nil)
	_ Touchable = (*Stream)(nil)
)

// incoming is the state of what is received.
type incoming struct {
	buffer  *playout.Buffer
	inband  *pcm.KeyDetector // nil: keys come as events
	current int              // index into formats of what the buffer plays
	rate    int              // its sampling rate
	clock   int              // its RTP clock
	pt      uint8            // its payload type
	manner  manner           // what its sender's habits depend on
	due     int64            // nominal time of the next tick, if nothing moves
	heard   reception
	habit   habit
}

// repertoire is what may come, as negotiated.
type repertoire struct {
	formats []receiving
	byPT    [128]uint8 // index into formats, plus one
	events  [128]bool
}

// receiving is a format and its decoder, once one was needed.
type receiving struct {
	format  codec.Format
	decoder codec.Decoder
}

// NewStream finds or opens a port for a call. ErrNoPorts: none is left.
func (m *Media) NewStream(cfg StreamConfig) (*Stream, error) {
	s := m.newStream(cfg)
	var err error
	if s.port, s.peer, err = m.place(s, cfg); err != nil {
		return nil, err
	}
	return s, nil
}

// newStream makes a stream that lies nowhere yet.
func (m *Media) newStream(cfg StreamConfig) *Stream {
	s := &Stream{media: m, cfg: cfg, log: cfg.Logger, born: m.now()}
	if s.log == nil {
		s.log = m.cfg.Logger
	}
	if s.cfg.SSRC == 0 {
		s.cfg.SSRC = rand.Uint32() | 1
	}
	s.ssrc = s.cfg.SSRC
	if s.cfg.CNAME == "" {
		s.cfg.CNAME = fmt.Sprintf("%016x", rand.Uint64())
	}
	if len(s.cfg.CNAME) > 64 {
		s.cfg.CNAME = s.cfg.CNAME[:64]
	}
	s.out.seq, s.out.ts = uint16(rand.Uint32()), rand.Uint32()
	s.in.current = -1
	s.way = way{follow: cfg.FollowLatch}
	s.way.announce(cfg.Peer, false)
	return s
}

// Touch implements Touchable: what a packet or a tick is going to need of the stream
// itself.
func (s *Stream) Touch() byte { return cacheline.Touch(&s.near) + byte(s.count.PacketsIn) }

// TouchBuffer implements Touchable.
func (s *Stream) TouchBuffer() byte {
	if s.in.buffer == nil {
		return 0
	}
	return s.in.buffer.Touch()
}

// Local is the address to announce for RTP and for RTCP.
func (s *Stream) Local() (rtp, rtcp netip.AddrPort) {
	return netip.AddrPortFrom(s.port.addr, s.port.rtp.port()),
		netip.AddrPortFrom(s.port.addr, s.port.rtcp.port())
}

// Update applies what signalling agreed upon: where packets may come from at once,
// the rest between ticks.
func (s *Stream) Update(p Params) {
	if s.closed.Load() {
		return
	}
	if p.SRTP != nil {
		if _, err := profileOf(p.SRTP.Suite); err != nil {
			s.log.Error("media keys are unusable", "error", err)
		}
	}
	if s.isFed() {
		p.Peer, p.Mux = Candidates{}, true
		if p.Feed != nil {
			p.Peer.Announced = beyond()
		}
	} else {
		s.expect(&p)
	}
	s.engine.Load().promiseFor(p.Send)
	s.keyed.Store(p.SRTP != nil)
	s.pending.Store(&p)
	s.run(s.apply)
}

// expect tells the port's table where packets may come from.
func (s *Stream) expect(p *Params) {
	s.port.mu.Lock()
	defer s.port.mu.Unlock()
	if !s.closed.Load() {
		s.peer.secured, s.peer.mux = p.SRTP != nil, p.Mux
		s.peer.accepts = p.payloadTypes()
		s.port.table.announce(s.peer, p.Peer)
	}
}

// payloadTypes has a bit for each negotiated payload type.
func (p *Params) payloadTypes() (bits [2]uint64) {
	set := func(pt uint8) { bits[pt>>6&1] |= 1 << (pt & 63) }
	for i := range p.Receive {
		set(p.Receive[i].PayloadType)
	}
	for _, e := range p.ReceiveEvents {
		set(e.PT)
	}
	if p.ComfortPT != 0 {
		set(p.ComfortPT)
	}
	return bits
}

// run runs f on the engine that owns the stream, wherever it has moved by then.
func (s *Stream) run(f func()) bool {
	e := s.engine.Load()
	return e.post(func() {
		if s.engine.Load() != e {
			s.run(f)
			return
		}
		f()
	})
}

// SendKey sends a key as telephone-event, if that was negotiated.
func (s *Stream) SendKey(digit byte) {
	s.run(func() {
		if s.out.keys != nil && !s.closed.Load() {
			s.out.keys.Press(digit)
		}
	})
}

// Stats is a snapshot, at most 200 ms old while the stream is stepped.
func (s *Stream) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.snapshot
}

// LastHeard is how long ago the last RTP or RTCP of the peer came; before the
// first, how old the stream is.
func (s *Stream) LastHeard() time.Duration {
	at := s.lastHeard.Load()
	if at == 0 {
		at = s.born
	}
	return max(0, time.Duration(s.media.now()-at))
}

// Close ends the stream: from now on no packet is taken for it, and once its
// engine has said goodbye its port is returned.
func (s *Stream) Close() {
	if s.closed.Swap(true) {
		return
	}
	if !s.isFed() {
		s.port.mu.Lock()
		s.port.table.remove(s.peer)
		s.port.mu.Unlock()
	}
	if !s.run(s.finish) {
		s.leavePort()
	}
}

// leavePort gives the stream's place on its port back.
func (s *Stream) leavePort() {
	if !s.isFed() {
		s.media.release(s.port)
	}
}

// finish runs on the engine when the stream is closed.
func (s *Stream) finish() {
	s.publish()
	s.report(s.media.now(), true)
	s.unbind()
	s.starve(s.engine.Load())
	s.leavePort()
}

// Engine is the engine that steps the stream; before the first Attach, the one that
// reads its port.
func (s *Stream) Engine() *Engine { return s.engine.Load() }

// Attach implements Audio.
func (s *Stream) Attach(e *Engine) {
	if s.engine.Load() == e {
		return
	}
	s.unbind()
	if s.isFed() {
		s.starve(s.engine.Load())
	}
	s.engine.Store(e)
	if s.isFed() {
		s.run(s.settleIn)
	}
}

// unbind leaves the engine's queues. What waits there is sent first: the sockets
// might not be there any more when it is the batch's turn.
func (s *Stream) unbind() {
	if s.out.rtp != nil {
		b := s.engine.Load().out
		b.flush()
		b.leave(s.out.rtp)
		b.leave(s.out.rtcp)
		s.out.rtp, s.out.rtcp = nil, nil
	}
}

// bind enters the engine's queues.
func (s *Stream) bind() *batch {
	b := s.engine.Load().out
	if s.out.rtp == nil {
		s.out.rtp, s.out.rtcp = b.use(s.port.rtp), b.use(s.port.rtcp)
	}
	return b
}

// Rate implements Audio.
func (s *Stream) Rate() int {
	if s.in.current < 0 {
		return 8000
	}
	return s.in.rate
}
