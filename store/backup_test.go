package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// written is what one writer of TestBackupUnderLoad adds as its nth room.
func written(writer, n int) NewRoom {
	return NewRoom{
		Extension: fmt.Sprintf("%d%06d", writer+1, n), Name: fmt.Sprintf("%d.%d", writer, n),
		PIN: fmt.Sprintf("%d9%05d", writer+2, n*7), HostPIN: fmt.Sprintf("1%d8%05d", writer, n*3),
	}
}

// TestBackupUnderLoad: backups that are taken while four writers add rooms are
// restored. Each holds all that was acknowledged before it was begun, of each writer
// what it wrote up to some moment, and every room with its PINs and its link.
func TestBackupUnderLoad(t *testing.T) {
	const writers, backups = 4, 3
	dir, out := t.TempDir(), t.TempDir()
	s := open(t, dir)
	s.Start()
	var done [writers]atomic.Int64
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var writing sync.WaitGroup
	for w := range writers {
		writing.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				r, err := s.AddRoom(t.Context(), written(w, n))
				if err == nil {
					_, err = s.GuestLink(t.Context(), r.ID)
				}
				if err != nil {
					t.Errorf("writer %d, room %d, beside a backup: %v", w, n, err)
					return
				}
				s.RecordCDR(record(n))
				done[w].Add(1)
			}
		})
	}
	var least [backups][writers]int64
	for b := range backups {
		for done[0].Load() < int64(5*(b+1)) {
			if runtime.Gosched(); t.Failed() {
				t.FailNow()
			}
		}
		for w := range writers {
			least[b][w] = done[w].Load()
		}
		if _, err := WriteBackup(t.Context(), dir, filepath.Join(out, fmt.Sprint(b)), "test"); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	writing.Wait()
	for b := range backups {
		checkWritten(t, filepath.Join(out, fmt.Sprint(b)), least[b][:])
	}
}

// checkWritten restores a backup and looks for every writer's rooms.
func checkWritten(t *testing.T, file string, least []int64) {
	t.Helper()
	dir := t.TempDir()
	done, err := Restore(t.Context(), file, dir, quietLog())
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, dir)
	all := 0
	for w, atLeast := range least {
		n := 0
		for ; ; n++ {
			want := written(w, n)
			r, err := s.RoomByExtension(t.Context(), want.Extension)
			if errors.Is(err, ErrNotFound) {
				break
			}
			if err != nil || r.Name != want.Name {
				t.Fatalf("%+v, %v", r, err)
			}
			if guest, host, err := s.PINs(t.Context(), r.ID); guest != want.PIN || host != want.HostPIN || err != nil {
				t.Errorf("room %s: PINs %q, %q, %v", r.Name, guest, host, err)
			}
		}
		if int64(n) < atLeast {
			t.Errorf("%s: %d rooms of writer %d, and %d were acknowledged before", file, n, w, atLeast)
		}
		all += n
	}
	if list, err := s.Rooms(t.Context()); len(list) != all || done.Rooms != all || err != nil {
		t.Errorf("%d rooms (%d told), %d in unbroken rows: %v", len(list), done.Rooms, all, err)
	}
	same(t, s, file)
}

