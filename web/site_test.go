package web

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/locales"
	"rsc.io/qr"
)

var scriptData = regexp.MustCompile(`(?s)<script type="application/json" id="page">(.*?)</script>`)

// data is what a page gives its script.
func data(t *testing.T, body string) map[string]any {
	t.Helper()
	found := scriptData.FindStringSubmatch(body)
	if found == nil {
		t.Fatalf("no data in the page\n%.800s", body)
	}
	m := map[string]any{}
	if err := json.Unmarshal([]byte(found[1]), &m); err != nil {
		t.Fatalf("%v in %.200s", err, found[1])
	}
	return m
}

// TestPages holds every page to what all of them have: the reader's language, one
// heading, a main part, a way to skip to it, no word that is missing, nothing
// from elsewhere.
func TestPages(t *testing.T) {
	w := open(t, false)
	b := w.browser()
	elsewhere := regexp.MustCompile(`(?:src|href)="(?:https?:)?//`)
	for path, want := range map[string]int{
		"/": 200, "/rooms/abc": 200, "/j/" + w.link: 200, "/j/nonsense": 404, "/j/lockedout": 429, "/test": 200,
		"/dial-in/112752642": 200, "/dial-in/": 200, "/dial-in/abc": 404, "/nonsense": 404, "/assets/nonsense.js": 404,
	} {
		for _, lang := range locales.Languages() {
			b.head.Set("Accept-Language", lang+"-XX,"+lang+";q=0.9,en;q=0.1")
			a := b.get(path)
			if a.status != want || a.Get("Content-Language") != lang || !strings.Contains(a.body, `<html lang="`+lang+`">`) {
				t.Errorf("%s in %s: %d %s", path, lang, a.status, a.Get("Content-Language"))
			}
			for part, n := range map[string]int{"<h1": 1, `<main id="main"`: 1, `href="#main"`: 1, "<title>": 1, "noindex": 1} {
				if got := strings.Count(a.body, part); got != n {
					t.Errorf("%s has %d of %s, want %d", path, got, part, n)
				}
			}
			shown := scriptData.ReplaceAllString(a.body, "")
			if i := strings.Index(shown, "page."); i >= 0 {
				t.Errorf("%s in %s lacks a word: %.60s", path, lang, shown[i:])
			}
			if elsewhere.MatchString(a.body) || strings.Contains(shown, "style=") || strings.Contains(shown, "onclick") {
				t.Errorf("%s loads from elsewhere or breaks the policy", path)
			}
			if want >= 400 && (strings.Contains(a.body, "Board") || strings.Contains(a.body, `id="page"`)) {
				t.Errorf("%s tells of the room", path)
			}
		}
	}
	b.head.Del("Accept-Language")
	if a := b.get("/test?lang=it"); a.Get("Content-Language") != "it" {
		t.Errorf("?lang=it gives %s", a.Get("Content-Language"))
	}
	b.head.Set("Cookie", "lang=fr")
	if a := b.get("/test"); a.Get("Content-Language") != "fr" {
		t.Errorf("the cookie gives %s", a.Get("Content-Language"))
	}
}

