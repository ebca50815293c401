package store

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
)

func invite(t *testing.T, s *Store, roomID string, list ...NewInvitee) []Invitee {
	t.Helper()
	added, known, err := s.AddInvitees(t.Context(), roomID, list, nil)
	if err != nil || len(known) > 0 {
		t.Fatal(known, err)
	}
	return added
}

func keysOf(t *testing.T, s *Store, id string) (token, pin string) {
	t.Helper()
	token, pin, err := s.InviteeKeys(t.Context(), id)
	if err != nil || !tokenLike(token) {
		t.Fatal(token, err)
	}
	return token, pin
}

func TestInvitees(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	s, shell := open(t, dir), open(t, dir)
	m := meet(t, s, weekly("112752642"))
	room := m.Room.ID
	long := strings.Repeat("é", 80)
	added := invite(t, s, room, NewInvitee{Name: " Bea\u202e ", Email: "Bea@example.org", PIN: true, Language: "fr"}, NewInvitee{Name: long, Phone: "+41791234567"})
	if a := added[0]; a.Name != "Bea" || a.Email != "Bea@example.org" || !a.HasPIN || a.Language != "fr" || a.RoomID != room || a.State() != Absent {
		t.Errorf("%+v", a)
	}
	if added[1].HasPIN || added[1].Name != long[:2*64] {
		t.Errorf("%+v", added[1])
	}
	token, pin := keysOf(t, shell, added[0].ID)
	other, none := keysOf(t, s, added[1].ID)
	if none != "" || other == token {
		t.Error("keys are mixed up")
	}
	bea := Who{added[0].ID, "Bea"}
	for _, s := range []*Store{s, shell} {
		if key, err := s.CheckPIN(ctx, room, pin); key != (Key{Guest, bea}) || err != nil {
			t.Error(key, err)
		}
		if key, err := s.CheckPIN(ctx, room, "48219"); key != (Key{Role: Guest}) || err != nil {
			t.Error(key, err)
		}
		if r, who, err := s.RoomByLink(ctx, token); err != nil || r.ID != room || who != bea {
			t.Error(r, who, err)
		}
		if r, who, err := s.RoomByLink(ctx, guestLink(t, s, room)); err != nil || r.ID != room || who != (Who{}) {
			t.Error(r, who, err)
		}
		if list, err := s.Invitees(ctx, room); err != nil || !reflect.DeepEqual(list, added) {
			t.Errorf("%+v, %v", list, err)
		}
	}
	elsewhere := add(t, s, NewRoom{Extension: "22", PIN: "777123"})
	if _, err := s.CheckPIN(ctx, elsewhere.ID, pin); !errors.Is(err, ErrWrongPIN) {
		t.Error("a personal PIN opens another room")
	}
	// Known ones, by address or number; within a list, too.
	again, known, err := s.AddInvitees(ctx, room, []NewInvitee{
		{Email: "bea@EXAMPLE.org"}, {Phone: "+41791234567", Email: "new@example.org"}, {Email: "cy@example.org"}, {Email: "CY@example.org"},
	}, nil)
	if err != nil || len(again) != 1 || len(known) != 3 || known[0] != added[0] || known[1] != added[1] || known[2] != again[0] {
		t.Errorf("%+v, %+v, %v", again, known, err)
	}
	// The shared link is replaced alone.
	shared := guestLink(t, s, room)
	if _, err := s.RegenerateLink(ctx, room); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.RoomByLink(ctx, shared); !errors.Is(err, ErrLinkReplaced) {
		t.Error(err)
	}
	if _, who, err := s.RoomByLink(ctx, token); who != bea || err != nil {
		t.Error(who, err)
	}
	if err := shell.RemoveInvitee(ctx, elsewhere.ID, bea.InviteeID); !errors.Is(err, ErrNoInvitee) {
		t.Errorf("removed from another room: %v", err)
	}
	if err := shell.RemoveInvitee(ctx, room, bea.InviteeID); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.RoomByLink(ctx, token); !errors.Is(err, ErrLinkEnded) {
		t.Error(err)
	}
	if _, err := s.CheckPIN(ctx, room, pin); !errors.Is(err, ErrWrongPIN) {
		t.Error(err)
	}
	for _, id := range []string{bea.InviteeID, "", "nobody"} {
		if _, _, err := s.InviteeKeys(ctx, id); !errors.Is(err, ErrNoInvitee) {
			t.Error(err)
		}
	}
	if _, _, err := s.AddInvitees(ctx, "nowhere", []NewInvitee{{Email: "a@example.org"}}, nil); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	s.Close()
	shell.Close()
	for _, f := range []string{DatabaseFile, DatabaseFile + "-wal"} {
		if text, _ := os.ReadFile(filepath.Join(dir, f)); bytes.Contains(text, []byte(token)) || bytes.Contains(text, []byte(pin)) {
			t.Errorf("a personal PIN or link is in %s", f)
		}
	}
}

