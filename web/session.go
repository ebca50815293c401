package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/partyline/partyline/store"
	"github.com/partyline/partyline/web/api"
	"github.com/partyline/partyline/web/live"
)

// signedIn is for how long a sign-in holds.
const signedIn = 7 * 24 * time.Hour

// What a session keeps: the account, and under which of its passwords.
const (
	keyUser       = "user"
	keyGeneration = "generation"
)

func newSessions(cfg Config) *scs.SessionManager {
	m := scs.New()
	m.Store = cfg.Sessions
	m.Lifetime = signedIn
	m.Cookie.Name = "partyline"
	if cfg.Secure {
		m.Cookie.Name, m.Cookie.Secure = "__Host-partyline", true
	}
	m.Cookie.HttpOnly, m.Cookie.SameSite = true, http.SameSiteLaxMode
	return m
}

// visit is what a request's sign-in needs of it.
type visit struct {
	w http.ResponseWriter
	// err says that it could not be looked up who has signed in.
	err error
}

type visitKey struct{}

// known looks up who has signed in. Nothing is written but by signing in or out:
// not even a cookie.
func (s *Site) known(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Cookie")
		v := &visit{w: w}
		ctx, err := s.load(r)
		if v.err = err; err != nil {
			s.log.Warn("sign-ins cannot be read", "error", err)
			ctx = r.Context()
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(ctx, visitKey{}, v)))
	})
}

// load puts the session of a request's cookie into its context; without a cookie
// that costs nothing.
func (s *Site) load(r *http.Request) (context.Context, error) {
	cookie, err := r.Cookie(s.sessions.Cookie.Name)
	if err != nil || cookie.Value == "" {
		return s.sessions.Load(r.Context(), "")
	}
	return patiently(r.Context(), func() (context.Context, error) { return s.sessions.Load(r.Context(), cookie.Value) })
}

// patience is how long a sign-in may wait for a busy database. The store itself
// gives up far sooner, for the sake of calls.
const patience = 1 * time.Second

// patiently does again what fails because the database is busy.
func patiently[T any](ctx context.Context, f func() (T, error)) (T, error) {
	deadline := time.Now().Add(patience)
	for {
		v, err := f()
		if !errors.Is(err, store.ErrBusy) || time.Now().After(deadline) || ctx.Err() != nil {
			return v, err
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

// session is the sign-ins as the API uses them.
type session struct{ site *Site }

// User implements api.Session.
func (s session) User(ctx context.Context) (store.User, error) {
	v, _ := ctx.Value(visitKey{}).(*visit)
	if v != nil && v.err != nil {
		return store.User{}, v.err
	}
	id := s.site.sessions.GetString(ctx, keyUser)
	if id == "" {
		return store.User{}, store.ErrNoUser
	}
	return s.site.cfg.Accounts.SignedIn(ctx, id, s.site.sessions.GetInt64(ctx, keyGeneration))
}

// SignIn implements api.Session. The session is a new one: whoever knew the token
// of the old one is not signed in by it.
func (s session) SignIn(ctx context.Context, u store.User) error {
	v, ok := ctx.Value(visitKey{}).(*visit)
	if !ok {
		return errors.New("web: not a request of ours")
	}
	m := s.site.sessions
	fresh, err := m.Load(context.WithoutCancel(ctx), "")
	if err != nil {
		return err
	}
	m.Put(fresh, keyUser, u.ID)
	m.Put(fresh, keyGeneration, u.Generation)
	type made struct {
		token  string
		expiry time.Time
	}
	c, err := patiently(ctx, func() (made, error) {
		token, expiry, err := m.Commit(fresh)
		return made{token, expiry}, err
	})
	if err != nil {
		return err
	}
	m.WriteSessionCookie(fresh, v.w, c.token, c.expiry)
	return nil
}

// SignOut implements api.Session.
func (s session) SignOut(ctx context.Context) error {
	v, ok := ctx.Value(visitKey{}).(*visit)
	if !ok || v.err != nil {
		return store.ErrBusy
	}
	m := s.site.sessions
	if m.Token(ctx) != "" {
		if _, err := patiently(ctx, func() (struct{}, error) { return struct{}{}, m.Destroy(ctx) }); err != nil {
			return err
		}
	}
	m.WriteSessionCookie(ctx, v.w, "", time.Time{})
	return nil
}

// SignedIn tells who has signed in at the page that opens a socket.
func (s *Site) SignedIn(r *http.Request) live.User {
	ctx, err := s.load(r)
	if err != nil {
		s.log.Warn("sign-ins cannot be read", "error", err)
		return live.User{}
	}
	u, err := session{s}.User(ctx)
	if err != nil {
		return live.User{}
	}
	return live.User{ID: u.ID, Name: u.Name}
}

// user is who has signed in, for the page; nil if nobody has, or that is not to
// be found out now.
func (s *Site) user(r *http.Request) *api.User {
	u, err := session{s}.User(r.Context())
	if err != nil {
		return nil
	}
	shown := api.UserOf(u)
	return &shown
}
