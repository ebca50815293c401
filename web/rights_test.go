package web

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/partyline/partyline/store"
	"github.com/partyline/partyline/web/api"
)

// TestRights asks every route of the API as everybody who may come along.
func TestRights(t *testing.T) {
	w := open(t, false)
	guest := w.browser()
	_, resume, _ := guest.call(w.guestHello())
	bearer := w.browser()
	bearer.head.Set("Authorization", "Bearer "+resume)
	stranger := w.browser()
	stranger.head.Set("Authorization", "Bearer nonsense")
	askers := []*browser{w.browser(), stranger, guest, bearer, w.signedIn(w.account("ben")), w.signedIn(w.ada)}
	names := []string{"nobody", "nonsense as a token", "guest", "guest by token", "other host", "owner"}

	hosts := func(other, owner int) []int { return []int{401, 401, 403, 403, other, owner} }
	all := func(status int) []int { return []int{status, status, status, status, status, status} }
	room := "/api/v1/rooms/" + w.room.ID
	_, invitee := w.scheduled()
	m, _ := w.scheduled()
	meeting, invitees := "/api/v1/meetings/"+m.ID, "/api/v1/meetings/{id}/invitees"
	added, _, err := w.book.Invite(t.Context(), m.ID, []store.NewInvitee{{Email: "eva@example.net"}})
	w.must(err)
	eva := meeting + "/invitees/" + added[0].ID
	own, _, err := w.store.InviteeKeys(t.Context(), invitee)
	w.must(err)
	gus, err := w.store.AddContact(t.Context(), w.ada.ID, store.NewContact{Name: "Gus", Email: "eva@example.net"})
	w.must(err)
	contact, contacts := "/api/v1/contacts/"+gus.ID, "/api/v1/contacts/{id}"
	const one, oneRoute = "/occurrences/2030-01-14T09:00", "/api/v1/meetings/{id}/occurrences/{original}"
	table := []struct {
		method, path, body string
		route              string // in the OpenAPI document
		want               []int
	}{
		{"GET", "/api/v1/session", "", "", []int{401, 401, 401, 401, 200, 200}},
		{"POST", "/api/v1/session", `{}`, "", all(422)},
		{"GET", "/api/v1/rooms", "", "", hosts(200, 200)},
		{"POST", "/api/v1/rooms", `{"name":1}`, "", hosts(422, 422)},
		{"GET", room, "", "/api/v1/rooms/{id}", hosts(403, 200)},
		{"GET", "/api/v1/rooms/nonsense", "", "/api/v1/rooms/{id}", hosts(404, 404)},
		{"PATCH", room, `{"mute_on_entry":true}`, "/api/v1/rooms/{id}", hosts(403, 200)},
		{"PATCH", room, `nonsense`, "/api/v1/rooms/{id}", hosts(400, 400)},
		{"GET", room + "/live", "", "/api/v1/rooms/{id}/live", hosts(403, 200)},
		{"POST", room + "/live/commands", `{"do":"mute-all"}`, "/api/v1/rooms/{id}/live/commands", hosts(403, 204)},
		{"POST", room + "/calls", `{"to":"h323:600@192.0.2.7"}`, "/api/v1/rooms/{id}/calls", hosts(403, 200)},
		{"POST", room + "/calls", `{"to":"mailto:x"}`, "/api/v1/rooms/{id}/calls", hosts(403, 422)},
		{"GET", room + "/calls", "", "/api/v1/rooms/{id}/calls", hosts(403, 200)},
		{"DELETE", room + "/calls/o-0", "", "/api/v1/rooms/{id}/calls/{call}", hosts(403, 204)},
		{"POST", room + "/participants/anna/transfer", `{"to":"sip:desk@example.org"}`, "/api/v1/rooms/{id}/participants/{participant}/transfer", hosts(403, 204)},
		{"POST", room + "/link", `{}`, "/api/v1/rooms/{id}/link", hosts(403, 200)},
		{"GET", room + "/invitation", "", "/api/v1/rooms/{id}/invitation", hosts(403, 200)},
		{"GET", room + "/invitees", "", "/api/v1/rooms/{id}/invitees", hosts(403, 200)},
		{"POST", room + "/invitees", `{"text":"gus@example.net"}`, "/api/v1/rooms/{id}/invitees", hosts(403, 200)},
		{"GET", "/api/v1/meetings", "", "", hosts(200, 200)},
		{"GET", "/api/v1/meetings?when=all&search=board", "", "/api/v1/meetings", hosts(200, 200)},
		{"POST", "/api/v1/meetings", `{}`, "", hosts(422, 422)},
		{"POST", "/api/v1/meetings/preview", `{}`, "", hosts(200, 200)},
		{"POST", "/api/v1/meetings/preview?meeting=" + m.ID, `{}`, "/api/v1/meetings/preview", hosts(403, 200)},
		{"GET", meeting, "", "/api/v1/meetings/{id}", hosts(403, 200)},
		{"GET", "/api/v1/meetings/nonsense", "", "/api/v1/meetings/{id}", hosts(404, 404)},
		{"GET", "/api/v1/meetings/" + w.room.ID, "", "/api/v1/meetings/{id}", hosts(404, 404)},
		{"PATCH", meeting, `{"mute_on_entry":true}`, "/api/v1/meetings/{id}", hosts(403, 200)},
		{"GET", meeting + "/invitation", "", "/api/v1/meetings/{id}/invitation", hosts(403, 200)},
		{"GET", meeting + "/invitation.ics", "", "/api/v1/meetings/{id}/invitation.ics", hosts(403, 200)},
		{"PATCH", meeting + one, `{"duration_min":45}`, oneRoute, hosts(403, 200)},
		{"DELETE", meeting + one, "", oneRoute, hosts(403, 200)},
		{"GET", meeting + "/invitees", "", invitees, hosts(403, 200)},
		{"POST", meeting + "/invitees", `{"text":"gus@example.net"}`, invitees, hosts(403, 200)},
		{"POST", eva + "/resend", "", invitees + "/{invitee}/resend", hosts(403, 200)},
		{"POST", meeting + "/invitees/" + invitee + "/resend", "", invitees + "/{invitee}/resend", hosts(403, 404)},
		{"GET", meeting + "/invitation?invitee=" + invitee, "", "/api/v1/meetings/{id}/invitation", hosts(403, 404)},
		{"DELETE", meeting + "/invitees/" + invitee, "", invitees + "/{invitee}", hosts(403, 404)},
		{"DELETE", eva, "", invitees + "/{invitee}", hosts(403, 204)},
		{"POST", meeting + "/link", `{}`, "/api/v1/meetings/{id}/link", hosts(403, 200)},
		{"DELETE", "/api/v1/rooms/" + m.ID, "", "/api/v1/rooms/{id}", hosts(403, 409)},
		{"POST", meeting + "/complete", "", "/api/v1/meetings/{id}/complete", hosts(403, 200)},
		{"POST", meeting + "/cancel", "", "/api/v1/meetings/{id}/cancel", hosts(403, 409)},
		{"POST", "/api/v1/links/" + own + "/opened", "", "/api/v1/links/{token}/opened", all(204)},
		{"GET", "/api/v1/contacts", "", "", hosts(200, 200)},
		{"GET", "/api/v1/contacts?q=eva", "", "/api/v1/contacts", hosts(200, 200)},
		{"POST", "/api/v1/contacts", `{"email":"x"}`, "", hosts(422, 422)},
		{"PATCH", contact, `{"name":"Gustav"}`, contacts, hosts(404, 200)},
		{"GET", "/api/v1/contacts/export.vcf", "", "", hosts(200, 200)},
		{"GET", "/api/v1/contacts/export.csv", "", "", hosts(200, 200)},
		{"POST", "/api/v1/contacts/import", `nonsense`, "", hosts(422, 422)},
		{"DELETE", contact, "", contacts, hosts(404, 204)},
		{"GET", "/api/v1/links/nonsense/invitation", "", "/api/v1/links/{token}/invitation", all(404)},
		{"GET", "/api/v1/links/nonsense/invitation.ics", "", "/api/v1/links/{token}/invitation.ics", all(404)},
		{"GET", "/api/v1/links/" + own + "/invitation.ics", "", "/api/v1/links/{token}/invitation.ics", all(200)},
		{"POST", "/api/v1/links/nonsense/opened", "", "/api/v1/links/{token}/opened", all(404)},
		{"DELETE", "/api/v1/rooms/nonsense", "", "/api/v1/rooms/{id}", hosts(404, 404)},
		{"DELETE", room, "", "/api/v1/rooms/{id}", hosts(403, 204)},
		{"GET", "/api/v1/links/nonsense", "", "/api/v1/links/{token}", all(404)},
		{"POST", "/api/v1/leave", `{"resume":"nonsense"}`, "", all(204)},
		{"GET", "/api/v1/signal", "", "", all(426)},
		{"DELETE", "/api/v1/session", "", "", all(204)},
		{"GET", "/api/v1/rooms", "", "", []int{401, 401, 403, 403, 401, 401}},
	}
	covered := map[string]bool{}
	for _, row := range table {
		route := row.route
		if route == "" {
			route = row.path
		}
		covered[row.method+" "+route] = true
		for i, asker := range askers {
			a := asker.do(row.method, row.path, row.body)
			if a.status != row.want[i] {
				t.Errorf("%s %s as %s: %d, want %d\n%s", row.method, row.path, names[i], a.status, row.want[i], a.body)
			}
			if a.status >= 400 && a.status != 426 && !strings.HasPrefix(a.Get("Content-Type"), "application/problem+json") {
				t.Errorf("%s %s as %s: a problem as %s", row.method, row.path, names[i], a.Get("Content-Type"))
			}
			if i != 5 && strings.Contains(a.body, "eva@") {
				t.Errorf("%s %s tells %s of the owner's contacts: %s", row.method, row.path, names[i], a.body)
			}
			if a.status >= 400 && (strings.Contains(a.body, "Board") || strings.Contains(a.body, "48219") || strings.Contains(a.body, "eva@")) {
				t.Errorf("%s %s tells %s of the room: %s", row.method, row.path, names[i], a.body)
			}
		}
	}
	for route := range routes(t, w) {
		if !covered[route] && !strings.Contains(route, api.Prefix+"/admin/") { // see TestAdminRights
			t.Errorf("the table does not cover %s", route)
		}
	}
}

