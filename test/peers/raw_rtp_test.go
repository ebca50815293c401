//go:build peers

package peers

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/partyline/partyline/media/codec"
)

// listen takes what comes by RTP.
func (p *raw) listen() {
	dec, _ := codec.NewDecoder(codec.Standard(codec.PCMU))
	buf, pcm := make([]byte, 2048), make([]int16, 4096)
	for {
		n, _, err := p.rtp.ReadFromUDPAddrPort(buf)
		if err != nil {
			select {
			case <-p.over:
				return
			default:
				continue
			}
		}
		if n < 12 || buf[0]>>6 != 2 || buf[1]&0x7f != 0 {
			p.mu.Lock()
			p.packets++
			p.mu.Unlock()
			continue
		}
		k, _ := dec.Decode(pcm, buf[12:n])
		seq := binary.BigEndian.Uint16(buf[2:])
		p.mu.Lock()
		if d := seq - p.lastSeq; len(p.heard) > 0 && d > 1 && d < 1000 {
			p.lost += int(d - 1)
		}
		p.lastSeq = seq
		p.packets++
		p.heard = append(p.heard, pcm[:k]...)
		p.mu.Unlock()
	}
}

// take returns what was heard since it was asked last.
func (p *raw) take() []int16 {
	p.mu.Lock()
	defer p.mu.Unlock()
	h := p.heard
	p.heard = nil
	return h
}

func (p *raw) received() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.packets
}

// talk says a sound, after what it says already.
func (p *raw) talk(sound []int16) {
	b := pcmu(sound)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.say = append(p.say, b...)
}

// forget drops what is not said yet.
func (p *raw) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.say = nil
}

func pcmu(sound []int16) []byte {
	enc, _ := codec.NewEncoder(codec.Standard(codec.PCMU))
	buf := make([]byte, codec.MaxPayload)
	var out []byte
	for len(sound) >= 160 {
		n, _ := enc.Encode(buf, sound[:160])
		out, sound = append(out, buf[:n]...), sound[160:]
	}
	return out
}

// press sends keys as telephone-events, 100 ms each; a comma waits a second. It
// returns at once.
func (p *raw) press(keys string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys = append(p.keys, keys...)
}

// pressed waits until all keys are sent.
func (p *raw) pressed() {
	p.t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); <-time.After(20 * time.Millisecond) {
		p.mu.Lock()
		n := len(p.keys)
		p.mu.Unlock()
		if n == 0 {
			return
		}
	}
	p.t.Fatal("the keys are not sent")
}

// hush stops sending RTP, or begins again.
func (p *raw) hush(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.silent = on
}

// speak sends a packet every 20 ms by the clock.
func (p *raw) speak() {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	begin, sent := time.Now(), 0
	seq, ts, ssrc := uint16(rand.Uint32()), rand.Uint32(), rand.Uint32()
	var key pressing
	for {
		select {
		case <-p.over:
			return
		case <-p.bye:
			return
		case <-tick.C:
		}
		for ; time.Since(begin) >= time.Duration(sent)*20*time.Millisecond; sent++ {
			pt, stamp, payload, quiet := p.next(&key, ts)
			if !quiet {
				_, _ = p.rtp.WriteToUDPAddrPort(rtpPacket(pt, seq, stamp, ssrc, payload), p.sendTo)
				seq++
			}
			ts += 160
		}
	}
}

// pressing is how far a key is: five packets of the event, three that end it,
// three frames of silence.
type pressing struct {
	n  int
	ts uint32
}

// next is what is sent at a tick: a key's event, or sound.
func (p *raw) next(key *pressing, ts uint32) (pt byte, stamp uint32, payload []byte, quiet bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	payload, stamp = bytes.Repeat([]byte{0xff}, 160), ts
	switch {
	case len(p.keys) == 0:
		p.say = p.say[copy(payload, p.say):]
	case p.keys[0] == ',':
		if key.n++; key.n == 50 {
			p.keys, key.n = p.keys[1:], 0
		}
	default:
		if key.n < 8 {
			pt = 101
			if key.n == 0 {
				key.ts, pt = ts, 101|0x80
			}
			event, end := byte(strings.IndexByte("0123456789*#ABCD", p.keys[0])), byte(10)
			if key.n >= 5 {
				end |= 0x80
			}
			stamp = key.ts
			payload = binary.BigEndian.AppendUint16([]byte{event, end}, uint16(160*min(key.n+1, 5)))
		}
		if key.n++; key.n == 11 {
			p.keys, key.n = p.keys[1:], 0
		}
	}
	return pt, stamp, payload, p.silent
}

func rtpPacket(pt byte, seq uint16, ts, ssrc uint32, payload []byte) []byte {
	b := binary.BigEndian.AppendUint16([]byte{0x80, pt}, seq)
	b = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(b, ts), ssrc)
	return append(b, payload...)
}

// loud is the share of 20 ms in which something is heard.
func loud(sound []int16) float64 {
	if len(sound) < 160 {
		return 0
	}
	n := 0
	for i := 0; i+160 <= len(sound); i += 160 {
		sum := 0.0
		for _, v := range sound[i : i+160] {
			sum += float64(v) * float64(v)
		}
		if sum/160 > 100*100 {
			n++
		}
	}
	return float64(n) / float64(len(sound)/160)
}

// long repeats speech until it is so long.
func long(sound []int16, rate int, d time.Duration) []int16 {
	var out []int16
	for len(out) < int(d.Seconds()*float64(rate)) {
		out = append(out, sound...)
	}
	return out
}