func TestInviteeMistakes(t *testing.T) {
	s := open(t, t.TempDir())
	m := meet(t, s, weekly("112752642"))
	_, _, err := s.AddInvitees(t.Context(), m.Room.ID, []NewInvitee{
		{Email: "ok@example.org"}, {Name: "nobody"}, {Email: "bad"}, {Phone: "0791234567"}, {Email: "a@example.org", Language: "german language"},
	}, nil)
	for _, field := range []string{"invitees[1].email: ", "invitees[2].email: ", "invitees[3].phone: ", "invitees[4].language: "} {
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("no mistake in %s%v", field, err)
		}
	}
	if list, err := s.Invitees(t.Context(), m.Room.ID); len(list) != 0 || err != nil {
		t.Errorf("%+v, %v", list, err)
	}
	// A job that cannot be queued takes everything back.
	_, _, err = s.AddInvitees(t.Context(), m.Room.ID, []NewInvitee{{Email: "a@example.org"}}, func(i Invitee) []NewJob {
		return []NewJob{{RoomID: i.RoomID, InviteeID: i.ID, Channel: "pigeon", Kind: JobInvite, Key: "1"}}
	})
	if list, _ := s.Invitees(t.Context(), m.Room.ID); err == nil || len(list) != 0 {
		t.Errorf("%+v, %v", list, err)
	}
	added, _, err := s.AddInvitees(t.Context(), m.Room.ID, []NewInvitee{{Email: "a@example.org"}}, func(i Invitee) []NewJob {
		return []NewJob{{RoomID: i.RoomID, InviteeID: i.ID, Channel: ChannelMail, Kind: JobInvite, Key: "1"}}
	})
	if err != nil {
		t.Fatal(err)
	}
	cancel := NewJob{RoomID: m.Room.ID, InviteeID: added[0].ID, Channel: ChannelMail, Kind: JobChange, Key: "2"}
	if err := s.RemoveInvitee(t.Context(), m.Room.ID, added[0].ID, cancel); err != nil {
		t.Fatal(err)
	}
	if jobs, err := s.Jobs(t.Context(), m.Room.ID); len(jobs) != 2 || jobs[1].Address != "a@example.org" || err != nil {
		t.Errorf("%+v, %v", jobs, err)
	}
}

