package web

import (
	"net/http"
	"net/netip"
	"strings"
)

// secured puts the security headers on every answer. Nothing is loaded from
// elsewhere, nothing runs that is not a file of ours, and the address of a page,
// which may be the key to a room, is told to nobody.
func secured(https bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy(r.Host))
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Permissions-Policy", "microphone=(self), speaker-selection=(self), screen-wake-lock=(self), camera=(), geolocation=()")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		if https {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// policy is the Content-Security-Policy. Some browsers do not count a WebSocket
// as 'self': it is named, unless the host is none.
func policy(host string) string {
	connect := "'self'"
	if strings.Trim(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]") == "" && host != "" {
		connect += " ws://" + host + " wss://" + host
	}
	return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src " + connect +
		"; media-src 'self' blob: mediastream:; font-src 'self'; worker-src 'self'; manifest-src 'self'" +
		"; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
}

// Source is where a request comes from: the connection's address, or what a
// proxy that is trusted says of it.
func (s *Site) Source(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	at := peer.Addr().Unmap()
	// From the last one on: what stands before a stranger's address is its word.
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && s.trusted(at); i-- {
		a, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		at = a.Unmap()
	}
	return at
}

func (s *Site) trusted(a netip.Addr) bool {
	for _, p := range s.cfg.Proxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// watch reports the status of each answer.
func (s *Site) watch(next http.Handler) http.Handler {
	if s.cfg.Answered == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := &noted{ResponseWriter: w}
		defer func() {
			if n.status == 0 {
				n.status = http.StatusOK
			}
			s.cfg.Answered(n.status)
		}()
		next.ServeHTTP(n, r)
	})
}

// noted remembers the status of an answer.
type noted struct {
	http.ResponseWriter
	status int
}

func (n *noted) WriteHeader(status int) {
	if n.status == 0 {
		n.status = status
	}
	n.ResponseWriter.WriteHeader(status)
}

// Unwrap lets a socket be taken over.
func (n *noted) Unwrap() http.ResponseWriter { return n.ResponseWriter }
