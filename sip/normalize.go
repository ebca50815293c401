package sip

import (
	"strings"

	msg "github.com/emiago/sipgo/sip"
)

// normalize takes out the white space that RFC 3261 §25.1 allows around ";" and
// "=" and that the parser leaves in parameters, so that a tag is a tag.
func normalize(m interface{ Headers() []msg.Header }) {
	for _, h := range m.Headers() {
		switch h := h.(type) {
		case *msg.ViaHeader:
			h.Transport, h.Host = strings.TrimSpace(h.Transport), strings.TrimSpace(h.Host)
			trim(&h.Params)
		case *msg.FromHeader:
			tidy(&h.Address)
			trim(&h.Params)
		case *msg.ToHeader:
			tidy(&h.Address)
			trim(&h.Params)
		case *msg.ContactHeader:
			tidy(&h.Address)
			trim(&h.Params)
		}
	}
}

func tidy(u *msg.Uri) { u.Host = strings.TrimSpace(u.Host) }

func trim(params *msg.HeaderParams) {
	kept := (*params)[:0]
	for _, p := range *params {
		p.K, p.V = strings.TrimSpace(p.K), strings.TrimSpace(p.V)
		if p.K != "" {
			kept = append(kept, p)
		}
	}
	*params = kept
}
