package store

import (
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// monday is when the meetings of tests begin.
var monday = time.Date(2026, 11, 30, 13, 0, 0, 0, time.UTC)

func weekly(extension string) NewMeeting {
	return NewMeeting{
		NewRoom: NewRoom{Extension: extension, Name: "Weekly sync", PIN: "48219", HostPIN: "97531"},
		Schedule: Schedule{
			Zone: "Europe/Zurich", Start: "2026-11-30T14:00", Duration: time.Hour, Repeat: "FREQ=WEEKLY;COUNT=10",
			Exceptions: []Exception{{Original: "2026-12-28T14:00", Cancelled: true}, {Original: "2026-12-07T14:00", Start: "2026-12-07T15:00"}},
			JoinEarly:  10 * time.Minute, Grace: 15 * time.Minute,
		},
		Note: "Bring\nnumbers", Reminders: []time.Duration{time.Hour, 24 * time.Hour, time.Hour},
		NextStart: monday, NextEnd: monday.Add(time.Hour),
	}
}

// crowded has 10,000 meetings of one account.
func crowded(b *testing.B) (*Store, User) {
	b.Helper()
	s, err := Open(b.Context(), b.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	s.passwords.cost = cost{passes: 1, memory: 64, lanes: 1}
	u, err := s.AddUser(b.Context(), NewUser{Email: "ada@example.org", Password: "correct horse"})
	if err != nil {
		b.Fatal(err)
	}
	fill(b, s, u.ID, 10000)
	return s, u
}

// fill adds meetings with two invited people each, a quarter of them over, in one
// transaction.
func fill(tb testing.TB, s *Store, owner string, meetings int) {
	tb.Helper()
	tx, err := s.write.Begin()
	if err != nil {
		tb.Fatal(err)
	}
	defer tx.Rollback()
	titles := []string{"Weekly sync", "Jürg's Café", "Quarterly review", "Été à Genève", "Board", "Sprint planning"}
	for i := range meetings {
		n := weekly(fmt.Sprint(50000000 + i))
		n.Name, n.OwnerID = fmt.Sprintf("%s %d", titles[i%len(titles)], i), owner
		n.NextStart = monday.Add(time.Duration(i) * time.Hour)
		n.NextEnd = n.NextStart.Add(time.Hour)
		if i%4 == 0 {
			n.Completed = monday
		}
		if err := n.Check(); err != nil {
			tb.Fatal(err)
		}
		r := newRoom(n.NewRoom)
		if err := s.insertRoom(tb.Context(), tx, r, n.NewRoom); err != nil {
			tb.Fatal(err)
		}
		for p := range 2 {
			if _, _, err := s.insertInvitee(tb.Context(), tx, r.ID, NewInvitee{Email: fmt.Sprintf("p%d@example.org", p)}, nil); err != nil {
				tb.Fatal(err)
			}
		}
		if err := insertMeeting(tb.Context(), tx, r, n); err != nil {
			tb.Fatal(err)
		}
	}
	if _, err := tx.Exec("UPDATE revision SET rooms = rooms + 1"); err != nil {
		tb.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		tb.Fatal(err)
	}
}

// BenchmarkMeetings asks for the pages of a list, and searches, among 10,000.
func BenchmarkMeetings(b *testing.B) {
	s, u := crowded(b)
	middle := monday.Add(5000 * time.Hour)
	for _, bb := range []struct {
		name string
		q    MeetingQuery
	}{
		{"upcoming", MeetingQuery{}},
		{"upcoming-late", MeetingQuery{Now: middle}},
		{"past", MeetingQuery{When: Past, Now: middle}},
		{"all", MeetingQuery{When: All}},
		{"search", MeetingQuery{When: All, Search: "cafe jurg"}},
		{"search-rare", MeetingQuery{When: All, Search: "geneve 9993"}},
		{"search-nothing", MeetingQuery{When: All, Search: "nothing"}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			q := bb.q
			q.OwnerID = u.ID
			if q.Now.IsZero() {
				q.Now = monday
			}
			var took []time.Duration
			for b.Loop() {
				began := time.Now()
				if _, _, err := s.Meetings(b.Context(), q); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}

func titles(list []Meeting) string {
	var all []string
	for _, m := range list {
		all = append(all, m.Room.Name)
	}
	return strings.Join(all, " ")
}

func meet(t *testing.T, s *Store, n NewMeeting) Meeting {
	t.Helper()
	m, made, err := s.AddMeeting(t.Context(), n)
	if err != nil || !made {
		t.Fatal(made, err)
	}
	return m
}

func TestMeeting(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	s := open(t, dir)
	ada := addUser(t, s, "ada@example.org", "correct horse")
	n := weekly("112752642")
	n.OwnerID, n.RequestID, n.PersonalPINs = ada.ID, "form-1", true
	m := meet(t, s, n)
	want := n.Schedule
	want.Exceptions = []Exception{n.Exceptions[1], n.Exceptions[0]}
	if !reflect.DeepEqual(*m.Room.Schedule, want) || m.UID == "" || m.UID == m.Room.ID || m.Sequence != 0 || m.Note != n.Note ||
		!slices.Equal(m.Reminders, []time.Duration{24 * time.Hour, time.Hour}) || m.RequestID != "form-1" || !m.PersonalPINs ||
		!m.NextStart.Equal(monday) || !m.NextEnd.Equal(n.NextEnd) || !m.LastEnd.Equal(n.NextEnd) || !m.Room.HasPIN || !m.Room.HasHostPIN ||
		m.Created.IsZero() || m.Changed != m.Created {
		t.Errorf("%+v\n%+v", m, m.Room.Schedule)
	}
	for _, s := range []*Store{s, open(t, dir)} {
		if got, err := s.MeetingByID(ctx, m.Room.ID); err != nil || !reflect.DeepEqual(got, m) {
			t.Errorf("%+v, %v", got, err)
		}
		if r, err := s.RoomByExtension(ctx, "112752642"); err != nil || !reflect.DeepEqual(*r, m.Room) {
			t.Errorf("%+v, %v", r, err)
		}
		if list, err := s.RoomsOf(ctx, ada.ID); len(list) != 0 || err != nil {
			t.Errorf("meetings among the permanent rooms: %v, %v", list, err)
		}
		if list, err := s.Rooms(ctx); len(list) != 1 || err != nil {
			t.Errorf("%v, %v", list, err)
		}
		if key, err := s.CheckPIN(ctx, m.Room.ID, "97531"); key != (Key{Role: Host}) || err != nil {
			t.Error(key, err)
		}
	}
	if again, made, err := s.AddMeeting(ctx, n); made || err != nil || !reflect.DeepEqual(again, m) {
		t.Errorf("submitted twice: %v, %v", made, err)
	}
	n.RequestID = "form-2"
	var f *FieldError
	if _, _, err := s.AddMeeting(ctx, n); !errors.As(err, &f) || f.Field != "extension" {
		t.Errorf("the same extension: %v", err)
	}
	n.Note, n.Reminders, n.Name, n.PIN, n.RequestID = strings.Repeat("é", 2001), []time.Duration{-1e9}, strings.Repeat("x", 65), "1234", strings.Repeat("r", 65)
	_, _, err := s.AddMeeting(ctx, n)
	for _, field := range []string{"note", "reminders", "name", "pin", "request_id"} {
		if err == nil || !strings.Contains(err.Error(), field+": ") {
			t.Errorf("no mistake in %s: %v", field, err)
		}
	}
	if _, err := s.MeetingByID(ctx, "nowhere"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	room := add(t, s, NewRoom{Extension: "22"})
	if _, err := s.MeetingByID(ctx, room.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("a permanent room is a meeting: %v", err)
	}
	if err := s.RemoveRoom(ctx, m.Room.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.MeetingByID(ctx, m.Room.ID); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
}

// TestSubmittedAtOnce: a form that two processes get at the same time makes one
// meeting; other accounts' forms are other ones.
func TestSubmittedAtOnce(t *testing.T) {
	dir := t.TempDir()
	stores := []*Store{open(t, dir), open(t, dir)}
	ada, ben := addUser(t, stores[0], "ada@example.org", "correct horse"), addUser(t, stores[0], "ben@example.org", "correct horse")
	var mu sync.Mutex
	ids, made := map[string]int{}, 0
	var all sync.WaitGroup
	for i := range 24 {
		all.Go(func() {
			n := weekly(fmt.Sprint(700000 + i)) // each submission draws its own
			n.OwnerID, n.RequestID = []string{ada.ID, ben.ID, ""}[i%3], "the form"
			m, now, err := stores[i/3%2].AddMeeting(t.Context(), n)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			ids[m.Room.ID]++
			if now {
				made++
			}
		})
	}
	all.Wait()
	if list, err := stores[0].Rooms(t.Context()); len(ids) != 3 || made != 3 || len(list) != 3 || err != nil {
		t.Errorf("%v, %d made, %d rooms, %v", ids, made, len(list), err)
	}
	// An heir may have submitted the same words.
	if err := stores[1].RemoveUser(t.Context(), ben.ID, ada.ID); err != nil {
		t.Error(err)
	}
	if list, _, err := stores[0].Meetings(t.Context(), MeetingQuery{OwnerID: ada.ID, Now: monday}); len(list) != 3 || err != nil {
		t.Errorf("%d meetings, %v", len(list), err)
	}
}

func TestUpdateMeeting(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	s, shell := open(t, dir), open(t, dir)
	ada := addUser(t, s, "ada@example.org", "correct horse")
	m := meet(t, s, weekly("112752642"))
	token := guestLink(t, s, m.Room.ID)
	want := m
	at := *m.Room.Schedule
	want.Room.Schedule = &at
	for _, tt := range []struct {
		change MeetingChange
		to     func()
	}{
		{MeetingChange{}, func() {}},
		{MeetingChange{Room: RoomChange{Name: ptr("Jürg's Café"), Lobby: ptr(true), OwnerID: &ada.ID}, Sequence: true}, func() {
			want.Room.Name, want.Room.Lobby, want.Room.OwnerID, want.Sequence = "Jürg's Café", true, ada.ID, 1
		}},
		{MeetingChange{Zone: ptr("UTC"), Start: ptr("2026-12-01T09:00"), Repeat: ptr(""), Duration: ptr(time.Minute), JoinEarly: ptr(time.Second), Grace: ptr(time.Duration(0)), Exceptions: &[]Exception{}}, func() {
			at = Schedule{Zone: "UTC", Start: "2026-12-01T09:00", Duration: time.Minute, JoinEarly: time.Second}
		}},
		{MeetingChange{Next: &[2]time.Time{monday.Add(time.Hour), monday.Add(2 * time.Hour)}}, func() {
			want.NextStart, want.NextEnd, want.LastEnd = monday.Add(time.Hour), monday.Add(2*time.Hour), monday.Add(2*time.Hour)
		}},
		{MeetingChange{Next: &[2]time.Time{}}, func() { want.NextStart, want.NextEnd = time.Time{}, time.Time{} }},
		{MeetingChange{Note: ptr(" a\r\nb\x00 "), Reminders: &[]time.Duration{}, PersonalPINs: ptr(true)}, func() {
			want.Note, want.Reminders, want.PersonalPINs = "a\nb", []time.Duration{}, true
		}},
		{MeetingChange{Room: RoomChange{PIN: ptr("")}}, func() { want.Room.HasPIN = false }},
	} {
		tt.to()
		got, err := s.UpdateMeeting(ctx, m.Room.ID, tt.change)
		if err != nil || got.Changed.Before(m.Changed) {
			t.Fatal(err)
		}
		for _, s := range []*Store{s, shell} {
			read, err := s.MeetingByID(ctx, m.Room.ID)
			if !reflect.DeepEqual(read, got) || err != nil {
				t.Errorf("%+v, %v", read, err)
			}
			if r, err := s.RoomByID(ctx, m.Room.ID); err != nil || !reflect.DeepEqual(*r, got.Room) {
				t.Errorf("%+v, %v", r, err)
			}
		}
		got.Changed, got.starts = want.Changed, want.starts
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%+v\n%+v\n%+v", got, want, got.Room.Schedule)
		}
	}
	// As a room it can be renamed, too: the search follows, and the times stay.
	if r, err := s.UpdateRoom(ctx, m.Room.ID, RoomChange{Name: ptr("Ärger")}); err != nil || !reflect.DeepEqual(r.Schedule, &at) {
		t.Errorf("%+v, %v", r, err)
	}
	if list, _, err := s.Meetings(ctx, MeetingQuery{OwnerID: ada.ID, When: All, Search: "ARG"}); titles(list) != "Ärger" || err != nil {
		t.Errorf("%s, %v", titles(list), err)
	}
	_, err := s.UpdateMeeting(ctx, m.Room.ID, MeetingChange{Room: RoomChange{Tones: ptr("bell")}, Note: ptr(strings.Repeat("x", 2001))})
	if err == nil || !strings.Contains(err.Error(), "tones: ") || !strings.Contains(err.Error(), "note: ") {
		t.Errorf("not all mistakes: %v", err)
	}
	if _, err := s.UpdateMeeting(ctx, "nowhere", MeetingChange{}); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	ended(t, s, m.Room.ID, token)
}

// ended completes a meeting and sees that nothing leads there any more.
func ended(t *testing.T, s *Store, id, token string) {
	t.Helper()
	ctx := t.Context()
	added, _, err := s.AddInvitees(ctx, id, []NewInvitee{{Email: "bea@example.org"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	personal, _, err := s.InviteeKeys(ctx, added[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.UpdateMeeting(ctx, id, MeetingChange{Completed: ptr(monday)}); err != nil {
		t.Fatal(err)
	}
	_, _, again := s.AddInvitees(ctx, id, []NewInvitee{{Email: "bob@example.org"}}, nil)
	_, link := s.GuestLink(ctx, id)
	_, another := s.RegenerateLink(ctx, id)
	_, _, keys := s.InviteeKeys(ctx, added[0].ID)
	_, _, shared := s.RoomByLink(ctx, token)
	_, _, own := s.RoomByLink(ctx, personal)
	for i, err := range []error{again, link, another, keys, shared, own} {
		if !errors.Is(err, ErrLinkEnded) {
			t.Errorf("%d: %v", i, err)
		}
	}
}

func TestMeetings(t *testing.T) {
	s, ctx := open(t, t.TempDir()), t.Context()
	ada, ben := addUser(t, s, "ada@example.org", "correct horse"), addUser(t, s, "ben@example.org", "correct horse")
	now := monday
	ids := map[string]string{}
	for i, tt := range []struct {
		title, owner string
		starts       time.Duration
		change       MeetingChange
	}{
		{"later", ada.ID, 48 * time.Hour, MeetingChange{}},
		{"running", ada.ID, -30 * time.Minute, MeetingChange{}},
		{"soon", "", time.Hour, MeetingChange{}},
		{"grace", ada.ID, -70 * time.Minute, MeetingChange{}},
		{"passed", ada.ID, -2 * time.Hour, MeetingChange{}}, // nobody has noted it yet
		{"over", "", -72 * time.Hour, MeetingChange{Next: &[2]time.Time{}}},
		{"completed", ada.ID, -24 * time.Hour, MeetingChange{Completed: &now}},
		{"cancelled", ada.ID, 24 * time.Hour, MeetingChange{Cancelled: &now}},
		{"other", ben.ID, 2 * time.Hour, MeetingChange{}},
		{"Émile's ÜBUNG", ben.ID, 3 * time.Hour, MeetingChange{}},
	} {
		n := weekly(fmt.Sprint(1000 + i))
		n.Name, n.OwnerID, n.NextStart, n.NextEnd = tt.title, tt.owner, now.Add(tt.starts), now.Add(tt.starts+time.Hour)
		m := meet(t, s, n)
		ids[tt.title] = m.Room.ID
		if _, err := s.UpdateMeeting(ctx, m.Room.ID, tt.change); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		q    MeetingQuery
		want string
	}{
		{MeetingQuery{OwnerID: ada.ID}, "grace running soon later"},
		{MeetingQuery{OwnerID: ada.ID, When: Past}, "cancelled passed completed over"},
		{MeetingQuery{OwnerID: ada.ID, When: All}, "later cancelled soon running grace passed completed over"},
		{MeetingQuery{OwnerID: ben.ID}, "soon other Émile's ÜBUNG"},
		{MeetingQuery{OwnerID: ben.ID, Search: " ubung  EMILE "}, "Émile's ÜBUNG"},
		{MeetingQuery{OwnerID: ben.ID, Search: "ubung x"}, ""},
		{MeetingQuery{OwnerID: ben.ID, Search: "%"}, ""},
		{MeetingQuery{OwnerID: ada.ID, Search: "ubung"}, ""},
		{MeetingQuery{}, "soon"},
		{MeetingQuery{Everybody: true}, "grace running soon other Émile's ÜBUNG later"},
		{MeetingQuery{OwnerID: ada.ID, When: All, IDs: []string{ids["later"], ids["over"], ids["other"], "none"}}, "later over"},
	} {
		tt.q.Now = now
		list, next, err := s.Meetings(ctx, tt.q)
		if titles(list) != tt.want || next != "" || err != nil {
			t.Errorf("%+v: %s, %q, %v; want %s", tt.q, titles(list), next, err, tt.want)
		}
		var paged []Meeting
		for q := tt.q; ; { // page by page it is the same
			q.Limit = 2
			list, next, err := s.Meetings(ctx, q)
			if err != nil || len(list) > 2 {
				t.Fatal(list, err)
			}
			paged = append(paged, list...)
			if q.Cursor = next; next == "" {
				break
			}
		}
		if titles(paged) != tt.want {
			t.Errorf("%+v: by pages %s", tt.q, titles(paged))
		}
	}
	for _, cursor := range []string{"x", "1", "x.y", "."} {
		var f *FieldError
		if _, _, err := s.Meetings(ctx, MeetingQuery{Cursor: cursor}); !errors.As(err, &f) || f.Field != "cursor" {
			t.Errorf("%q: %v", cursor, err)
		}
	}
	due, err := s.DueMeetings(ctx, now.Add(90*time.Minute))
	if titles(due) != "passed grace running soon" || err != nil {
		t.Errorf("%s, %v", titles(due), err)
	}
	if err := s.SetNext(ctx, ids["passed"], time.Time{}, time.Time{}); err != nil {
		t.Fatal(err)
	}
	was := s.copy.fresh(ctx)
	if err := s.SetNext(ctx, ids["running"], now.Add(4*time.Hour), now.Add(5*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if s.copy.fresh(ctx) != was {
		t.Error("the next occurrence is no change of the copy")
	}
	if due, _ := s.DueMeetings(ctx, now.Add(90*time.Minute)); titles(due) != "grace soon" {
		t.Error(titles(due))
	}
	if err := s.SetNext(ctx, "nowhere", now, now); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
}

// TestEqualStarts: pages neither lose nor repeat meetings that begin together.
func TestEqualStarts(t *testing.T) {
	s := open(t, t.TempDir())
	for i := range 25 {
		meet(t, s, weekly(fmt.Sprint(1000+i)))
	}
	for _, when := range []MeetingsWhen{Upcoming, Past, All} {
		seen := map[string]bool{}
		for q := (MeetingQuery{When: when, Now: monday, Limit: 7}); ; {
			list, next, err := s.Meetings(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range list {
				if seen[m.Room.ID] {
					t.Error("twice")
				}
				seen[m.Room.ID] = true
			}
			if q.Cursor = next; next == "" {
				break
			}
		}
		if want := map[MeetingsWhen]int{Upcoming: 25, All: 25}[when]; len(seen) != want {
			t.Errorf("%d: %d of %d", when, len(seen), want)
		}
	}
}
