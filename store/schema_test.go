package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pressly/goose/v3"
)

// TestFromSchema2: a database of before there were meetings is copied and brought
// forward with all that is in it; and back, if it must be.
func TestFromSchema2(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	db, err := openDatabase(filepath.Join(dir, DatabaseFile), writeWait)
	if err != nil {
		t.Fatal(err)
	}
	old := &Store{dir: dir, log: quietLog(), write: db}
	if err := old.migrateTo(ctx, schema(t, 2)); err != nil {
		t.Fatal(err)
	}
	if old.keys, err = makeKeys(dir); err != nil {
		t.Fatal(err)
	}
	open1, replaced, gone := newToken(), newToken(), newToken()
	k := old.keys
	for _, q := range []struct {
		query string
		args  []any
	}{
		{"INSERT INTO users (id, email, name, password, created_at) VALUES ('ada', 'ada@example.org', 'Ada', '', 5)", nil},
		{"INSERT INTO rooms VALUES ('room1', '112752642', 'Board', 'de', 50, 1, 0, 0, 'tone', 1000, 'ada', 'guest', 1)", nil},
		{"INSERT INTO pins VALUES ('room1', 'guest', ?, ?)", []any{k.hash("room1", "48219"), k.encrypt("room1", Guest, "48219")}},
		{"INSERT INTO pins VALUES ('room1', 'host', ?, ?)", []any{k.hash("room1", "97531"), k.encrypt("room1", Host, "97531")}},
		{"INSERT INTO links VALUES (?, 'room1', 'open', ?, 7)", []any{k.hashLink(open1), k.encryptLink("room1", open1)}},
		{"INSERT INTO links VALUES (?, 'room1', 'replaced', NULL, 6)", []any{k.hashLink(replaced)}},
		{"INSERT INTO links VALUES (?, 'room0', 'ended', NULL, 5)", []any{k.hashLink(gone)}},
		{"INSERT INTO calls (call_id, protocol, direction, trunk, caller, called, room_id, role, codec, started, ended, cause, loss, jitter_us, rtt_us, mos, bytes_in, bytes_out) VALUES ('c', 'sip', 'in', '', 'Bea', '', 'room1', '', '', 1, 2, '', 0, 0, 0, 0, 0, 0)", nil},
		{"UPDATE revision SET rooms = 57", nil},
	} {
		if _, err := db.Exec(q.query, q.args...); err != nil {
			t.Fatal(q.query, err)
		}
	}
	db.Close()
	check := func(s *Store) {
		t.Helper()
		r, err := s.RoomByExtension(ctx, "112752642")
		if err != nil || r.Name != "Board" || r.OwnerID != "ada" || r.Names != NamesGuest || !r.GuestInvites || r.Schedule != nil || !r.HasPIN || !r.HasHostPIN {
			t.Fatalf("%+v, %v", r, err)
		}
		if guest, host, err := s.PINs(ctx, r.ID); guest != "48219" || host != "97531" || err != nil {
			t.Error(guest, host, err)
		}
		if key, err := s.CheckPIN(ctx, r.ID, "97531"); key.Role != Host || err != nil {
			t.Error(key, err)
		}
		if guestLink(t, s, r.ID) != open1 {
			t.Error("another link")
		}
		for token, want := range map[string]error{open1: nil, replaced: ErrLinkReplaced, gone: ErrLinkEnded} {
			if _, _, err := s.RoomByLink(ctx, token); !errors.Is(err, want) {
				t.Errorf("%v, want %v", err, want)
			}
		}
		if list, err := s.CDRs(ctx, Calls{}); len(list) != 1 || err != nil {
			t.Error(list, err)
		}
	}
	s := open(t, dir)
	if copies, _ := filepath.Glob(filepath.Join(dir, DatabaseFile+".schema2.*")); len(copies) != 1 {
		t.Errorf("copies: %v", copies)
	}
	check(s)
	same(t, s, "migration")
	m := meet(t, s, weekly("4711"))
	token := guestLink(t, s, m.Room.ID)
	invite(t, s, m.Room.ID, NewInvitee{Email: "bea@example.org", PIN: true})
	invite(t, s, "room1", NewInvitee{Email: "bea@example.org", PIN: true})

	p, err := goose.NewProvider(goose.DialectSQLite3, s.write, schema(t, 99))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.DownTo(ctx, 2); err != nil {
		t.Fatal(err)
	}
	var schema2 string
	if err := s.write.QueryRow("SELECT group_concat(name || ' ' || replace(replace(sql, '\"', ''), ' AND invitee_id IS NULL', ''), ' ') FROM (SELECT * FROM sqlite_schema ORDER BY name)").Scan(&schema2); err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"meeting", "invitee", "touched", "TRIGGER", "contact", "outbox", "floor"} {
		if strings.Contains(schema2, word) {
			t.Errorf("%s is left: %s", word, schema2)
		}
	}
	s.Close()
	s = open(t, dir) // and forward again
	check(s)
	if _, _, err := s.RoomByLink(ctx, token); !errors.Is(err, ErrLinkEnded) {
		t.Errorf("the link of a meeting that went: %v", err)
	}
	if list, err := s.Rooms(ctx); len(list) != 1 || err != nil {
		t.Errorf("%v, %v", list, err)
	}
}

