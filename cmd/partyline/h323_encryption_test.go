package main

import (
	"encoding/binary"
	"math"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/partyline/partyline/control"
	"github.com/partyline/partyline/h323/call"
	"github.com/partyline/partyline/h323/secure"
	"github.com/partyline/partyline/media/codec"
)

// cipherSystem is a room system that requires encryption. It says a tone of 1 kHz once
// it talks, and silence before. What it hears is its roomSystem's.
type cipherSystem struct {
	*roomSystem
	talks atomic.Bool
	fast  bool

	agreed  sync.Mutex
	out, in *secure.Cipher
	send    call.Channel
	plain   int // packets that were not encrypted
}

func newCipherSystem(t *testing.T, fast bool) *cipherSystem {
	t.Helper()
	s := &cipherSystem{fast: fast, roomSystem: &roomSystem{t: t, over: make(chan call.Reason, 1)}}
	for _, c := range []**net.UDPConn{&s.rtp, &s.rtcp} {
		u, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		*c = u
	}
	stop := make(chan struct{})
	var running sync.WaitGroup
	running.Go(s.decrypt)
	running.Go(func() { s.encrypt(stop) })
	t.Cleanup(func() {
		if c := s.own(); c != nil {
			c.Close()
		}
		close(stop)
		s.rtp.Close()
		s.rtcp.Close()
		running.Wait()
	})
	return s
}

func (s *cipherSystem) dial(gateway, called string) {
	s.t.Helper()
	_, at, _ := strings.Cut(gateway, "://")
	cfg := s.config()
	cfg.Encryption, cfg.FastEncryption = secure.Required, s.fast
	s.has(call.Dial(s.t.Context(), call.Target{
		Signal: netip.MustParseAddrPort(at), Called: []call.Alias{{Kind: call.DialedDigits, Text: called}},
	}, cfg, s, s))
}

// Send implements call.Media.
func (s *cipherSystem) Send(c *call.Channel) {
	s.agreed.Lock()
	defer s.agreed.Unlock()
	s.out = nil
	if c == nil {
		return
	}
	s.send = *c
	s.out = s.cipher(secure.NewCipher(c.Keys[0]))
}

// Receive implements call.Media.
func (s *cipherSystem) Receive(list []call.Channel) {
	s.agreed.Lock()
	defer s.agreed.Unlock()
	s.in = nil
	if len(list) > 0 {
		s.in = s.cipher(secure.NewCipher(secure.Key{}, list[0].Keys...))
	}
}

func (s *cipherSystem) cipher(c *secure.Cipher, err error) *secure.Cipher {
	if err != nil {
		s.t.Error(err)
	}
	return c
}

// encrypt sends a packet of A-law every 20 ms.
func (s *cipherSystem) encrypt(stop chan struct{}) {
	encoder, err := codec.NewEncoder(codec.Standard(codec.PCMA))
	if err != nil {
		s.t.Error(err)
		return
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	pcm, packet := make([]int16, 160), make([]byte, 12+codec.MaxPayload+secure.MaxGrowth)
	for n := uint32(1); ; n++ {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		s.agreed.Lock()
		out, send := s.out, s.send
		s.agreed.Unlock()
		if out == nil {
			continue
		}
		for i := range pcm {
			pcm[i] = 0
			if s.talks.Load() {
				pcm[i] = int16(8000 * math.Sin(2*math.Pi*float64(i)/8))
			}
		}
		packet[0], packet[1] = 0x80, send.Payload
		binary.BigEndian.PutUint16(packet[2:], uint16(n))
		binary.BigEndian.PutUint32(packet[4:], 160*n)
		binary.BigEndian.PutUint32(packet[8:], 4712)
		k, err := encoder.Encode(packet[12:], pcm)
		if err != nil {
			s.t.Error(err)
			return
		}
		_, _ = s.rtp.WriteToUDPAddrPort(out.SealRTP(packet[:12+k], 12), send.RTP)
	}
}

// decrypt decodes what comes.
func (s *cipherSystem) decrypt() {
	decoder, err := codec.NewDecoder(codec.Standard(codec.PCMA))
	if err != nil {
		s.t.Error(err)
		return
	}
	buf, payload, pcm := make([]byte, 1500), make([]byte, 1500), make([]int16, 960)
	for {
		n, _, err := s.rtp.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		s.agreed.Lock()
		in := s.in
		if n > 1 && buf[1]&0x7f < 96 {
			s.plain++
		}
		s.agreed.Unlock()
		if in == nil || n <= 12 {
			continue
		}
		sound, ok := in.OpenRTP(payload, buf[:n], 12)
		if !ok {
			s.t.Errorf("cannot be decrypted: %x", buf[:n])
			continue
		}
		k, err := decoder.Decode(pcm, sound)
		if err != nil {
			continue
		}
		s.mu.Lock()
		s.heard = append(s.heard, pcm[:k]...)
		s.mu.Unlock()
	}
}

// TestH323Encryption: room systems whose sound is encrypted, slowly and fast connected,
// hear and are heard by others, encrypted or not; where it is required, others get no
// call.
func TestH323Encryption(t *testing.T) {
	t.Parallel()
	for _, policy := range []secure.Policy{secure.Preferred, secure.Required} {
		t.Run(policy.String(), func(t *testing.T) {
			file := config(t, strings.Replace(quiet, "h245_ports: 0", "h245_ports: 0, encryption: "+policy.String(), 1))
			s := startServe(t, file)
			must(t, "room", "add", "--config", file, "--extension", "112752642", "--name", "Board", "--pin", "48219", "--host-pin", "97531")
			calls := func() (list []control.Call) {
				return parse[[]control.Call](t, must(t, "calls", "list", "--json", "--config", file))
			}
			inRoom := func(n int) func() bool {
				return func() bool {
					in := 0
					for _, c := range calls() {
						if c.State == "room" {
							in++
						}
					}
					return in == n
				}
			}
			slow, fast, plain := newCipherSystem(t, false), newCipherSystem(t, true), newRoomSystem(t)
			slow.dial(s.listeners.H323, "112752642#48219")
			until(t, "the first is in the room", inRoom(1))
			if c := calls()[0]; !c.Encrypted || c.Codec != "PCMA" {
				t.Errorf("shown as %+v", c)
			}
			fast.dial(s.listeners.H323, "112752642#97531")
			until(t, "the second is in the room", inRoom(2))
			if !testing.Short() { // it sounds once: an engine under the race detector may stall just then
				until(t, "the first hears the tone of its coming", func() bool { return slow.hears(880) })
			}
			fast.talks.Store(true)
			until(t, "the first hears the second", func() bool { return slow.hears(1000) })
			plain.dial(s.listeners.H323, "112752642#97531")
			if policy == secure.Required {
				if r := <-plain.over; r.Release != call.ReleaseSecurityDenied || !r.Peer {
					t.Errorf("the plain one is told %+v", r)
				}
			} else {
				until(t, "the third is in the room", inRoom(3))
				until(t, "the third hears the second", func() bool { return plain.hears(1000) })
			}
			for _, c := range []*cipherSystem{slow, fast} {
				if c.agreed.Lock(); c.plain > 0 {
					t.Errorf("%d packets came plain", c.plain)
				}
				c.agreed.Unlock()
			}
			s.stop(t, exitDone)
			if said := strings.Contains(s.err.String(), `"msg":"call refused"`); said != (policy == secure.Required) ||
				said && !strings.Contains(s.err.String(), "encryption-required") {
				t.Errorf("the log:\n%s", s.err)
			}
		})
	}
}
