package main

import (
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/partyline/partyline/configs"
	"github.com/partyline/partyline/internal/customer"
	"github.com/partyline/partyline/web"
)

// connectionsToRedirect is how many connections one source may have open to be told
// to use HTTPS.
const connectionsToRedirect = 100

// openRedirect opens the listener that sends browsers from HTTP to HTTPS. It gives an
// ACME authority its proof as well (http-01, RFC 8555 §8.3), if that prefers it.
func (g *gateway) openRedirect(cfg *configs.Config) error {
	if cfg.Web.Redirect.Off() {
		return nil
	}
	l, err := listenTCP("web.redirect", cfg.Web.Redirect)
	if err != nil {
		return err
	}
	_, page, _ := strings.Cut(g.listeners.Web, "://")
	_, port, _ := net.SplitHostPort(page)
	var h http.Handler = toHTTPS(cfg, port)
	if g.acme != nil {
		h = g.acme.HTTPHandler(h)
	}
	g.redirect = web.Serve(customer.Limit(l, connectionsToRedirect, nil), h, nil, g.log.With("part", "http"))
	return nil
}

// toHTTPS answers every request with the same address by HTTPS. The name is ours, not
// what the request says, unless we have none: nobody is sent elsewhere by a forged Host.
func toHTTPS(cfg *configs.Config, port string) http.HandlerFunc {
	home := url.URL{Scheme: "https", Host: cfg.Server.Domain}
	if u, err := url.Parse(cfg.Web.URL); err == nil && u.Host != "" {
		home.Scheme, home.Host = u.Scheme, u.Host
	} else if home.Host != "" {
		home.Host = hostAndPort(home.Host, port, "443")
	}
	return func(w http.ResponseWriter, r *http.Request) {
		to := home
		if to.Host == "" {
			host, _, err := net.SplitHostPort(r.Host)
			if err != nil {
				host = r.Host
			}
			to.Host = hostAndPort(strings.Trim(host, "[]"), port, "443")
		}
		to.Path, to.RawPath, to.RawQuery = r.URL.Path, r.URL.RawPath, r.URL.RawQuery
		w.Header().Set("Cache-Control", "max-age=3600")
		http.Redirect(w, r, to.String(), http.StatusPermanentRedirect)
	}
}
