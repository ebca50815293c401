// Package admission decides who may enter which room.
//
// In go a room's extension or id and a PIN, a guest link or an account, where they
// come from and when; out comes one Verdict. Phones, endpoints and pages ask the same
// Admission, so that limits, and the times of meetings, hold over all of them
// together. It also weighs the sign-ins of hosts. It owns the counters of failed
// attempts: they live in memory, by the monotonic clock, which nobody can set; each
// failure is also handed to the store, so that lock-outs outlive a restart.
//
// Guessing is limited per source, whatever is guessed at, and per extension or
// account. A wrong PIN and an unknown extension are the same in words, work and
// counting, and so are a wrong password and an unknown account; while a lock-out
// lasts what is right is refused like what is wrong, and nothing more is counted,
// so that it ends no later than it began plus Window.
package admission

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/meeting"
	"github.com/partyline/partyline/store"
)

// The limits on failed attempts. Three in a call are the reception's own.
const (
	Window = 10 * time.Minute
	// PerSource counts PINs, guest links and sign-ins alike.
	PerSource = 20
	// PerRoom is over all sources: at 30 in 10 minutes a PIN of 6 digits takes
	// four months to guess on average, whatever the number of guessers.
	PerRoom = 30
	// PerAccount is over all sources: people choose passwords worse than PINs are
	// drawn.
	PerAccount = 10
)

// Role is what a PIN makes of its owner.
type Role = store.Role

// The roles.
const (
	Guest = store.Guest
	Host  = store.Host
)

// Request is what somebody presents to enter a room: its Extension as dialled,
// or its RoomID where the dialled number is mapped to it, with a PIN; the Token of
// a guest link; or an account that may host the room.
type Request struct {
	Extension, RoomID string
	PIN               string
	// Token is that of a guest link, which is a key by itself: it names the room
	// and asks for no PIN.
	Token string
	// User is the id of the account that the party has signed in to. It makes the
	// party host of a room that the account may host, and of no other. The party
	// is known: others' failures at the room's PIN don't hold it up. Its own do.
	User string
	// Invited is the role of a party that was called into the room: there is nothing
	// to prove, and nobody it would have to wait for. NoRole: nobody called it.
	Invited Role
	Source  Source
	// Time of the request; zero: now. Lock-outs don't look at it.
	Time time.Time
}

func (r Request) at() time.Time {
	if r.Time.IsZero() {
		return time.Now()
	}
	return r.Time
}

// Verdict is the decision. Room, Who and Current are set only if Cause is None, or
// TooEarly, which is told to nobody without the right PIN or link; of a room that
// is refused otherwise no more is told than the cause, and the language to say it in.
type Verdict struct {
	Cause cause.Cause
	Room  *store.Room
	Role  Role // set only if Cause is None
	// Who is whose personal PIN or link it was; zero: nobody's.
	Who store.Who
	// Current is the occurrence of a meeting that runs or comes; zero: the room is
	// permanent. Opens is when guests may come in, if Cause is TooEarly.
	Current meeting.Occurrence
	Opens   time.Time
	// Language is that of a room that was found and whose key was right, let in or
	// not; empty: it has none.
	Language string
	// Lobby says that a host must let this party in, Wait that it waits until
	// there is a host.
	Lobby, Wait bool
	// Backoff is how long a lock-out still lasts.
	Backoff time.Duration
}

// Store is what Admission needs to know; *store.Store does.
type Store interface {
	RoomByExtension(ctx context.Context, extension string) (*store.Room, error)
	RoomByID(ctx context.Context, id string) (*store.Room, error)
	RoomByLink(ctx context.Context, token string) (*store.Room, store.Who, error)
	UserByID(ctx context.Context, id string) (store.User, error)
	CheckPIN(ctx context.Context, roomID, pin string) (store.Key, error)
	Authenticate(ctx context.Context, email, password string) (store.User, error)
	Fingerprint(entered string) string
	Attempts(ctx context.Context, since time.Time) ([]store.Attempt, error)
	RecordAttempt(store.Attempt)
}

// Live tells of the rooms that meet now. nil: nothing is known of them.
type Live interface {
	// Count is how many are in a room, its lobby included; 0 if it does not meet.
	Count(roomID string) int
	Locked(roomID string) bool
}

// Config is how an Admission decides.
type Config struct {
	// NoLockout turns the lock-outs off.
	NoLockout bool
	Logger    *slog.Logger // nil: slog.Default()
}

