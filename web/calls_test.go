package web

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/store"
	"github.com/partyline/partyline/web/api"
)

// callsOut is a gateway that makes calls out: h323:slow rings until it is given up,
// +88… is forbidden, others answer.
type callsOut struct {
	mu    sync.Mutex
	list  map[string]api.Call
	rooms map[string]string // call → room
	by    []string
	moves []string
	news  chan struct{}
}

func newCallsOut() *callsOut {
	return &callsOut{list: map[string]api.Call{}, rooms: map[string]string{}, news: make(chan struct{})}
}

func (c *callsOut) Call(room *store.Room, by store.User, n api.NewCall) (api.Call, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case strings.HasPrefix(n.To, "mailto:"):
		return api.Call{}, fmt.Errorf("mailto is no protocol")
	case strings.HasPrefix(n.To, "+88"):
		return api.Call{}, fmt.Errorf("satellites are off: %w", cause.Forbidden)
	case n.To == "+1":
		return api.Call{}, cause.Limit
	}
	call := api.Call{ID: fmt.Sprintf("o-%d", len(c.list)), To: n.To, Name: n.Name, Confirm: n.Confirm, Host: n.Host, Since: time.Unix(0, 0).UTC(), State: "ringing"}
	c.list[call.ID], c.rooms[call.ID] = call, room.ID
	c.by = append(c.by, by.ID)
	return call, nil
}

func (c *callsOut) Follow(ctx context.Context, roomID, id string, report func(api.Step)) error {
	c.mu.Lock()
	call := c.list[id]
	c.mu.Unlock()
	report(api.Step{Call: id, State: "ringing"})
	if call.To == "h323:slow" {
		<-ctx.Done()
		return ctx.Err()
	}
	report(api.Step{Call: id, State: "connected", ID: "leg"})
	return nil
}

func (c *callsOut) Calls(roomID string) []api.Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := []api.Call{}
	for id, call := range c.list {
		if c.rooms[id] == roomID {
			list = append(list, call)
		}
	}
	return list
}

func (c *callsOut) Cancel(roomID, id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.rooms[id] != roomID {
		return false
	}
	delete(c.list, id)
	delete(c.rooms, id)
	return true
}

func (c *callsOut) moved(leg, where string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch leg {
	case "nobody":
		return store.ErrNotFound
	case "stuck":
		return fmt.Errorf("the call cannot be moved: it does not answer")
	case "wrong":
		return &store.FieldError{Field: "to", Msg: "no address"}
	}
	c.moves = append(c.moves, leg+" "+where)
	return nil
}

func (c *callsOut) Move(_ context.Context, _, leg string, to *store.Room) error {
	return c.moved(leg, to.Extension)
}

func (c *callsOut) HandOn(_ context.Context, _, leg, to string, _ store.User) error {
	return c.moved(leg, to)
}

