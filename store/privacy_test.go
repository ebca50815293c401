package store

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestForget(t *testing.T) {
	s, ctx := open(t, t.TempDir()), t.Context()
	now := monday
	old, recent := now.Add(-40*24*time.Hour), now.Add(-10*24*time.Hour)
	for i, c := range []struct {
		caller string
		ended  time.Time
	}{
		{"+41791234567", now.Add(-200 * 24 * time.Hour)},
		{"Bea Guest", old},
		{"+41791234567", old},
		{"203.0.113.7:1720", old},
		{"Émile", recent},
	} {
		r := record(i)
		r.Caller, r.Ended = c.caller, c.ended
		s.RecordCDR(r)
	}
	s.Start()
	waitFor(t, s)
	meeting := func(extension string, end time.Time, c MeetingChange) string {
		n := weekly(extension)
		n.NextStart, n.NextEnd = end.Add(-time.Hour), end
		m := meet(t, s, n)
		invite(t, s, m.Room.ID, NewInvitee{Name: "Bea", Email: "bea@example.org", PIN: true})
		if _, err := s.UpdateMeeting(ctx, m.Room.ID, c); err != nil {
			t.Fatal(err)
		}
		return m.Room.ID
	}
	over := meeting("11", old, MeetingChange{Next: &[2]time.Time{}})
	cancelled := meeting("12", now.Add(time.Hour), MeetingChange{Cancelled: &old})
	fresh := meeting("13", recent, MeetingChange{Next: &[2]time.Time{}})
	comes := meeting("14", now.Add(time.Hour), MeetingChange{})
	permanent := add(t, s, boardroom())
	seen := invite(t, s, permanent.ID, NewInvitee{Name: "Bea", Email: "bea@example.org"}, NewInvitee{Name: "Cy", Email: "cy@example.org", Phone: "+41791234567", PIN: true})
	token, pin := keysOf(t, s, seen[1].ID)
	if _, err := s.write.Exec("UPDATE invitees SET created_at = ? WHERE room_id = ?", old.UnixMilli(), permanent.ID); err != nil {
		t.Fatal(err)
	}
	s.RecordPresence(Presence{seen[0].ID, Joined, recent})
	waitFor(t, s)
	gone, err := s.Invitees(ctx, over)
	if err != nil {
		t.Fatal(err)
	}
	dead, _ := keysOf(t, s, gone[0].ID)

	if calls, names, err := s.Forget(ctx, time.Time{}, time.Time{}); calls+names != 0 || err != nil {
		t.Errorf("%d, %d, %v", calls, names, err)
	}
	calls, names, err := s.Forget(ctx, now.Add(-180*24*time.Hour), now.Add(-30*24*time.Hour))
	if calls != 1 || names != 4 || err != nil { // a caller, two of meetings, one of the room
		t.Errorf("%d calls, %d names, %v", calls, names, err)
	}
	list, err := s.CDRs(ctx, Calls{})
	callers := ""
	for _, c := range list {
		callers += c.Caller + ";"
	}
	if err != nil || len(list) != 4 || strings.Contains(callers, "Bea") || !strings.Contains(callers, "Émile") || !strings.Contains(callers, "+41791234567") || !strings.Contains(callers, "203.0.113.7") {
		t.Errorf("%s, %v", callers, err)
	}
	for id, want := range map[string]int{over: 0, cancelled: 0, fresh: 1, comes: 1, permanent.ID: 2} {
		if list, err := s.Invitees(ctx, id); len(list) != want || err != nil {
			t.Errorf("%s: %d invitees, %v; want %d", id, len(list), err, want)
		}
	}
	if _, _, err := s.RoomByLink(ctx, dead); !errors.Is(err, ErrLinkEnded) {
		t.Error(err)
	}
	if got, _ := s.Invitees(ctx, permanent.ID); got[0].Name != "Bea" || got[1].Name+got[1].Email+got[1].Phone != "" {
		t.Errorf("%+v", got)
	}
	if r, who, err := s.RoomByLink(ctx, token); err != nil || r.ID != permanent.ID || who.Name != "" {
		t.Errorf("a link of a permanent room: %v, %v", who, err)
	}
	if key, err := s.CheckPIN(ctx, permanent.ID, pin); key.Role != Guest || key.Guest.Name != "" || err != nil {
		t.Error(key, err)
	}
	if calls, names, err := s.Forget(ctx, now.Add(-180*24*time.Hour), now.Add(-30*24*time.Hour)); calls+names != 0 || err != nil {
		t.Errorf("twice: %d, %d, %v", calls, names, err)
	}
}