// Admission is the one decision. Its methods are safe for concurrent use.
type Admission struct {
	cfg   Config
	store Store
	live  Live
	start time.Time // of the monotonic clock

	mu      sync.Mutex // guards all below; never held while calling out
	off     bool       // no lock-outs
	sources counters
	rooms   counters // by fingerprint of the extension
	// accounts are counted by fingerprint of the sign-in name, as accountKey
	// makes it.
	accounts counters
	hosts    visitors // who has had a room's host PIN or an account's password
}

// New makes an Admission that knows the failures of before a restart.
func New(ctx context.Context, cfg Config, s Store, live Live) (*Admission, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	a := &Admission{
		cfg: cfg, store: s, live: live, start: time.Now(), off: cfg.NoLockout,
		sources: counters{limit: PerSource}, rooms: counters{limit: PerRoom}, accounts: counters{limit: PerAccount},
	}
	now := time.Now()
	before, err := s.Attempts(ctx, now.Add(-Window))
	if err != nil {
		return nil, err
	}
	for _, f := range before {
		// A clock that was set back since makes failures of the future: they are
		// as good as new.
		at := min(f.At.Sub(now), 0)
		a.sources.fail(f.Source, at)
		switch {
		case f.Room == noRoom:
		case strings.HasPrefix(f.Room, accountPrefix):
			a.accounts.fail(f.Room, at)
		default:
			a.rooms.fail(f.Room, at)
		}
	}
	return a, nil
}

// now is the time since the start, by the monotonic clock.
func (a *Admission) now() time.Duration { return time.Since(a.start) }

// SetLockout turns the lock-outs on or off, as a reload of the configuration
// does.
func (a *Admission) SetLockout(on bool) {
	a.mu.Lock()
	a.off = !on
	a.mu.Unlock()
}

// Admit decides. It takes as long for an extension that exists as for one that
// does not.
func (a *Admission) Admit(ctx context.Context, r Request) Verdict {
	if r.Token != "" {
		return a.admitByLink(ctx, r)
	}
	room, key := a.find(ctx, r)
	if a.hostedBy(ctx, room, r.User) {
		return a.enter(room, r, Verdict{Role: Host})
	}
	if room != nil && r.Invited != store.NoRole {
		v := a.enter(room, r, Verdict{Role: r.Invited})
		v.Lobby, v.Wait = false, false
		return v
	}
	id := ""
	if room != nil {
		id = room.ID
	}
	// Checked before it is known whether the source is locked out: counting and
	// verdict are then one step, however many calls guess at once.
	opened, err := a.store.CheckPIN(ctx, id, r.PIN)
	if err != nil || room == nil {
		opened = store.Key{}
	}
	source, fingerprint := r.Source.key(), a.store.Fingerprint(key)
	v, counted := a.weigh(source, fingerprint, r, opened.Role)
	if counted {
		a.store.RecordAttempt(store.Attempt{Source: source, Room: fingerprint, At: time.Now()})
	}
	if v.Cause != cause.None {
		a.log(ctx, source, room, v)
		return v
	}
	v.Role, v.Who = opened.Role, opened.Guest
	return a.enter(room, r, v)
}

// admitByLink decides for who holds a guest link. Only tokens that never were one
// count as failures: who has an old link does not guess.
func (a *Admission) admitByLink(ctx context.Context, r Request) Verdict {
	room, who, err := a.store.RoomByLink(ctx, r.Token)
	if err == nil && a.hostedBy(ctx, room, r.User) {
		return a.enter(room, r, Verdict{Role: Host})
	}
	v := a.followed(ctx, r.Source.key(), err)
	if v.Cause != cause.None {
		return v
	}
	v.Role, v.Who = Guest, who
	return ofLink(a.enter(room, r, v))
}

// Link says whether a guest link leads anywhere, and to which room, without
// entering it: what a page shows before somebody joins. It counts as Admit does.
func (a *Admission) Link(ctx context.Context, token string, source Source) Verdict {
	room, who, err := a.store.RoomByLink(ctx, token)
	v := a.followed(ctx, source.key(), err)
	if v.Cause != cause.None {
		return v
	}
	return ofLink(atItsTime(room, time.Now(), false, Verdict{Who: who}))
}

// followed weighs, counts and logs what came of looking a token up.
func (a *Admission) followed(ctx context.Context, source string, err error) Verdict {
	v := a.weighLink(source, err)
	if v.Cause == cause.LinkUnknown {
		a.store.RecordAttempt(store.Attempt{Source: source, Room: noRoom, At: time.Now()})
	}
	if v.Cause != cause.None {
		a.log(ctx, source, nil, v)
	}
	return v
}

