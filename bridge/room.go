package bridge

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/media"
	"github.com/partyline/partyline/mixer"
)

// RoomConfig is what the bridge needs to know of a room.
type RoomConfig struct {
	ID   string // the room's for life
	Name string
	// MaxParticipants counts every kind of leg, in the room or its lobby; 0: no
	// limit.
	MaxParticipants int
	// MuteOnEntry mutes everyone but hosts as they come in.
	MuteOnEntry bool
}

// Room is a live meeting: a space with members. Its methods may be called from
// any goroutine but an engine's.
type Room struct {
	bridge *Bridge
	cfg    RoomConfig
	engine *media.Engine

	count  atomic.Int32 // members and reserved seats
	locked atomic.Bool
	hosts  atomic.Int32

	// Owned by the engine.
	space    space
	members  []*member
	reserved int
	gone     bool // the last party has left: nobody joins any more
}

// State is where a member is.
type State uint8

// The states of a member.
const (
	StateLobby State = iota + 1 // waits to be let in
	StateRoom                   // hears and is heard
)

func (s State) String() string {
	if s == StateLobby {
		return "lobby"
	}
	return "room"
}

// member is a participant in a room or its lobby. The room's engine owns it.
type member struct {
	p        *Participant
	room     *Room
	name     string
	host     bool
	state    State
	waitHost bool // let in as soon as a host is there
	hand     bool
	joined   time.Time
}

// JoinOptions says how a participant joins.
type JoinOptions struct {
	Name string
	Host bool
	// Lobby lets the participant wait until a host admits it; WaitForHost until
	// a host is there. Neither holds for a host.
	Lobby       bool
	WaitForHost bool
	Muted       bool
}

func newRoom(b *Bridge, cfg RoomConfig, e *media.Engine) *Room {
	r := &Room{bridge: b, cfg: cfg, engine: e}
	r.space = space{
		engine: e,
		mix:    mixer.New(mixer.Config{Loudest: b.cfg.Loudest, Levelling: b.cfg.Levelling}),
		changed: func(st *strip) {
			if m := st.p.member; m != nil {
				r.tell(Event{Kind: EventTalking, ID: st.p.id, Name: m.name, On: st.talking})
			}
		},
	}
	return r
}

// ID is the room's.
func (r *Room) ID() string { return r.cfg.ID }

// Name is the room's title.
func (r *Room) Name() string { return r.cfg.Name }

// Count is how many are in the room or its lobby.
func (r *Room) Count() int { return int(r.count.Load()) }

// HasHost says whether a host is in the room.
func (r *Room) HasHost() bool { return r.hosts.Load() > 0 }

// Locked says whether the room takes nobody in any more, hosts excepted.
func (r *Room) Locked() bool { return r.locked.Load() }

// tell publishes an event of this room.
func (r *Room) tell(e Event) {
	e.RoomID = r.cfg.ID
	r.bridge.publish(e)
}

// join takes a participant from the hall, or from another room, into the room or its
// lobby and returns when it is there; until then it stays where it is. It fails with cause.Full, cause.Locked, ErrClosed if the room
// has ended in the meantime, or the context's error.
func (r *Room) join(ctx context.Context, p *Participant, opt JoinOptions) error {
	var refused error
	if err := r.call(ctx, func() { refused = r.reserve(opt.Host) }); err != nil {
		r.engine.Do(func() { // behind the reservation, which may still come
			if refused == nil {
				r.release()
			}
		})
		return err
	}
	if refused != nil {
		return refused
	}
	var music Source
	if !opt.Host && (opt.Lobby || opt.WaitForHost) && r.bridge.cfg.Music != nil {
		music = r.bridge.cfg.Music() // made here, not in a tick: it may take its time
	}
	done := make(chan error, 1)
	p.do(func() { // on the engine that steps p now
		if p.space == nil {
			r.engine.Do(r.release)
			done <- p.leg.Cause()
			return
		}
		p.leaveRoom()
		p.move(&r.space, false, mixer.HearNothing, func() {
			if r.space.lobby == nil {
				r.space.lobby = music
			}
			r.seat(p, opt)
			done <- nil
		})
	})
	select {
	case err := <-done:
		return err
	case <-r.bridge.closed:
		return ErrClosed
	}
}

