package web

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2/memstore"
	"github.com/coder/websocket"
	"github.com/partyline/partyline/store"
)

func TestSignIn(t *testing.T) {
	for _, secure := range []bool{false, true} {
		w := open(t, secure)
		b := w.browser()
		a := b.do("POST", "/api/v1/session", `{"email":" ADA@example.org ","password":"`+password+`"}`)
		if a.status != 200 || a.json(t)["user"].(map[string]any)["name"] != "Ada" {
			t.Fatalf("%d %s", a.status, a.body)
		}
		c := a.response.Cookies()[0]
		if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Secure != secure || c.Path != "/" ||
			strings.HasPrefix(c.Name, "__Host-") != secure || c.Domain != "" {
			t.Errorf("cookie %v", a.response.Header["Set-Cookie"])
		}
		if a := b.get("/api/v1/session"); a.status != 200 {
			t.Errorf("not known: %d %s", a.status, a.body)
		}
		// A change of the password signs out.
		w.must(w.store.SetPassword(t.Context(), w.ada.ID, "another long password"))
		if a := b.get("/api/v1/session"); a.status != 401 {
			t.Errorf("still signed in after the password was changed: %d", a.status)
		}
		b = w.signedIn(w.account("ben"))
		if a := b.do("DELETE", "/api/v1/session", ""); a.status != 204 {
			t.Errorf("sign-out: %d", a.status)
		}
		if a := b.get("/api/v1/session"); a.status != 401 {
			t.Errorf("still signed in: %d", a.status)
		}
	}
}