// backedUp is a backup of a directory with the boardroom in it, and the directory.
func backedUp(t *testing.T) (file, dir string) {
	t.Helper()
	dir, file = t.TempDir(), filepath.Join(t.TempDir(), "backup.tar.gz")
	s := open(t, dir)
	guestLink(t, s, add(t, s, boardroom()).ID)
	if err := os.MkdirAll(filepath.Join(dir, certificateDir), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, certificateDir, "meet.example.org"), []byte("certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := WriteBackup(t.Context(), dir, file, "v9")
	if err != nil {
		t.Fatal(err)
	}
	if have, want, err := Schema(t.Context(), dir); m.Schema != have || have != want || err != nil || len(m.Files) != 3 || m.Program != "v9" {
		t.Errorf("%+v; schema %d of %d, %v", m, have, want, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return file, dir
}

func TestRestore(t *testing.T) {
	file, dir := backedUp(t)
	if st, err := os.Stat(file); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", st.Mode(), err)
	}
	if left, _ := os.ReadDir(filepath.Dir(file)); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
	if _, err := WriteBackup(t.Context(), dir, file, "v9"); err == nil {
		t.Error("a backup replaced another")
	}
	s := open(t, dir)
	r, err := s.RoomByExtension(t.Context(), "112752642")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.RemoveRoom(t.Context(), r.ID); err != nil {
		t.Fatal(err)
	}
	add(t, s, NewRoom{Extension: "99", PIN: "4711"})
	if _, err := Restore(t.Context(), file, dir, quietLog()); !errors.Is(err, ErrInUse) {
		t.Fatalf("beside an open store: %v", err)
	}
	add(t, s, NewRoom{Extension: "98", PIN: "4711"}) // nothing was changed
	s.Close()

	done, err := Restore(t.Context(), file, dir, quietLog())
	if err != nil || done.Rooms != 1 || done.Manifest.Program != "v9" || done.Aside == "" {
		t.Fatalf("%+v, %v", done, err)
	}
	s = open(t, dir)
	if guest, host, err := s.PINs(t.Context(), r.ID); guest != "48219" || host != "97531" || err != nil {
		t.Error(guest, host, err)
	}
	if _, err := s.RoomByExtension(t.Context(), "99"); !errors.Is(err, ErrNotFound) {
		t.Errorf("what came after the backup: %v", err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, certificateDir, "meet.example.org")); string(text) != "certificate" {
		t.Error(text, err)
	}
	aside := open(t, done.Aside)
	for _, extension := range []string{"98", "99"} {
		if _, err := aside.RoomByExtension(t.Context(), extension); err != nil {
			t.Errorf("%s is not kept aside: %v", extension, err)
		}
	}
	for _, pattern := range []string{".restore-*", "*-journal"} {
		if left, _ := filepath.Glob(filepath.Join(dir, pattern)); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	}
}

// TestRestoreElsewhere: a directory that is empty, and one whose database is ruined
// and has a journal beside it that must not be taken for the new one's.
func TestRestoreElsewhere(t *testing.T) {
	file, _ := backedUp(t)
	ruined := t.TempDir()
	for name, text := range map[string]string{
		DatabaseFile: strings.Repeat("no database", 1000), KeyFile: "no key", DatabaseFile + "-wal": "no journal",
	} {
		if err := os.WriteFile(filepath.Join(ruined, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{filepath.Join(t.TempDir(), "new"), ruined} {
		done, err := Restore(t.Context(), file, dir, quietLog())
		if err != nil || (done.Aside != "") != (dir == ruined) {
			t.Fatalf("%s: %+v, %v", dir, done, err)
		}
		if _, err := open(t, dir).RoomByExtension(t.Context(), "112752642"); err != nil {
			t.Errorf("%s: %v", dir, err)
		}
	}
}

// TestRestoreRefuses: what is damaged, foreign or newer changes nothing.
func TestRestoreRefuses(t *testing.T) {
	file, dir := backedUp(t)
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before := listed(t, dir)
	bad := map[string][]byte{"empty": {}, "foreign": []byte("PK\x03\x04"), "short": whole[:len(whole)-9], "half": whole[:len(whole)/2]}
	for i := 30; i < len(whole); i += len(whole)/40 + 1 {
		b := bytes.Clone(whole)
		b[i] ^= 0x10
		bad[fmt.Sprint("octet ", i)] = b
	}
	for what, text := range bad {
		path := filepath.Join(t.TempDir(), "bad")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Restore(t.Context(), path, dir, quietLog()); err == nil {
			t.Errorf("%s: it was restored", what)
		}
	}
	newer := filepath.Join(t.TempDir(), "newer")
	s := open(t, dir)
	if _, err := s.write.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, 1)"); err != nil {
		t.Fatal(err)
	}
	if _, err := WriteBackup(t.Context(), dir, newer, "v10"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.write.Exec("DELETE FROM goose_db_version WHERE version_id = 99"); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if _, err := Restore(t.Context(), newer, dir, quietLog()); err == nil || !strings.Contains(err.Error(), "newer version") {
		t.Errorf("a newer one: %v", err)
	}
	if after := listed(t, dir); after != before {
		t.Errorf("%s, before %s", after, before)
	}
	if _, err := open(t, dir).RoomByExtension(t.Context(), "112752642"); err != nil {
		t.Error(err)
	}
	if _, err := WriteBackup(t.Context(), t.TempDir(), filepath.Join(t.TempDir(), "b"), ""); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a backup of nothing: %v", err)
	}
}

func listed(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

// A backup of before there were meetings is brought forward, and one whose key is
// another database's is none.
func TestRestoreOld(t *testing.T) {
	dir, old := t.TempDir(), filepath.Join(t.TempDir(), "old")
	db, err := openDatabase(filepath.Join(dir, DatabaseFile), writeWait)
	if err != nil {
		t.Fatal(err)
	}
	s := &Store{dir: dir, log: quietLog(), write: db}
	if err := s.migrateTo(t.Context(), schema(t, 2)); err != nil {
		t.Fatal(err)
	}
	k, err := makeKeys(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{
		"INSERT INTO rooms VALUES ('room1', '112752642', 'Board', 'de', 50, 1, 0, 0, 'tone', 1000, NULL, 'guest', 1)",
		"INSERT INTO pins VALUES ('room1', 'guest', ?, ?)",
	} {
		args := []any{}
		if strings.Contains(q, "?") {
			args = append(args, k.hash("room1", "48219"), k.encrypt("room1", Guest, "48219"))
		}
		if _, err := db.Exec(q, args...); err != nil {
			t.Fatal(err)
		}
	}
	m, err := WriteBackup(t.Context(), dir, old, "v0")
	if err != nil || m.Schema != 2 {
		t.Fatalf("%+v, %v", m, err)
	}
	to := t.TempDir()
	if done, err := Restore(t.Context(), old, to, quietLog()); err != nil || done.Rooms != 1 {
		t.Fatalf("%+v, %v", done, err)
	}
	if guest, _, err := open(t, to).PINs(t.Context(), "room1"); guest != "48219" || err != nil {
		t.Error(guest, err)
	}
	os.Remove(filepath.Join(dir, KeyFile))
	if _, err := makeKeys(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := WriteBackup(t.Context(), dir, filepath.Join(t.TempDir(), "b"), "v0"); err == nil || !strings.Contains(err.Error(), KeyFile) {
		t.Errorf("with another key: %v", err)
	}
	db.Close()
}

// FuzzUnpack: a backup may come from anywhere.
func FuzzUnpack(f *testing.F) {
	dir := f.TempDir()
	for _, name := range []string{DatabaseFile, KeyFile} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o600); err != nil {
			f.Fatal(err)
		}
	}
	files, err := listFiles(dir)
	if err != nil {
		f.Fatal(err)
	}
	var b bytes.Buffer
	if err := writeArchive(&b, dir, Manifest{Format: backupFormat, Files: files}); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	b.Reset()
	if err := writeArchive(&b, dir, Manifest{Format: backupFormat, Files: append(files, BackupFile{Name: "../evil"})}); err == nil {
		f.Fatal("a file that is not there was packed")
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, archive []byte) {
		to := filepath.Join(t.TempDir(), "to")
		m, err := readArchive(bytes.NewReader(archive), to)
		if err != nil {
			return
		}
		for _, file := range m.Files {
			if st, err := os.Stat(filepath.Join(to, file.Name)); err != nil || st.Size() != file.Size {
				t.Errorf("%+v: %v", file, err)
			}
		}
	})
}