// scheduled is a weekly meeting of Ada's with an invitee.
func (w *world) scheduled() (m store.Room, invitee string) {
	w.t.Helper()
	made, _, err := w.book.Add(w.t.Context(), store.NewMeeting{
		NewRoom:  store.NewRoom{Name: "Board meeting", OwnerID: w.ada.ID, PIN: "482190"},
		Schedule: store.Schedule{Zone: "Europe/Zurich", Start: "2030-01-07T09:00", Duration: time.Hour, Repeat: "FREQ=WEEKLY"},
	})
	w.must(err)
	list, _, err := w.book.Invite(w.t.Context(), made.Room.ID, []store.NewInvitee{{Email: "gus@example.net"}})
	w.must(err)
	return made.Room, list[0].ID
}

// routes are the operations of the OpenAPI document.
func routes(t *testing.T, w *world) map[string]map[string]any {
	t.Helper()
	doc := w.browser().get("/api/openapi.json").json(t)
	all := map[string]map[string]any{}
	for path, item := range doc["paths"].(map[string]any) {
		for method, op := range item.(map[string]any) {
			all[strings.ToUpper(method)+" "+path] = op.(map[string]any)
		}
	}
	return all
}

// TestOpenAPI checks the document: version, references, parameters, answers and
// names of all operations, and that each of them is there.
func TestOpenAPI(t *testing.T) {
	w := open(t, false)
	doc := w.browser().get("/api/openapi.json").json(t)
	if v, _ := doc["openapi"].(string); !strings.HasPrefix(v, "3.1.") {
		t.Errorf("OpenAPI %v", doc["openapi"])
	}
	for _, ref := range refs(doc) {
		at := any(doc)
		for _, part := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
			m, _ := at.(map[string]any)
			at = m[part]
		}
		if at == nil {
			t.Errorf("%s leads nowhere", ref)
		}
	}
	ids := map[string]bool{}
	ops := routes(t, w)
	for route, op := range ops {
		id, _ := op["operationId"].(string)
		if id == "" || ids[id] || op["summary"] == "" {
			t.Errorf("%s: operationId %q, summary %q", route, id, op["summary"])
		}
		ids[id] = true
		if m, _ := op["responses"].(map[string]any); len(m) == 0 {
			t.Errorf("%s has no responses", route)
		}
		params, _ := op["parameters"].([]any)
		inPath := 0
		for _, p := range params {
			p := p.(map[string]any)
			if p["in"] != "path" && p["required"] != true {
				continue
			}
			inPath++
			if !strings.Contains(route, fmt.Sprintf("{%v}", p["name"])) || p["in"] != "path" || p["required"] != true {
				t.Errorf("%s: parameter %v", route, p)
			}
		}
		if want := strings.Count(route, "{"); want != inPath {
			t.Errorf("%s has %d parameters in its path, want %d", route, inPath, want)
		}
	}
	for _, want := range []string{
		"GET /api/v1/session", "POST /api/v1/session", "DELETE /api/v1/session", "GET /api/v1/rooms", "POST /api/v1/rooms",
		"GET /api/v1/rooms/{id}", "PATCH /api/v1/rooms/{id}", "DELETE /api/v1/rooms/{id}", "POST /api/v1/rooms/{id}/link",
		"GET /api/v1/rooms/{id}/live", "POST /api/v1/rooms/{id}/live/commands", "POST /api/v1/rooms/{id}/calls", "GET /api/v1/links/{token}",
		"GET /api/v1/meetings", "POST /api/v1/meetings/preview", "GET /api/v1/meetings/{id}/invitation.ics", "POST /api/v1/rooms/{id}/invitees",
		"POST /api/v1/leave", "GET /api/v1/signal",
	} {
		if ops[want] == nil {
			t.Errorf("%s is not in the document: %v", want, slices.Sorted(maps.Keys(ops)))
		}
	}
	text, _ := json.Marshal(doc["components"])
	for _, want := range []string{`"pin"`, `"extension"`, `"code"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no schema has %s", want)
		}
	}
}

func refs(v any) (all []string) {
	switch v := v.(type) {
	case map[string]any:
		for key, x := range v {
			if s, ok := x.(string); ok && key == "$ref" {
				all = append(all, s)
			}
			all = append(all, refs(x)...)
		}
	case []any:
		for _, x := range v {
			all = append(all, refs(x)...)
		}
	}
	return all
}
