package media

import (
	"encoding/binary"
	"time"
)

// RTCP packet types (RFC 3550 §12.1).
const (
	rtcpSR   = 200
	rtcpRR   = 201
	rtcpSDES = 202
	rtcpBYE  = 203
)

// report is one reception report block (RFC 3550 §6.4.1).
type report struct {
	ssrc     uint32
	fraction uint8
	lost     int32 // 24 bits, signed
	highest  uint32
	jitter   uint32
	lastSR   uint32 // middle 32 bits of the NTP time
	delay    uint32 // 1/65536 s
}

// rtcpHeard is what one compound packet told us.
type rtcpHeard struct {
	sender   uint32
	isSR     bool
	ntp      uint64
	hasBlock bool // block is the report about our SSRC
	block    report
	bye      bool
}

// parseRTCP reads a compound packet (RFC 3550 §6.1). What it does not know it
// passes over; it stops at the first packet that does not fit. ok is false if
// even the first does not.
func parseRTCP(b []byte, ours uint32) (h rtcpHeard, ok bool) {
	for first := true; len(b) >= 4; first = false {
		if b[0]>>6 != 2 {
			return h, ok
		}
		n := 4 * (int(binary.BigEndian.Uint16(b[2:])) + 1)
		if n > len(b) {
			return h, ok
		}
		body, count := b[4:n], int(b[0]&0x1f)
		if first {
			if len(body) < 4 {
				return h, false
			}
			h.sender = binary.BigEndian.Uint32(body)
		}
		switch b[1] {
		case rtcpSR:
			if len(body) >= 24 {
				h.isSR, h.ntp = true, binary.BigEndian.Uint64(body[4:])
				h.findBlock(body[24:], count, ours)
			}
		case rtcpRR:
			if len(body) >= 4 {
				h.findBlock(body[4:], count, ours)
			}
		case rtcpBYE:
			h.bye = h.bye || count > 0 && len(body) >= 4 && binary.BigEndian.Uint32(body) == h.sender
		}
		ok = true
		b = b[n:]
	}
	return h, ok
}

func (h *rtcpHeard) findBlock(b []byte, count int, ours uint32) {
	for ; count > 0 && len(b) >= 24; count-- {
		if binary.BigEndian.Uint32(b) == ours {
			h.hasBlock = true
			h.block = report{
				ssrc: ours, fraction: b[4],
				lost:    int32(binary.BigEndian.Uint32(b[4:])<<8) >> 8,
				highest: binary.BigEndian.Uint32(b[8:]), jitter: binary.BigEndian.Uint32(b[12:]),
				lastSR: binary.BigEndian.Uint32(b[16:]), delay: binary.BigEndian.Uint32(b[20:]),
			}
			return
		}
		b = b[24:]
	}
}

// rtcpOut is what goes into one compound packet of ours.
type rtcpOut struct {
	ssrc    uint32
	sending bool // SR, else RR
	ntp     uint64
	ts      uint32
	packets uint32
	octets  uint32
	about   *report // nil: nothing was received
	cname   string
	bye     bool
}

// put writes the compound packet to b, which is long enough, and returns its
// length: SR or RR, then SDES with the CNAME, then BYE.
func (o *rtcpOut) put(b []byte) int {
	n := 8
	b[0], b[1] = 0x80, rtcpRR
	binary.BigEndian.PutUint32(b[4:], o.ssrc)
	if o.sending {
		b[1] = rtcpSR
		binary.BigEndian.PutUint64(b[8:], o.ntp)
		binary.BigEndian.PutUint32(b[16:], o.ts)
		binary.BigEndian.PutUint32(b[20:], o.packets)
		binary.BigEndian.PutUint32(b[24:], o.octets)
		n = 28
	}
	if r := o.about; r != nil {
		b[0]++
		binary.BigEndian.PutUint32(b[n:], r.ssrc)
		binary.BigEndian.PutUint32(b[n+4:], uint32(r.lost)&0xffffff|uint32(r.fraction)<<24)
		binary.BigEndian.PutUint32(b[n+8:], r.highest)
		binary.BigEndian.PutUint32(b[n+12:], r.jitter)
		binary.BigEndian.PutUint32(b[n+16:], r.lastSR)
		binary.BigEndian.PutUint32(b[n+20:], r.delay)
		n += 24
	}
	binary.BigEndian.PutUint16(b[2:], uint16(n/4-1))
	n += putSDES(b[n:], o.ssrc, o.cname)
	if o.bye {
		copy(b[n:], []byte{0x81, rtcpBYE, 0, 1})
		binary.BigEndian.PutUint32(b[n+4:], o.ssrc)
		n += 8
	}
	return n
}

