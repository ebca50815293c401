package store

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"
)

// all is a table as an ordinary map.
func (t *table[V]) all() map[string]V {
	m := map[string]V{}
	for _, part := range t.part {
		maps.Copy(m, part)
	}
	return m
}

func TestTable(t *testing.T) {
	var first table[int]
	e := edited(&first)
	for i := range 1000 {
		e.put(fmt.Sprint(i), i)
	}
	second := e.table
	e = edited(&second)
	e.drop("7")
	e.drop("none")
	e.put("8", -8)
	e.put("new", 1)
	third := e.table
	if len(first.all()) != 0 || len(second.all()) != 1000 || len(third.all()) != 1000 {
		t.Error(len(first.all()), len(second.all()), len(third.all()))
	}
	for _, tt := range []struct {
		table *table[int]
		key   string
		want  int
		ok    bool
	}{{&first, "7", 0, false}, {&second, "7", 7, true}, {&third, "7", 0, false}, {&second, "8", 8, true}, {&third, "8", -8, true}, {&second, "new", 0, false}, {&third, "new", 1, true}, {&third, "999", 999, true}} {
		if v, ok := tt.table.get(tt.key); v != tt.want || ok != tt.ok {
			t.Errorf("%s: %d, %v", tt.key, v, ok)
		}
	}
}

// same fails if a copy that followed the changes is not what a new one would be.
func same(t *testing.T, s *Store, what string) {
	t.Helper()
	got := s.copy.fresh(t.Context())
	want, err := s.copy.read(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	sorted := func(m map[string]*room) map[string]*room {
		for _, r := range m {
			slices.Sort(r.pins)
			slices.Sort(r.links)
		}
		return m
	}
	for _, c := range []struct {
		part      string
		got, want any
	}{
		{"revision", got.revision, want.revision},
		{"rooms", sorted(got.byID.all()), sorted(want.byID.all())},
		{"extensions", got.byExtension.all(), want.byExtension.all()},
		{"list", got.list, want.list},
		{"PINs", got.pins.all(), want.pins.all()},
		{"links", got.links.all(), want.links.all()},
		{"accounts", got.users, want.users},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Fatalf("after %s the %s differ:\n%+v\n%+v", what, c.part, c.got, c.want)
		}
	}
}

// TestCopyFollows: whatever changes, here or in another process, the copy in
// memory is what it would be if it were read as a whole.
func TestCopyFollows(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	s, shell := open(t, dir), open(t, dir)
	random := rand.New(rand.NewPCG(6, 1))
	ada, ben := addUser(t, s, "ada@example.org", "correct horse"), addUser(t, s, "ben@example.org", "correct horse")
	var ids, invited []string
	any := func(list []string) string {
		if len(list) == 0 {
			return "none"
		}
		return list[random.IntN(len(list))]
	}
	n := 0
	extension := func() string { n++; return fmt.Sprintf("%d%d", random.IntN(900)+100, n) }
	owner := func() string { return []string{"", ada.ID, ben.ID}[random.IntN(3)] }
	invite := func(s *Store, id string) {
		added, _, _ := s.AddInvitees(ctx, id, []NewInvitee{{Name: "Guest", Email: fmt.Sprintf("g%d@example.org", n), PIN: random.IntN(2) == 0}}, nil)
		for _, i := range added {
			invited = append(invited, i.RoomID+" "+i.ID)
		}
	}
	ops := map[string]func(*Store){
		"a room": func(s *Store) {
			if r, err := s.AddRoom(ctx, NewRoom{Extension: extension(), PIN: "48219", OwnerID: owner()}); err == nil {
				ids = append(ids, r.ID)
			}
		},
		"a meeting": func(s *Store) {
			n := weekly(extension())
			n.OwnerID = owner()
			if m, _, err := s.AddMeeting(ctx, n); err == nil {
				ids = append(ids, m.Room.ID)
			}
		},
		"an extension that changes hands": func(s *Store) {
			if r, err := s.RoomByID(ctx, any(ids)); err == nil {
				s.RemoveRoom(ctx, r.ID)
				if r, err = ptrTo(s.AddRoom(ctx, NewRoom{Extension: r.Extension, Name: "next"})); err == nil {
					ids = append(ids, r.ID)
				}
			}
		},
		"a removal": func(s *Store) { s.RemoveRoom(ctx, any(ids)) },
		"a change": func(s *Store) {
			s.UpdateRoom(ctx, any(ids), RoomChange{Name: ptr(extension()), PIN: ptr(NewPIN()), OwnerID: ptr(owner())})
		},
		"a move": func(s *Store) {
			s.UpdateMeeting(ctx, any(ids), MeetingChange{Start: ptr("2026-12-01T09:00"), Exceptions: &[]Exception{{Original: "x", Cancelled: true}}})
		},
		"a cancellation": func(s *Store) { s.UpdateMeeting(ctx, any(ids), MeetingChange{Cancelled: ptr(time.Now())}) },
		"a link":         func(s *Store) { s.RegenerateLink(ctx, any(ids)) },
		"an invitation":  func(s *Store) { n++; invite(s, any(ids)) },
		"an uninvitation": func(s *Store) {
			var room, id string
			fmt.Sscan(any(invited), &room, &id)
			s.RemoveInvitee(ctx, room, id)
		},
		"PINs":       func(s *Store) { s.UpdateMeeting(ctx, any(ids), MeetingChange{PersonalPINs: ptr(true)}) },
		"forgetting": func(s *Store) { s.Forget(ctx, time.Now(), time.Now()) },
		"an account": func(s *Store) {
			s.AddUser(ctx, NewUser{Email: extension() + "@example.org", Password: "correct horse"})
		},
	}
	names := slices.Sorted(maps.Keys(ops))
	for range 400 {
		what := names[random.IntN(len(names))]
		ops[what]([]*Store{s, shell}[random.IntN(2)])
		if random.IntN(3) > 0 { // several changes at a time, too
			same(t, s, what)
		}
	}
	if err := shell.RemoveUser(ctx, ada.ID, ""); err != nil { // its rooms become everybody's
		t.Fatal(err)
	}
	same(t, s, "an account's removal")
	if len(s.copy.fresh(ctx).list) < 20 || len(invited) < 5 {
		t.Errorf("only %d rooms, %d invited", len(s.copy.fresh(ctx).list), len(invited))
	}
}

