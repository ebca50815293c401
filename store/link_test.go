package store

import (
	"bytes"
	"database/sql"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"
)

func quietLog() *slog.Logger { return slog.New(slog.DiscardHandler) }

func guestLink(t *testing.T, s *Store, id string) string {
	t.Helper()
	token, err := s.GuestLink(t.Context(), id)
	if err != nil || len(token) != 22 || strings.Trim(token, base62) != "" {
		t.Fatalf("%q, %v", token, err)
	}
	return token
}

func TestLinks(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	s, shell := open(t, dir), open(t, dir)
	a, b := add(t, s, boardroom()), add(t, s, NewRoom{Extension: "22"})
	first, other := guestLink(t, s, a.ID), guestLink(t, s, b.ID)
	if first == other || guestLink(t, shell, a.ID) != first {
		t.Error("links are mixed up")
	}
	leads := func(token, id string, want error) {
		t.Helper()
		for _, s := range []*Store{s, shell} {
			r, _, err := s.RoomByLink(ctx, token)
			if !errors.Is(err, want) || (want == nil) != (r != nil) || r != nil && r.ID != id {
				t.Errorf("%.22q: %+v, %v; want %v", token, r, err, want)
			}
		}
	}
	leads(first, a.ID, nil)
	leads(other, b.ID, nil)
	for _, bad := range []string{"", "x", newToken(), first + "0", first[1:], "../" + first[3:], first[:21] + "é", a.ID} {
		leads(bad, "", ErrNotFound)
	}
	second, err := shell.RegenerateLink(ctx, a.ID)
	if err != nil || second == first || guestLink(t, s, a.ID) != second {
		t.Errorf("%q, %v", second, err)
	}
	leads(first, "", ErrLinkReplaced) // at once, in every process
	leads(second, a.ID, nil)
	if err := s.RemoveRoom(ctx, a.ID); err != nil {
		t.Fatal(err)
	}
	leads(second, "", ErrLinkEnded)
	leads(first, "", ErrLinkReplaced)
	leads(other, b.ID, nil)
	for _, id := range []string{a.ID, "nowhere", ""} {
		if token, err := s.GuestLink(ctx, id); token != "" || !errors.Is(err, ErrNotFound) {
			t.Errorf("a link to nowhere: %q, %v", token, err)
		}
		if token, err := s.RegenerateLink(ctx, id); token != "" || !errors.Is(err, ErrNotFound) {
			t.Errorf("a link to nowhere: %q, %v", token, err)
		}
	}
	s.Close()
	shell.Close()
	files, _ := os.ReadDir(dir)
	for _, f := range files {
		text, _ := os.ReadFile(filepath.Join(dir, f.Name()))
		for _, token := range []string{first, second, other} {
			if bytes.Contains(text, []byte(token)) {
				t.Errorf("a link is in %s", f.Name())
			}
		}
	}
}

// TestLinksAreForgotten: what nobody follows any more does not pile up.
func TestLinksAreForgotten(t *testing.T) {
	s := open(t, t.TempDir())
	r := add(t, s, NewRoom{Extension: "22"})
	first := guestLink(t, s, r.ID)
	if _, err := s.RegenerateLink(t.Context(), r.ID); err != nil {
		t.Fatal(err)
	}
	last := guestLink(t, s, r.ID)
	if _, err := s.write.Exec(`WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
		INSERT INTO links (hash, room_id, state, sealed, changed_at) SELECT randomblob(32), ?, 'replaced', NULL, (SELECT max(changed_at) FROM links) FROM n`, linksRemembered, r.ID); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.RoomByLink(t.Context(), first); !errors.Is(err, ErrLinkReplaced) {
		t.Error(err)
	}
	if _, err := s.RegenerateLink(t.Context(), r.ID); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.RoomByLink(t.Context(), first); !errors.Is(err, ErrNotFound) {
		t.Errorf("one of %d: %v", linksRemembered+1, err)
	}
	if _, err := s.write.Exec("UPDATE links SET changed_at = ?", time.Now().Add(-linkRemembered-time.Hour).UnixMilli()); err != nil {
		t.Fatal(err)
	}
	open := guestLink(t, s, r.ID)
	if err := s.RemoveRoom(t.Context(), add(t, s, NewRoom{Extension: "33"}).ID); err != nil { // sweeps
		t.Fatal(err)
	}
	if _, _, err := s.RoomByLink(t.Context(), last); !errors.Is(err, ErrNotFound) {
		t.Errorf("after a year: %v", err)
	}
	if _, _, err := s.RoomByLink(t.Context(), open); err != nil {
		t.Errorf("an open one after a year: %v", err)
	}
}

// TestLinkSealedInPlace: the sealed link of one room is worth nothing in another.
func TestLinkSealedInPlace(t *testing.T) {
	s := open(t, t.TempDir())
	a, b := add(t, s, boardroom()), add(t, s, NewRoom{Extension: "22"})
	if _, err := s.write.Exec("UPDATE links SET sealed = (SELECT sealed FROM links WHERE room_id = ?) WHERE room_id = ?; UPDATE revision SET rooms = rooms + 1", a.ID, b.ID); err != nil {
		t.Fatal(err)
	}
	if token, err := s.GuestLink(t.Context(), b.ID); err == nil || strings.Contains(err.Error(), token) && token != "" {
		t.Errorf("%q, %v", token, err)
	}
}