// engineFull is the load of a room's engine at which the room takes nobody in any
// more, though the gateway may: those who are in it must not suffer.
const engineFull = 0.9

// reserve keeps a seat for someone on the way in.
func (r *Room) reserve(host bool) error {
	switch {
	case r.gone:
		return ErrClosed
	case r.locked.Load() && !host:
		return cause.Locked
	case r.cfg.MaxParticipants > 0 && int(r.count.Load()) >= r.cfg.MaxParticipants:
		return cause.Full
	case r.engine.Load() >= engineFull && len(r.members) > 0:
		return cause.Full
	}
	r.reserved++
	r.count.Add(1)
	return nil
}

// release gives back a seat that nobody took.
func (r *Room) release() {
	r.reserved--
	r.count.Add(-1)
	r.closeIfEmpty()
}

// seat makes a participant whose strip has arrived a member.
func (r *Room) seat(p *Participant, opt JoinOptions) {
	r.reserved--
	m := &member{p: p, room: r, name: opt.Name, host: opt.Host, joined: time.Now()}
	if m.name == "" {
		m.name = p.leg.Party().Name
	}
	p.member = m
	r.members = append(r.members, m)
	p.strip.muted = opt.Muted || r.cfg.MuteOnEntry && !opt.Host
	p.strip.port.SetMuted(p.strip.muted)
	if opt.Host {
		r.hosts.Add(1)
	}
	m.waitHost = opt.WaitForHost && !r.HasHost()
	if !opt.Host && (opt.Lobby || m.waitHost) {
		m.waitHost = m.waitHost && !opt.Lobby
		m.state = StateLobby
		r.space.setHearing(p.strip, mixer.HearLobby)
		r.tell(Event{Kind: EventWaiting, ID: p.id, Name: m.name, Host: m.host})
		return
	}
	r.enter(m)
	if m.host {
		r.admitWaiting(func(w *member) bool { return w.waitHost })
	}
}

// enter lets a member hear and be heard.
func (r *Room) enter(m *member) {
	m.state, m.waitHost = StateRoom, false
	m.p.strip.listening = true
	r.space.setHearing(m.p.strip, mixer.HearRoom)
	r.tell(Event{Kind: EventJoined, ID: m.p.id, Name: m.name, Host: m.host})
}

// admitWaiting lets in those of the lobby for whom which says so, and returns
// how many.
func (r *Room) admitWaiting(which func(*member) bool) int {
	n := 0
	for _, m := range r.members {
		if m.state == StateLobby && which(m) {
			r.enter(m)
			m.p.notify(Notice{NoticeAdmitted})
			n++
		}
	}
	return n
}

// leaveRoom ends the participant's membership. It runs on the room's engine,
// which is the participant's; the strip stays where it is.
func (p *Participant) leaveRoom() {
	m := p.member
	if m == nil {
		return
	}
	p.member = nil
	r := m.room
	for i, x := range r.members {
		if x == m {
			r.members = append(r.members[:i], r.members[i+1:]...)
			break
		}
	}
	r.count.Add(-1)
	if m.host {
		r.hosts.Add(-1)
	}
	if p.strip.talking {
		p.strip.talking = false
		r.tell(Event{Kind: EventTalking, ID: p.id, Name: m.name})
	}
	r.tell(Event{Kind: EventLeft, ID: p.id, Name: m.name, Cause: p.leg.Cause()})
	r.closeIfEmpty()
}

// closeIfEmpty ends a room that the last party has left.
func (r *Room) closeIfEmpty() {
	if len(r.members) > 0 || r.reserved > 0 || r.gone {
		return
	}
	r.gone = true
	for _, a := range r.space.announce {
		a.finish()
	}
	r.space.announce = nil
	r.bridge.mu.Lock()
	if r.bridge.rooms[r.cfg.ID] == r {
		delete(r.bridge.rooms, r.cfg.ID)
	}
	r.bridge.mu.Unlock()
	r.engine.Remove(&r.space)
}
