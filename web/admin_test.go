package web

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/partyline/partyline/store"
	"github.com/partyline/partyline/web/api"
)

// played is a gateway as admins see it.
func (w *world) played() api.Admin {
	return api.Admin{
		Status: func() api.GatewayStatus { return api.GatewayStatus{Version: "test", Ready: true, Calls: 1} },
		Trunks: func() []api.TrunkStatus { return []api.TrunkStatus{{Name: "carrier-a", State: "up"}} },
		Numbers: func(context.Context) []api.NumberStatus {
			return []api.NumberStatus{{Number: "+41445550100", To: "reception"}}
		},
		Calls: func() []api.LiveCall {
			return []api.LiveCall{{ID: "c1", Protocol: "sip", Direction: "in", Room: "112752642"}}
		},
		Failures: func() []api.CallFailure {
			return []api.CallFailure{{ID: "c0", Cause: "unroutable", Reason: "no rule matches"}}
		},
		Rooms: func(context.Context) ([]api.RoomStatus, error) {
			return []api.RoomStatus{{Extension: "112752642", Name: "Board & Co", Owner: "ada@example.org", Count: 2}, {Extension: "300100100", Name: "Café"}}, nil
		},
		Ladder: func(id string, _ int) (string, error) {
			if id != "c1" {
				return "", store.ErrNotFound
			}
			return "INVITE ->", nil
		},
		Config: func() api.Configuration {
			return api.Configuration{Settings: []api.Setting{{Key: "sip.listen", Value: "udp://:5060"}}}
		},
		Changes: w.store.Changes,
		EndCall: func(id string) error {
			if id != "c1" {
				return store.ErrNotFound
			}
			return nil
		},
		Reload: func() (api.ReloadReport, error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			if w.guesses > 0 { // the test's way to break the file
				return api.ReloadReport{}, api.ConfigMistakes{{At: "partyline.yaml:3:5", Message: "there is no key lisen"}}
			}
			return api.ReloadReport{Applied: []string{"trunks"}}, nil
		},
	}
}

// boss is an admin's account.
func (w *world) boss() store.User {
	w.t.Helper()
	u, err := w.store.AddUser(w.t.Context(), store.NewUser{Email: "boss@example.org", Password: password, Admin: true})
	w.must(err)
	return u
}

// adminRows are what admins ask for, with the status they get.
var adminRows = []struct {
	method, path, route string
	want                int
}{
	{"GET", "/status", "", 200},
	{"GET", "/trunks", "", 200},
	{"GET", "/numbers", "", 200},
	{"GET", "/calls", "", 200},
	{"GET", "/calls?room=112752642&limit=1", "/calls", 200},
	{"GET", "/calls?limit=0", "/calls", 422},
	{"GET", "/rooms?search=cafe", "/rooms", 200},
	{"GET", "/failures", "", 200},
	{"GET", "/config", "", 200},
	{"GET", "/audit?limit=2&action=sign-in,add-room", "/audit", 200},
	{"GET", "/audit?since=yesterday", "/audit", 422},
	{"GET", "/calls/c1/trace", "/calls/{id}/trace", 200},
	{"GET", "/calls/nobody/trace", "/calls/{id}/trace", 404},
	{"DELETE", "/calls/nobody", "/calls/{id}", 404},
	{"DELETE", "/calls/c1", "/calls/{id}", 204},
	{"POST", "/reload", "", 200},
}

// TestAdminRights asks every route of admins as everybody who may come along.
func TestAdminRights(t *testing.T) {
	w := open(t, false)
	guest := w.browser()
	_, resume, _ := guest.call(w.guestHello())
	bearer := w.browser()
	bearer.head.Set("Authorization", "Bearer "+resume)
	boss := w.boss()
	askers := map[string]*browser{
		"nobody": w.browser(), "guest": guest, "guest by token": bearer, "host": w.signedIn(w.ada), "admin": w.signedIn(boss),
	}
	refused := map[string]int{"nobody": 401, "guest": 403, "guest by token": 403, "host": 403}
	covered := map[string]bool{}
	for _, row := range adminRows {
		route := row.route
		if route == "" {
			route = row.path
		}
		covered[row.method+" "+api.Prefix+"/admin"+route] = true
		for name, asker := range askers {
			want := row.want
			if status, ok := refused[name]; ok {
				want = status
			}
			a := asker.do(row.method, api.Prefix+"/admin"+row.path, "")
			if a.status != want {
				t.Errorf("%s %s as %s: %d, want %d\n%s", row.method, row.path, name, a.status, want, a.body)
			}
			if _, no := refused[name]; no && (strings.Contains(a.body, "carrier") || strings.Contains(a.body, "112752642")) {
				t.Errorf("%s %s tells %s: %s", row.method, row.path, name, a.body)
			}
		}
	}
	for route := range routes(t, w) {
		if strings.Contains(route, "/admin") && !covered[route] {
			t.Errorf("the table does not cover %s", route)
		}
	}
	// Who is no admin any more sees nothing at once, and stays signed in as a host.
	no := false
	_, err := w.store.UpdateUser(t.Context(), boss.ID, store.UserChange{Admin: &no})
	w.must(err)
	b := askers["admin"]
	if a := b.get("/api/v1/admin/status"); a.status != 403 || a.json(t)["code"] != "admin" {
		t.Errorf("an admin of before: %d %s", a.status, a.body)
	}
	if a := b.get("/api/v1/rooms"); a.status != 200 {
		t.Errorf("signed out: %d", a.status)
	}
}

