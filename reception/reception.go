// Package reception is what a caller hears and keys before the room, and what
// its keys do inside it.
//
// In flows a bridge.Participant that has just entered the hall, with what
// signalling already knows (Entry). The reception welcomes, collects the meeting
// number and the PIN, asks the one admission (Door), takes the participant into
// its room or lobby, and then serves its keys and tells it what hosts do to it,
// until the call is over. Out flow prompts, by key, and commands to the room. It
// knows no protocol: a leg in memory is received as a phone is. A party that has
// a page before it goes the same way, but nothing is spoken to it.
//
// A call is one goroutine, in Attend, which owns all of the call's state and
// lends it to one goroutine at a time that does what the caller asks for; each
// stage has a file and is written in the order in which a caller lives through
// it. What calls of one room know of each other beyond the bridge (recorded
// names, which host hears of someone waiting, the calls of one invitee) is in the
// book, under a mutex.
package reception

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/partyline/partyline/admission"
	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/store"
)

// Config is how callers are received.
type Config struct {
	// Attempts is how often a call may try meeting number and PIN; 0: 3.
	Attempts int
	// DigitTimeout is the silence that ends an entry or a sequence of keys; 0: 4 s.
	DigitTimeout time.Duration
	// FirstDigit is how long the first key of an entry is waited for after the
	// prompt: people look for their number; 0: 10 s.
	FirstDigit time.Duration
	// ExtensionLength is the length of every meeting number: one of that length
	// needs no confirmation; 0: they differ.
	ExtensionLength int
	// TestExtension is the meeting number of the test call; empty: none.
	TestExtension string
	// Language is spoken where neither the number nor the room chooses one.
	Language string
	// Keys are the keys in the room; nil: DefaultKeys.
	Keys Keymap
	// AnnounceUpTo is the set size: above it nobody is announced by tone or name,
	// nor told which person they are; 0: 20, negative: nobody ever.
	AnnounceUpTo int
	// Presence hears of invitees; nil: nobody does.
	Presence Presence
	// EchoTime is how long the test call lets the caller hear itself; 0: 15 s.
	EchoTime time.Duration
	// Logger; nil: slog.Default().
	Logger *slog.Logger
}

// Door decides who may join which room.
type Door interface {
	// Admit weighs a meeting number (or room) and PIN. It takes the same time for
	// a number that exists and one that does not.
	Admit(context.Context, admission.Request) admission.Verdict
	// NeedsPIN says whether a PIN must be asked for before Admit. It is true for
	// a number that does not exist: only a room that anyone may enter is told
	// from it.
	NeedsPIN(context.Context, admission.Request) bool
}

// Rooms joins participants in rooms; *bridge.Bridge does.
type Rooms interface {
	Join(context.Context, *bridge.Participant, bridge.RoomConfig, bridge.JoinOptions) (*bridge.Room, error)
	// Withdraw takes a participant out of its room again.
	Withdraw(*bridge.Participant)
}

// Words says prompts and has music; *prompts.Words does.
type Words interface {
	Say(lang string, keys ...string) []bridge.Source
	// Music never ends.
	Music() bridge.Source
}

// Presence keeps what somebody does who came by a PIN or link of their own: Waiting
// (for the meeting to open, or in the lobby), Joined, and Left when the last of their
// calls is over. It must not block. *store.Store does.
type Presence interface {
	RecordPresence(store.Presence)
}

// Entry is what signalling knows of a call when it is answered.
type Entry struct {
	// Extension is the meeting number that was dialled, PIN what came with it;
	// RoomID is the room to which the dialled number is mapped, which needs no
	// meeting number.
	Extension, PIN, RoomID string
	// Mapped says that Extension is not what the caller dialled but what its
	// number is mapped to: after a wrong PIN the PIN alone is asked again.
	Mapped bool
	// Language is the number's, empty if it has none.
	Language string
	// Token is that of a guest link, User the account that the party has signed
	// in to: the party is admitted by them and asked for nothing.
	Token, User string
	// Invited is the role of a party that was called into the room (Extension or
	// RoomID) instead of calling: it is asked for nothing.
	Invited admission.Role
	// Confirm has an invited party press 1 before it joins or hears anything of the
	// room, and is told what came of it: cause.None if it joins. nil: it is not asked.
	Confirm func(cause.Cause)
	// Name is what the party calls itself; empty: what its leg says.
	Name string
	// Page says that the party has a page before it, which tells all that a phone
	// is told in words. Nothing is spoken to it; it hears the room's tones, and
	// the music of the lobby.
	Page bool
	// Source is whom the limits of admission count by.
	Source admission.Source
	// Test says that the test call was dialled.
	Test bool
}

