// Package bridge joins legs in rooms. Legs come in from the signalling packages
// as Leg values; each becomes a Participant, first in a hall, where it hears
// only what is played to it, then in a Room or its lobby. Out go payloads
// through each leg's media.Audio, and events about who joined, talks, is muted.
//
// State: the engine (media.Engine) that steps a room owns the room and its
// participants; everything else posts commands, which run between ticks. The
// Bridge owns the tables of rooms and participants under a mutex that no tick
// takes.
package bridge

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/media"
	"github.com/partyline/partyline/mixer"
)

// Errors of the bridge.
var (
	ErrClosed    = errors.New("bridge: closed")
	ErrDuplicate = errors.New("bridge: a leg of this id is here already")
	ErrNotHere   = errors.New("bridge: no such participant in the room")
)

// Config is what a Bridge is made of.
type Config struct {
	Logger *slog.Logger // nil: slog.Default()
	// Music makes the sound of the lobby; nil: silence.
	Music func() Source
	// Levelling makes quiet and loud parties alike. Loudest is how many talkers
	// are mixed at most (0: 8).
	Levelling bool
	Loudest   int
}

// Bridge holds the live rooms and everyone in them.
type Bridge struct {
	media  *media.Media
	cfg    Config
	log    *slog.Logger
	closed chan struct{}

	mu    sync.Mutex
	rooms map[string]*Room
	parts map[string]*Participant
	halls map[*media.Engine]*space
	subs  map[chan Event]struct{}
	shut  bool
}

// New returns a Bridge over m. The caller starts and closes m.
func New(m *media.Media, cfg Config) *Bridge {
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	return &Bridge{
		media: m, cfg: cfg, log: cfg.Logger, closed: make(chan struct{}),
		rooms: map[string]*Room{}, parts: map[string]*Participant{},
		halls: map[*media.Engine]*space{}, subs: map[chan Event]struct{}{},
	}
}

// Close lets go of whoever still waits for the bridge. The engines are stopped
// after it.
func (b *Bridge) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.shut {
		b.shut = true
		close(b.closed)
	}
}

// homed is a leg's sound that has an engine already: the one that reads its port.
// Nobody else may touch it before that has handed it over.
type homed interface{ Engine() *media.Engine }

// home is the engine that a leg begins on.
func (b *Bridge) home(a media.Audio) *media.Engine {
	if h, ok := a.(homed); ok {
		if e := h.Engine(); e != nil {
			return e
		}
	}
	return b.media.Pick()
}

// Enter takes a leg into the hall of its engine. Participant.Exit takes it out.
func (b *Bridge) Enter(leg Leg) (*Participant, error) {
	p := &Participant{
		id: leg.ID(), leg: leg, bridge: b,
		keys: make(chan media.Key, keysKept), notices: make(chan Notice, noticesKept),
		left: make(chan struct{}),
	}
	p.strip = &strip{p: p, audio: leg.Audio(), hearing: mixer.HearNothing}
	p.strip.level.Store(127)
	p.level = &p.strip.level
	e := b.home(p.strip.audio)
	p.engine.Store(e)

	b.mu.Lock()
	if b.shut {
		b.mu.Unlock()
		return nil, ErrClosed
	}
	if _, ok := b.parts[p.id]; ok {
		b.mu.Unlock()
		return nil, ErrDuplicate
	}
	b.parts[p.id] = p
	hall := b.hall(e)
	b.mu.Unlock()

	leg.SetKeySink(p.pressed)
	e.Do(func() {
		p.strip.audio.Attach(e)
		p.space = hall
		hall.add(p.strip)
	})
	return p, nil
}

// hall returns the hall of an engine, making it at first use. b.mu is held.
func (b *Bridge) hall(e *media.Engine) *space {
	h := b.halls[e]
	if h == nil {
		h = &space{engine: e, mix: mixer.New(mixer.Config{})}
		b.halls[e] = h
		e.Add(h)
	}
	return h
}

func (b *Bridge) forget(p *Participant) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.parts, p.id)
}

// Participant returns who has this leg id, or nil.
func (b *Bridge) Participant(id string) *Participant {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.parts[id]
}

// Participants returns everyone in the bridge, wherever they are.
func (b *Bridge) Participants() []*Participant {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := make([]*Participant, 0, len(b.parts))
	for _, p := range b.parts {
		all = append(all, p)
	}
	return all
}

// Room returns the live room of this id, or nil if nobody is in it.
func (b *Bridge) Room(id string) *Room {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.rooms[id]
}

// Rooms returns the live rooms.
func (b *Bridge) Rooms() []*Room {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := make([]*Room, 0, len(b.rooms))
	for _, r := range b.rooms {
		all = append(all, r)
	}
	return all
}

// Count is how many parties are in the room or its lobby, 0 if it isn't live.
func (b *Bridge) Count(roomID string) int {
	if r := b.Room(roomID); r != nil {
		return int(r.count.Load())
	}
	return 0
}

// Locked says whether the room is live and locked.
func (b *Bridge) Locked(roomID string) bool {
	r := b.Room(roomID)
	return r != nil && r.locked.Load()
}

// open returns the live room of this configuration, making it if nobody is in
// it. A room ends by itself when its last party leaves.
func (b *Bridge) open(cfg RoomConfig) *Room {
	b.mu.Lock()
	defer b.mu.Unlock()
	if r := b.rooms[cfg.ID]; r != nil {
		return r
	}
	r := newRoom(b, cfg, b.media.Pick())
	b.rooms[cfg.ID] = r
	r.engine.Add(&r.space)
	return r
}

// Join takes a participant into the room of this configuration, which is made
// if nobody is in it, and returns when it is there or in the lobby. It fails with
// cause.Full, cause.Locked, the cause of the call's end, or the context's error.
func (b *Bridge) Join(ctx context.Context, p *Participant, cfg RoomConfig, opt JoinOptions) (*Room, error) {
	for {
		r := b.open(cfg)
		err := r.join(ctx, p, opt)
		if !errors.Is(err, ErrClosed) {
			return r, err
		}
		select { // its last party has just left: make it anew
		case <-b.closed:
			return nil, ErrClosed
		case <-p.leg.Done():
			return nil, p.leg.Cause()
		default:
		}
	}
}

// Hangup ends the calls of everyone in the bridge for this cause.
func (b *Bridge) Hangup(c cause.Cause) {
	for _, p := range b.Participants() {
		p.leg.Hangup(c)
	}
}

// hangupAfter ends a call that has not ended by itself by then: the prompt that
// says why must not keep it alive.
func (b *Bridge) hangupAfter(d time.Duration, leg Leg, c cause.Cause) {
	time.AfterFunc(d, func() { leg.Hangup(c) })
}
