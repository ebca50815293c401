package main

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/partyline/partyline/control"
	"github.com/partyline/partyline/store"
	"github.com/partyline/partyline/web/live"
)

// noted puts on record what the command line has changed. The store writes it when
// it is closed.
func noted(s *store.Store, action, subject, detail string) {
	s.RecordChange(store.Change{By: store.ByCommand, Who: control.UserName(), Action: action, Subject: subject, Detail: detail})
}

// noteSignIn puts a sign-in on record, or that it failed. What was entered is kept
// only if an account is called that: people key their password where the address is
// asked. Attempts while a source is locked out are counted by the metrics alone.
func (g *gateway) noteSignIn(ctx context.Context, email string, from netip.Addr, err error) {
	failed := errors.Is(err, store.ErrCredentials)
	if err != nil && !failed {
		return
	}
	c := store.Change{By: store.ByAccount, From: from.String(), Action: "sign-in", Subject: "no account", Failed: failed}
	if u, unknown := g.store.UserByEmail(ctx, email); unknown == nil {
		c.Who, c.Subject = u.Email, u.About()
	}
	g.store.RecordChange(c)
}

// noteControl puts on record what was done over the control socket.
func (g *gateway) noteControl(d control.Deed) {
	c := store.Change{By: store.ByCommand, Who: d.User, Action: d.Action, Subject: d.Subject}
	if d.To != "" {
		c.Detail = "to " + d.To
	}
	switch {
	case d.Action == "reload":
		g.noteReload(c)
		return
	case strings.HasSuffix(d.Action, "-call"):
		c.Subject = "call " + d.Subject
	case strings.HasSuffix(d.Action, "-room"):
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		c.Subject = "room " + d.Subject
		if r, err := g.store.RoomByExtension(ctx, d.Subject); err == nil {
			c.Subject = r.About()
		}
	}
	g.store.RecordChange(c)
}

// noteLive puts on record what a host did to a live room, of what is not done all
// the time.
func (g *gateway) noteLive(d live.Deed) {
	switch d.Command.Do {
	case "remove", "end", "lock", "make-host":
	default:
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	c := store.Change{By: store.ByAccount, From: d.Source.String(), Action: "live-" + d.Command.Do, Subject: "room " + d.RoomID}
	if u, err := g.store.UserByID(ctx, d.UserID); err == nil {
		c.Who = u.Email
	}
	if r, err := g.store.RoomByID(ctx, d.RoomID); err == nil {
		c.Subject = r.About()
	}
	if d.Command.Who != "" {
		c.Detail = "participant " + d.Command.Who
	}
	if on := d.Command.On; on != nil && !*on {
		c.Detail = strings.TrimPrefix(c.Detail+", off", ", ")
	}
	g.store.RecordChange(c)
}

// reloads remembers what the last reload of the configuration did.
type reloads struct {
	mu   sync.Mutex
	at   time.Time // of the last that was put in force; zero: none since the start
	last control.Reloaded
}

func (r *reloads) note(done control.Reloaded, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		r.at, r.last = time.Now(), done
	}
}

func (r *reloads) get() (time.Time, control.Reloaded) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.at, r.last
}

// noteReload puts the last reload on record.
func (g *gateway) noteReload(by store.Change) {
	_, done := g.reloads.get()
	by.Action, by.Subject, by.Detail = "reload", "configuration", "nothing changed"
	var parts []string
	for _, p := range []struct {
		what string
		keys []string
	}{{"in force: ", done.Applied}, {"needs a restart: ", done.Restart}} {
		if len(p.keys) > 0 {
			parts = append(parts, p.what+strings.Join(p.keys, " "))
		}
	}
	if parts != nil {
		by.Detail = strings.Join(parts, "; ")
	}
	g.store.RecordChange(by)
}