// Reception receives calls. Any number of goroutines may attend at once.
type Reception struct {
	cfg   Config
	door  Door
	rooms Rooms
	words Words
	book  *book
}

// New returns a Reception.
func New(cfg Config, door Door, rooms Rooms, words Words) *Reception {
	if cfg.Attempts <= 0 {
		cfg.Attempts = 3
	}
	if cfg.DigitTimeout <= 0 {
		cfg.DigitTimeout = 4 * time.Second
	}
	if cfg.FirstDigit <= 0 {
		cfg.FirstDigit = 10 * time.Second
	}
	if cfg.Language == "" {
		cfg.Language = "en"
	}
	if cfg.Keys == nil {
		cfg.Keys = DefaultKeys()
	}
	if cfg.AnnounceUpTo == 0 {
		cfg.AnnounceUpTo = 20
	}
	if cfg.EchoTime <= 0 {
		cfg.EchoTime = 15 * time.Second
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	r := &Reception{cfg: cfg, door: door, rooms: rooms, words: words, book: newBook()}
	// What nearly every caller hears is decoded now: the first does not wait for it.
	r.say(cfg.Language, []prompt{sayWelcome, askExtension, askPIN, sayWrong, sayYouAreNo, sayGoodbye})
	return r
}

// errGone says that the party is gone: there is nobody left to speak to.
var errGone = errors.New("reception: the call is over")

// Attend receives a call and serves it to its end. It returns when the call is
// over and the participant is out of the bridge. When the context ends, the
// caller is told that the service shuts down and the call ends for
// cause.Draining. A panic ends this call alone.
func (r *Reception) Attend(ctx context.Context, p *bridge.Participant, e Entry) {
	c := &call{
		r: r, p: p, leg: p.Leg(), entry: e, lang: e.Language,
	}
	if c.lang == "" {
		c.lang = r.cfg.Language
	}
	next := func() error { return c.receive(ctx) }
	for c.step(ctx, next) {
		next = c.attend(ctx)
	}
	c.aside(c.leave)
}

// step does the next thing that a call asks for and says whether the call goes
// on; if not, its last words are said.
func (c *call) step(ctx context.Context, next func() error) (on bool) {
	c.aside(func() {
		err := next()
		if err == nil {
			err = c.keyed(ctx)
		}
		if on = err == nil; !on {
			c.farewell(err)
		}
	})
	return on
}

// aside does something in a goroutine of its own and waits for it: doors,
// databases and prompts need deep stacks, and a stack that has grown is kept by
// its goroutine, here for as long as the call lasts. A panic ends the call, the
// others go on.
func (c *call) aside(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if v := recover(); v != nil {
				c.log().Error("the reception failed; this call is ended", "panic", v, "stack", string(debug.Stack()))
				c.leg.Hangup(cause.Internal)
			}
		}()
		f()
	}()
	<-done
}

// receive takes a call from its answer into its room. It fails with errGone, or
// with the cause for which the call ends before it is there.
func (c *call) receive(ctx context.Context) error {
	if c.entry.Test {
		return c.test(ctx)
	}
	if c.entry.Confirm != nil {
		if err := c.askToJoin(ctx); err != nil {
			return err
		}
	}
	enter := c.gate
	if c.entry.Page || c.entry.Token != "" || c.entry.User != "" || c.entry.Invited != store.NoRole {
		enter = c.present
	}
	verdict, err := enter(ctx)
	if errors.Is(err, errTest) {
		return c.test(ctx)
	}
	if err != nil {
		return err
	}
	if verdict.Room == nil {
		return fmt.Errorf("reception: admitted to no room")
	}
	return c.meet(ctx, verdict)
}