func ptrTo[T any](v T, err error) (*T, error) { return &v, err }

// TestForgetRemoved: a copy that is older than what is still known of removals is
// made anew.
func TestForgetRemoved(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	s, old := open(t, dir), open(t, dir)
	gone, stays := add(t, s, boardroom()), add(t, s, NewRoom{Extension: "22"})
	if _, err := old.RoomByID(ctx, gone.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.RemoveRoom(ctx, gone.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.write.Exec("DELETE FROM links WHERE room_id = ?", gone.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.write.Exec("UPDATE revision SET rooms = rooms + ?", touchedKept+10); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Forget(ctx, time.Time{}, time.Time{}); err != nil {
		t.Fatal(err)
	}
	var left int
	if err := s.write.QueryRow("SELECT count(*) FROM touched").Scan(&left); err != nil || left != 1 {
		t.Errorf("%d rows left, %v", left, err)
	}
	for _, s := range []*Store{s, old} {
		if _, err := s.RoomByID(ctx, gone.ID); err == nil {
			t.Error("a removed room is there")
		}
		if _, err := s.RoomByID(ctx, stays.ID); err != nil {
			t.Error(err)
		}
		same(t, s, "forgetting")
	}
}

// BenchmarkCopy reads with 10,000 meetings and 20,000 invited people.
func BenchmarkCopy(b *testing.B) {
	s, _ := crowded(b)
	r, err := s.RoomByExtension(b.Context(), "50007000")
	if err != nil {
		b.Fatal(err)
	}
	b.Run("unchanged", func(b *testing.B) { // what each call costs
		for b.Loop() {
			if _, err := s.RoomByExtension(b.Context(), "50007000"); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("after-change", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			// What UpdateRoom does, without waiting for the disk each time.
			if _, err := s.write.Exec("PRAGMA synchronous = OFF; UPDATE rooms SET lobby = NOT lobby WHERE id = ?; UPDATE revision SET rooms = rooms + 1", r.ID); err != nil {
				b.Fatal(err)
			}
			was := s.copy.current
			b.StartTimer()
			if s.copy.fresh(context.Background()) == was {
				b.Fatal("no change seen")
			}
		}
	})
	b.Run("whole", func(b *testing.B) { // as the gateway starts
		for b.Loop() {
			if _, err := s.copy.read(b.Context(), nil); err != nil {
				b.Fatal(err)
			}
		}
	})
}
