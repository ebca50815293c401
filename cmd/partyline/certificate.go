package main

import (
	"crypto/tls"
	"fmt"
	"sync/atomic"

	"github.com/partyline/partyline/configs"
)

// certificate is a pair of files that a reload reads again, so that a renewed
// certificate is in force without a restart. Calls go on.
type certificate struct {
	pair atomic.Pointer[tls.Certificate]
}

// read reads the files; on an error the old certificate stays. Without files
// there is nothing to read.
func (c *certificate) read(key, certFile, keyFile string) error {
	if certFile == "" {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	c.pair.Store(&pair)
	return nil
}

// config is the TLS configuration of a listener.
func (c *certificate) config(minVersion uint16) *tls.Config {
	return &tls.Config{
		MinVersion:     minVersion,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.pair.Load(), nil },
	}
}

func tlsVersion(word string) uint16 {
	if word == "1.3" {
		return tls.VersionTLS13
	}
	return tls.VersionTLS12
}

// readCertificates reads all certificates of a configuration.
func (g *gateway) readCertificates(cfg *configs.Config) error {
	if err := g.sipCert.read("sip.tls", cfg.SIP.TLS.CertFile, cfg.SIP.TLS.KeyFile); err != nil {
		return err
	}
	return g.webCert.read("web.tls", cfg.Web.TLS.CertFile, cfg.Web.TLS.KeyFile)
}
