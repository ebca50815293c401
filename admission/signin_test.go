package admission

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/store"
)

// signIn tries a password and expects this error.
func signIn(t *testing.T, a *Admission, source, email, password string, want error) time.Duration {
	t.Helper()
	u, retry, err := a.SignIn(t.Context(), email, password, Source{source})
	if !errors.Is(err, want) || (want == nil) != (u.ID != "") {
		t.Fatalf("%s from %s: %+v, %v; want %v", email, source, u, err, want)
	}
	return retry
}

func TestSignIn(t *testing.T) {
	w := newWorld()
	a := w.admission(t)
	signIn(t, a, "s", " Ada@Example.ORG ", "right", nil)
	signIn(t, a, "s", "ada@example.org", "hunter22", store.ErrCredentials)
	signIn(t, a, "s", "off@example.org", "right", store.ErrCredentials)
	signIn(t, a, "s", "nobody@example.org", "hunter22", store.ErrCredentials)
	signIn(t, a, "s", "hunter22", "", store.ErrCredentials) // keyed in the wrong place
	if w.hashed != 5 || len(w.attempts) != 4 {
		t.Errorf("%d passwords looked at, %d attempts recorded", w.hashed, len(w.attempts))
	}
	w.busy = true
	if retry := signIn(t, a, "s", "ada@example.org", "right", store.ErrBusy); retry <= 0 {
		t.Error("busy, and no word of when to try again")
	}
	if len(w.attempts) != 4 {
		t.Error("busy counts as a failure")
	}
	for _, secret := range []string{"right", "hunter22"} {
		if strings.Contains(w.log.String(), secret) {
			t.Errorf("a password is in the log: %s", w.log.String())
		}
	}
}

// TestAccountLimit: an account is closed to strangers after 10 failures from
// whatever sources, whether it exists or not, but not to where it was signed in to
// before; and not for longer than Window.
func TestAccountLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		a := w.admission(t)
		signIn(t, a, "home", "ada@example.org", "right", nil)
		for _, email := range []string{"ada@example.org", "nobody@example.org"} {
			for i := range PerAccount {
				signIn(t, a, fmt.Sprint(email, i), []string{email, strings.ToUpper(email)}[i%2], "wrong", store.ErrCredentials)
			}
			hashed := w.hashed
			if retry := signIn(t, a, "fresh", email, "right", cause.LockedOut); retry != Window {
				t.Errorf("%s: retry after %v", email, retry)
			}
			if w.hashed != hashed {
				t.Error("a sign-in that is locked out costs work")
			}
		}
		signIn(t, a, "home", "ada@example.org", "right", nil)
		signIn(t, a, "fresh", "ben@example.org", "right", nil)
		// Rooms are not touched by it.
		expect(t, a, request("fresh", "1000", "48219"), cause.None)

		again := w.admission(t) // after a restart
		signIn(t, again, "fresh", "ada@example.org", "right", cause.LockedOut)
		signIn(t, again, "fresh", "ben@example.org", "right", nil)
		time.Sleep(Window)
		signIn(t, a, "fresh", "ada@example.org", "right", nil)
	})
}

// TestSignInSource: a source has one count, whatever it guesses at.
func TestSignInSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newWorld().admission(t)
		guess(t, a, "s", "1000", PerSource-2)
		expect(t, a, Request{Token: "abc", Source: Source{"s"}}, cause.LinkUnknown)
		signIn(t, a, "s", "ada@example.org", "wrong", store.ErrCredentials)
		signIn(t, a, "s", "ada@example.org", "right", cause.LockedOut)
		expect(t, a, request("s", "1000", "48219"), cause.LockedOut)
		signIn(t, a, "other", "ada@example.org", "right", nil)
		a.SetLockout(false)
		signIn(t, a, "s", "ada@example.org", "right", nil)
	})
}

// TestSignInsAtOnce: however many guess at once, no more than the limit are
// answered by anything but a lock-out.
func TestSignInsAtOnce(t *testing.T) {
	w := newWorld()
	a := w.admission(t)
	var mu sync.Mutex
	var wg sync.WaitGroup
	answers := map[error]int{}
	for range 200 {
		wg.Go(func() {
			_, _, err := a.SignIn(t.Context(), "ada@example.org", "wrong", Source{"s"})
			mu.Lock()
			defer mu.Unlock()
			answers[err]++
		})
	}
	wg.Wait()
	if answers[store.ErrCredentials] != PerAccount || answers[cause.LockedOut] != 200-PerAccount {
		t.Errorf("%v", answers)
	}
}

// TestSignInRestart: with the real store, whose passwords cost what they cost.
func TestSignInRestart(t *testing.T) {
	dir := t.TempDir()
	open := func() (*store.Store, *Admission) {
		s, err := store.Open(t.Context(), dir, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		s.Start()
		a, err := New(t.Context(), Config{Logger: slog.New(slog.DiscardHandler)}, s, nil)
		if err != nil {
			t.Fatal(err)
		}
		return s, a
	}
	s, a := open()
	if _, err := s.AddUser(t.Context(), store.NewUser{Email: "ada@example.org", Password: "correct horse"}); err != nil {
		t.Fatal(err)
	}
	for range PerAccount - 2 { // as if they had been made
		s.RecordAttempt(store.Attempt{Source: "other", Room: a.accountKey("ADA@example.org"), At: time.Now()})
	}
	signIn(t, a, "s", "ada@example.org", "wrong horse", store.ErrCredentials)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, a = open()
	signIn(t, a, "s", "ada@example.org", "wrong horse", store.ErrCredentials)
	signIn(t, a, "other", "ada@example.org", "correct horse", cause.LockedOut)
	signIn(t, a, "other", "ben@example.org", "correct horse", store.ErrCredentials)
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	attempts, err := s.Attempts(context.Background(), time.Now().Add(-time.Hour))
	if err != nil || len(attempts) != PerAccount+1 || strings.Contains(attempts[0].Room, "ada") {
		t.Errorf("%v, %v", attempts, err)
	}
}
