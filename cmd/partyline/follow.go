package main

import (
	"context"
	"time"

	"github.com/partyline/partyline/bridge"
)

// followed is how many events of the rooms may wait to be noted: more than
// happen while the roster of one room is read.
const followed = 4096

// follow notes who joined what, for the call records and the log, until the
// gateway stops serving and everybody has left.
func (g *gateway) follow() {
	defer close(g.followed)
	events, cancel := g.bridge.Subscribe(followed)
	defer cancel()
	for {
		select {
		case e := <-events:
			g.note(e)
		case <-g.closing:
			return
		}
	}
}

func (g *gateway) note(e bridge.Event) {
	switch e.Kind {
	case bridge.EventJoined, bridge.EventWaiting, bridge.EventHost:
	default:
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	extension := g.extensionOf(ctx, e.RoomID)
	role := "guest"
	if e.Host || e.Kind == bridge.EventHost {
		role = "host"
	}
	g.calls.place(e.ID, e.RoomID, extension, role, e.Kind == bridge.EventJoined)
	g.seeing.names.placed(e.ID, extension)
	g.trace.Room(e.ID, extension)
	g.log.Info("call "+map[bridge.EventKind]string{
		bridge.EventJoined: "joined", bridge.EventWaiting: "waits in the lobby", bridge.EventHost: "became host",
	}[e.Kind], "leg", e.ID, "room", extension, "role", role)
}

// place notes where a call is.
func (t *attendances) place(id, room, extension, role string, joined bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	a := t.byID[id]
	if a == nil {
		return
	}
	t.moves++
	a.room, a.extension, a.role = room, extension, role
	if joined && a.joined.IsZero() {
		a.joined = time.Now()
	}
}
