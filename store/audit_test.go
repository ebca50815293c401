package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func flushed(t *testing.T, s *Store) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := s.Flush(ctx); err != nil {
		t.Fatal(err)
	}
}

func recordOf(t *testing.T, s *Store, q Changes) []Change {
	t.Helper()
	flushed(t, s)
	list, err := s.Changes(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func actionsOf(list []Change) string {
	var words []string
	for _, c := range list {
		words = append(words, c.Action)
	}
	return strings.Join(words, " ")
}

// What was recorded is found by who, kind, word and time, page by page.
func TestChanges(t *testing.T) {
	s := open(t, t.TempDir())
	s.Start()
	long := time.Now().Add(-48 * time.Hour)
	s.RecordChange(Change{At: long, By: ByAccount, Who: "ada@example.org", From: "192.0.2.7", Action: "add-room", Subject: "room 4711 (Board)"})
	s.RecordChange(Change{By: ByCommand, Who: "root", Action: "change-room", Subject: "room 4711 (Board)", Detail: "lobby: off → on"})
	s.RecordChange(Change{By: ByAccount, Who: "ben@example.org", Action: "sign-in", Subject: "account ben@example.org", Failed: true})
	s.RecordChange(Change{By: BySystem, Action: "reload", Subject: "configuration"})
	for _, tt := range []struct {
		q    Changes
		want string
	}{
		{Changes{}, "reload sign-in change-room add-room"},
		{Changes{Limit: 2}, "reload sign-in"},
		{Changes{Who: " ADA@example.org"}, "add-room"},
		{Changes{Actions: []string{"add-room", "reload"}}, "reload add-room"},
		{Changes{Search: "BOARD"}, "change-room add-room"},
		{Changes{Search: "off → on"}, "change-room"},
		{Changes{Failed: true}, "sign-in"},
		{Changes{Since: time.Now().Add(-time.Hour)}, "reload sign-in change-room"},
		{Changes{Until: time.Now().Add(-time.Hour)}, "add-room"},
		{Changes{Search: "100%_'\"; --"}, ""},
	} {
		if got := actionsOf(recordOf(t, s, tt.q)); got != tt.want {
			t.Errorf("%+v: %q, want %q", tt.q, got, tt.want)
		}
	}
	first := recordOf(t, s, Changes{Limit: 1})
	if rest := actionsOf(recordOf(t, s, Changes{Before: first[0].ID})); rest != "sign-in change-room add-room" {
		t.Errorf("the next page: %q", rest)
	}
	if c := recordOf(t, s, Changes{Who: "ada@example.org"})[0]; c.From != "192.0.2.7" || c.By != ByAccount || c.At.UnixMilli() != long.UnixMilli() || c.Failed {
		t.Errorf("%+v", c)
	}
}

// What is recorded steers no terminal, is bounded, and holds no PIN that was dialled.
func TestChangeIsPlainText(t *testing.T) {
	s := open(t, t.TempDir())
	s.Start()
	s.RecordChange(Change{By: ByCommand, Who: "a\x1b[2Jb\u202e", Action: "x", Subject: "room 4711.48219\n", Detail: strings.Repeat("ü", 4000)})
	c := recordOf(t, s, Changes{})[0]
	if strings.ContainsAny(c.Who+c.Subject, "\x1b\n\u202e") || strings.Contains(c.Subject, "48219") {
		t.Errorf("who %q, subject %q", c.Who, c.Subject)
	}
	if len(c.Detail) > maxDetail || !strings.HasSuffix(c.Detail, "ü…") {
		t.Errorf("a detail of %d bytes, ending in %q", len(c.Detail), c.Detail[len(c.Detail)-8:])
	}
}

// Old changes are forgotten.
func TestChangesAreForgotten(t *testing.T) {
	s := open(t, t.TempDir())
	s.Start()
	s.KeepChanges(24 * time.Hour)
	s.RecordChange(Change{At: time.Now().Add(-25 * time.Hour), By: BySystem, Action: "old"})
	flushed(t, s)
	s.KeepChanges(24 * time.Hour) // sweeps at the next
	s.RecordChange(Change{By: BySystem, Action: "new"})
	if got := actionsOf(recordOf(t, s, Changes{})); got != "new" {
		t.Errorf("kept %q", got)
	}
}

// What waits for the database is bounded, and recording never waits itself.
func TestChangesWaiting(t *testing.T) {
	s := open(t, t.TempDir()) // nothing writes: it was not started
	for range maxChanges + 10 {
		s.RecordChange(Change{By: BySystem, Action: "x"})
	}
	if h := s.Health(); h.Waiting != maxChanges || h.Dropped != 10 {
		t.Errorf("%d wait, %d were dropped", h.Waiting, h.Dropped)
	}
}

// Differences name what has changed, and of secrets only that they have.
func TestDifferences(t *testing.T) {
	pin, none, name, yes := "48219", "", "Boardroom", true
	before := Room{Extension: "4711", Name: "Board", HasPIN: true, MaxParticipants: 50}
	after := before
	after.Name, after.Lobby = name, true
	for _, tt := range []struct {
		c     RoomChange
		after Room
		want  string
	}{
		{RoomChange{Name: &name, Lobby: &yes}, after, "name: Board → Boardroom; lobby: off → on"},
		{RoomChange{PIN: &pin}, before, "PIN: replaced"},
		{RoomChange{PIN: &none}, Room{Extension: "4711", Name: "Board", MaxParticipants: 50}, "PIN: removed"},
		{RoomChange{}, before, ""},
	} {
		if got := tt.c.Differences(before, tt.after); got != tt.want || strings.Contains(got, pin) {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
	m := Meeting{Room: Room{Name: "Sync", Schedule: &Schedule{Start: "2030-01-07T09:00", Duration: time.Hour}}, Note: "secret plans"}
	moved := m
	moved.Room.Schedule = &Schedule{Start: "2030-01-07T10:00", Duration: time.Hour}
	moved.Note = "other plans"
	if got, want := (MeetingChange{}).Differences(m, moved), "start: 2030-01-07T09:00 → 2030-01-07T10:00; note changed"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := (User{Name: "Ada", Admin: true}).Differences(User{Name: "Ada"}); got != "admin: off → on" {
		t.Errorf("%q", got)
	}
}

// An address that is erased is no more in the record.
func TestErasedFromChanges(t *testing.T) {
	s := open(t, t.TempDir())
	s.Start()
	s.RecordChange(Change{By: ByAccount, Who: "eva@example.net", Action: "sign-in", Subject: "account eva@example.net"})
	s.RecordChange(Change{By: ByAccount, Who: "ada@example.org", Action: "call", Subject: "room 4711 (Board)", Detail: "to +41445550100"})
	flushed(t, s)
	p, err := s.ExportPerson(t.Context(), "eva@example.net")
	if err != nil || len(p.Changes) != 1 {
		t.Fatalf("%+v, %v", p.Changes, err)
	}
	for _, address := range []string{"eva@example.net", "+41445550100"} {
		if _, err := s.ErasePerson(t.Context(), address); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range recordOf(t, s, Changes{}) {
		if strings.Contains(fmt.Sprint(c), "eva@") || strings.Contains(c.Detail, "555") {
			t.Errorf("%+v", c)
		}
	}
	if n := len(recordOf(t, s, Changes{})); n != 2 {
		t.Errorf("%d changes are left of 2", n)
	}
}

// An upgrade makes the only account an admin, and nobody where there are several.
func TestAdminsOfAnUpgrade(t *testing.T) {
	for _, tt := range []struct {
		accounts []string // disabled if it begins with -
		want     string
	}{
		{nil, ""},
		{[]string{"ada"}, "ada@example.org"},
		{[]string{"-ada"}, ""},
		{[]string{"ada", "ben"}, ""},
	} {
		dir, ctx := t.TempDir(), t.Context()
		db, err := openDatabase(filepath.Join(dir, DatabaseFile), writeWait)
		if err != nil {
			t.Fatal(err)
		}
		old := &Store{dir: dir, log: quietLog(), write: db}
		if err := old.migrateTo(ctx, schema(t, 5)); err != nil {
			t.Fatal(err)
		}
		if _, err := makeKeys(dir); err != nil {
			t.Fatal(err)
		}
		for _, name := range tt.accounts {
			plain := strings.TrimPrefix(name, "-")
			if _, err := db.Exec("INSERT INTO users (id, email, name, password, disabled, created_at) VALUES (?1, ?1 || '@example.org', ?1, '', ?2, 5)",
				plain, plain != name); err != nil {
				t.Fatal(err)
			}
		}
		db.Close()
		s := open(t, dir)
		users, err := s.Users(ctx)
		if err != nil || len(users) != len(tt.accounts) {
			t.Fatal(users, err)
		}
		admins := ""
		for _, u := range users {
			if u.Admin {
				admins += u.Email
			}
		}
		list := recordOf(t, s, Changes{})
		if admins != tt.want || (tt.want != "") != (len(list) == 1 && strings.Contains(list[0].Subject, tt.want)) {
			t.Errorf("%v: admins %q, on record %+v", tt.accounts, admins, list)
		}
	}
}

// The role is changed at once, for whoever is signed in.
func TestUpdateUser(t *testing.T) {
	s, ctx := open(t, t.TempDir()), t.Context()
	u, err := s.AddUser(ctx, NewUser{Email: "ada@example.org", Password: "correct horse battery staple"})
	if err != nil || u.Admin {
		t.Fatal(u, err)
	}
	yes, name, bad := true, " Ada ", strings.Repeat("x", 65)
	u, err = s.UpdateUser(ctx, u.ID, UserChange{Admin: &yes, Name: &name})
	if err != nil || !u.Admin || u.Name != "Ada" {
		t.Fatal(u, err)
	}
	if again, err := s.SignedIn(ctx, u.ID, u.Generation); err != nil || !again.Admin {
		t.Error(again, err)
	}
	var field *FieldError
	if _, err := s.UpdateUser(ctx, u.ID, UserChange{Name: &bad}); !errors.As(err, &field) {
		t.Error(err)
	}
	if _, err := s.UpdateUser(ctx, "nobody", UserChange{Admin: &yes}); !errors.Is(err, ErrNoUser) {
		t.Error(err)
	}
}
