package webrtc

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/stun/v3"

	"github.com/partyline/partyline/bridge"
)

// stranger is a raw UDP sender who knows where the browsers' port is.
type stranger struct {
	testing.TB
	conn *net.UDPConn
	to   *net.UDPAddr
}

func newStranger(h *house) *stranger {
	h.Helper()
	to, err := net.ResolveUDPAddr("udp", strings.TrimPrefix(h.server.Listeners()[0], "udp://"))
	if err != nil {
		h.Fatal(err)
	}
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() { c.Close() })
	return &stranger{h.TB, c, to}
}

// hello does a DTLS handshake towards the port, as client; it is to fail.
func (s *stranger) hello(ctx context.Context) error {
	id, err := newIdentity()
	if err != nil {
		s.Fatal(err)
	}
	d, err := dtls.ClientWithOptions(s.conn, s.to,
		dtls.WithCertificates(id.certificate), dtls.WithInsecureSkipVerify(true),
		dtls.WithSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM), dtls.WithLoggerFactory(quietLog),
		dtls.WithFlightInterval(20*time.Millisecond))
	if err != nil {
		s.Fatal(err)
	}
	defer d.Close()
	return d.HandshakeContext(ctx)
}

// check sends a check of ICE and says whether it is answered.
func (s *stranger) check(user, password string) bool {
	s.Helper()
	m, err := stun.Build(stun.BindingRequest, stun.TransactionID, stun.NewUsername(user),
		stun.NewShortTermIntegrity(password), stun.Fingerprint)
	if err != nil {
		s.Fatal(err)
	}
	s.conn.WriteToUDP(m.Raw, s.to)
	s.conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	var buf [1500]byte
	n, _, err := s.conn.ReadFromUDP(buf[:])
	return err == nil && n > 0
}

// passively makes an offer of a browser that wants to begin the handshake: then
// the gateway would answer ClientHellos.
func passively(offer string) string {
	return strings.ReplaceAll(offer, "a=setup:actpass", "a=setup:active")
}

// Whoever is not validated by ICE gets no handshake and no answer at all, before,
// while and after the browser connects; nor is what it sends heard.
func TestHellosFromStrangers(t *testing.T) {
	for _, setup := range []string{"actpass", "active"} {
		t.Run(setup, func(t *testing.T) {
			h := newHouse(t, nil)
			h.enter(hum(16000, 1000))
			leg, err := h.server.NewLeg(bridge.Party{})
			if err != nil {
				t.Fatal(err)
			}
			b := newBrowser(t, browserConfig{})
			b.leg = leg
			offer := b.offer(nil, false)
			if setup == "active" {
				offer = passively(offer)
			}
			answer, err := leg.Offer(context.Background(), offer)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(context.Background())
			done := make(chan error, 2)
			go func() { done <- newStranger(h).hello(ctx) }()
			known := newStranger(h) // has seen the answer's name, not the password
			user := attribute(answer, "ice-ufrag") + ":" + attribute(offer, "ice-ufrag")
			if known.check(user, "not the password of the leg") {
				t.Error("a check without the password was answered")
			}
			go func() { done <- known.hello(ctx) }()
			wait(200 * time.Millisecond)
			if s := leg.State(); s != StateConnecting {
				t.Fatal(s)
			}
			if setup == "actpass" { // pion's client ignores what role it was given
				b.take(answer)
				select {
				case <-leg.Connected():
				case <-time.After(patience):
					t.Fatal("the browser does not connect")
				}
				h.enter(leg)
				b.hears(1000)
			}
			cancel()
			for range 2 {
				if err := <-done; err == nil {
					t.Error("a stranger's handshake went through")
				}
			}
			for _, s := range []*stranger{known} {
				s.conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
				var buf [1500]byte
				if n, _, err := s.conn.ReadFromUDP(buf[:]); err == nil {
					t.Errorf("a stranger was sent %d octets", n)
				}
			}
		})
	}
}

func attribute(sdp, name string) string {
	_, rest, _ := strings.Cut(sdp, "a="+name+":")
	value, _, _ := strings.Cut(rest, "\r\n")
	return value
}

// A certificate that the offer does not name is not taken, though ICE is right.
func TestWrongCertificate(t *testing.T) {
	h := newHouse(t, nil)
	leg, err := h.server.NewLeg(bridge.Party{})
	if err != nil {
		t.Fatal(err)
	}
	b := newBrowser(t, browserConfig{})
	offer := b.offer(nil, false)
	print := attribute(offer, "fingerprint")
	last := map[bool]string{true: "1", false: "0"}[strings.HasSuffix(print, "0")]
	answer, err := leg.Offer(context.Background(), strings.ReplaceAll(offer, print, print[:len(print)-1]+last))
	if err != nil {
		t.Fatal(err)
	}
	b.take(answer)
	until(t, "the transport is given up", func() bool { return leg.State() == StateNew })
	select {
	case <-leg.Connected():
		t.Error("connected")
	default:
	}
}
