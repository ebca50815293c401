package media

import (
	"net/netip"
	"slices"
	"time"
)

const (
	// latchAfter is how many in-sequence packets of a negotiated payload type make
	// an unannounced port of a candidate address a call's.
	latchAfter = 3
	// maxAhead is how many packets may have been lost while a call moved: 10 s of
	// 20 ms.
	maxAhead = 500
	// settle is how long packets from the old address are taken for stragglers
	// after signalling announced another one. If it is still the one that talks
	// then, it is where the call is: a NAT's mapping outlives what SDP says.
	settle = time.Second
)

// table tells the calls of one local port apart. It knows no sockets and no
// clock; its port's lock guards it. The rules, in order, for RTP:
//
//  1. The announced and the latched address are their call's. The announced one
//     latches at once.
//  2. From elsewhere, an SSRC and sequence that go on from a latched call, from
//     one of its candidate addresses: that call has moved.
//  3. Anything else from a candidate address is its one unlatched call's, which
//     latches after three packets in sequence.
//  4. Where SRTP authenticates, the packet is tried: what is authentic latches.
//  5. The rest is a stranger's.
//
// RTCP on its own port is told apart by its announced or latched address; of a
// call that has latched elsewhere than announced, behind NAT, by its SSRC.
type table struct {
	exact  map[key]*peer // announced and latched RTP addresses
	rtcp   map[key]*peer // announced and latched RTCP addresses
	bySSRC map[uint32][]*peer
	peers  []*peer
	open   []*peer // those not latched, or reopened
}

// peer is one call in a table.
type peer struct {
	stream *Stream

	announced, announcedRTCP key
	hosts                    []host
	nets                     []netip.Prefix
	secured, mux             bool
	accepts                  [2]uint64 // a bit for each negotiated payload type

	addr     key   // latched; zero: not yet
	reopened int64 // when signalling last announced another address
	isOpen   bool
	heard    bool // ssrc and seq mean something
	ssrc     uint32
	seq      uint16
	try      attempt
	rtcp     key // latched RTCP address; zero: not yet
}

// attempt is a run of packets that may become a latch.
type attempt struct {
	from key
	ssrc uint32
	seq  uint16
	n    int
}

// sighting is what the table looks at of an RTP packet.
type sighting struct {
	from key
	ssrc uint32
	seq  uint16
	pt   uint8
}

// verdict says whose a packet is.
type verdict uint8

const (
	stranger verdict = iota // nobody's: drop it
	own                     // the peer's
	probe                   // the peer's if SRTP authenticates it: then confirm
)

func newTable() *table {
	return &table{exact: map[key]*peer{}, rtcp: map[key]*peer{}, bySSRC: map[uint32][]*peer{}}
}

// fits says whether a call can be told apart from those that are here: none has
// its announced address, and none that has not latched shares a candidate address
// with it. A call of an unknown peer fits only an empty table, and nothing fits
// beside it.
func (t *table) fits(c Candidates) bool {
	if len(t.peers) == 0 {
		return true
	}
	if !c.known() {
		return false
	}
	a := keyOf(c.Announced)
	if !a.isZero() && t.exact[a] != nil || t.rtcp[rtcpKey(c)] != nil {
		return false
	}
	q := &peer{}
	q.expect(c)
	for _, p := range t.open {
		if !p.knows() || p.overlaps(q) {
			return false
		}
	}
	return true
}

// rtcpKey is where RTCP is announced to come from: given, or the port after RTP's.
func rtcpKey(c Candidates) key {
	if k := keyOf(c.AnnouncedRTCP); !k.isZero() {
		return k
	}
	k := keyOf(c.Announced)
	if !k.isZero() {
		k.port++
	}
	return k
}

// add enters a call.
func (t *table) add(s *Stream, c Candidates) *peer {
	p := &peer{stream: s}
	t.peers = append(t.peers, p)
	t.reopen(p)
	t.announce(p, c)
	return p
}

// remove forgets a call. No packet is given to it from now on.
func (t *table) remove(p *peer) {
	t.shut(p)
	t.forget(p)
	t.unlink(p, p.addr)
	if t.rtcp[p.rtcp] == p {
		delete(t.rtcp, p.rtcp)
	}
	t.index(p, 0, false)
	if i := slices.Index(t.peers, p); i >= 0 {
		t.peers = slices.Delete(t.peers, i, i+1)
	}
}

// announce takes what signalling now says about where the call's media comes from.
// Another address than before, and than the latched one, opens latching again;
// the latched address stays the call's until another latches.
func (t *table) announce(p *peer, c Candidates) {
	before := p.announced
	t.forget(p)
	p.expect(c)
	if k := p.announced; !k.isZero() && t.exact[k] == nil {
		t.exact[k] = p
	}
	if k := p.announcedRTCP; !k.isZero() && t.rtcp[k] == nil {
		t.rtcp[k] = p
	}
	if !p.isOpen && p.announced != before && p.announced != p.addr && !p.announced.isZero() {
		t.reopen(p)
	}
}

// forget unlinks what was announced, unless it is latched.
func (t *table) forget(p *peer) {
	if p.announced != p.addr {
		t.unlink(p, p.announced)
	}
	if k := p.announcedRTCP; k != p.rtcp && t.rtcp[k] == p {
		delete(t.rtcp, k)
	}
}

