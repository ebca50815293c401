package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Errors of accounts and sign-ins.
var (
	// ErrNoUser says that there is no such account.
	ErrNoUser = errors.New("store: no such account")
	// ErrCredentials says that no account has this e-mail address and password,
	// or that it is disabled.
	ErrCredentials = errors.New("store: e-mail address or password is wrong")
	// ErrBusy says that it could not be done in time: too many sign in at once,
	// or another process holds the database. It may work in a second.
	ErrBusy = errors.New("store: busy; try again in a moment")
	// ErrFull says that the disk takes nothing more.
	ErrFull = errors.New("store: the disk is full or fails")
)

// User is an account that a host signs in with. It has no password in it, so
// that it can be logged and printed.
type User struct {
	ID        string    `json:"id"`
	Email     string    `json:"email"` // the sign-in name, as SignInName makes it
	Name      string    `json:"name"`
	CreatedAt time.Time `json:"created_at"`
	Disabled  bool      `json:"disabled"`
	// Admin may see and do all on the admin page.
	Admin bool `json:"admin"`
	// Generation changes with the password and when the account is disabled:
	// whoever signed in under an earlier one is signed out (see SignedIn).
	Generation int64 `json:"-"`
}

// NewUser is an account to be added. An empty Name becomes what stands before
// the @.
type NewUser struct {
	Email, Name, Password string
	Admin                 bool
}

// account is a user with what its password is checked by.
type account struct {
	User
	password *password // nil: unreadable; nothing matches it
}

const maxEmail = 254 // RFC 5321 §4.5.3.1.3, less the angle brackets

// SignInName is the one spelling of an e-mail address under which an account is
// kept: trimmed, lower case, NFC.
func SignInName(email string) string {
	return norm.NFC.String(strings.ToLower(strings.TrimSpace(email)))
}

// Check gives every mistake of an account as FieldErrors, joined; nil if there
// is none. It brings address and name into shape.
func (n *NewUser) Check() error {
	var all []error
	n.Email = SignInName(n.Email)
	if !address(n.Email) {
		all = append(all, &FieldError{"email", "an e-mail address such as ada@example.org is wanted"})
	}
	n.Name = cleanName(n.Name)
	if n.Name == "" {
		local, _, _ := strings.Cut(n.Email, "@")
		name := []rune(local)
		n.Name = string(name[:min(len(name), maxName)])
	}
	if utf8.RuneCountInString(n.Name) > maxName {
		all = append(all, &FieldError{"name", fmt.Sprintf("more than %d characters", maxName)})
	}
	if msg := weakPassword(n.Password, n.Email); msg != "" {
		all = append(all, &FieldError{"password", msg})
	}
	return errors.Join(all...)
}

// address says whether it looks like an e-mail address. It need not be one that
// mail reaches: admin@localhost is good enough to sign in.
func address(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	return ok && local != "" && domain != "" && len(s) <= maxEmail &&
		!strings.ContainsAny(s, `<>()[],;:\"`) && !strings.Contains(domain, "@") &&
		strings.IndexFunc(s, func(r rune) bool {
			return r == utf8.RuneError || unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
		}) < 0
}

// AddUser adds an account. Mistakes are FieldErrors, joined.
func (s *Store) AddUser(ctx context.Context, n NewUser) (User, error) {
	if err := n.Check(); err != nil {
		return User{}, err
	}
	password, err := s.passwords.make(ctx, n.Password)
	if err != nil {
		return User{}, err
	}
	u := User{
		ID: strings.ToLower(rand.Text()), Email: n.Email, Name: n.Name, Admin: n.Admin, Generation: 1,
		CreatedAt: time.UnixMilli(time.Now().UnixMilli()).UTC(),
	}
	err = s.change(ctx, func(tx *sql.Tx) error {
		var taken int
		if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM users WHERE email = ?", u.Email).Scan(&taken); err != nil {
			return err
		}
		if taken > 0 {
			return &FieldError{"email", u.Email + " has an account already"}
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO users (id, email, name, password, admin, created_at) VALUES (?, ?, ?, ?, ?, ?)",
			u.ID, u.Email, u.Name, password, u.Admin, u.CreatedAt.UnixMilli())
		return err
	})
	if err != nil {
		return User{}, err
	}
	return u, nil
}

// Authenticate gives the account of an e-mail address and password, else
// ErrCredentials, or ErrBusy if too many sign in at once. It works from the copy
// in memory, and as long for an account that does not exist.
func (s *Store) Authenticate(ctx context.Context, email, text string) (User, error) {
	a := s.copy.fresh(ctx).byEmail[SignInName(email)]
	var have *password
	if a != nil {
		have = a.password
	}
	right, err := s.passwords.matches(ctx, have, text)
	switch {
	case err != nil:
		return User{}, err
	case !right || a.Disabled:
		return User{}, ErrCredentials
	}
	return a.User, nil
}

