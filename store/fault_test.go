package store

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func record(i int) CDR {
	start := time.UnixMilli(1_800_000_000_000 + int64(i)*1000).UTC()
	return CDR{
		CallID: fmt.Sprint("call-", i), Protocol: "sip", Direction: "in", Trunk: "carrier-a", Caller: "+41791234567",
		Called: "112752642", RoomID: "room", Role: "guest", Codec: "opus", Started: start, Answered: start.Add(time.Second),
		Joined: start.Add(2 * time.Second), Ended: start.Add(time.Minute), Cause: "hangup",
		Quality: Quality{Loss: 0.01, Jitter: 3 * time.Millisecond, RTT: 40 * time.Millisecond, MOS: 4.1},
		BytesIn: 1 << 40, BytesOut: 2,
	}
}

func TestRecords(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	s.Start()
	first := record(0)
	s.RecordCDR(first)
	refused := CDR{CallID: "refused", Started: first.Started, Ended: first.Started.Add(time.Hour), Called: "sip:11.48219@gw", Caller: strings.Repeat("x", 300), Cause: "denied"}
	refused.Quality.Loss = math.NaN()
	s.RecordCDR(refused)
	s.RecordAttempt(Attempt{"192.0.2.1", "11", time.UnixMilli(1000)})
	now := time.UnixMilli(time.Now().UnixMilli())
	s.RecordAttempt(Attempt{"192.0.2.2", "12", now})
	waitFor(t, s)
	list, err := s.CDRs(t.Context(), Calls{})
	if err != nil || len(list) != 2 || list[1] != first {
		t.Fatalf("%+v, %v", list, err)
	}
	if c := list[0]; !c.Answered.IsZero() || !c.Joined.IsZero() || c.Called != "sip:11.***@gw" || len(c.Caller) != 256 || c.Quality != (Quality{}) {
		t.Errorf("%+v", c)
	}
	for _, q := range []Calls{{RoomID: "room"}, {CallID: "call-0"}, {Until: first.Ended.Add(time.Millisecond)}, {Since: first.Ended, Until: first.Ended.Add(time.Minute)}} {
		if list, err := s.CDRs(t.Context(), q); err != nil || len(list) != 1 || list[0] != first {
			t.Errorf("%+v: %+v, %v", q, list, err)
		}
	}
	if list, _ := s.CDRs(t.Context(), Calls{Limit: 1}); len(list) != 1 || list[0].CallID != "refused" {
		t.Errorf("the newest: %+v", list)
	}
	s.Close()
	if list, err := open(t, dir).Attempts(t.Context(), time.Now().Add(-time.Minute)); err != nil || len(list) != 1 || list[0] != (Attempt{"192.0.2.2", "12", now}) {
		t.Errorf("%v, %v", list, err)
	}
}

