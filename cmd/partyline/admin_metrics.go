package main

import "github.com/partyline/partyline/telemetry"

// listenerCertificate is a certificate and what it is for.
type listenerCertificate struct {
	use string // sip or web
	of  *certificate
}

// certificates are those of files, as far as they were read.
func (g *gateway) certificates() (list []listenerCertificate) {
	for _, c := range []listenerCertificate{{"sip", &g.sipCert}, {"web", &g.webCert}} {
		if pair := c.of.pair.Load(); pair != nil && pair.Leaf != nil {
			list = append(list, c)
		}
	}
	return list
}

// certificateMetrics tell when certificates expire.
func (g *gateway) certificateMetrics() {
	g.metrics.Read("partyline_certificate_expires_seconds", func(emit telemetry.Emit) {
		for _, c := range g.certificates() {
			emit(float64(c.of.pair.Load().Leaf.NotAfter.Unix()), c.use)
		}
	})
}