// TestGuestPage can be read without JavaScript, and gives the script all it needs.
func TestGuestPage(t *testing.T) {
	w := open(t, false)
	b := w.browser()
	b.head.Set("Accept-Language", "en")
	a := b.get("/j/" + w.link)
	shown := scriptData.ReplaceAllString(a.body, "")
	for _, want := range []string{
		"Board &amp; Co</h1>", "&#43;41 44 555 01 00", `href="tel:&#43;12125550123,,112752642,,48219"`, "112752642", "48219",
		"112752642@meet.example.org", "/j/" + w.link + "/qr.svg", `src="/assets/guest.js"`,
	} {
		if !strings.Contains(shown, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Index(shown, "12125550123") > strings.Index(shown, "41445550100") {
		t.Error("the English number is not the first in English")
	}
	d := data(t, a.body)
	link := d["link"].(map[string]any)
	if d["page"] != "guest" || d["lang"] != "en" || d["user"] != nil || d["secure"] != true || link["title"] != "Board & Co" ||
		link["names"] != "ask" || link["token"] != w.link || d["ways"].(map[string]any)["link"] != w.server.URL+"/j/"+w.link {
		t.Errorf("%v", d)
	}
	if strings.Contains(a.body, "97531") || strings.Contains(a.body, "example.org\",\"name\"") {
		t.Error("the page tells a guest the host's PIN or an account")
	}
	for key := range d["messages"].(map[string]any) {
		if !strings.HasPrefix(key, "ui.") {
			t.Errorf("the script is given %s", key)
		}
	}
	ada := w.signedIn(w.ada)
	if u := data(t, ada.get("/j/"+w.link).body)["user"].(map[string]any); u["email"] != "ada@example.org" {
		t.Errorf("%v", u)
	}
	if d := data(t, ada.get("/rooms/"+w.room.ID).body); d["room"] != w.room.ID || d["page"] != "host" {
		t.Errorf("%v", d)
	}
}

// TestDialIn is the same for a room that there is and one that there is not.
func TestDialIn(t *testing.T) {
	w := open(t, false)
	b := w.browser()
	known, unknown := b.get("/dial-in/112752642"), b.get("/dial-in/999999999")
	if known.status != unknown.status || strings.ReplaceAll(known.body, "112752642", "999999999") != unknown.body {
		t.Error("the page tells whether there is such a room")
	}
	for _, want := range []string{"Switzerland", "United States", "Zürich", "Deutsch", "tel:&#43;41445550100,,112752642\""} {
		if !strings.Contains(known.body, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Contains(known.body, "module") {
		t.Error("the page needs a script")
	}
}

// TestGETChangesNothing opens every page and route as a mail scanner does, and
// looks at the database.
func TestGETChangesNothing(t *testing.T) {
	w := open(t, false)
	ada := w.signedIn(w.ada)
	rooms := func() string {
		list, err := w.store.Rooms(t.Context())
		w.must(err)
		link, err := w.store.GuestLink(t.Context(), w.room.ID)
		w.must(err)
		text, _ := json.Marshal(list)
		return string(text) + link
	}
	before := rooms()
	for _, b := range []*browser{w.browser(), ada} {
		for _, path := range []string{
			"/", "/j/" + w.link, "/j/" + w.link + "/qr.svg", "/test", "/dial-in/112752642", "/rooms/" + w.room.ID,
			"/api/v1/session", "/api/v1/rooms", "/api/v1/rooms/" + w.room.ID, "/api/v1/rooms/" + w.room.ID + "/live",
			"/api/v1/rooms/" + w.room.ID + "/link", "/api/v1/rooms/" + w.room.ID + "/live/commands", "/api/v1/links/" + w.link,
			"/api/v1/leave",
		} {
			for range 2 {
				if a := b.get(path); len(a.response.Cookies()) > 0 {
					t.Errorf("GET %s sets %v", path, a.response.Cookies())
				}
			}
		}
	}
	if rooms() != before {
		t.Error("GET has changed something")
	}
	if a := ada.get("/api/v1/session"); a.status != 200 {
		t.Error("GET has signed out")
	}
}

func TestAssets(t *testing.T) {
	w := open(t, false)
	b := w.browser()
	b.http.Transport = &http.Transport{DisableCompression: true}
	a := b.get("/favicon.svg")
	tag := a.Get("ETag")
	if a.status != 200 || a.Get("Content-Type") != "image/svg+xml" || tag == "" || a.Get("Cache-Control") != "no-cache" {
		t.Errorf("%d %v", a.status, a.Header)
	}
	b.head.Set("If-None-Match", tag)
	if a := b.get("/favicon.svg"); a.status != 304 || a.body != "" {
		t.Errorf("%d", a.status)
	}
	for header, zipped := range map[string]bool{"gzip, br": true, "br": false, "gzip;q=0": false, "": false} {
		b.head = http.Header{"Accept-Encoding": {header}}
		a := b.get("/assets/style.css")
		if a.status != 200 || (a.Get("Content-Encoding") == "gzip") != zipped || a.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%q: %d %v", header, a.status, a.Header)
		}
	}
	for _, path := range []string{"/assets/", "/assets/../site.go", "/assets/.keep", "/assets/%2e%2e/templates/guest.html"} {
		if a := b.get(path); a.status == 200 {
			t.Errorf("%s is sent", path)
		}
	}
}

func TestSource(t *testing.T) {
	s := &Site{cfg: Config{Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}}
	for _, tt := range []struct{ remote, forwarded, want string }{
		{"192.0.2.1:5", "", "192.0.2.1"},
		{"192.0.2.1:5", "203.0.113.9", "192.0.2.1"}, // no proxy of ours
		{"10.0.0.1:5", "203.0.113.9", "203.0.113.9"},
		{"10.0.0.1:5", "6.6.6.6, 203.0.113.9", "203.0.113.9"},
		{"10.0.0.1:5", "203.0.113.9, 10.1.1.1", "203.0.113.9"},
		{"10.0.0.1:5", "nonsense", "10.0.0.1"},
		{"10.0.0.1:5", "", "10.0.0.1"},
		{"[::ffff:192.0.2.1]:5", "", "192.0.2.1"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = tt.remote
		if tt.forwarded != "" {
			r.Header.Set("X-Forwarded-For", tt.forwarded)
		}
		if got := s.Source(r).String(); got != tt.want {
			t.Errorf("%+v: %s", tt, got)
		}
	}
}

// TestInsecure says so where browsers will not lend a microphone.
func TestInsecure(t *testing.T) {
	w := open(t, false, func(c *Config) { c.Proxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")} })
	for _, tt := range []struct {
		host, remote, proto string
		secure              bool
	}{
		{"localhost:8080", "192.0.2.1:5", "", true},
		{"127.0.0.1:8080", "192.0.2.1:5", "", true},
		{"[::1]:8080", "192.0.2.1:5", "", true},
		{"meet.example.org", "192.0.2.1:5", "", false},
		{"192.0.2.80:8080", "192.0.2.1:5", "", false},
		{"meet.example.org", "10.0.0.1:5", "https", true},
		{"meet.example.org", "192.0.2.1:5", "https", false},
		{"localhost.evil.example", "192.0.2.1:5", "", false},
	} {
		r := httptest.NewRequest("GET", "http://"+tt.host+"/test", nil)
		r.RemoteAddr = tt.remote
		r.Header.Set("X-Forwarded-Proto", tt.proto)
		rec := httptest.NewRecorder()
		w.site.ServeHTTP(rec, r)
		body := rec.Body.String()
		if strings.Contains(body, `id="insecure"`) == tt.secure || data(t, body)["secure"] != tt.secure {
			t.Errorf("%+v is shown otherwise", tt)
		}
	}
}

func TestSay(t *testing.T) {
	w := open(t, false)
	if got := w.site.Say("de", cause.Ended); got != "Der Gastgeber hat die Besprechung beendet." {
		t.Error(got)
	}
	for c := cause.None + 1; c < cause.None+60; c++ {
		for _, lang := range locales.Languages() {
			if got := w.site.Say(lang, c); strings.Contains(got, "page.") || got == "" {
				t.Errorf("%v in %s: %q", c, lang, got)
			}
		}
	}
}

// TestQR draws the link: read back, the drawing is the code.
func TestQR(t *testing.T) {
	w := open(t, false)
	a := w.browser().get("/j/" + w.link + "/qr.svg")
	if a.status != 200 || a.Get("Content-Type") != "image/svg+xml" {
		t.Fatalf("%d %v", a.status, a.Header)
	}
	want, err := qr.Encode(w.server.URL+"/j/"+w.link, qr.M)
	w.must(err)
	dark := map[[2]int]bool{}
	for _, m := range regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-`).FindAllStringSubmatch(a.body, -1) {
		x, y, n := number(m[1]), number(m[2]), number(m[3])
		for i := range n {
			dark[[2]int{x + i - quiet, y - quiet}] = true
		}
	}
	for y := range want.Size {
		for x := range want.Size {
			if dark[[2]int{x, y}] != want.Black(x, y) {
				t.Fatalf("module %d %d is wrong", x, y)
			}
		}
	}
	phone := w.browser().get("/j/" + w.link + "/qr.svg?for=phone")
	if phone.status != 200 || phone.body == a.body {
		t.Errorf("%d", phone.status)
	}
}

func number(s string) (n int) {
	for _, c := range s {
		n = 10*n + int(c-'0')
	}
	return n
}