// TestLocked: while another process holds the database, rooms are found, PINs
// are checked and records taken; afterwards all is written.
func TestLocked(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	s.Start()
	r := add(t, s, boardroom())
	db, err := sql.Open("sqlite", filepath.Join(dir, DatabaseFile))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("BEGIN EXCLUSIVE"); err != nil {
		t.Fatal(err)
	}
	joins(t, s, r.ID)
	for i := range 50 {
		s.RecordCDR(record(i))
		s.RecordAttempt(Attempt{"a", "b", time.Now()})
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := s.Flush(ctx); err == nil {
		t.Error("written while locked")
	}
	if h := s.Health(); h.Waiting != 100 {
		t.Errorf("%+v", h)
	}
	if _, err := db.Exec("ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	waitFor(t, s)
	if list, err := s.CDRs(t.Context(), Calls{}); len(list) != 50 || err != nil {
		t.Errorf("%d records, %v", len(list), err)
	}
	if h := s.Health(); h.Waiting != 0 || h.Dropped != 0 {
		t.Errorf("%+v", h)
	}
	add(t, s, NewRoom{Extension: "33"})
	if _, err := s.RoomByExtension(t.Context(), "33"); err != nil {
		t.Errorf("a room added after: %v", err)
	}
}

// joins finds a room and checks a PIN as 50 calls would.
func joins(t *testing.T, s *Store, id string) {
	t.Helper()
	began := time.Now()
	for range 50 {
		if _, err := s.RoomByExtension(t.Context(), "112752642"); err != nil {
			t.Fatal(err)
		}
		if key, err := s.CheckPIN(t.Context(), id, "97531"); key.Role != Host || err != nil {
			t.Fatal(key, err)
		}
	}
	if took := time.Since(began); took > 3*readWait+time.Second {
		t.Errorf("50 joins took %v", took)
	}
}

// TestUnreadable: rooms are found even if the database cannot be read at all, as
// while a rollback journal holds it or its disk is gone.
func TestUnreadable(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	r := add(t, s, boardroom())
	if _, err := s.RoomByID(t.Context(), r.ID); err != nil {
		t.Fatal(err)
	}
	readable := s.copy.db
	broken, err := openDatabase(filepath.Join(dir, "none", DatabaseFile), readWait)
	if err != nil {
		t.Fatal(err)
	}
	defer broken.Close()
	s.copy.db = broken
	joins(t, s, r.ID)
	if h := s.Health(); h.Fault == nil {
		t.Error("no fault is reported")
	}
	s.copy.db = readable
	add(t, s, NewRoom{Extension: "33"}) // its success asks again at once
	if _, err := s.RoomByExtension(t.Context(), "33"); err != nil {
		t.Error(err)
	}
	if h := s.Health(); h.Fault != nil {
		t.Errorf("%+v", h)
	}
}

// TestFull: a database that may not grow is a full disk.
func TestFull(t *testing.T) {
	s := open(t, t.TempDir())
	r := add(t, s, boardroom())
	if _, err := s.journal.db.Exec("PRAGMA max_page_count = 1"); err != nil { // clamps to the present size
		t.Fatal(err)
	}
	s.Start()
	for i := range 200 {
		s.RecordCDR(record(i))
	}
	for s.Health().Fault == nil {
		if s.Health().Waiting == 0 {
			t.Fatal("the full database took everything")
		}
		pause(t.Context(), time.Millisecond)
	}
	if key, err := s.CheckPIN(t.Context(), r.ID, "48219"); key.Role != Guest || err != nil {
		t.Errorf("%v, %v", key, err)
	}
	// The journal's only connection is between two tries.
	if _, err := s.journal.db.Exec("PRAGMA max_page_count = 100000"); err != nil {
		t.Fatal(err)
	}
	waitFor(t, s)
	if list, err := s.CDRs(t.Context(), Calls{}); len(list) != 200 || err != nil {
		t.Errorf("%d records, %v", len(list), err)
	}
	if h := s.Health(); h.Fault != nil {
		t.Errorf("%+v", h)
	}
}

// TestBounded: the queues do not grow without end.
func TestBounded(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	for i := range maxCDRs + 10 {
		s.RecordCDR(record(i))
	}
	for i := range maxAttempts + 10 {
		s.RecordAttempt(Attempt{"a", fmt.Sprint(i), time.Now()})
	}
	if h := s.Health(); h.Waiting != maxCDRs+maxAttempts || h.Dropped != 10 {
		t.Errorf("%+v", h)
	}
	s.Start() // Close alone has 5 s, too little under the race detector
	waitFor(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir)
	var n int
	if err := s.write.QueryRow("SELECT count(*) FROM calls").Scan(&n); err != nil || n != maxCDRs {
		t.Errorf("%d records, %v", n, err)
	}
	list, err := s.Attempts(t.Context(), time.Time{})
	if err != nil || len(list) != maxAttempts || list[0].Room != "10" {
		t.Errorf("%d attempts, the first %v, %v", len(list), list[:1], err)
	}
}

// TestCloseWrites: what is queued is written by Close, also if nothing was
// started.
func TestCloseWrites(t *testing.T) {
	for _, start := range []bool{false, true} {
		dir := t.TempDir()
		s := open(t, dir)
		if start {
			s.Start()
			s.Start()
		}
		for i := range 300 {
			s.RecordCDR(record(i))
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if list, err := open(t, dir).CDRs(t.Context(), Calls{}); len(list) != 300 || err != nil {
			t.Errorf("%d records, %v", len(list), err)
		}
	}
}

// TestPoison: a record that the database refuses does not stop the others.
func TestPoison(t *testing.T) {
	s := open(t, t.TempDir())
	if _, err := s.write.Exec("CREATE TRIGGER no BEFORE INSERT ON calls WHEN NEW.call_id = 'call-1' BEGIN SELECT RAISE(ABORT, 'no'); END"); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		s.RecordCDR(record(i))
	}
	s.Start()
	waitFor(t, s)
	if list, err := s.CDRs(t.Context(), Calls{}); len(list) != 2 || err != nil {
		t.Errorf("%+v, %v", list, err)
	}
}

// TestKill kills a process that adds rooms: each that it has acknowledged is
// there, whole.
func TestKill(t *testing.T) {
	if dir := os.Getenv("STORE_TEST_DIR"); dir != "" {
		addForever(dir)
	}
	rounds := 4
	if testing.Short() {
		rounds = 1
	}
	dir := t.TempDir()
	acknowledged := make(map[string]bool)
	for round := range rounds {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKill$")
		cmd.Env = append(os.Environ(), "STORE_TEST_DIR="+dir, fmt.Sprint("STORE_TEST_ROUND=", round))
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			if id, ok := strings.CutPrefix(lines.Text(), "added "); ok {
				acknowledged[id] = true
			}
			if n == 5+3*round {
				cmd.Process.Kill()
			}
		}
		cmd.Wait()
	}
	if len(acknowledged) < rounds*5 {
		t.Fatalf("%d rooms acknowledged", len(acknowledged))
	}
	s := open(t, dir)
	for id := range acknowledged {
		if key, err := s.CheckPIN(t.Context(), id, "97531"); key.Role != Host || err != nil {
			t.Errorf("an acknowledged room is lost: %v, %v", key, err)
		}
	}
	var verdict string
	if err := s.write.QueryRow("PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		t.Errorf("integrity: %s, %v", verdict, err)
	}
}

func addForever(dir string) {
	s, err := Open(context.Background(), dir, slog.New(slog.DiscardHandler))
	for i := 0; err == nil; i++ {
		var r Room
		r, err = s.AddRoom(context.Background(), NewRoom{Extension: fmt.Sprintf("8%s%06d", os.Getenv("STORE_TEST_ROUND"), i), PIN: "48219", HostPIN: "97531"})
		if err == nil {
			fmt.Println("added", r.ID)
		}
	}
	fmt.Println(err)
	os.Exit(1)
}

func TestTransient(t *testing.T) {
	s := open(t, t.TempDir())
	_, err := s.write.Exec("INSERT INTO revision (id, rooms) VALUES (1, 1)")
	if err == nil || transient(err) {
		t.Errorf("a constraint is transient: %v", err)
	}
	if !transient(errors.New("other")) {
		t.Error("an unknown error is final")
	}
}