// TestTwoProcesses: the command line beside the server, each a process of its own.
func TestTwoProcesses(t *testing.T) {
	if dir := os.Getenv("STORE_TEST_SHELL"); dir != "" {
		shell(dir)
	}
	dir, ctx := t.TempDir(), t.Context()
	s := open(t, dir)
	m := meet(t, s, weekly("1000"))
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestTwoProcesses$")
	cmd.Env = append(os.Environ(), "STORE_TEST_SHELL="+dir)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer in.Close()
	lines := bufio.NewScanner(out)
	ask := func(format string, args ...any) string {
		t.Helper()
		fmt.Fprintf(in, format+"\n", args...)
		for lines.Scan() {
			if answer, ok := strings.CutPrefix(lines.Text(), "> "); ok {
				return answer
			}
		}
		t.Fatal("the other process is gone", lines.Err())
		return ""
	}
	if got := ask("find 1000"); got != m.Room.ID+" 2026-11-30T14:00" {
		t.Error(got)
	}
	if _, err := s.UpdateMeeting(ctx, m.Room.ID, MeetingChange{Start: ptr("2026-12-01T09:00")}); err != nil {
		t.Fatal(err)
	}
	if got := ask("find 1000"); got != m.Room.ID+" 2026-12-01T09:00" {
		t.Error("a change of ours:", got)
	}
	for i := range 20 {
		id := ask("add %d", 2000+i)
		if r, err := s.RoomByExtension(ctx, fmt.Sprint(2000+i)); err != nil || r.ID != id || r.Schedule == nil {
			t.Fatal("a meeting of theirs:", r, err)
		}
		who := invite(t, s, id, NewInvitee{Name: fmt.Sprint("Guest", i), Email: "a@example.org", PIN: true})
		token, pin := keysOf(t, s, who[0].ID)
		if got, want := ask("enter %s %s", token, pin), fmt.Sprint("Guest", i, " Guest", i); got != want {
			t.Errorf("%s, want %s", got, want)
		}
		if got := ask("remove %s", id); got != "<nil>" {
			t.Error(got)
		}
		if _, _, err := s.RoomByLink(ctx, token); !errors.Is(err, ErrLinkEnded) {
			t.Error("a removal of theirs:", err)
		}
		same(t, s, "two processes")
	}
}

// shell is the other process: it does what it reads, a line at a time.
func shell(dir string) {
	ctx := context.Background()
	s, err := Open(ctx, dir, quietLog())
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		words := strings.Fields(in.Text())
		switch words[0] {
		case "find":
			r, err := s.RoomByExtension(ctx, words[1])
			if err != nil {
				fmt.Println(">", err)
				continue
			}
			fmt.Println(">", r.ID, r.Schedule.Start)
		case "add":
			n := weekly(words[1])
			n.NextStart, n.NextEnd = time.Now(), time.Now().Add(time.Hour)
			m, _, err := s.AddMeeting(ctx, n)
			if err != nil {
				fmt.Println(">", err)
				continue
			}
			fmt.Println(">", m.Room.ID)
		case "enter":
			r, who, err := s.RoomByLink(ctx, words[1])
			if err != nil {
				fmt.Println(">", err)
				continue
			}
			key, _ := s.CheckPIN(ctx, r.ID, words[2])
			fmt.Println(">", who.Name, key.Guest.Name)
		case "remove":
			fmt.Println(">", s.RemoveRoom(ctx, words[1]))
		}
	}
	os.Exit(0)
}
