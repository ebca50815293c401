package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"
)

// open opens a data directory for a test, which fails if a PIN is logged. Its
// passwords cost next to nothing.
func open(t *testing.T, dir string) *Store {
	t.Helper()
	var b syncBuffer
	s, err := Open(t.Context(), dir, slog.New(slog.NewTextHandler(&b, nil)))
	if err != nil {
		t.Fatal(err)
	}
	s.passwords.cost = cost{passes: 1, memory: 64, lanes: 1}
	t.Cleanup(func() {
		s.Close()
		for _, pin := range []string{"48219", "97531"} {
			if strings.Contains(b.String(), pin) {
				t.Errorf("a PIN is in the log: %s", b.String())
			}
		}
	})
	return s
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func boardroom() NewRoom {
	return NewRoom{Extension: "112752642", Name: "Boardroom", PIN: "48219", HostPIN: "97531", Language: "de", MaxParticipants: 50, Lobby: true, MuteOnEntry: true}
}

func add(t *testing.T, s *Store, n NewRoom) Room {
	t.Helper()
	r, err := s.AddRoom(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRooms(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	s := open(t, dir)
	r := add(t, s, boardroom())
	open2 := add(t, s, NewRoom{Extension: "99", WaitForHost: true, Tones: "off", HostPIN: "97531"})
	if r.ID == "" || !r.HasPIN || !r.HasHostPIN || r.Tones != "tone" || !r.Lobby || r.WaitForHost || open2.HasPIN || open2.Name != "99" {
		t.Errorf("%+v, %+v", r, open2)
	}
	check := func(s *Store) {
		t.Helper()
		if got, err := s.RoomByExtension(ctx, "112752642"); err != nil || *got != r {
			t.Errorf("%+v, %v", got, err)
		}
		if got, err := s.RoomByID(ctx, open2.ID); err != nil || *got != open2 {
			t.Errorf("%+v, %v", got, err)
		}
		if list, err := s.Rooms(ctx); err != nil || len(list) != 2 || list[0] != open2 || list[1] != r {
			t.Errorf("%v, %v", list, err)
		}
		if guest, host, err := s.PINs(ctx, r.ID); guest != "48219" || host != "97531" || err != nil {
			t.Errorf("PINs %q, %q, %v", guest, host, err)
		}
		for _, tt := range []struct {
			id, pin string
			want    Role
		}{
			{r.ID, "48219", Guest},
			{r.ID, "97531", Host},
			{r.ID, "48218", NoRole},
			{r.ID, "4821", NoRole},
			{r.ID, "", NoRole},
			{open2.ID, "", Guest},
			{open2.ID, "97531", Host},
			{open2.ID, "48219", NoRole},
			{"nowhere", "48219", NoRole},
			{"nowhere", "", NoRole},
			{"", "", NoRole},
		} {
			key, err := s.CheckPIN(ctx, tt.id, tt.pin)
			role := key.Role
			if role != tt.want || (role == NoRole) != errors.Is(err, ErrWrongPIN) {
				t.Errorf("CheckPIN(%s, %s): %v, %v", tt.id, tt.pin, role, err)
			}
		}
	}
	check(s)
	other := open(t, dir) // another process, and after a restart
	check(other)
	if err := other.RemoveRoom(ctx, r.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.RoomByExtension(ctx, "112752642"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a removed room: %v", err)
	}
	if _, err := s.CheckPIN(ctx, r.ID, "48219"); !errors.Is(err, ErrWrongPIN) {
		t.Errorf("the PIN of a removed room: %v", err)
	}
	if _, _, err := s.PINs(ctx, r.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("the PINs of a removed room: %v", err)
	}
	if err := s.RemoveRoom(ctx, r.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("removed twice: %v", err)
	}
	var left int
	if err := s.write.QueryRow("SELECT count(*) FROM pins").Scan(&left); err != nil || left != 1 {
		t.Errorf("%d PINs left, %v", left, err)
	}
}

func TestCheckRoom(t *testing.T) {
	s := open(t, t.TempDir())
	add(t, s, NewRoom{Extension: "100200", Name: "First"})
	tests := []struct {
		change func(*NewRoom)
		fields string
	}{
		{func(n *NewRoom) { n.Extension = "" }, "extension"},
		{func(n *NewRoom) { n.Extension = "1" }, "extension"},
		{func(n *NewRoom) { n.Extension = "1234567890123456" }, "extension"},
		{func(n *NewRoom) { n.Extension = "12a" }, "extension"},
		{func(n *NewRoom) { n.Extension = "100200" }, "extension"},
		{func(n *NewRoom) { n.PIN = "123" }, "pin"},
		{func(n *NewRoom) { n.PIN = "1357913579135" }, "pin"},
		{func(n *NewRoom) { n.PIN = "12a4" }, "pin"},
		{func(n *NewRoom) { n.PIN = "0000" }, "pin"},
		{func(n *NewRoom) { n.PIN = "7777777" }, "pin"},
		{func(n *NewRoom) { n.PIN = "1234" }, "pin"},
		{func(n *NewRoom) { n.PIN = "9876" }, "pin"},
		{func(n *NewRoom) { n.HostPIN = "1111" }, "host_pin"},
		{func(n *NewRoom) { n.HostPIN = n.PIN }, "host_pin"},
		{func(n *NewRoom) { n.HostPIN = n.PIN + "1" }, "host_pin"},
		{func(n *NewRoom) { n.PIN = n.HostPIN + "1" }, "host_pin"},
		{func(n *NewRoom) { n.Name = strings.Repeat("é", 65) }, "name"},
		{func(n *NewRoom) { n.Language = "german language" }, "language"},
		{func(n *NewRoom) { n.MaxParticipants = -1 }, "max_participants"},
		{func(n *NewRoom) { n.Tones = "bell" }, "tones"},
		{func(n *NewRoom) { n.Extension, n.PIN, n.Tones = "x", "1234", "bell" }, "extension tones pin"},
	}
	for _, tt := range tests {
		n := boardroom()
		tt.change(&n)
		_, err := s.AddRoom(t.Context(), n)
		var fields []string
		for _, e := range flatten(err) {
			var f *FieldError
			if errors.As(e, &f) {
				fields = append(fields, f.Field)
			}
		}
		if got := strings.Join(fields, " "); got != tt.fields {
			t.Errorf("%+v: fields %q, want %q (%v)", n, got, tt.fields, err)
		}
		if err != nil && len(n.PIN) > 3 && strings.Contains(err.Error(), n.PIN) {
			t.Errorf("a PIN is in the error: %v", err)
		}
	}
	n := boardroom()
	n.Name = "  The \u202e big\x00\n room "
	if r := add(t, s, n); r.Name != "The big room" {
		t.Errorf("name %q", r.Name)
	}
	for range 200 {
		n := NewRoom{Extension: "55", PIN: NewPIN(), Tones: "name"}
		n.HostPIN = NewPIN(n.PIN)
		if err := n.Check(); err != nil {
			t.Fatal(err)
		}
	}
	e, err := s.FreeExtension(t.Context(), 9)
	if err != nil || len(e) != 9 || e[0] == '0' {
		t.Errorf("free extension %q, %v", e, err)
	}
}

func flatten(err error) []error {
	if m, ok := err.(interface{ Unwrap() []error }); ok {
		return m.Unwrap()
	}
	return []error{err}
}

// TestFiles: neither PINs nor the key are readable by others or in the clear.
func TestFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a b#c?d%41") // all that could confuse a URI
	s := open(t, dir)
	r := add(t, s, boardroom())
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	files, _ := os.ReadDir(dir)
	names := make(map[string]bool)
	for _, f := range files {
		names[f.Name()] = true
		info, _ := f.Info()
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", f.Name(), info.Mode())
		}
		b, _ := os.ReadFile(filepath.Join(dir, f.Name()))
		if bytes.Contains(b, []byte("48219")) || bytes.Contains(b, []byte("97531")) {
			t.Errorf("a PIN is in %s", f.Name())
		}
	}
	if !names[DatabaseFile] || !names[KeyFile] {
		t.Errorf("files %v", names)
	}
	key := filepath.Join(dir, KeyFile)
	text, _ := os.ReadFile(key)
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), dir, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), KeyFile) {
		t.Errorf("without its key: %v", err)
	}
	os.WriteFile(key, []byte("zz"), 0o600)
	if _, err := Open(t.Context(), dir, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("a broken key is taken")
	}
	os.WriteFile(key, []byte(strings.Repeat("ab", keySize)), 0o600)
	s = open(t, dir)
	if _, _, err := s.PINs(t.Context(), r.ID); err == nil || !strings.Contains(err.Error(), KeyFile) {
		t.Errorf("with another key: %v", err)
	}
	s.Close()
	os.WriteFile(key, text, 0o600)
	s = open(t, dir)
	if g, _, err := s.PINs(t.Context(), r.ID); g != "48219" || err != nil {
		t.Errorf("with its key again: %q, %v", g, err)
	}
}

