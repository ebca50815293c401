package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/store"
)

// User is an account as its owner sees it.
type User struct {
	ID    string `json:"id"`
	Email string `json:"email"`
	Name  string `json:"name"`
	Admin bool   `json:"admin" doc:"Whether the admin page is open to it."`
}

// UserOf shows an account.
func UserOf(u store.User) User { return User{ID: u.ID, Email: u.Email, Name: u.Name, Admin: u.Admin} }

type userOutput struct {
	Body struct {
		User User `json:"user"`
		Can
	}
}

func (a *API) sessions() {
	huma.Register(a.huma, huma.Operation{
		OperationID: "sign-in", Method: http.MethodPost, Path: Prefix + "/session", Tags: []string{"session"},
		Summary: "Sign in as a host", Errors: []int{401, 429, 503},
	}, a.signIn)
	huma.Register(a.huma, huma.Operation{
		OperationID: "who-am-i", Method: http.MethodGet, Path: Prefix + "/session", Tags: []string{"session"},
		Summary: "Who has signed in", Errors: []int{401},
	}, a.whoAmI)
	huma.Register(a.huma, huma.Operation{
		OperationID: "sign-out", Method: http.MethodDelete, Path: Prefix + "/session", Tags: []string{"session"},
		Summary: "Sign out", Errors: []int{503},
	}, a.signOut)
}

type signInInput struct {
	Body struct {
		Email    string `json:"email" maxLength:"254" doc:"The account's e-mail address."`
		Password string `json:"password" maxLength:"1024"`
	}
}

func (a *API) signIn(ctx context.Context, in *signInInput) (*userOutput, error) {
	u, wait, err := a.cfg.SignIn(ctx, in.Body.Email, in.Body.Password, callerOf(ctx).source)
	switch {
	case errors.Is(err, store.ErrCredentials):
		return nil, problem(http.StatusUnauthorized, "credentials", "the e-mail address or the password is wrong")
	case errors.Is(err, cause.LockedOut):
		return nil, lockedOut(wait)
	case errors.Is(err, store.ErrBusy):
		return nil, busy(wait)
	case err != nil:
		return nil, err
	}
	if err := a.cfg.Session.SignIn(ctx, u); err != nil {
		return nil, problemOf(err)
	}
	out := &userOutput{}
	out.Body.User, out.Body.Can = UserOf(u), a.cfg.Can()
	return out, nil
}

func (a *API) whoAmI(ctx context.Context, _ *struct{}) (*userOutput, error) {
	u, err := a.cfg.Session.User(ctx)
	if err != nil {
		return nil, unknown(err, problem(http.StatusUnauthorized, "sign-in", "nobody has signed in"))
	}
	out := &userOutput{}
	out.Body.User, out.Body.Can = UserOf(u), a.cfg.Can()
	return out, nil
}

func (a *API) signOut(ctx context.Context, _ *struct{}) (*struct{}, error) {
	u, unknown := a.cfg.Session.User(ctx)
	if err := a.cfg.Session.SignOut(ctx); err != nil {
		return nil, problemOf(err)
	}
	if unknown == nil && a.cfg.Record != nil {
		a.cfg.Record(store.Change{By: store.ByAccount, Who: u.Email, From: sourceText(callerOf(ctx)), Action: "sign-out", Subject: u.About()})
	}
	return nil, nil
}

type userKey struct{}

// hosts lets only those through who have signed in, before anything of the
// request is looked at.
func (a *API) hosts(ctx huma.Context, next func(huma.Context)) {
	u, err := a.cfg.Session.User(ctx.Context())
	if err == nil {
		next(huma.WithValue(ctx, userKey{}, u))
		return
	}
	p := problem(http.StatusUnauthorized, "sign-in", "sign in first")
	if callerOf(ctx.Context()).guest {
		p = problem(http.StatusForbidden, "guest", "this is not for guests")
	}
	_, w := humago.Unwrap(ctx)
	Refuse(w, unknown(err, p))
}

// unknown is what is answered to whom User does not know: p, unless it could not
// be found out who that is.
func unknown(err error, p *Problem) *Problem {
	if errors.Is(err, store.ErrNoUser) {
		return p
	}
	return busy(2 * time.Second)
}

func userOf(ctx context.Context) store.User {
	u, _ := ctx.Value(userKey{}).(store.User)
	return u
}

// room gives a room that the host who asks may see.
func (a *API) room(ctx context.Context, id string) (*store.Room, error) {
	r, err := a.cfg.Store.RoomByID(ctx, id)
	if err != nil {
		return nil, problemOf(err)
	}
	if !r.HostedBy(userOf(ctx).ID) {
		return nil, problem(http.StatusForbidden, "", "this room is somebody else's")
	}
	about(ctx, r.About())
	return r, nil
}
