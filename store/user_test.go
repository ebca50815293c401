package store

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func addUser(t *testing.T, s *Store, email, password string) User {
	t.Helper()
	u, err := s.AddUser(t.Context(), NewUser{Email: email, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestUsers(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	s := open(t, dir)
	ada := addUser(t, s, " Ada@Example.ORG", "correct horse")
	ben, err := s.AddUser(ctx, NewUser{Email: "zoë@example.org", Name: " Zoë\u202e  B.", Password: "pa\u0301sswort"})
	if err != nil {
		t.Fatal(err)
	}
	if ada.ID == "" || ada.Email != "ada@example.org" || ada.Name != "ada" || ada.Disabled || ben.Name != "Zoë B." {
		t.Errorf("%+v, %+v", ada, ben)
	}
	check := func(s *Store) {
		t.Helper()
		for _, tt := range []struct {
			email, password string
			want            User
		}{
			{"ada@example.org", "correct horse", ada},
			{"ADA@example.org ", "correct horse", ada},
			{"ZOE\u0308@example.org", "p\u00e1sswort", ben}, // other spellings of both
			{"ada@example.org", "Correct horse", User{}},
			{"ada@example.org", "", User{}},
			{"ada@example.org", "correct horse" + strings.Repeat(" ", maxPassword), User{}},
			{"nobody@example.org", "correct horse", User{}},
			{"", "", User{}},
		} {
			got, err := s.Authenticate(ctx, tt.email, tt.password)
			if got != tt.want || (tt.want == User{}) != errors.Is(err, ErrCredentials) {
				t.Errorf("%q, %.20q: %+v, %v", tt.email, tt.password, got, err)
			}
		}
		if list, err := s.Users(ctx); err != nil || len(list) != 2 || list[0] != ada || list[1] != ben {
			t.Errorf("%+v, %v", list, err)
		}
		if u, err := s.UserByID(ctx, ben.ID); err != nil || u != ben {
			t.Errorf("%+v, %v", u, err)
		}
		if u, err := s.UserByEmail(ctx, "Ada@example.org"); err != nil || u != ada {
			t.Errorf("%+v, %v", u, err)
		}
		if _, err := s.UserByID(ctx, "nobody"); !errors.Is(err, ErrNoUser) {
			t.Error(err)
		}
	}
	check(s)
	check(open(t, dir)) // another process
	s.Close()
	for _, f := range []string{DatabaseFile, DatabaseFile + "-wal"} {
		if b, _ := os.ReadFile(filepath.Join(dir, f)); bytes.Contains(b, []byte("correct horse")) {
			t.Errorf("a password is in %s", f)
		}
	}
}

// TestSignedIn: a sign-in ends with the password, the account or its rights.
func TestSignedIn(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	s, shell := open(t, dir), open(t, dir)
	u := addUser(t, s, "ada@example.org", "correct horse")
	signedIn := func(want bool) {
		t.Helper()
		got, err := s.SignedIn(ctx, u.ID, u.Generation)
		if want != (err == nil) || want != (got.ID == u.ID) || !want && !errors.Is(err, ErrNoUser) {
			t.Errorf("%+v, %v; want %v", got, err, want)
		}
		if err != nil {
			u, _ = s.UserByID(ctx, u.ID)
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	signedIn(true)
	must(shell.SetPassword(ctx, u.ID, "another horse"))
	signedIn(false)
	signedIn(true) // under the generation of now
	if _, err := s.Authenticate(ctx, u.Email, "correct horse"); !errors.Is(err, ErrCredentials) {
		t.Errorf("the old password: %v", err)
	}
	if _, err := s.Authenticate(ctx, u.Email, "another horse"); err != nil {
		t.Errorf("the new password: %v", err)
	}
	must(shell.DisableUser(ctx, u.ID, true))
	signedIn(false)
	signedIn(false)
	if _, err := s.Authenticate(ctx, u.Email, "another horse"); !errors.Is(err, ErrCredentials) {
		t.Errorf("a disabled account: %v", err)
	}
	must(shell.DisableUser(ctx, u.ID, false))
	if got, err := s.Authenticate(ctx, u.Email, "another horse"); err != nil || got.Generation == u.Generation {
		t.Errorf("%+v, %v", got, err)
	}
	must(shell.RemoveUser(ctx, u.ID, ""))
	signedIn(false)
	for _, err := range []error{
		s.RemoveUser(ctx, u.ID, ""), s.SetPassword(ctx, u.ID, "another horse"), s.DisableUser(ctx, u.ID, true),
	} {
		if !errors.Is(err, ErrNoUser) {
			t.Error(err)
		}
	}
}

func TestOwners(t *testing.T) {
	ctx := t.Context()
	s := open(t, t.TempDir())
	ada, ben := addUser(t, s, "ada@example.org", "correct horse"), addUser(t, s, "ben@example.org", "correct horse")
	own := boardroom()
	own.OwnerID = ada.ID
	hers, all := add(t, s, own), add(t, s, NewRoom{Extension: "99"})
	rooms := func(u User, want ...Room) {
		t.Helper()
		list, err := s.RoomsOf(ctx, u.ID)
		if err != nil || len(list) != len(want) {
			t.Fatalf("%+v, %v", list, err)
		}
		for i := range want {
			if list[i].ID != want[i].ID {
				t.Errorf("%+v, want %+v", list[i], want[i])
			}
		}
	}
	rooms(ada, all, hers)
	rooms(ben, all)
	rooms(User{})
	if !hers.HostedBy(ada.ID) || hers.HostedBy(ben.ID) || hers.HostedBy("") || all.HostedBy("") || !all.HostedBy(ben.ID) {
		t.Error("the wrong host")
	}
	if err := s.RemoveUser(ctx, ada.ID, "nobody"); !errors.Is(err, ErrNoUser) {
		t.Errorf("an heir that is not there: %v", err)
	}
	if err := s.RemoveUser(ctx, ada.ID, ben.ID); err != nil {
		t.Fatal(err)
	}
	rooms(ben, all, hers)
	if r, _ := s.RoomByID(ctx, hers.ID); r.OwnerID != ben.ID {
		t.Errorf("the heir: %+v", r)
	}
	if err := s.RemoveUser(ctx, ben.ID, ""); err != nil {
		t.Fatal(err)
	}
	if r, _ := s.RoomByID(ctx, hers.ID); r.OwnerID != "" {
		t.Errorf("without an heir: %+v", r)
	}
}

func TestCheckUser(t *testing.T) {
	s := open(t, t.TempDir())
	addUser(t, s, "ada@example.org", "correct horse")
	long := strings.Repeat("x", 250) + "@ab.c"
	for _, tt := range []struct {
		user   NewUser
		fields string
	}{
		{NewUser{Email: "ADA@example.org", Password: "correct horse"}, "email"},
		{NewUser{Email: "", Password: "correct horse"}, "email"},
		{NewUser{Email: "ada", Password: "correct horse"}, "email"},
		{NewUser{Email: "@b", Password: "correct horse"}, "email"},
		{NewUser{Email: "a@", Password: "correct horse"}, "email"},
		{NewUser{Email: "a@b@c", Password: "correct horse"}, "email"},
		{NewUser{Email: "a b@c", Password: "correct horse"}, "email"},
		{NewUser{Email: "a\u202e@c", Password: "correct horse"}, "email"},
		{NewUser{Email: "Ada <a@b>", Password: "correct horse"}, "email"},
		{NewUser{Email: "a\xff@b", Password: "correct horse"}, "email"},
		{NewUser{Email: long, Password: "correct horse"}, "email"},
		{NewUser{Email: "a@b", Name: strings.Repeat("é", 65), Password: "correct horse"}, "name"},
		{NewUser{Email: "a@b", Password: "seven77"}, "password"},
		{NewUser{Email: "a@b", Password: ""}, "password"},
		{NewUser{Email: "a@b", Password: "ééééééééééé"}, "password"},
		{NewUser{Email: "ada@example.com", Password: "Ada@Example.com"}, "password"},
		{NewUser{Email: "a@b", Password: "\xff\xfe23456789"}, "password"},
		{NewUser{Email: "a@b", Password: strings.Repeat("ab", 600)}, "password"},
		{NewUser{Email: "a@b", Name: strings.Repeat("x", 65), Password: "seven77"}, "name password"},
	} {
		_, err := s.AddUser(t.Context(), tt.user)
		var fields []string
		for _, e := range flatten(err) {
			var f *FieldError
			if errors.As(e, &f) {
				fields = append(fields, f.Field)
			}
		}
		if got := strings.Join(fields, " "); got != tt.fields {
			t.Errorf("%.60v: fields %q, want %q (%v)", tt.user, got, tt.fields, err)
		}
		if err != nil && len(tt.user.Password) > 3 && tt.user.Email != strings.ToLower(tt.user.Password) && strings.Contains(err.Error(), tt.user.Password) {
			t.Errorf("a password is in the error: %v", err)
		}
	}
	u := NewUser{Email: "admin@localhost", Password: NewPassword()}
	if err := u.Check(); err != nil || NewPassword() == u.Password || len(u.Password) != 19 {
		t.Errorf("a password of our own: %v", err)
	}
}

// TestUnknownUserTakesAsLong: no account, a disabled one and a password that is
// too long cost what a wrong password costs. Without the work it is a thousandth.
func TestUnknownUserTakesAsLong(t *testing.T) {
	s := open(t, t.TempDir())
	s.passwords.cost = presentCost
	addUser(t, s, "ada@example.org", "correct horse")
	off := addUser(t, s, "off@example.org", "correct horse")
	if err := s.DisableUser(t.Context(), off.ID, true); err != nil {
		t.Fatal(err)
	}
	least := func(email, password string) time.Duration {
		best := time.Hour
		for range 3 {
			began := time.Now()
			if _, err := s.Authenticate(t.Context(), email, password); !errors.Is(err, ErrCredentials) {
				t.Fatal(err)
			}
			best = min(best, time.Since(began))
		}
		return best
	}
	wrong := least("ada@example.org", "wrong horse")
	for _, tt := range []struct{ email, password string }{
		{"nobody@example.org", "wrong horse"},
		{"off@example.org", "correct horse"},
		{"ada@example.org", strings.Repeat("x", maxPassword+1)},
	} {
		if took := least(tt.email, tt.password); took < wrong/4 || took > 4*wrong {
			t.Errorf("%s takes %v, a wrong password %v", tt.email, took, wrong)
		}
	}
}

// TestManySignIns: few are worked on at once, and who comes while too many wait is
// told so.
func TestManySignIns(t *testing.T) {
	s := open(t, t.TempDir())
	if n := cap(s.passwords.slots); n < 1 || n > 2 {
		t.Errorf("%d at once", n)
	}
	for range cap(s.passwords.slots) {
		s.passwords.slots <- struct{}{} // as if they took for ever
	}
	ctx, cancel := context.WithCancel(t.Context())
	answers := make(chan error)
	for range mostSignIns {
		go func() {
			_, err := s.Authenticate(ctx, "ada@example.org", "correct horse")
			answers <- err
		}()
	}
	for len(s.passwords.queue) < mostSignIns {
		pause(t.Context(), time.Millisecond)
	}
	if _, err := s.Authenticate(t.Context(), "ada@example.org", "correct horse"); !errors.Is(err, ErrBusy) {
		t.Errorf("one too many: %v", err)
	}
	cancel()
	for range mostSignIns {
		if err := <-answers; !errors.Is(err, context.Canceled) {
			t.Errorf("one who waits and goes: %v", err)
		}
	}
	<-s.passwords.slots
	if _, err := s.Authenticate(t.Context(), "ada@example.org", "correct horse"); !errors.Is(err, ErrCredentials) {
		t.Errorf("afterwards: %v", err)
	}
}

func TestParsePassword(t *testing.T) {
	const salt, sum = "c2FsdHNhbHRzYWx0c2FsdA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	good := "$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$" + sum
	p, err := parsePassword(good)
	if err != nil || p.cost != presentCost || p.String() != good {
		t.Errorf("%+v, %v", p, err)
	}
	for _, bad := range []string{
		"", "$", "secret", strings.Replace(good, "argon2id", "argon2i", 1), strings.Replace(good, "v=19", "v=16", 1),
		strings.Replace(good, "m=19456", "m=99999999", 1), strings.Replace(good, "m=19456", "m=0", 1),
		strings.Replace(good, "t=2", "t=0", 1), strings.Replace(good, "t=2", "t=99", 1),
		strings.Replace(good, "p=1", "p=0", 1), strings.Replace(good, "p=1", "p=200", 1), strings.Replace(good, "p=1", "p=x", 1),
		good + "$", good + "A", strings.Replace(good, salt, "!!!", 1), strings.TrimSuffix(good, sum),
	} {
		if p, err := parsePassword(bad); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %+v, %v", bad, p, err)
		}
	}
	// One unreadable row keeps its account out, and nobody else.
	s := open(t, t.TempDir())
	ada, ben := addUser(t, s, "ada@example.org", "correct horse"), addUser(t, s, "ben@example.org", "correct horse")
	if _, err := s.write.Exec("UPDATE users SET password = '' WHERE id = ?; UPDATE revision SET rooms = rooms + 1", ada.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Authenticate(t.Context(), ada.Email, "correct horse"); !errors.Is(err, ErrCredentials) {
		t.Error(err)
	}
	if u, err := s.Authenticate(t.Context(), ben.Email, "correct horse"); err != nil || u != ben {
		t.Error(u, err)
	}
}

func BenchmarkAuthenticate(b *testing.B) {
	s, err := Open(b.Context(), b.TempDir(), quietLog())
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	for b.Loop() {
		s.Authenticate(b.Context(), "ada@example.org", "correct horse")
	}
}