// TestSealedInPlace: the sealed PIN of one room is worth nothing in another.
func TestSealedInPlace(t *testing.T) {
	s := open(t, t.TempDir())
	a := add(t, s, boardroom())
	b := add(t, s, NewRoom{Extension: "22", PIN: "777123"})
	if _, err := s.write.Exec("UPDATE pins SET sealed = (SELECT sealed FROM pins WHERE room_id = ? AND role = 'guest') WHERE room_id = ?; UPDATE revision SET rooms = rooms + 1", a.ID, b.ID); err != nil {
		t.Fatal(err)
	}
	if g, _, err := s.PINs(t.Context(), b.ID); err == nil {
		t.Errorf("%q", g)
	}
}

// schema gives the migrations up to a version.
func schema(t *testing.T, to int) fstest.MapFS {
	t.Helper()
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	for _, name := range names[:min(to, len(names))] {
		data, err := migrations.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(name)] = &fstest.MapFile{Data: data}
	}
	return files
}

func TestMigration(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	r := add(t, s, boardroom())
	files := schema(t, 99)
	have := len(files)
	files[fmt.Sprintf("%05d_more.sql", have+1)] = &fstest.MapFile{Data: []byte("-- +goose Up\nALTER TABLE rooms ADD COLUMN more TEXT NOT NULL DEFAULT '';\n")}
	if err := s.migrateTo(t.Context(), files); err != nil {
		t.Fatal(err)
	}
	copies, _ := filepath.Glob(filepath.Join(dir, fmt.Sprintf("%s.schema%d.*", DatabaseFile, have)))
	if len(copies) != 1 {
		t.Fatalf("copies: %v", copies)
	}
	db, err := sql.Open("sqlite", copies[0])
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var id string
	if err := db.QueryRow("SELECT id FROM rooms").Scan(&id); err != nil || id != r.ID {
		t.Errorf("the copy has %q, %v", id, err)
	}
	if err := db.QueryRow("SELECT more FROM rooms").Scan(&id); err == nil {
		t.Error("the copy is of after the migration")
	}
	if err := s.migrateTo(t.Context(), files); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if _, err := Open(t.Context(), dir, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "newer") {
		t.Errorf("a newer schema: %v", err)
	}
	if copies, _ := filepath.Glob(filepath.Join(dir, DatabaseFile+".schema*")); len(copies) != 1 {
		t.Errorf("copied without need: %v", copies)
	}
}

