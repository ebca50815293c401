package reception

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/partyline/partyline/admission"
	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/store"
)

// ErrMoving says that a call is on its way to another room already.
var ErrMoving = errors.New("reception: the call is being moved already")

// move is a call that is wanted in another room.
type move struct {
	entry   Entry
	outcome chan error // holds one
}

// Move takes a call that is in a room or its lobby to another room, as e says. With
// e.Invited the party is asked for nothing, and stays where it is if the other room
// does not take it: the error is then the cause. Without, the party is out of its room
// at once and received anew, so that it is asked for what e lacks; Move does not wait
// for that. It fails with ErrMoving, with the cause of the call's end, or with the
// context's error if the call cannot be reached in time.
func (r *Reception) Move(ctx context.Context, p *bridge.Participant, e Entry) error {
	m := &move{entry: e, outcome: make(chan error, 1)}
	if !r.book.summon(p.ID(), m) {
		return ErrMoving
	}
	defer r.book.dismiss(p.ID(), m)
	p.Summon()
	select {
	case err := <-m.outcome:
		return err
	case <-p.Leg().Done():
		return p.Leg().Cause()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// moveOn takes the call where it is wanted.
func (c *call) moveOn(ctx context.Context) error {
	m := c.r.book.summoned(c.p.ID())
	if m == nil || c.room == nil {
		return nil // whoever wanted it waits no longer
	}
	e := m.entry
	e.Page = c.entry.Page
	if e.Language == "" {
		e.Language = c.entry.Language
	}
	if e.Invited == store.NoRole {
		m.outcome <- nil
		return c.receiveAnew(ctx, e)
	}
	room, err := c.change(ctx, e)
	m.outcome <- err
	if err != nil {
		return c.over(ctx) // it stays where it is
	}
	return c.settle(ctx, room, sayMoved)
}

// change goes from the room of the call to another one, or stays if that does not take
// it.
func (c *call) change(ctx context.Context, e Entry) (*bridge.Room, error) {
	v := c.r.door.Admit(ctx, admission.Request{
		Extension: e.Extension, RoomID: e.RoomID, Invited: e.Invited, Source: e.Source, Time: time.Now(),
	})
	switch {
	case v.Cause != cause.None:
		return nil, v.Cause
	case v.Room == nil:
		return nil, fmt.Errorf("reception: admitted to no room")
	}
	was, old := c.entry, c.stay
	c.entry = e
	c.stay = stay{verdict: v, host: v.Role == admission.Host, volume: old.volume, name: old.name}
	room, err := c.join(ctx)
	if err != nil {
		c.entry, c.stay = was, old
		return nil, err
	}
	c.part(&old)
	c.speak(v.Language)
	return room, nil
}

// receiveAnew takes the call out of its room and receives it as one that has just come.
func (c *call) receiveAnew(ctx context.Context, e Entry) error {
	old := c.stay
	c.r.rooms.Withdraw(c.p)
	c.part(&old)
	c.entry, c.stay = e, stay{volume: old.volume, name: old.name}
	c.ahead, c.swallow = nil, false
	return c.receive(ctx)
}

// part takes leave of a room that the call is out of already.
func (c *call) part(s *stay) {
	c.depart(s)
	c.seen(c.who, store.Left)
	c.who = store.Who{}
}