// A call out tells its steps, a line each, or itself at once; it is listed, and can be
// given up.
func TestCallsOut(t *testing.T) {
	w := open(t, false)
	ada := w.signedIn(w.ada)
	route := "/api/v1/rooms/" + w.room.ID + "/calls"
	a := ada.do("POST", route, `{"to":"h323:600@192.0.2.7","name":"Huddle","wait_s":30}`)
	want := `{"call":"o-0","state":"ringing"}` + "\n" + `{"call":"o-0","state":"connected","id":"leg"}` + "\n"
	if a.status != 200 || a.Get("Content-Type") != "application/x-ndjson" || a.body != want {
		t.Errorf("%d %s %s", a.status, a.Get("Content-Type"), a.body)
	}
	ada.head.Set("Accept", "application/json")
	a = ada.do("POST", route, `{"to":"+41445550100","confirm":true}`)
	var call api.Call
	if err := json.Unmarshal([]byte(a.body), &call); err != nil || a.status != 202 || a.Get("Location") != route+"/"+call.ID || call.State != "ringing" || !call.Confirm {
		t.Errorf("%d %s %+v %v", a.status, a.Get("Location"), call, err)
	}
	for _, c := range []struct {
		body, at, code string
		status         int
	}{
		{`{"to":"mailto:x"}`, "body.to", "address", 422},
		{`{"to":""}`, "body.to", "", 422},
		{`{"to":"h323:a","wait_s":9999}`, "body.wait_s", "", 422},
		{`{"to":"+88213000000"}`, "body.to", "forbidden", 422},
		{`{"to":"+1"}`, "body.to", "limit", 429},
	} {
		a := ada.do("POST", route, c.body)
		var p api.Problem
		_ = json.Unmarshal([]byte(a.body), &p)
		if a.status != c.status || p.Code != c.code || !slices.Contains(location(t, a), c.at) {
			t.Errorf("%s: %d %s", c.body, a.status, a.body)
		}
	}
	var list struct{ Calls []api.Call }
	if a := ada.do("GET", route, ""); json.Unmarshal([]byte(a.body), &list) != nil || len(list.Calls) != 2 {
		t.Errorf("listed: %s", a.body)
	}
	if a := ada.do("DELETE", route+"/"+call.ID, ""); a.status != 204 {
		t.Errorf("given up: %d %s", a.status, a.body)
	}
	if a := ada.do("DELETE", route+"/"+call.ID, ""); a.status != 404 {
		t.Errorf("given up twice: %d %s", a.status, a.body)
	}
	if by := w.calls.by; len(by) != 2 || by[0] != w.ada.ID {
		t.Errorf("by %v", by)
	}
}

// Whoever goes away gives the call up.
func TestCallOutGivenUp(t *testing.T) {
	w := open(t, false)
	ada := w.signedIn(w.ada)
	ctx, leave := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer leave()
	r, err := http.NewRequestWithContext(ctx, "POST", w.server.URL+"/api/v1/rooms/"+w.room.ID+"/calls", strings.NewReader(`{"to":"h323:slow"}`))
	w.must(err)
	r.Header.Set("Content-Type", "application/json")
	if res, err := ada.http.Do(r); err == nil {
		io.Copy(io.Discard, res.Body)
		res.Body.Close()
	}
	for end := time.Now().Add(10 * time.Second); len(w.calls.Calls(w.room.ID)) > 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it rings on")
		}
	}
}

// Hosts move people to rooms of their own, and hand calls on.
func TestTransfer(t *testing.T) {
	w := open(t, false)
	ada := w.signedIn(w.ada)
	ben := w.account("ben")
	for extension, owner := range map[string]string{"200": w.ada.ID, "300": ben.ID} {
		_, err := w.store.AddRoom(t.Context(), store.NewRoom{Extension: extension, Name: "Other", PIN: "48219", HostPIN: "97531", OwnerID: owner})
		w.must(err)
	}
	for _, c := range []struct {
		leg, body string
		status    int
		at        string
	}{
		{"anna", `{"room":"200"}`, 204, ""},
		{"anna", `{"to":"sip:desk@example.org"}`, 204, ""},
		{"anna", `{"room":"300"}`, 422, "body.room"}, // ben's
		{"anna", `{"room":"999"}`, 422, "body.room"},
		{"anna", `{}`, 422, "body.room"},
		{"anna", `{"room":"200","to":"+41"}`, 422, "body.to"},
		{"nobody", `{"room":"200"}`, 404, ""},
		{"stuck", `{"room":"200"}`, 409, ""},
		{"wrong", `{"to":"nowhere"}`, 422, "body.to"},
	} {
		a := ada.do("POST", "/api/v1/rooms/"+w.room.ID+"/participants/"+c.leg+"/transfer", c.body)
		if a.status != c.status || c.at != "" && !slices.Contains(location(t, a), c.at) {
			t.Errorf("%s %s: %d %s", c.leg, c.body, a.status, a.body)
		}
	}
	if got := fmt.Sprint(w.calls.moves); got != "[anna 200 anna sip:desk@example.org]" {
		t.Error(got)
	}
}
