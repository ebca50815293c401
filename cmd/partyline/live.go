package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/control"
	"github.com/partyline/partyline/store"
)

// place is where a leg is: a live room and its entry in the roster.
type place struct {
	room      *bridge.Room
	extension string
	entry     bridge.Entry
}

// askedAtOnce is how many rooms are asked for their roster at a time: each
// answers between two steps of its engine, so that asking one after the other
// would take 5 ms a room.
const askedAtOnce = 64

// placeOf finds everyone who is in a room or its lobby, by leg.
func (g *gateway) placeOf() map[string]place {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	places := map[string]place{}
	var mu sync.Mutex
	var asked sync.WaitGroup
	slots := make(chan struct{}, askedAtOnce)
	for _, room := range g.bridge.Rooms() {
		slots <- struct{}{}
		asked.Go(func() {
			defer func() { <-slots }()
			roster, err := room.Roster(ctx)
			if err != nil {
				return
			}
			extension := g.extensionOf(ctx, room.ID())
			mu.Lock()
			defer mu.Unlock()
			for _, e := range roster {
				places[e.ID] = place{room: room, extension: extension, entry: e}
			}
		})
	}
	asked.Wait()
	return places
}

// extensionOf is a live room's extension; its id if it was removed meanwhile.
func (g *gateway) extensionOf(ctx context.Context, id string) string {
	if r, err := g.store.RoomByID(ctx, id); err == nil {
		return r.Extension
	}
	return id
}

// liveRooms is the gateway as control.Rooms.
type liveRooms gateway

func (l *liveRooms) gateway() *gateway { return (*gateway)(l) }

// Live implements control.Rooms.
func (l *liveRooms) Live(ctx context.Context) []control.Room {
	g := l.gateway()
	calls := g.calls.List()
	rooms := []control.Room{}
	for _, r := range g.bridge.Rooms() {
		live := control.Room{Extension: g.extensionOf(ctx, r.ID()), Name: r.Name(), Locked: r.Locked(), Calls: []control.Call{}}
		for _, c := range calls {
			if c.Room != live.Extension {
				continue
			}
			live.Calls = append(live.Calls, c)
			if c.Role == "host" {
				live.Hosts++
			}
			if c.State == "lobby" {
				live.Lobby++
			}
		}
		live.Count = r.Count()
		rooms = append(rooms, live)
	}
	slices.SortFunc(rooms, func(a, b control.Room) int { return compareExtensions(a.Extension, b.Extension) })
	return rooms
}

func compareExtensions(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// room finds a live room by extension.
func (l *liveRooms) room(ctx context.Context, extension string) (*bridge.Room, error) {
	g := l.gateway()
	r, err := g.store.RoomByExtension(ctx, extension)
	id := extension // of a room that was removed
	if err == nil {
		id = r.ID
	}
	room := g.bridge.Room(id)
	switch {
	case room == nil && err != nil:
		return nil, fmt.Errorf("no room has the extension %s: %w", extension, control.ErrNotFound)
	case room == nil:
		return nil, fmt.Errorf("nobody is in room %s: %w", extension, control.ErrNotFound)
	}
	return room, nil
}

// Admit implements control.Rooms.
func (l *liveRooms) Admit(ctx context.Context, extension, call string) (int, error) {
	room, err := l.room(ctx, extension)
	if err != nil {
		return 0, err
	}
	if call == "" {
		return room.AdmitAll(ctx)
	}
	return 1, notHere(room.Admit(ctx, call), call, extension)
}

// notHere says in words that a call is not in a room.
func notHere(err error, call, extension string) error {
	if errors.Is(err, bridge.ErrNotHere) {
		return fmt.Errorf("call %s is not in room %s: %w", call, extension, control.ErrNotFound)
	}
	return err
}

// Mute implements control.Rooms.
func (l *liveRooms) Mute(ctx context.Context, extension, call string, on bool) error {
	room, err := l.room(ctx, extension)
	if err != nil {
		return err
	}
	if call == "" {
		return room.MuteAll(ctx, on)
	}
	return notHere(room.Mute(ctx, call, on, true), call, extension)
}

// Lock implements control.Rooms.
func (l *liveRooms) Lock(ctx context.Context, extension string, on bool) error {
	room, err := l.room(ctx, extension)
	if err != nil {
		return err
	}
	return room.Lock(ctx, on)
}

// End implements control.Rooms.
func (l *liveRooms) End(ctx context.Context, extension string) error {
	room, err := l.room(ctx, extension)
	if err != nil {
		return err
	}
	return room.End(ctx, cause.Ended)
}

// Status implements control.Gateway.
func (g *gateway) Status() control.Status {
	return control.Status{
		Version: versionText(), PID: os.Getpid(), Started: g.started, Ready: g.ready.Load(), Alive: g.alive(), Draining: g.draining.Load(),
		Calls: g.calls.count(), Rooms: len(g.bridge.Rooms()), Config: g.cfg.Load().File, Listeners: g.listeners,
		Gatekeeper: g.gatekeeper(),
	}
}

// lengths remembers how long the rooms' extensions are. A length once seen
// stays: a caller learns nothing by it.
type lengths struct {
	rooms interface {
		Rooms(context.Context) ([]store.Room, error)
	}
	mu   sync.Mutex
	seen map[int]bool
}

func (l *lengths) has(length int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seen[length] {
		return true
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	rooms, err := l.rooms.Rooms(ctx)
	if err != nil {
		return false
	}
	l.seen = map[int]bool{}
	for _, r := range rooms {
		l.seen[len(r.Extension)] = true
	}
	return l.seen[length]
}