// weighLink applies the source's lock-out to it.
func (a *Admission) weighLink(source string, err error) Verdict {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	if wait := a.sources.wait(source, now); wait > 0 && !a.off {
		return Verdict{Cause: cause.LockedOut, Backoff: wait}
	}
	switch {
	case err == nil:
		return Verdict{}
	case errors.Is(err, store.ErrLinkReplaced):
		return Verdict{Cause: cause.LinkReplaced}
	case errors.Is(err, store.ErrLinkEnded):
		return Verdict{Cause: cause.LinkEnded}
	}
	a.sources.fail(source, now)
	return Verdict{Cause: cause.LinkUnknown}
}

// hostedBy says whether somebody signed in to this account may host the room.
// There is nothing to guess: no lock-out holds it up.
func (a *Admission) hostedBy(ctx context.Context, room *store.Room, user string) bool {
	if room == nil || !room.HostedBy(user) {
		return false
	}
	u, err := a.store.UserByID(ctx, user)
	return err == nil && !u.Disabled
}

// NeedsPIN says whether a PIN must be asked for: always, but for a room that has
// none for guests.
func (a *Admission) NeedsPIN(ctx context.Context, r Request) bool {
	room, _ := a.find(ctx, r)
	return room == nil || room.HasPIN
}

// find gives the room, nil if there is none, and what its failures are counted
// under: the same for an extension and for the room's id.
func (a *Admission) find(ctx context.Context, r Request) (*store.Room, string) {
	if r.RoomID != "" {
		room, err := a.store.RoomByID(ctx, r.RoomID)
		if err != nil {
			return nil, "id " + r.RoomID
		}
		return room, room.Extension
	}
	room, err := a.store.RoomByExtension(ctx, r.Extension)
	if err != nil {
		return nil, r.Extension
	}
	return room, r.Extension
}

// weigh applies the lock-outs to what a PIN earns, and says whether it was
// counted as a failure.
func (a *Admission) weigh(source, room string, r Request, role Role) (v Verdict, counted bool) {
	if r.PIN == "" && role != store.NoRole {
		return Verdict{}, false // a room without PIN: there is nothing to guess
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	if !a.off {
		wait := a.sources.wait(source, now)
		if r.User == "" && !a.hosts.been(source, room, now) {
			wait = max(wait, a.rooms.wait(room, now))
		}
		if wait > 0 {
			return Verdict{Cause: cause.LockedOut, Backoff: wait}, false
		}
	}
	switch {
	case role == Host:
		a.hosts.note(source, room, now)
		return Verdict{}, false
	case role == Guest:
		return Verdict{}, false
	case r.PIN == "": // nothing was guessed
		return Verdict{Cause: cause.Denied}, false
	}
	// Counted even if lock-outs are off: they may be turned on.
	a.sources.fail(source, now)
	a.rooms.fail(room, now)
	return Verdict{Cause: cause.Denied}, true
}

// enter applies what the room itself says to somebody with the right PIN.
func (a *Admission) enter(room *store.Room, r Request, v Verdict) Verdict {
	v = a.inside(room, r, v)
	v.Language = room.Language
	return v
}

// inside applies the room's times, its lock and its capacity.
func (a *Admission) inside(room *store.Room, r Request, v Verdict) Verdict {
	// Whom a host has called in is as early as the host.
	early := v.Role == Host || r.Invited != store.NoRole
	if v = atItsTime(room, r.at(), early, v); v.Cause != cause.None {
		return v
	}
	if a.live != nil {
		if a.live.Locked(room.ID) && v.Role != Host {
			return Verdict{Cause: cause.Locked}
		}
		if room.MaxParticipants > 0 && a.live.Count(room.ID) >= room.MaxParticipants {
			return Verdict{Cause: cause.Full}
		}
	}
	v.Lobby = room.Lobby && v.Role != Host
	v.Wait = room.WaitForHost && v.Role != Host
	return v
}

// log writes refusals without what was entered: people key PINs where the
// extension is asked.
func (a *Admission) log(ctx context.Context, source string, room *store.Room, v Verdict) {
	extension := "unknown"
	if room != nil {
		extension = room.Extension
	}
	l := a.cfg.Logger.With("source", source, "room", extension)
	switch v.Cause {
	case cause.LockedOut:
		l.WarnContext(ctx, "refused: locked out after too many failed attempts", "for", v.Backoff.Round(time.Second))
	case cause.LinkUnknown, cause.LinkReplaced, cause.LinkEnded:
		l.InfoContext(ctx, "guest link refused", "cause", v.Cause.String())
	default:
		l.InfoContext(ctx, "meeting number or PIN is wrong")
	}
}