func TestAdminAnswers(t *testing.T) {
	w := open(t, false)
	b := w.signedIn(w.boss())
	if a := b.get("/api/v1/session"); a.json(t)["user"].(map[string]any)["admin"] != true {
		t.Errorf("who am I: %s", a.body)
	}
	for path, want := range map[string]string{
		"/rooms?search=cafe":    `"total":1`,
		"/rooms?search=ADA":     `Board`,
		"/rooms?live=true":      `"total":1`,
		"/calls?room=1":         `"calls":[]`,
		"/calls/c1/trace":       `INVITE -`,
		"/failures":             `no rule matches`,
		"/config":               `"restart":[]`,
		"/status":               `"listeners":[]`,
		"/trunks":               `carrier-a`,
		"/numbers":              `+41445550100`,
		"/audit?who=nobody":     `"changes":[]`,
		"/audit?action=sign-in": `"changes":[`,
	} {
		if a := b.get("/api/v1/admin" + path); a.status != 200 || !strings.Contains(a.body, want) {
			t.Errorf("%s: %d %s, want %s", path, a.status, a.body, want)
		}
	}
	w.mu.Lock()
	w.guesses = 1
	w.mu.Unlock()
	a := b.do("POST", "/api/v1/admin/reload", "")
	if a.status != 422 || !strings.Contains(a.body, "partyline.yaml:3:5") || !strings.Contains(a.body, "lisen") {
		t.Errorf("a broken file: %d %s", a.status, a.body)
	}
	for _, path := range []string{"/admin", "/admin/trunks", "/admin/calls/c1"} {
		if a := b.get(path); a.status != 200 || !strings.Contains(a.body, "host.js") || !strings.Contains(a.body, `"admin":true`) {
			t.Errorf("%s: %d", path, a.status)
		}
	}
}

// recorded waits for what is on record, the oldest first.
func (w *world) recorded() []store.Change {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 20*time.Second)
	defer cancel()
	w.must(w.store.Flush(ctx))
	list, err := w.store.Changes(ctx, store.Changes{Limit: 1000})
	w.must(err)
	for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
		list[i], list[j] = list[j], list[i]
	}
	return list
}

// Every change is on record with who, what and from where, and without a secret; what
// changes nothing, or is refused, is not.
func TestEveryChangeIsOnRecord(t *testing.T) {
	w := open(t, false)
	b, other := w.signedIn(w.ada), w.signedIn(w.account("ben"))
	room, before := "/api/v1/rooms/"+w.room.ID, len(w.recorded())
	m, _ := w.scheduled()
	meeting := "/api/v1/meetings/" + m.ID
	for _, row := range []struct{ method, path, body, want string }{
		{"PATCH", room, `{"name":"Boardroom","pin":"86420","lobby":true}`, "change-room room 112752642 (Board & Co) name: Board & Co → Boardroom; lobby: off → on; PIN: replaced"},
		{"POST", room + "/link", `{}`, "replace-link room 112752642 (Boardroom) "},
		{"POST", "/api/v1/rooms", `{"name":"Annexe"}`, "add-room room 300100100 (Annexe) "},
		{"POST", "/api/v1/meetings/preview", `{}`, ""},
		{"GET", room, "", ""},
		{"PATCH", room, `{"pin":"1234"}`, ""},
		{"POST", room + "/live/commands", `{"do":"mute-all"}`, ""},
		{"PATCH", meeting, `{"duration_min":45}`, "change-meeting meeting " + m.Extension + " (Board meeting) duration: 1h0m0s → 45m0s"},
		{"POST", meeting + "/invitees", `{"text":"eva@example.net; ian@example.net"}`, "add-invitees meeting " + m.Extension + " (Board meeting) 2 invited"},
		{"DELETE", meeting + "/occurrences/2030-01-14T09:00", "", "cancel-occurrence meeting " + m.Extension + " (Board meeting) occurrence 2030-01-14T09:00"},
		{"POST", "/api/v1/contacts", `{"name":"Gus","email":"gus@example.net"}`, "add-contact contact 1 "},
		{"POST", "/api/v1/contacts/import", "name,email\nIan,ian@example.net\n", "import-contacts contacts 1 added, 0 changed"},
		{"POST", meeting + "/cancel", "", "cancel-meeting meeting " + m.Extension + " (Board meeting) "},
		{"DELETE", room, "", "remove-room room 112752642 (Boardroom) "},
		{"DELETE", "/api/v1/session", "", "sign-out account ada@example.org "},
	} {
		if strings.HasPrefix(row.path, room) {
			if a := other.do(row.method, row.path, row.body); a.status != 403 {
				t.Errorf("%s %s by another host: %d", row.method, row.path, a.status)
			}
		}
		n := len(w.recorded())
		a := b.do(row.method, row.path, row.body)
		all := w.recorded()
		got := ""
		for _, c := range all[n:] {
			got += c.Action + " " + c.Subject + " " + c.Detail
			if c.By != store.ByAccount || c.Who != "ada@example.org" || c.From != "127.0.0.1" {
				t.Errorf("%s %s: by %s %q from %q", row.method, row.path, c.By, c.Who, c.From)
			}
		}
		if got != row.want {
			t.Errorf("%s %s (%d): %q is on record, want %q", row.method, row.path, a.status, got, row.want)
		}
	}
	text, _ := json.Marshal(w.recorded()[before:])
	for _, secret := range []string{"86420", "48219", "97531", password, w.link, "eva@", "gus@", "ian@"} {
		if strings.Contains(string(text), secret) {
			t.Errorf("%s is on record: %s", secret, text)
		}
	}
}
