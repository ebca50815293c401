package endpoint

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/partyline/partyline/h323/call"
	"github.com/partyline/partyline/h323/secure"
	"github.com/partyline/partyline/media/codec"
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
	keys    string // that came as events
	keyAt   uint32 // the timestamp of the last of them
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

// Events are the keys that came in the sound.
func (c *Call) Events() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sound.keys
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
