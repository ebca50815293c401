package endpoint

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
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

// codecs are the formats of a call in media/codec's words.
var codecs = map[call.Codec]codec.Name{call.G722: codec.G722, call.G711A: codec.PCMA, call.G711U: codec.PCMU}

// level is that of a tone, full scale being 1.
const level = 0.15

// sound is what a call says and hears. The call's mu guards it.
type sound struct {
	send     *call.Channel
	receive  []call.Channel
	encoder  codec.Encoder
	decoders map[uint8]codec.Decoder // by payload type
	rates    map[uint8]int
	cipher   *secure.Cipher
	fault    error

	hz      float64 // 0: silence
	phase   float64
	source  []int16 // is said instead, over and over
	from    int     // its rate
	said    []int16 // what is left of it, at to
	to      int
	silent  bool
	held    []byte // coded and not sent yet
	since   uint32 // its timestamp
	events  []byte // keys still to be sent
	pressed pressing

	heard   []int16 // at rate
	rate    int
	packets int
	reports int
	plain   int // packets that could not be decrypted
}

// Local implements call.Media.
func (c *Call) Local() (rtp, rtcp netip.AddrPort, err error) {
	return addrOf(c.rtp), addrOf(c.rtcp), nil
}

// Send implements call.Media.
func (c *Call) Send(ch *call.Channel) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := &c.sound
	if ch != nil && (s.send == nil || s.send.Codec != ch.Codec) {
		if s.encoder, s.fault = codec.NewEncoder(codec.Standard(codecs[ch.Codec])); s.fault != nil {
			ch = nil
		}
	}
	s.send = ch
	s.encrypt()
}

// Receive implements call.Media.
func (c *Call) Receive(channels []call.Channel) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := &c.sound
	s.receive, s.decoders, s.rates = channels, map[uint8]codec.Decoder{}, map[uint8]int{}
	for _, ch := range channels {
		format := codec.Standard(codecs[ch.Codec])
		decoder, err := codec.NewDecoder(format)
		if err != nil {
			s.fault = err
			continue
		}
		types := []uint8{ch.Payload}
		if ch.Encrypted {
			types = nil
			for _, k := range ch.Keys {
				types = append(types, k.PayloadType)
			}
		}
		for _, pt := range types {
			s.decoders[pt], s.rates[pt] = decoder, format.SampleRate
		}
	}
	s.encrypt()
}

// encrypt makes the cipher anew.
func (s *sound) encrypt() {
	var out secure.Key
	var in []secure.Key
	if s.send != nil && len(s.send.Keys) > 0 {
		out = s.send.Keys[len(s.send.Keys)-1]
	}
	for i := range s.receive {
		in = append(in, s.receive[i].Keys...)
	}
	s.cipher = nil
	if !out.IsZero() || len(in) > 0 {
		s.cipher, s.fault = secure.NewCipher(out, in...)
	}
}

// Tone says a tone from now on; 0: silence.
func (c *Call) Tone(hz float64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sound.hz = hz
}

// Play says a sound from now on, over and over.
func (c *Call) Play(sound []int16, rate int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sound.source, c.sound.from, c.sound.said = sound, rate, nil
}

// Hush stops sending RTP, or begins again.
func (c *Call) Hush(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sound.silent = on
}

// Channels are what is open now: the one it sends on and those it receives on.
func (c *Call) Channels() (send *call.Channel, receive []call.Channel) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sound.send, slices.Clone(c.sound.receive)
}

// Open waits until channels are open both ways.
func (c *Call) Open(ctx context.Context) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if send, receive := c.Channels(); send != nil && len(receive) > 0 {
			return nil
		}
		select {
		case <-tick.C:
		case <-c.ended:
			return fmt.Errorf("endpoint: no sound: %v", c.Why())
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Heard is what was heard since it was asked last, and its rate.
func (c *Call) Heard() (heard []int16, rate int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	heard, c.sound.heard = c.sound.heard, nil
	return heard, c.sound.rate
}

// Counts are the packets of RTP that could be decoded, those of RTCP, and those of
// RTP that could not be decrypted.
func (c *Call) Counts() (rtp, rtcp, plain int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sound.packets, c.sound.reports, c.sound.plain
}

// Fault is what a codec or a cipher complained of.
func (c *Call) Fault() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sound.fault
}

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
	if decoder == nil {
		return
	}
	if s.cipher != nil && slices.ContainsFunc(s.receive, func(ch call.Channel) bool { return ch.Encrypted }) {
		var ok bool
		if payload, ok = s.cipher.OpenRTP(plain, packet, 12); !ok {
			s.plain++
			return
		}
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