// TestPersonalPINs: no PIN of a room is the beginning of another, whoever draws
// and however many there are.
func TestPersonalPINs(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	s := open(t, dir)
	stores := []*Store{s, open(t, dir)}
	n := weekly("112752642")
	n.PIN = "4821"
	m := meet(t, s, n)
	var all sync.WaitGroup
	for i := range 6 {
		all.Go(func() {
			var list []NewInvitee
			for k := range 40 {
				list = append(list, NewInvitee{Email: fmt.Sprintf("p%d-%d@example.org", i, k), PIN: k%2 == 0})
			}
			if _, _, err := stores[i%2].AddInvitees(ctx, m.Room.ID, list, nil); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if _, err := s.UpdateMeeting(ctx, m.Room.ID, MeetingChange{PersonalPINs: ptr(true)}); err != nil {
		t.Fatal(err)
	}
	invited, err := s.Invitees(ctx, m.Room.ID)
	if err != nil || len(invited) != 240 {
		t.Fatal(len(invited), err)
	}
	pins := []string{"4821", "97531"}
	for _, i := range invited {
		_, pin := keysOf(t, s, i.ID)
		if weakness(pin) != "" || clashes(pin, pins) {
			t.Fatal(pin)
		}
		pins = append(pins, pin)
		if key, err := s.CheckPIN(ctx, m.Room.ID, pin); key.Guest.InviteeID != i.ID || key.Role != Guest || err != nil {
			t.Error(key, err)
		}
	}
	if len(pins[len(pins)-1]) != 8 {
		t.Error("PINs of a crowd are as short as ever")
	}
	// The room's own may not clash with them either.
	mine := pins[100]
	for _, pin := range []string{mine, mine[:5], mine + "1"} {
		for field, c := range map[string]RoomChange{"pin": {PIN: &pin}, "host_pin": {HostPIN: &pin}} {
			_, err := s.UpdateRoom(ctx, m.Room.ID, c)
			var f *FieldError
			if !errors.As(err, &f) || f.Field != field || strings.Contains(err.Error(), pin) {
				t.Errorf("%s: %v", field, err)
			}
		}
	}
	for range 50 { // where little is left
		if pin := drawPIN([]string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "", "91"}); pin[0] != '9' || pin[1] == '1' {
			t.Fatal(pin)
		}
	}
	// A personal PIN that is sealed in another's place is worth nothing.
	if _, err := s.write.Exec("UPDATE invitees SET pin_sealed = (SELECT pin_sealed FROM invitees WHERE id = ?) WHERE id = ?", invited[0].ID, invited[1].ID); err != nil {
		t.Fatal(err)
	}
	if _, pin, err := s.InviteeKeys(ctx, invited[1].ID); err == nil {
		t.Error(pin)
	}
}

func TestTooManyInvitees(t *testing.T) {
	s := open(t, t.TempDir())
	r := add(t, s, boardroom())
	list := make([]NewInvitee, maxInvitees+1)
	for i := range list {
		list[i].Email = fmt.Sprintf("p%d@example.org", i)
	}
	var f *FieldError
	if _, _, err := s.AddInvitees(t.Context(), r.ID, list, nil); !errors.As(err, &f) || f.Field != "invitees" {
		t.Error(err)
	}
}

func TestState(t *testing.T) {
	at := func(s int) time.Time { return monday.Add(time.Duration(s) * time.Second) }
	for _, tt := range []struct {
		i    Invitee
		want string
	}{
		{Invitee{}, "invited"},
		{Invitee{Opened: at(1)}, "opened"},
		{Invitee{Opened: at(1), Waiting: at(2)}, "waiting"},
		{Invitee{Opened: at(1), Waiting: at(2), Joined: at(3)}, "joined"},
		{Invitee{Waiting: at(4), Joined: at(3)}, "waiting"},
		{Invitee{Waiting: at(3), Joined: at(3)}, "joined"},
		{Invitee{Opened: at(5), Joined: at(3)}, "joined"}, // the page beside the phone
		{Invitee{Joined: at(3), Left: at(4)}, "left"},
		{Invitee{Joined: at(3), Left: at(3)}, "left"},
		{Invitee{Joined: at(5), Left: at(4)}, "joined"},
		{Invitee{Opened: at(5), Joined: at(3), Left: at(4)}, "opened"},
		{Invitee{Waiting: at(1), Left: at(2)}, "left"},
	} {
		if got := tt.i.State().String(); got != tt.want {
			t.Errorf("%+v: %s, want %s", tt.i, got, tt.want)
		}
	}
}

func TestPresence(t *testing.T) {
	s, ctx := open(t, t.TempDir()), t.Context()
	m := meet(t, s, weekly("112752642"))
	list := invite(t, s, m.Room.ID, NewInvitee{Email: "a@example.org"}, NewInvitee{Email: "b@example.org"})
	a, b := list[0].ID, list[1].ID
	at := func(s int) time.Time { return monday.Add(time.Duration(s) * time.Second) }
	was := s.copy.fresh(ctx)
	for _, p := range []Presence{
		{a, Opened, at(1)},
		{a, Joined, at(9)},
		{a, Joined, at(5)}, // told late
		{a, Left, at(8)},
		{b, Waiting, at(2)},
		{b, Absent, at(3)},
		{b, Left + 1, at(3)},
		{"", Joined, at(3)},
		{"nobody", Joined, at(3)},
	} {
		s.RecordPresence(p)
	}
	if h := s.Health(); h.Waiting != 5 {
		t.Errorf("%+v", h)
	}
	s.Start()
	waitFor(t, s)
	s.RecordPresence(Presence{a, Opened, at(0)}) // older than what is written
	s.RecordPresence(Presence{a, Left, at(9)})
	waitFor(t, s)
	got, err := s.Invitees(ctx, m.Room.ID)
	want := list
	want[0].Opened, want[0].Joined, want[0].Left, want[1].Waiting = at(1), at(9), at(9), at(2)
	if err != nil || !reflect.DeepEqual(got, want) || got[0].State() != Left || got[1].State() != Waiting {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	if s.copy.fresh(ctx) != was {
		t.Error("presence is no change of the copy")
	}
	if err := s.EndPresence(ctx, at(1)); err != nil { // by a clock that was set back
		t.Fatal(err)
	}
	got, _ = s.Invitees(ctx, m.Room.ID)
	if got[1].State() != Left || !got[1].Left.Equal(at(2)) || got[0] != want[0] {
		t.Errorf("%+v", got)
	}
}

// TestSeenMeanwhile: who is seen again while it is being written is written again.
func TestSeenMeanwhile(t *testing.T) {
	s := open(t, t.TempDir())
	s.RecordPresence(Presence{"a", Joined, monday})
	s.RecordPresence(Presence{"b", Joined, monday})
	s.journal.mu.Lock()
	e := s.journal.front()
	s.journal.mu.Unlock()
	s.RecordPresence(Presence{"a", Joined, monday.Add(time.Second)})
	s.journal.written(e, 0)
	if h := s.Health(); h.Waiting != 1 {
		t.Errorf("%+v", h)
	}
}

// TestPresenceBounded: the queue does not grow without end, and while the database
// is locked nobody waits.
func TestPresenceBounded(t *testing.T) {
	s := open(t, t.TempDir())
	for i := range maxPresence + 5 {
		s.RecordPresence(Presence{fmt.Sprint("i", i), Joined, monday})
	}
	s.RecordPresence(Presence{"i7", Joined, monday.Add(time.Second)}) // one that waits already
	s.RecordPresence(Presence{strings.Repeat("x", 1000), Joined, monday})
	if h := s.Health(); h.Waiting != maxPresence || h.Dropped != 5 {
		t.Errorf("%+v", h)
	}
	s.Start()
	waitFor(t, s)
	if h := s.Health(); h.Waiting != 0 {
		t.Errorf("%+v", h)
	}
}
