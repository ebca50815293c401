package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// soon is how long before its end a certificate is worth a warning: ACME clients
// renew 30 days before.
const soon = 14 * 24 * time.Hour

// certificates looks at those of SIP and of the page.
func (x *examination) certificates() {
	cfg := x.cfg
	x.pair("sip.tls", cfg.SIP.TLS.CertFile, cfg.SIP.TLS.KeyFile)
	x.pair("web.tls", cfg.Web.TLS.CertFile, cfg.Web.TLS.KeyFile)
	if cfg.Web.Listen.Scheme == "https" && cfg.Web.TLS.CertFile == "" {
		x.acme(filepath.Join(cfg.Server.DataDir, "acme", cfg.Server.Domain))
	}
}

// pair looks at a certificate and its key in files.
func (x *examination) pair(key, certFile, keyFile string) {
	if certFile == "" {
		return
	}
	if _, err := os.Stat(certFile); err != nil {
		return // told by files
	}
	if _, err := os.Stat(keyFile); err != nil {
		return
	}
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		x.add(key, failed, "%s and %s: %s", certFile, keyFile, err).advise("give the certificate (with its chain) and the key that belongs to it, as PEM")
		return
	}
	x.chain(key, pair.Certificate)
}

// acme looks at what an ACME authority has given, in the form of autocert's cache.
func (x *examination) acme(file string) {
	text, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		x.add("web.tls", fine, "the certificate is fetched at the first visit of https://%s", x.cfg.Server.Domain)
		return
	case err != nil:
		return // the data directory is another user's
	}
	var chain [][]byte
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			chain = append(chain, block.Bytes)
		}
	}
	x.chain("web.tls", chain)
}

// chain looks at dates, names and the way to an authority.
func (x *examination) chain(key string, ders [][]byte) {
	if len(ders) == 0 {
		x.add(key, failed, "there is no certificate in the file").advise("give one as PEM")
		return
	}
	leaf, err := x509.ParseCertificate(ders[0])
	if err != nil {
		x.add(key, failed, "%s", err).advise("give a certificate as PEM")
		return
	}
	between := x509.NewCertPool()
	for _, der := range ders[1:] {
		if c, err := x509.ParseCertificate(der); err == nil {
			between.AddCert(c)
		}
	}
	now, before := time.Now(), len(x.findings)
	if now.After(leaf.NotAfter) {
		x.add(key, failed, "the certificate ended on %s", leaf.NotAfter.Format(time.DateOnly)).advise("renew it, then: systemctl reload partyline")
	} else if now.Before(leaf.NotBefore) {
		x.add(key, failed, "the certificate begins on %s", leaf.NotBefore.Format(time.DateTime)).advise("look at the clock of this machine: timedatectl")
	} else if leaf.NotAfter.Sub(now) < soon {
		x.add(key, warning, "the certificate ends on %s", leaf.NotAfter.Format(time.DateOnly)).advise("renew it, then: systemctl reload partyline")
	}
	if d := x.cfg.Server.Domain; d != "" && leaf.VerifyHostname(d) != nil {
		x.add(key, warning, "the certificate is for %s, not for %s", certNames(leaf), d).advise("get one that names %s: clients that check refuse it", d)
	}
	// Dates are judged above.
	_, err = leaf.Verify(x509.VerifyOptions{Intermediates: between, CurrentTime: leaf.NotBefore.Add(time.Minute), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	var unknown x509.UnknownAuthorityError
	switch {
	case errors.As(err, &unknown) && leaf.CheckSignatureFrom(leaf) == nil, errors.As(err, &unknown) && leaf.Issuer.String() == leaf.Subject.String():
		x.add(key, warning, "the certificate is signed by itself: only who was given it trusts it").advise("get one from an authority that callers know, such as by ACME")
	case errors.As(err, &unknown):
		x.add(key, warning, "no authority known to this machine has signed it (issuer %s)", leaf.Issuer).
			advise("put the certificates between into the file, behind it (fullchain.pem), or hand the authority's out to the callers")
	case err != nil:
		x.add(key, warning, "%s", err).advise("get another certificate")
	}
	if len(x.findings) == before {
		x.add(key, fine, "the certificate for %s holds until %s", certNames(leaf), leaf.NotAfter.Format(time.DateOnly))
	}
}

func certNames(c *x509.Certificate) string {
	if len(c.DNSNames) > 0 {
		return strings.Join(c.DNSNames, ", ")
	}
	return c.Subject.CommonName
}