// TestSignInLimit passes the limits of admission on, and never what was entered.
func TestSignInLimit(t *testing.T) {
	w := open(t, false)
	b := w.browser()
	wrong := `{"email":"ada@example.org","password":"hunter2hunter2"}`
	for range 3 {
		a := b.do("POST", "/api/v1/session", wrong)
		if a.status != 401 || a.json(t)["code"] != "credentials" || strings.Contains(a.body, "hunter2") {
			t.Errorf("%d %s", a.status, a.body)
		}
	}
	a := b.do("POST", "/api/v1/session", wrong)
	if a.status != 429 || a.Get("Retry-After") != "90" || a.json(t)["code"] != "locked-out" {
		t.Errorf("%d %v %s", a.status, a.Header, a.body)
	}
	a = b.do("POST", "/api/v1/session", `{"email":"x@example.org","password":["hunter2"]}`)
	if a.status != 422 || strings.Contains(a.body, "hunter2") {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// location is where the API's problem says the mistakes are.
func location(t *testing.T, a answer) (all []string) {
	t.Helper()
	list, _ := a.json(t)["errors"].([]any)
	for _, e := range list {
		all = append(all, e.(map[string]any)["location"].(string))
	}
	slices.Sort(all)
	return all
}

func TestRooms(t *testing.T) {
	w := open(t, false)
	ada := w.signedIn(w.ada)
	a := ada.do("POST", "/api/v1/rooms", `{"name":" Team  Weekly ","lobby":true,"max_participants":12,"names":"guest"}`)
	room := a.json(t)
	if a.status != 201 || room["name"] != "Team Weekly" || room["extension"] != "300100100" || room["lobby"] != true ||
		len(room["pin"].(string)) != 6 || len(room["host_pin"].(string)) != 6 || room["names"] != "guest" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if !strings.HasPrefix(room["guest_link"].(string), w.server.URL+"/j/") {
		t.Errorf("guest link %v", room["guest_link"])
	}
	id := room["id"].(string)
	for body, want := range map[string][]string{
		`{"pin":"1234"}`:                             {"body.pin"},
		`{"pin":"48219","host_pin":"482"}`:           {"body.host_pin", "body.host_pin"},
		`{"max_participants":-1}`:                    {"body.max_participants"},
		`{"tones":"loud"}`:                           {"body.tones"},
		`{"nonsense":1}`:                             {"body.nonsense"},
		`{"name":"` + strings.Repeat("x", 65) + `"}`: {"body.name"},
	} {
		a := ada.do("PATCH", "/api/v1/rooms/"+id, body)
		if a.status != 422 || !slices.Equal(slices.Compact(location(t, a)), slices.Compact(want)) {
			t.Errorf("%s: %d %s", body, a.status, a.body)
		}
		if strings.Contains(a.body, "48219") || strings.Contains(a.body, `"1234`) {
			t.Errorf("the problem repeats the PIN: %s", a.body)
		}
	}
	for body, want := range map[string]string{
		`{"extension":"112752642"}`: "body.extension", `{"extension":"9196"}`: "body.extension", `{"extension":"x"}`: "body.extension",
	} {
		if a := ada.do("POST", "/api/v1/rooms", body); a.status != 422 || !slices.Contains(location(t, a), want) {
			t.Errorf("%s: %d %s", body, a.status, a.body)
		}
	}
	a = ada.do("PATCH", "/api/v1/rooms/"+id, `{"pin":"","name":"Weekly","guest_invites":true}`)
	if room := a.json(t); a.status != 200 || room["pin"] != "" || room["name"] != "Weekly" || room["guest_invites"] != true || room["lobby"] != true {
		t.Errorf("%d %s", a.status, a.body)
	}
	list := ada.get("/api/v1/rooms").json(t)["rooms"].([]any)
	if len(list) != 2 {
		t.Errorf("ada has %d rooms", len(list))
	}
	ways := list[0].(map[string]any)["ways"].(map[string]any)
	if ways["sip"] != "112752642@meet.example.org" || ways["h323"] != nil || len(ways["numbers"].([]any)) != 2 {
		t.Errorf("ways %v", ways)
	}
	if a := ada.do("DELETE", "/api/v1/rooms/"+id, ""); a.status != 204 || a.body != "" {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := ada.get("/api/v1/rooms/" + id); a.status != 404 {
		t.Errorf("%d after it was removed", a.status)
	}
}

// TestLinkIsReplaced refuses the old link at once, everywhere.
func TestLinkIsReplaced(t *testing.T) {
	w := open(t, false)
	ada, guest := w.signedIn(w.ada), w.browser()
	if a := guest.get("/api/v1/links/" + w.link); a.status != 200 || a.json(t)["title"] != "Board & Co" || a.json(t)["names"] != "ask" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	_, _, ws := guest.call(w.guestHello())
	a := ada.do("POST", "/api/v1/rooms/"+w.room.ID+"/link", "")
	if a.status != 200 || strings.HasSuffix(a.json(t)["guest_link"].(string), w.link) {
		t.Fatalf("%d %s", a.status, a.body)
	}
	for path, want := range map[string]string{"/api/v1/links/" + w.link: "link-replaced", "/j/" + w.link: "replaced", "/j/" + w.link + "/qr.svg": "replaced"} {
		if a := guest.get(path); a.status != 410 || !strings.Contains(a.body, want) || strings.Contains(a.body, "Board") {
			t.Errorf("%s: %d\n%.300s", path, a.status, a.body)
		}
	}
	if w.bridge.Count(w.room.ID) != 1 {
		t.Error("who was there has been removed")
	}
	ada.do("POST", "/api/v1/rooms/"+w.room.ID+"/link", `{"remove_guests":true}`)
	if bye := until(t, ws, "bye"); !strings.Contains(bye, `"removed"`) {
		t.Error(bye)
	}
	link, _ := w.store.GuestLink(t.Context(), w.room.ID)
	ada.do("DELETE", "/api/v1/rooms/"+w.room.ID, "")
	if a := guest.get("/api/v1/links/" + link); a.status != 410 || a.json(t)["code"] != "link-ended" {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := guest.get("/api/v1/links/lockedout"); a.status != 429 || a.Get("Retry-After") != "90" {
		t.Errorf("%d %v", a.status, a.Header)
	}
}

// TestLeaveByBeacon takes the text that navigator.sendBeacon sends.
func TestLeaveByBeacon(t *testing.T) {
	w := open(t, false)
	b := w.browser()
	b.head.Set("Content-Type", "text/plain;charset=UTF-8")
	for _, body := range []string{`{"resume":"abc"}`, `nonsense`} { // it tells nobody whether there is such a call
		if a := b.do("POST", "/api/v1/leave", body); a.status != 204 {
			t.Errorf("%s: %d %s", body, a.status, a.body)
		}
	}
}

// until reads a socket until a message of this type.
func until(t *testing.T, ws *websocket.Conn, kind string) string {
	t.Helper()
	for {
		_, text, err := ws.Read(t.Context())
		if err != nil {
			t.Fatalf("no %s: %v", kind, err)
		}
		if strings.HasPrefix(string(text), `{"type":"`+kind+`"`) {
			return string(text)
		}
	}
}

func TestLiveMeeting(t *testing.T) {
	w := open(t, false)
	ada := w.signedIn(w.ada)
	room := "/api/v1/rooms/" + w.room.ID
	command := func(body string, want int, code any) {
		t.Helper()
		a := ada.do("POST", room+"/live/commands", body)
		if a.status != want || want != 204 && a.json(t)["code"] != code {
			t.Errorf("%s: %d %s", body, a.status, a.body)
		}
	}
	command(`{"do":"lock"}`, 409, "not-live")
	if a := ada.get(room + "/live"); a.status != 200 || len(a.json(t)["people"].([]any)) != 0 {
		t.Errorf("%d %s", a.status, a.body)
	}
	you, _, ws := w.browser().call(w.guestHello())
	command(`{"do":"mute","who":"`+you+`"}`, 204, "")
	if n := until(t, ws, "notice"); !strings.Contains(n, `"muted"`) {
		t.Error(n)
	}
	people := ada.get(room + "/live").json(t)["people"].([]any)
	if p := people[0].(map[string]any); p["muted"] != true || p["state"] != "room" || p["name"] != "Gus" || p["kind"] != "browser" {
		t.Errorf("%v", p)
	}
	live := ada.get(room).json(t)["live"].(map[string]any)
	if live["count"] != 1.0 || live["waiting"] != 0.0 || live["locked"] != false {
		t.Errorf("%v", live)
	}
	command(`{"do":"mute","who":"nobody"}`, 404, "not-here")
	command(`{"do":"fly"}`, 422, nil)
	command(`{"do":"rename","who":"`+you+`","name":" "}`, 422, "name")
	command(`{"do":"end"}`, 204, "")
	ended := time.Now()
	if bye := until(t, ws, "bye"); !strings.Contains(bye, `"ended"`) || time.Since(ended) > 2*time.Second {
		t.Errorf("%s after %v", bye, time.Since(ended))
	}
}

// heldStore is a database that another process holds.
type heldStore struct{ *memstore.MemStore }

func (heldStore) Find(string) ([]byte, bool, error)      { return nil, false, store.ErrBusy }
func (heldStore) Commit(string, []byte, time.Time) error { return store.ErrBusy }
func (heldStore) Delete(string) error                    { return store.ErrBusy }

// TestHeldDatabase lets guests in while it cannot be found out who has signed in,
// and says to hosts that it is this.
func TestHeldDatabase(t *testing.T) {
	w := open(t, false, func(c *Config) { c.Sessions = heldStore{memstore.NewWithCleanupInterval(0)} })
	b := w.browser()
	b.head.Set("Cookie", "partyline=abc")
	for path, want := range map[string]int{
		"/j/" + w.link: 200, "/": 503, "/api/v1/session": 503, "/api/v1/rooms": 503, "/api/v1/links/" + w.link: 200,
	} {
		a := b.get(path)
		if a.status != want || want == 503 && a.Get("Retry-After") == "" {
			t.Errorf("%s: %d %v", path, a.status, a.Header)
		}
		if want == 503 && strings.HasPrefix(path, "/api") && a.json(t)["code"] != "busy" {
			t.Errorf("%s: %s", path, a.body)
		}
	}
	b.head.Del("Cookie")
	a := b.do("POST", "/api/v1/session", `{"email":"ada@example.org","password":"`+password+`"}`)
	if a.status != 503 || len(a.response.Cookies()) > 0 {
		t.Errorf("signed in: %d %v", a.status, a.Header)
	}
	if _, _, ws := b.call(w.guestHello()); ws == nil {
		t.Error("no call")
	}
}