func (t *table) unlink(p *peer, k key) {
	if t.exact[k] == p {
		delete(t.exact, k)
	}
}

func (t *table) reopen(p *peer) {
	if !p.isOpen {
		p.isOpen, p.reopened, p.try = true, 0, attempt{}
		t.open = append(t.open, p)
	}
}

func (t *table) shut(p *peer) {
	if i := slices.Index(t.open, p); i >= 0 {
		t.open = slices.Delete(t.open, i, i+1)
	}
	p.isOpen = false
}

// routeRTP says whose an RTP packet is. now is the engine's clock, ns.
func (t *table) routeRTP(s sighting, now int64) (*peer, verdict) {
	if p := t.exact[s.from]; p != nil {
		return p, t.known(p, s, now)
	}
	if p := t.moved(s); p != nil {
		return p, t.claim(p, s)
	}
	p := t.expected(s.from.host)
	if p == nil {
		return nil, stranger
	}
	if p.secured {
		return p, probe
	}
	if !p.takes(s.pt) || !p.try.goesOn(s) {
		return nil, stranger
	}
	return p, t.claim(p, s)
}

// known handles a packet from an announced or latched address.
func (t *table) known(p *peer, s sighting, now int64) verdict {
	if s.from != p.addr {
		return t.claim(p, s)
	}
	if p.isOpen {
		if p.reopened == 0 {
			p.reopened = now
		} else if now-p.reopened > int64(settle) {
			t.shut(p)
		}
	}
	t.note(p, s)
	return own
}

// claim latches a plain call to where s came from; a secured one only when the
// packet proves authentic.
func (t *table) claim(p *peer, s sighting) verdict {
	if p.secured {
		return probe
	}
	t.latch(p, s)
	return own
}

// latch binds the call to the packet's source.
func (t *table) latch(p *peer, s sighting) {
	if q := t.exact[s.from]; q != nil && q != p {
		return // another call's, whatever this one proves
	}
	if p.addr != p.announced {
		t.unlink(p, p.addr)
	}
	p.addr = s.from
	t.exact[s.from] = p
	t.shut(p)
	t.note(p, s)
}

// note remembers how far the call has come.
func (t *table) note(p *peer, s sighting) {
	if p.ssrc != s.ssrc || !p.heard {
		t.index(p, s.ssrc, true)
		p.heard, p.ssrc, p.seq = true, s.ssrc, s.seq
	} else if int16(s.seq-p.seq) > 0 {
		p.seq = s.seq
	}
}

// index files the call under another SSRC.
func (t *table) index(p *peer, ssrc uint32, keep bool) {
	if l := t.bySSRC[p.ssrc]; slices.Contains(l, p) {
		if l = slices.DeleteFunc(l, func(q *peer) bool { return q == p }); len(l) == 0 {
			delete(t.bySSRC, p.ssrc)
		} else {
			t.bySSRC[p.ssrc] = l
		}
	}
	if keep {
		t.bySSRC[ssrc] = append(t.bySSRC[ssrc], p)
	}
}

// moved finds the latched call that s goes on from.
func (t *table) moved(s sighting) *peer {
	for _, p := range t.bySSRC[s.ssrc] {
		if d := s.seq - p.seq; d == 0 || d > maxAhead {
			continue
		}
		if p.secured || p.candidate(s.from.host) {
			return p
		}
	}
	return nil
}

// expected finds the one unlatched call that packets from h may be of; if there
// is none by address, the one whose packets prove themselves.
func (t *table) expected(h host) *peer {
	var match, secured *peer
	n := 0
	for _, p := range t.open {
		if p.candidate(h) {
			if match != nil {
				return nil
			}
			match = p
		} else if p.secured {
			secured = p
			n++
		}
	}
	if match == nil && n == 1 {
		return secured
	}
	return match
}

// routeRTCP says whose an RTCP packet on the RTCP port is; ssrc is its sender's.
func (t *table) routeRTCP(from key, ssrc uint32) (*peer, verdict) {
	if p := t.rtcp[from]; p != nil {
		if p.rtcp == from {
			return p, own
		}
		return p, t.claimRTCP(p, from)
	}
	for _, p := range t.bySSRC[ssrc] {
		if !p.mux && (p.secured || p.addr != p.announced && p.candidate(from.host)) {
			return p, t.claimRTCP(p, from)
		}
	}
	return nil, stranger
}

func (t *table) claimRTCP(p *peer, from key) verdict {
	if p.secured {
		return probe
	}
	t.latchRTCP(p, from)
	return own
}

func (t *table) latchRTCP(p *peer, from key) {
	if q := t.rtcp[from]; q != nil && q != p {
		return
	}
	if p.rtcp != p.announcedRTCP && t.rtcp[p.rtcp] == p {
		delete(t.rtcp, p.rtcp)
	}
	p.rtcp = from
	t.rtcp[from] = p
}

// routeMuxed says whose an RTCP packet on the RTP port is: it latches nothing.
func (t *table) routeMuxed(from key) (*peer, verdict) {
	if p := t.exact[from]; p != nil && (p.addr == from || p.addr.isZero()) {
		return p, own
	}
	return nil, stranger
}