// TestForgetMany: what one transaction does not take, the next ones do.
func TestForgetMany(t *testing.T) {
	s := open(t, t.TempDir())
	for i := range 2*forgetAtOnce + 10 {
		s.RecordCDR(record(i))
	}
	s.Start()
	waitFor(t, s)
	last := record(2*forgetAtOnce + 5)
	if calls, _, err := s.Forget(t.Context(), last.Ended, time.Time{}); calls != 2*forgetAtOnce+5 || err != nil {
		t.Error(calls, err)
	}
	if list, err := s.CDRs(t.Context(), Calls{}); len(list) != 5 || err != nil {
		t.Error(len(list), err)
	}
}

func TestPerson(t *testing.T) {
	s, ctx := open(t, t.TempDir()), t.Context()
	s.Start()
	ada := addUser(t, s, "ada@example.org", "correct horse")
	m := meet(t, s, weekly("112752642"))
	added, _, err := s.AddInvitees(ctx, m.Room.ID, []NewInvitee{{Name: "Bea", Email: "Bea@Example.org", Phone: "+41791234567", PIN: true}, {Name: "Cy", Email: "cy@example.org"}},
		func(i Invitee) []NewJob {
			return []NewJob{{RoomID: i.RoomID, InviteeID: i.ID, Channel: ChannelMail, Kind: JobInvite, Key: i.ID}}
		})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.AddContact(ctx, ada.ID, NewContact{Name: "Bea", Email: "bea@example.org", Phone: "+41791234567"}); err != nil {
		t.Fatal(err)
	}
	for i, c := range [][2]string{
		{"+41791234567", "112752642"},
		{"0041791234567", "x"},
		{"41791234567", "x"},
		{"x", "sip:+41791234567@trunk"},
		{"bea@example.org", "x"},
		{"+417912345678", "x"},
		{"x", "sip:+417912345678@trunk"},
		{"", ""},
	} {
		r := record(i)
		r.Caller, r.Called = c[0], c[1]
		s.RecordCDR(r)
	}
	waitFor(t, s)
	token, pin := keysOf(t, s, added[0].ID)
	for address, want := range map[string][4]int{ // invitations, contacts, messages, calls
		" BEA@example.org ":  {1, 1, 1, 1},
		"+41791234567":       {1, 1, 0, 4},
		"cy@example.org":     {1, 0, 1, 0},
		"nobody@example.org": {},
		"+41790000000":       {},
	} {
		p, err := s.ExportPerson(ctx, address)
		if got := [4]int{len(p.Invitations), len(p.Contacts), len(p.Messages), len(p.Calls)}; got != want || err != nil {
			t.Errorf("%s: %v, want %v; %v", address, got, want, err)
		}
		if text, err := json.Marshal(p); err != nil || strings.Contains(string(text), pin) || strings.Contains(string(text), token) {
			t.Errorf("%s: %v: %s", address, err, text)
		}
	}
	if p, err := s.ExportPerson(ctx, "ADA@example.org"); p.Account == nil || p.Account.ID != ada.ID || err != nil {
		t.Errorf("%+v, %v", p, err)
	}
	for _, f := range []func() error{
		func() error { _, err := s.ExportPerson(ctx, " "); return err },
		func() error { _, err := s.ErasePerson(ctx, ""); return err },
	} {
		var field *FieldError
		if err := f(); !errors.As(err, &field) || field.Field != "address" {
			t.Error(err)
		}
	}
	if e, err := s.ErasePerson(ctx, "+41791234567"); e != (Erased{Invitations: 1, Contacts: 1, Calls: 4}) || err != nil {
		t.Errorf("%+v, %v", e, err)
	}
	if e, err := s.ErasePerson(ctx, "bea@example.org"); e != (Erased{Messages: 1, Calls: 1}) || err != nil {
		t.Errorf("%+v, %v", e, err)
	}
	for _, address := range []string{"+41791234567", "bea@example.org"} {
		if p, err := s.ExportPerson(ctx, address); len(p.Invitations)+len(p.Contacts)+len(p.Messages)+len(p.Calls) != 0 || err != nil {
			t.Errorf("%+v, %v", p, err)
		}
	}
	if _, _, err := s.RoomByLink(ctx, token); !errors.Is(err, ErrLinkEnded) {
		t.Error(err)
	}
	if _, err := s.CheckPIN(ctx, m.Room.ID, pin); !errors.Is(err, ErrWrongPIN) {
		t.Error(err)
	}
	list, err := s.CDRs(ctx, Calls{})
	if err != nil || len(list) != 8 || list[0].Caller != "" || list[2].Caller != "+417912345678" || list[4].Called != "" || list[4].Caller != "x" || list[7].Called != "112752642" {
		t.Errorf("%+v, %v", list, err)
	}
}
