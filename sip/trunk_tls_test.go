package sip

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// authority signs certificates for tests.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"}, IsCA: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageCertSign, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{cert, key}
}

func (a *authority) pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.cert)
	return p
}

func (a *authority) issue(t *testing.T, name string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// sbc is a carrier's TLS listener that says who came.
type sbc struct {
	ln  net.Listener
	mu  sync.Mutex
	who []string
}

func newSBC(t *testing.T, conf *tls.Config) *sbc {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &sbc{ln: ln}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go b.take(tls.Server(c, conf))
		}
	}()
	return b
}

func (b *sbc) take(c *tls.Conn) {
	defer c.Close()
	if c.Handshake() != nil {
		return
	}
	name := ""
	if certs := c.ConnectionState().PeerCertificates; len(certs) > 0 {
		name = certs[0].Subject.CommonName
	}
	b.mu.Lock()
	b.who = append(b.who, name)
	b.mu.Unlock()
	buf := make([]byte, 1024)
	for {
		if _, err := c.Read(buf); err != nil {
			return
		}
	}
}

func (b *sbc) visitors() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.who...)
}

func TestTrunkTLS(t *testing.T) {
	ca, stranger := newAuthority(t), newAuthority(t)
	right := newSBC(t, &tls.Config{Certificates: []tls.Certificate{ca.issue(t, "sbc.carrier.example")}, ClientAuth: tls.RequireAnyClientCert})
	old := newSBC(t, &tls.Config{Certificates: []tls.Certificate{ca.issue(t, "sbc.carrier.example")}, MaxVersion: tls.VersionTLS11})
	conf := &tls.Config{RootCAs: ca.pool(), Certificates: []tls.Certificate{ca.issue(t, "gw.example")}}
	s := New(Config{Trunks: []Trunk{{Name: "carrier", TLS: conf}, {Name: "other", TLS: conf}}}, Streams{}, nil, nil)
	defer s.Close()
	to := func(b *sbc, name string) hop {
		return hop{network: "TLS", addr: addrPort(b.ln.Addr()), serverName: name}
	}
	carrier := s.trunkNamed("carrier")

	var wg sync.WaitGroup
	flows := make([]flow, 20)
	for i := range flows {
		wg.Go(func() {
			f, err := s.flowTo(t.Context(), to(right, "sbc.carrier.example"), carrier)
			if err != nil {
				t.Error(err)
				return
			}
			flows[i] = f
		})
	}
	wg.Wait()
	for _, f := range flows {
		if f != flows[0] {
			t.Fatal("twenty calls at once make more than one connection")
		}
	}
	other, err := s.flowTo(t.Context(), to(right, "sbc.carrier.example"), s.trunkNamed("other"))
	if err != nil || other == flows[0] {
		t.Errorf("another trunk shares the connection (%v)", err)
	}
	// TLS 1.3's client is done before the server has seen its certificate.
	for deadline := time.Now().Add(20 * time.Second); len(right.visitors()) < 2 && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	if got := right.visitors(); len(got) != 2 || got[0] != "gw.example" {
		t.Errorf("the carrier saw %q", got)
	}
	if got := certificateOf(flows[0]); !strings.HasPrefix(got, "sbc.carrier.example until ") {
		t.Errorf("certificate %q", got)
	}

	for what, h := range map[string]hop{"another name": to(right, "sbc.other.example"), "no name": to(right, ""), "TLS 1.1": to(old, "sbc.carrier.example")} {
		if _, err := s.flowTo(t.Context(), h, carrier); err == nil {
			t.Errorf("%s is taken", what)
		} else {
			t.Logf("%s: %v", what, err)
		}
	}
	lax := *carrier
	lax.Name, lax.TLS = "lax", &tls.Config{RootCAs: stranger.pool(), InsecureSkipVerify: true}
	if _, err := s.flowTo(t.Context(), to(right, "sbc.carrier.example"), &lax); err == nil {
		t.Error("a certificate of an unknown authority is taken")
	}

	// A connection that is retired serves what it has; what is new makes another.
	flows[0].(*tcpFlow).retire()
	again, err := s.flowTo(t.Context(), to(right, "sbc.carrier.example"), carrier)
	if err != nil || again == flows[0] || !flows[0].alive() {
		t.Errorf("after retirement: %v", err)
	}
}

// TestPeersMayShowACertificate: it is asked for, and not needed.
func TestPeersMayShowACertificate(t *testing.T) {
	ca := newAuthority(t)
	s := New(Config{
		Listen: []Listen{{"tls", "127.0.0.1:0"}},
		TLS:    &tls.Config{Certificates: []tls.Certificate{ca.issue(t, "gw.example")}},
	}, Streams{}, nil, nil)
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, certs := range [][]tls.Certificate{nil, {newAuthority(t).issue(t, "peer.example")}} {
		asked := false
		c, err := tls.Dial("tcp", s.Addrs()[0].Addr, &tls.Config{
			ServerName: "gw.example", RootCAs: ca.pool(),
			GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
				asked = true
				if certs == nil {
					return new(tls.Certificate), nil
				}
				return &certs[0], nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write([]byte("\r\n\r\n")); err != nil {
			t.Error(err)
		}
		buf := make([]byte, 2)
		if _, err := c.Read(buf); err != nil || string(buf) != "\r\n" {
			t.Errorf("no pong: %q, %v", buf, err)
		}
		if !asked {
			t.Error("no certificate was asked for")
		}
		c.Close()
	}
}
