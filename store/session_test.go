package store

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
)

var _ scs.CtxStore = (*Sessions)(nil)

func TestSessions(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	list := s.Sessions()
	soon := time.Now().Add(time.Hour)
	commit := func(token, data string, expiry time.Time) {
		t.Helper()
		if err := list.Commit(token, []byte(data), expiry); err != nil {
			t.Fatal(err)
		}
	}
	find := func(s *Store, token, want string) {
		t.Helper()
		data, found, err := s.Sessions().Find(token)
		if err != nil || found != (want != "") || string(data) != want {
			t.Errorf("%s: %q, %v, %v; want %q", token, data, found, err, want)
		}
	}
	commit("one-token", "ada", soon)
	commit("two-token", "ben", soon)
	commit("two-token", "ben again", soon)
	commit("old-token", "zoe", time.Now().Add(-time.Second))
	find(s, "one-token", "ada")
	find(s, "two-token", "ben again")
	find(s, "old-token", "")
	find(s, "no-token", "")
	find(s, "", "")
	find(open(t, dir), "one-token", "ada") // and after a restart
	if err := list.Delete("one-token"); err != nil {
		t.Fatal(err)
	}
	if err := list.Delete("no-token"); err != nil {
		t.Errorf("one that is not there: %v", err)
	}
	find(s, "one-token", "")

	list.swept.Store(0) // a minute later
	commit("three-token", "eve", soon)
	var n int
	if err := s.write.QueryRow("SELECT count(*) FROM sessions").Scan(&n); err != nil || n != 2 {
		t.Errorf("%d are kept, %v", n, err)
	}
	s.Close()
	for _, f := range []string{DatabaseFile, DatabaseFile + "-wal"} {
		if b, _ := os.ReadFile(filepath.Join(dir, f)); bytes.Contains(b, []byte("-token")) {
			t.Errorf("a cookie's token is in %s", f)
		}
	}
}

// TestSessionsOfSCS: what the page does with it.
func TestSessionsOfSCS(t *testing.T) {
	s := open(t, t.TempDir())
	m := scs.New()
	m.Store = s.Sessions()
	mux := http.NewServeMux()
	mux.HandleFunc("/in", func(_ http.ResponseWriter, r *http.Request) {
		m.RenewToken(r.Context())
		m.Put(r.Context(), "user", "ada")
	})
	mux.HandleFunc("/who", func(w http.ResponseWriter, r *http.Request) { w.Write([]byte(m.GetString(r.Context(), "user"))) })
	mux.HandleFunc("/out", func(_ http.ResponseWriter, r *http.Request) { m.Destroy(r.Context()) })
	h := m.LoadAndSave(mux)
	ask := func(path string, c []*http.Cookie) (string, []*http.Cookie) {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		for _, c := range c {
			r.AddCookie(c)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Body.String(), w.Result().Cookies()
	}
	_, cookie := ask("/in", nil)
	if len(cookie) != 1 {
		t.Fatalf("cookies %v", cookie)
	}
	if who, _ := ask("/who", cookie); who != "ada" {
		t.Errorf("signed in as %q", who)
	}
	if who, _ := ask("/who", nil); who != "" {
		t.Errorf("a stranger is %q", who)
	}
	ask("/out", cookie)
	if who, _ := ask("/who", cookie); who != "" {
		t.Errorf("signed out as %q", who)
	}
}
