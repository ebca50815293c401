package media

import "slices"

// expect takes the candidates.
func (p *peer) expect(c Candidates) {
	p.announced, p.announcedRTCP = keyOf(c.Announced), rtcpKey(c)
	p.nets = c.Nets
	p.hosts = p.hosts[:0]
	if !p.announced.isZero() {
		p.hosts = append(p.hosts, p.announced.host)
	}
	if c.Signalling.IsValid() {
		p.hosts = append(p.hosts, hostOf(c.Signalling))
	}
}

// knows says whether anything is known of where the call's media comes from.
func (p *peer) knows() bool { return len(p.hosts)+len(p.nets) > 0 }

// candidate says whether the call's media may come from h.
func (p *peer) candidate(h host) bool {
	if slices.Contains(p.hosts, h) {
		return true
	}
	if len(p.nets) == 0 {
		return false
	}
	a := h.addr()
	for _, n := range p.nets {
		if n.Contains(a) {
			return true
		}
	}
	return false
}

// overlaps says whether some address is a candidate of both calls.
func (p *peer) overlaps(q *peer) bool {
	if slices.ContainsFunc(q.hosts, p.candidate) || slices.ContainsFunc(p.hosts, q.candidate) {
		return true
	}
	for _, n := range p.nets {
		for _, o := range q.nets {
			if n.Overlaps(o) {
				return true
			}
		}
	}
	return false
}

// takes says whether the payload type was negotiated.
func (p *peer) takes(pt uint8) bool { return p.accepts[pt>>6&1]>>(pt&63)&1 != 0 }

// goesOn counts packets in sequence and says whether they are enough.
func (a *attempt) goesOn(s sighting) bool {
	switch {
	case a.n > 0 && a.from == s.from && a.ssrc == s.ssrc && s.seq == a.seq+1:
		a.n++
		a.seq = s.seq
	case a.n > 0 && a.from == s.from && a.ssrc == s.ssrc && s.seq == a.seq: // duplicated
	default:
		*a = attempt{from: s.from, ssrc: s.ssrc, seq: s.seq, n: 1}
	}
	return a.n >= latchAfter
}
