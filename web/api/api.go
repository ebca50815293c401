// Package api is the HTTP API under /api/v1: JSON in and out, mistakes as RFC 9457
// problems that name the field, and an OpenAPI 3.1 document made of the code.
//
// Hosts sign in and then see and change their rooms and meetings, invite to them,
// and lead a live meeting by the same commands as their pages (package live). Whoever holds a guest link may
// ask what it leads to, and nothing else. GET changes nothing.
//
// It holds no state but how many invitations each account has sent within the hour:
// accounts and rooms are the Store's, who is signed in is the Session's, limits on
// guessing are SignIn's. What each needs is an interface here.
package api

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/partyline/partyline/meeting/invitation"
	"github.com/partyline/partyline/store"
	"github.com/partyline/partyline/web/live"
)

// Store keeps the rooms; *store.Store does.
type Store interface {
	Rooms
	Links
	Meetings
	Contacts
	RoomsOf(ctx context.Context, userID string) ([]store.Room, error)
	RoomByID(ctx context.Context, id string) (*store.Room, error)
	RoomByExtension(ctx context.Context, extension string) (*store.Room, error)
	PINs(ctx context.Context, id string) (guest, host string, err error)
	Entrances(ctx context.Context, ids ...string) (map[string]store.Entrance, error)
	RecordPresence(store.Presence)
}

// Rooms changes rooms.
type Rooms interface {
	AddRoom(context.Context, store.NewRoom) (store.Room, error)
	UpdateRoom(ctx context.Context, id string, c store.RoomChange) (store.Room, error)
	RemoveRoom(ctx context.Context, id string) error
}

// Links has the guest links.
type Links interface {
	GuestLink(ctx context.Context, roomID string) (token string, err error)
	RegenerateLink(ctx context.Context, roomID string) (token string, err error)
}

// Session is who has signed in with a request's cookie.
type Session interface {
	// User fails with store.ErrNoUser if nobody has.
	User(context.Context) (store.User, error)
	SignIn(context.Context, store.User) error
	SignOut(context.Context) error
}

// Config is what the API is made of.
type Config struct {
	Store   Store
	Session Session
	Live    *live.Live
	// SignIn gives the account of an address and a password, or an error and
	// after how long trying again makes sense.
	SignIn func(ctx context.Context, email, password string, from netip.Addr) (store.User, time.Duration, error)
	// Link follows a guest link. An error is a fault of ours.
	Link func(ctx context.Context, token string, from netip.Addr) (Followed, error)
	// Directory is how people get here.
	Directory func() live.Directory
	// NewRoom is a room with the configured defaults and a free extension.
	NewRoom func(context.Context) (store.NewRoom, error)
	// Book is what hosts do with meetings.
	Book Book
	// NewMeeting is a meeting with the configured defaults and a free extension.
	NewMeeting func(context.Context) (store.NewMeeting, error)
	// Write writes an invitation in the words of its language.
	Write func(invitation.Facts) invitation.Message
	// Can is what the gateway is set up for; nil: no messages go out.
	Can func() Can
	// Now is the time of meetings; nil: time.Now.
	Now func() time.Time
	// Calls makes calls out and moves people; nil: neither is done.
	Calls Calls
	// Record puts a change on record and returns at once; nil: there is no record.
	Record func(store.Change)
	// Admin is what admins see and do; what is nil of it there is none of.
	Admin Admin
	// Reserved is an extension that is no room's.
	Reserved string
	// Source is where a request comes from.
	Source  func(*http.Request) netip.Addr
	Version string
}

// API serves /api/v1 and /api/openapi.json.
type API struct {
	cfg    Config
	mux    *http.ServeMux
	huma   huma.API
	budget budget
}

// Prefix is where the routes are.
const Prefix = "/api/v1"

// New makes the API.
func New(cfg Config) *API {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Can == nil {
		cfg.Can = func() Can { return Can{RemindersMin: []int{}} }
	}
	a := &API{cfg: cfg, mux: http.NewServeMux()}
	c := huma.DefaultConfig("Partyline", cfg.Version)
	c.Info.Description = "Rooms, guest links and live meetings of a Partyline gateway. " +
		"Hosts sign in by POST /session and are known by a cookie from then on. " +
		"Mistakes are application/problem+json (RFC 9457); errors name the field, as body.pin."
	c.Info.License = &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}
	c.Servers = []*huma.Server{{URL: "/"}}
	c.Security = []map[string][]string{{}} // nothing is needed, but where an operation says otherwise
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "/api/openapi", "", ""
	c.CreateHooks = nil // no $schema in the answers
	c.Transformers = []huma.Transformer{silence}
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"host": {Type: "apiKey", In: "cookie", Name: "partyline", Description: "The cookie of a sign-in; over HTTPS it is called __Host-partyline."},
	}
	a.huma = humago.New(a.mux, c)
	a.sessions()
	a.rooms()
	a.live()
	a.calls()
	a.meetings()
	a.texts()
	a.invitees()
	a.contacts()
	a.links()
	a.linkTexts()
	a.admin()
	a.describe()
	return a
}

// caller is what the handlers know of who asks.
type caller struct {
	source netip.Addr
	guest  bool // has shown that it is a guest
}

type callerKey struct{}

// ServeHTTP implements http.Handler.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	who := caller{guest: a.isGuest(r)}
	if a.cfg.Source != nil {
		who.source = a.cfg.Source(r)
	}
	w.Header().Set("Cache-Control", "no-store")
	if _, pattern := a.mux.Handler(r); pattern == "" {
		a.nothing(w, r)
		return
	}
	a.mux.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callerKey{}, who)))
}

// nothing answers where there is no such route, or not with this method.
func (a *API) nothing(w http.ResponseWriter, r *http.Request) {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete} {
		probe := r.Clone(r.Context())
		probe.Method = method
		if _, pattern := a.mux.Handler(probe); pattern != "" {
			allowed = append(allowed, method)
		}
	}
	if allowed != nil {
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		Refuse(w, problem(http.StatusMethodNotAllowed, "", "this is not done with "+r.Method))
		return
	}
	Refuse(w, problem(http.StatusNotFound, "", "there is no such route"))
}

func callerOf(ctx context.Context) caller {
	who, _ := ctx.Value(callerKey{}).(caller)
	return who
}

// isGuest says whether a request shows a guest's credentials: the cookie of one,
// or a resume token.
func (a *API) isGuest(r *http.Request) bool {
	if _, err := r.Cookie(live.GuestCookie); err == nil {
		return true
	}
	const scheme = "Bearer "
	h := r.Header.Get("Authorization")
	return len(h) > len(scheme) && h[:len(scheme)] == scheme && a.cfg.Live.Knows(h[len(scheme):])
}

// OpenAPI is the document that describes the API.
func (a *API) OpenAPI() *huma.OpenAPI { return a.huma.OpenAPI() }
