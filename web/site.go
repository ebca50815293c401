// Package web is the gateway's page: server-rendered shells that are readable
// without JavaScript, the built scripts and styles, sign-ins, and under /api the
// HTTP API (package api) and the signalling of calls (package live).
//
// In go requests; out go pages in the reader's language, each with the data that
// its script needs. GET changes nothing: mail scanners open links. Every answer
// carries the security headers of headers.go, and requests that another site
// sends are refused before anything looks at them.
//
// The package holds no state of its own but the rendered assets: sign-ins are in
// the sessions' store, rooms and links elsewhere, behind small interfaces.
package web

import (
	"context"
	"embed"
	"encoding/json"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"

	"github.com/alexedwards/scs/v2"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/locales"
	"github.com/partyline/partyline/store"
	"github.com/partyline/partyline/web/api"
	"github.com/partyline/partyline/web/live"
)

//go:embed templates/*.html
var templates embed.FS

// all: the file that keeps the folder when nothing is built begins with a dot.
//
//go:embed all:dist
var dist embed.FS

// Accounts tells who may be signed in; *store.Store does.
type Accounts interface {
	// SignedIn gives the account of somebody who signed in to it under a
	// generation, or an error if that is over.
	SignedIn(ctx context.Context, id string, generation int64) (store.User, error)
}

// Config is what a Site is made of.
type Config struct {
	// API is the configuration of the API; Session and Source are filled in here.
	API      api.Config
	Accounts Accounts
	Sessions scs.Store
	// Languages are those that pages are offered in, the first for who has none
	// of them; none: all there are.
	Languages []string
	// Secure says that browsers see HTTPS.
	Secure bool
	// Proxies are whose X-Forwarded-For is believed.
	Proxies []netip.Prefix
	// TestCall is what a phone calls to test itself; empty: nothing.
	TestCall func() string
	// Routes adds further routes, such as health checks; may be nil.
	Routes func(*http.ServeMux)
	// Answered is called for each answer but those of Routes, may be nil.
	Answered func(status int)
	Logger   *slog.Logger // nil: slog.Default()
}

// Site is the page. It is an http.Handler.
type Site struct {
	cfg      Config
	log      *slog.Logger
	book     *locales.Book
	pages    *template.Template
	assets   assets
	guests   map[string]json.RawMessage // the messages of pages without the hosts', by language
	sessions *scs.SessionManager
	origins  *http.CrossOriginProtection
	root     http.Handler
}

// New makes a Site. Config.API.Live may be set later than this, by Serve.
func New(cfg Config) (*Site, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	if len(cfg.Languages) == 0 {
		cfg.Languages = locales.Languages()
	}
	s := &Site{cfg: cfg, log: cfg.Logger, origins: http.NewCrossOriginProtection()}
	var err error
	if s.book, err = locales.Open(); err != nil {
		return nil, err
	}
	s.guests = withoutHosts(s.book)
	if s.pages, err = template.New("").Funcs(template.FuncMap{"tel": tel}).ParseFS(templates, "templates/*.html"); err != nil {
		return nil, err
	}
	built, err := fs.Sub(dist, "dist")
	if err != nil {
		return nil, err
	}
	if s.assets, err = readAssets(built); err != nil {
		return nil, err
	}
	s.sessions = newSessions(cfg)
	s.origins.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { api.Refuse(w, api.Forbidden()) }))
	return s, nil
}

// Serve makes the routes, with the line to the browsers.
func (s *Site) Serve(l *live.Live) {
	s.cfg.API.Live, s.cfg.API.Session, s.cfg.API.Source = l, session{s}, s.Source
	mux := http.NewServeMux()
	page := func(pattern string, h http.HandlerFunc) { mux.Handle(pattern, s.known(h)) }
	page("GET /{$}", s.home)
	page("GET /rooms/{id}", s.home)
	page("GET /meetings", s.home)
	page("GET /meetings/{rest...}", s.home)
	page("GET /contacts", s.home)
	page("GET /admin", s.home)
	page("GET /admin/{rest...}", s.home)
	page("GET /j/{token}", s.guest)
	page("GET /test", s.test)
	mux.HandleFunc("GET /j/{token}/qr.svg", s.qr)
	mux.HandleFunc("GET /dial-in/{extension}", s.dialIn)
	mux.HandleFunc("GET /dial-in/{$}", s.dialIn)
	mux.HandleFunc("GET /assets/{name...}", s.asset)
	mux.HandleFunc("GET /favicon.svg", s.asset)
	mux.HandleFunc("GET /robots.txt", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		w.Write([]byte("User-agent: *\nDisallow: /\n"))
	})
	mux.Handle(api.Prefix+"/signal", l)
	mux.Handle("/api/", s.known(api.New(s.cfg.API)))
	mux.HandleFunc("/", s.missing)
	s.root = s.watch(s.unbroken(secured(s.cfg.Secure, s.origins.Handler(bounded(mux)))))
	if s.cfg.Routes != nil {
		outer := http.NewServeMux()
		s.cfg.Routes(outer)
		outer.Handle("/", s.root)
		s.root = outer
	}
}

// mostBody is the longest body of a request. The API counts to 1 MiB itself, and
// then answers in its own words.
const mostBody = 1<<20 + 4096

// bounded limits the bodies of requests. A host's address book may be longer than
// all else.
func bounded(next http.Handler) http.Handler {
	short, long := http.MaxBytesHandler(next, mostBody), http.MaxBytesHandler(next, api.MostImport+4096)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == api.ImportPath {
			long.ServeHTTP(w, r)
			return
		}
		short.ServeHTTP(w, r)
	})
}

// ServeHTTP implements http.Handler.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.root.ServeHTTP(w, r) }

// link asks what the guest link of a request leads to, with the ways in for who
// holds it. If that is nowhere, it has answered.
func (s *Site) link(w http.ResponseWriter, r *http.Request) (f api.Followed, ways live.Ways, ok bool) {
	token := r.PathValue("token")
	f, err := s.cfg.API.Link(r.Context(), token, s.Source(r))
	switch {
	case err != nil:
		s.log.Error("a guest link cannot be followed", "error", err)
		s.fault(w, r, http.StatusInternalServerError)
		return f, ways, false
	case f.Cause != cause.None && f.Cause != cause.TooEarly:
		s.refuse(w, r, f.Cause, f.Wait)
		return f, ways, false
	}
	return f, s.cfg.API.Directory().Ways(f.Room.Extension, f.PIN, token), true
}

// Say is a text for people, for causes of the end of a call.
func (s *Site) Say(language string, c cause.Cause) string {
	words := s.book.In(locales.Choose(s.cfg.Languages, "", language))
	key := "page.bye." + live.Word(c)
	if text := words.Say(key); text != key {
		return text
	}
	return words.Say("page.bye.internal")
}