// putSDES writes one chunk with the CNAME (RFC 3550 §6.5).
func putSDES(b []byte, ssrc uint32, cname string) int {
	b[0], b[1] = 0x81, rtcpSDES
	binary.BigEndian.PutUint32(b[4:], ssrc)
	b[8], b[9] = 1, byte(len(cname))
	n := 10 + copy(b[10:], cname)
	for b[n] = 0; ; { // at least one zero ends the list
		n++
		if n%4 == 0 {
			break
		}
		b[n] = 0
	}
	binary.BigEndian.PutUint16(b[2:], uint16(n/4-1))
	return n
}

// ntpTime is the NTP timestamp of a time (RFC 3550 §4).
func ntpTime(t time.Time) uint64 {
	const since1900 = 2208988800
	ns := t.UnixNano()
	return uint64(ns/1e9+since1900)<<32 | uint64(ns%1e9)<<32/1e9
}

// reception is RFC 3550's account of what is received from one SSRC (Appendix A).
type reception struct {
	started        bool
	ssrc           uint32
	clock          int // Hz
	base, max      uint32
	received       uint32
	expectedBefore uint32
	receivedBefore uint32
	transit        int64
	jitter         float64 // clock ticks
	lastSR         uint32
	lastSRAt       int64
	fraction       uint8 // of the last interval
}

// take counts a packet. With a clock of 0 its timestamp says nothing about the
// jitter: that of a key's packets is when the key went down.
func (r *reception) take(ssrc uint32, seq uint16, ts uint32, clock int, arrival int64) {
	if !r.started || ssrc != r.ssrc {
		*r = reception{started: true, ssrc: ssrc, clock: clock, base: uint32(seq), max: uint32(seq), received: 1}
		r.transit = r.transitOf(ts, arrival)
		return
	}
	if d := int16(seq - uint16(r.max)); d > 0 {
		r.max += uint32(d)
	}
	r.received++
	if clock == 0 {
		return
	}
	if clock != r.clock {
		r.clock, r.jitter = clock, 0
		r.transit = r.transitOf(ts, arrival)
		return
	}
	t := r.transitOf(ts, arrival)
	d := t - r.transit
	r.transit = t
	d = int64(int32(d)) // the timestamp wraps
	if d < 0 {
		d = -d
	}
	r.jitter += (float64(d) - r.jitter) / 16
}

func (r *reception) transitOf(ts uint32, arrival int64) int64 {
	return arrival/1000*int64(r.clock)/1_000_000 - int64(ts)
}

// lost is the cumulative loss; duplicates make it negative.
func (r *reception) lost() int64 {
	if !r.started {
		return 0
	}
	return int64(r.max-r.base) + 1 - int64(r.received)
}

// report closes the interval.
func (r *reception) report(now int64) report {
	expected := r.max - r.base + 1
	e, n := expected-r.expectedBefore, r.received-r.receivedBefore
	r.expectedBefore, r.receivedBefore = expected, r.received
	r.fraction = 0
	if e > n && e != 0 {
		r.fraction = uint8(min(255, uint64(e-n)<<8/uint64(e)))
	}
	lost := max(-0x800000, min(0x7fffff, r.lost()))
	out := report{
		ssrc: r.ssrc, fraction: r.fraction, lost: int32(lost),
		highest: r.max, jitter: uint32(r.jitter),
	}
	if r.lastSR != 0 {
		out.lastSR, out.delay = r.lastSR, uint32((now-r.lastSRAt)*65536/1e9)
	}
	return out
}

// ticks turns RTP clock ticks into time.
func (r *reception) ticks(t float64) time.Duration {
	if r.clock == 0 {
		return 0
	}
	return time.Duration(t * float64(time.Second) / float64(r.clock))
}