func TestBackup(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	r := add(t, s, boardroom())
	to := filepath.Join(dir, "copy")
	os.WriteFile(to+".part", []byte("left over"), 0o600)
	if err := s.Backup(t.Context(), to); err != nil {
		t.Fatal(err)
	}
	if err := s.Backup(t.Context(), to); err == nil {
		t.Error("a backup was overwritten")
	}
	restored := t.TempDir()
	for from, name := range map[string]string{to: DatabaseFile, filepath.Join(dir, KeyFile): KeyFile} {
		b, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		os.WriteFile(filepath.Join(restored, name), b, 0o600)
	}
	if key, err := open(t, restored).CheckPIN(t.Context(), r.ID, "97531"); key.Role != Host || err != nil {
		t.Errorf("restored: %v, %v", key, err)
	}
}

// TestManyAtOnce opens one directory by many at the same time, as the first
// start of a server and a script of room adds may.
func TestManyAtOnce(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			s, err := Open(context.Background(), dir, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			for k := range 5 {
				if _, err := s.AddRoom(context.Background(), NewRoom{Extension: fmt.Sprintf("9%d%d", i, k), PIN: "48219"}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if list, err := open(t, dir).Rooms(t.Context()); len(list) != 20 || err != nil {
		t.Errorf("%d rooms, %v", len(list), err)
	}
}

func TestRedact(t *testing.T) {
	for called, want := range map[string]string{
		"sip:112752642.48219@gw":                "sip:112752642.***@gw",
		"112752642#48219":                       "112752642#***",
		"112752642#48219#":                      "112752642#***#",
		"##112752642#48219":                     "##112752642#***",
		"gw##112752642#48219":                   "gw##112752642#***",
		"sips:112752642.48219@gw;transport=tls": "sips:112752642.***@gw;transport=tls",
		"sip:112752642@192.0.2.1":               "sip:112752642@192.0.2.1",
		"gw##112752642##48219":                  "gw##112752642##***",
		"tel:112752642,,48219#":                 "tel:112752642,,***#",
		"sip:10.0.0.5012@gw":                    "sip:10.0.0.5012@gw",
		"112752642":                             "112752642",
		"192.0.2.1":                             "192.0.2.1",
		"sip:192.0.2.1":                         "sip:192.0.2.1",
		"sip:192.0.2.1:5060":                    "sip:192.0.2.1:5060",
		"sip:192.168.12.255:5060":               "sip:192.168.12.255:5060",
		"sip:john.42@gw":                        "sip:john.42@gw",
		"":                                      "",
	} {
		if got := redact(called); got != want {
			t.Errorf("redact(%q) = %q, want %q", called, got, want)
		}
	}
}

func BenchmarkRoomByExtension(b *testing.B) {
	s, err := Open(b.Context(), b.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	s.AddRoom(b.Context(), boardroom())
	for b.Loop() {
		s.RoomByExtension(b.Context(), "112752642")
	}
}

func waitFor(t *testing.T, s *Store) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := s.Flush(ctx); err != nil {
		t.Fatal(err)
	}
}