func TestTokens(t *testing.T) {
	seen, count := map[string]bool{}, map[rune]int{}
	const n = 20000
	for range n {
		token := newToken()
		if seen[token] || !tokenLike(token) {
			t.Fatal(token)
		}
		seen[token] = true
		for _, c := range token {
			count[c]++
		}
	}
	for _, c := range base62 {
		if got, want := count[c], n*tokenSize/62; got < want*9/10 || got > want*11/10 {
			t.Errorf("%c comes %d times of %d, want about %d", c, got, n*tokenSize, want)
		}
	}
}

// TestFromSchema1: a database of before there were links is copied and brought
// forward; its rooms get links when they are asked for.
func TestFromSchema1(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	db, err := openDatabase(filepath.Join(dir, DatabaseFile), writeWait)
	if err != nil {
		t.Fatal(err)
	}
	first, _ := migrations.ReadFile("migrations/00001_rooms.sql")
	old := &Store{dir: dir, log: quietLog(), write: db}
	if err := old.migrateTo(ctx, fstest.MapFS{"00001_rooms.sql": {Data: first}}); err != nil {
		t.Fatal(err)
	}
	if old.keys, err = makeKeys(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("INSERT INTO rooms VALUES ('room1', '112752642', 'Board', 'de', 50, 1, 0, 0, 'tone', 1000)"); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("INSERT INTO pins VALUES ('room1', 'guest', ?, ?)", old.keys.hash("room1", "48219"), old.keys.encrypt("room1", Guest, "48219")); err != nil {
		t.Fatal(err)
	}
	db.Close()

	s := open(t, dir)
	if copies, _ := filepath.Glob(filepath.Join(dir, DatabaseFile+".schema1.*")); len(copies) != 1 {
		t.Errorf("copies: %v", copies)
	}
	r, err := s.RoomByExtension(ctx, "112752642")
	if err != nil || r.Names != NamesAsked || r.GuestInvites || r.OwnerID != "" || !r.Lobby || !r.HasPIN {
		t.Fatalf("%+v, %v", r, err)
	}
	if key, err := s.CheckPIN(ctx, r.ID, "48219"); key.Role != Guest || err != nil {
		t.Error(key, err)
	}
	other := open(t, dir)
	token := guestLink(t, s, r.ID)
	if guestLink(t, other, r.ID) != token || guestLink(t, s, r.ID) != token {
		t.Error("each time another link")
	}
	if got, _, err := other.RoomByLink(ctx, token); err != nil || got.ID != r.ID {
		t.Error(got, err)
	}
}

// makeKeys makes the key of a data directory that has a database already.
func makeKeys(dir string) (keys, error) {
	if _, err := makeKey(dir, filepath.Join(dir, KeyFile)); err != nil {
		return keys{}, err
	}
	return openKeys(dir, quietLog())
}

// TestLockedPage: while another process holds the database, links, accounts and
// sign-ins are found, and what a page would have to write fails soon.
func TestLockedPage(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	s := open(t, dir)
	r, old := add(t, s, boardroom()), add(t, s, NewRoom{Extension: "22"})
	u := addUser(t, s, "ada@example.org", "correct horse")
	if err := s.Sessions().Commit("cookie", []byte("ada"), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.write.Exec("DELETE FROM links WHERE room_id = ?; UPDATE revision SET rooms = rooms + 1", old.ID); err != nil {
		t.Fatal(err)
	}
	token := guestLink(t, s, r.ID)
	db, err := sql.Open("sqlite", filepath.Join(dir, DatabaseFile))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("BEGIN EXCLUSIVE"); err != nil {
		t.Fatal(err)
	}
	soon := func(what string, f func() error, want error) {
		t.Helper()
		began := time.Now()
		if err := f(); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
		if took := time.Since(began); took > writeWait/2 {
			t.Errorf("%s took %v", what, took)
		}
	}
	for range 20 {
		soon("a link", func() error { _, _, err := s.RoomByLink(ctx, token); return err }, nil)
		soon("a link to print", func() error { _, err := s.GuestLink(ctx, r.ID); return err }, nil)
		soon("PINs to print", func() error { _, _, err := s.PINs(ctx, r.ID); return err }, nil)
		soon("a sign-in that holds", func() error { _, err := s.SignedIn(ctx, u.ID, u.Generation); return err }, nil)
		soon("a cookie", func() error {
			data, found, err := s.Sessions().Find("cookie")
			if !found || string(data) != "ada" {
				t.Errorf("%q, %v", data, found)
			}
			return err
		}, nil)
	}
	soon("a password", func() error { _, err := s.Authenticate(ctx, u.Email, "correct horse"); return err }, nil)
	soon("a first link", func() error { _, err := s.GuestLink(ctx, old.ID); return err }, ErrBusy)
	soon("a sign-in", func() error { return s.Sessions().Commit("other", []byte("ben"), time.Now().Add(time.Hour)) }, ErrBusy)
	soon("a sign-out", func() error { return s.Sessions().Delete("cookie") }, ErrBusy)
	soon("400 sign-ins at once", func() error {
		var all sync.WaitGroup
		for range 400 {
			all.Go(func() {
				if err := s.Sessions().Commit("other", []byte("ben"), time.Now().Add(time.Hour)); !errors.Is(err, ErrBusy) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		return nil
	}, nil)
	if _, err := db.Exec("ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	soon("afterwards", func() error { return s.Sessions().Delete("cookie") }, nil)
	guestLink(t, s, old.ID)
}
