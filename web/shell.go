package web

import (
	"bytes"
	"cmp"
	"encoding/json"
	"html/template"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/partyline/partyline/locales"
	"github.com/partyline/partyline/web/api"
	"github.com/partyline/partyline/web/live"
)

// view is what a template renders.
type view struct {
	*locales.Words
	Title string // of the window
	H1    string
	// Script is the script of the page, and Page what it is given; empty: none.
	Script    string
	Page      *pageData
	Insecure  bool
	Languages []languageLink

	// What the pages have of their own.
	Text      string
	When      string // the meeting's time
	Ways      live.Ways
	Link      *pageLink
	Countries []country
	Home      bool // a way to the start page
}

// languageLink leads to the same page in another language.
type languageLink struct {
	Code, Name string
	URL        string
	Current    bool
}

// pageData is the JSON that a page's script finds beside it.
type pageData struct {
	Lang      string          `json:"lang"`
	Languages []string        `json:"languages"`
	Messages  json.RawMessage `json:"messages"`
	Page      string          `json:"page"`
	Secure    bool            `json:"secure"`
	Signal    string          `json:"signal"`
	Version   string          `json:"version"`
	Room      string          `json:"room,omitempty"`
	Link      *pageLink       `json:"link,omitempty"`
	Ways      *live.Ways      `json:"ways,omitempty"`
	User      *api.User       `json:"user"`
	*api.Can                  // of the hosts' page

	Preload []string `json:"-"` // what the script imports first
}

type pageLink struct {
	Token string `json:"token"`
	api.Link
}

// view begins a page in the reader's language.
func (s *Site) view(r *http.Request) *view {
	wished := r.URL.Query().Get("lang")
	kept := ""
	if c, err := r.Cookie("lang"); err == nil {
		kept = c.Value
	}
	lang := locales.Choose(s.cfg.Languages, r.Header.Get("Accept-Language"), wished, kept)
	v := &view{Words: s.book.In(lang), Insecure: !s.secure(r)}
	for _, code := range s.cfg.Languages {
		v.Languages = append(v.Languages, languageLink{
			Code: code, Name: s.book.In(code).Say("page.name"), Current: code == lang,
			URL: r.URL.EscapedPath() + "?lang=" + url.QueryEscape(code),
		})
	}
	return v
}

// script makes it the page of a script.
func (s *Site) script(v *view, r *http.Request, name string) *pageData {
	v.Script = name
	v.Page = &pageData{
		Lang: v.Language, Languages: s.cfg.Languages, Messages: s.messages(v.Words, name), Page: name, Secure: !v.Insecure,
		Signal: api.Prefix + "/signal", Version: s.cfg.API.Version, User: s.user(r),
	}
	if _, ok := s.assets[sharedScript]; ok {
		v.Page.Preload = []string{sharedScript}
	}
	return v.Page
}

// sharedScript is what the scripts of all pages have in common. Fetched with the
// page, it does not wait for them to ask for it.
const sharedScript = "shared.js"

// secure says whether the browser counts the page as a secure context: only then
// it lends a microphone.
func (s *Site) secure(r *http.Request) bool {
	if r.TLS != nil || s.cfg.Secure {
		return true
	}
	if peer, err := netip.ParseAddrPort(r.RemoteAddr); err == nil && s.trusted(peer.Addr().Unmap()) && r.Header.Get("X-Forwarded-Proto") == "https" {
		return true
	}
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	if a, err := netip.ParseAddr(host); err == nil {
		return a.IsLoopback()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// JSON is the page's data as its script element holds it.
func (p *pageData) JSON() (template.JS, error) {
	text, err := json.Marshal(p) // escapes <, > and &: it cannot end the element
	return template.JS(text), err
}

// render sends a page.
func (s *Site) render(w http.ResponseWriter, r *http.Request, status int, name string, v *view) {
	v.Title = cmp.Or(v.Title, v.H1)
	var b bytes.Buffer
	if err := s.pages.ExecuteTemplate(&b, name, v); err != nil {
		s.log.Error("a page cannot be rendered", "page", name, "error", err)
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", v.Language)
	h.Add("Vary", "Accept-Language, Cookie")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		w.Write(b.Bytes())
	}
}

// minutes rounds up: whoever comes back then is not too early.
func minutes(d time.Duration) int { return max(1, int((d+time.Minute-1)/time.Minute)) }

// tel lets a template use a tel: URL, which it does not know. Ours are of digits
// and pauses.
func tel(u string) template.URL {
	if strings.Trim(strings.TrimPrefix(u, "tel:"), "+0123456789,") != "" {
		return ""
	}
	return template.URL(u)
}