// SetPassword gives an account another password. Whoever is signed in to it is
// signed out.
func (s *Store) SetPassword(ctx context.Context, id, text string) error {
	u, err := s.UserByID(ctx, id)
	if err != nil {
		return err
	}
	if msg := weakPassword(text, u.Email); msg != "" {
		return &FieldError{"password", msg}
	}
	password, err := s.passwords.make(ctx, text)
	if err != nil {
		return err
	}
	return s.changeUser(ctx, "UPDATE users SET password = ?, generation = generation + 1 WHERE id = ?", password, id)
}

// DisableUser keeps an account from signing in, and signs it out, or lets it in
// again.
func (s *Store) DisableUser(ctx context.Context, id string, disabled bool) error {
	return s.changeUser(ctx, "UPDATE users SET disabled = ?, generation = generation + 1 WHERE id = ?", disabled, id)
}

// UserChange is what is to be changed of an account; nil leaves a thing as it is.
type UserChange struct {
	Name  *string
	Admin *bool
}

// UpdateUser changes an account and gives it as it is then. Who is signed in stays
// so, with the rights of now. Mistakes are FieldErrors, joined.
func (s *Store) UpdateUser(ctx context.Context, id string, c UserChange) (User, error) {
	u, err := s.UserByID(ctx, id)
	if err != nil {
		return User{}, err
	}
	if c.Name != nil {
		if u.Name = cleanName(*c.Name); u.Name == "" || utf8.RuneCountInString(u.Name) > maxName {
			return User{}, &FieldError{"name", fmt.Sprintf("1 to %d characters are wanted", maxName)}
		}
	}
	if c.Admin != nil {
		u.Admin = *c.Admin
	}
	return u, s.changeUser(ctx, "UPDATE users SET name = ?, admin = ? WHERE id = ?", u.Name, u.Admin, id)
}

// RemoveUser removes an account and signs it out. Its rooms become those of
// heir, an account's id; if that is empty, of every account.
func (s *Store) RemoveUser(ctx context.Context, id, heir string) error {
	return s.change(ctx, func(tx *sql.Tx) error {
		if heir != "" && heir != id {
			if err := hasUser(ctx, tx, heir); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, "UPDATE rooms SET owner_id = ? WHERE owner_id = ?", heir, id); err != nil {
				return err
			}
		}
		return one(tx.ExecContext(ctx, "DELETE FROM users WHERE id = ?", id))
	})
}

func (s *Store) changeUser(ctx context.Context, query string, args ...any) error {
	return s.change(ctx, func(tx *sql.Tx) error { return one(tx.ExecContext(ctx, query, args...)) })
}

// one is ErrNoUser if no row was touched.
func one(res sql.Result, err error) error {
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	if err == nil && n == 0 {
		err = ErrNoUser
	}
	return err
}

func hasUser(ctx context.Context, tx *sql.Tx, id string) error {
	var n int
	if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM users WHERE id = ?", id).Scan(&n); err != nil {
		return err
	}
	if n == 0 {
		return ErrNoUser
	}
	return nil
}

// Users gives all accounts by e-mail address.
func (s *Store) Users(ctx context.Context) ([]User, error) {
	c := s.copy.fresh(ctx)
	list := make([]User, len(c.users))
	for i, a := range c.users {
		list[i] = a.User
	}
	return list, nil
}

// UserByID gives an account, or ErrNoUser.
func (s *Store) UserByID(ctx context.Context, id string) (User, error) {
	return foundUser(s.copy.fresh(ctx).userByID[id])
}

// UserByEmail gives an account, or ErrNoUser.
func (s *Store) UserByEmail(ctx context.Context, email string) (User, error) {
	return foundUser(s.copy.fresh(ctx).byEmail[SignInName(email)])
}

// SignedIn gives the account of somebody who signed in to it under a
// generation, or ErrNoUser if that sign-in is over: the account was removed or
// disabled, or its password changed since.
func (s *Store) SignedIn(ctx context.Context, id string, generation int64) (User, error) {
	u, err := s.UserByID(ctx, id)
	if err != nil || u.Disabled || u.Generation != generation {
		return User{}, ErrNoUser
	}
	return u, nil
}

func foundUser(a *account) (User, error) {
	if a == nil {
		return User{}, ErrNoUser
	}
	return a.User, nil
}
