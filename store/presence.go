package store

import (
	"context"
	"database/sql"
	"time"
)

// PresenceState is what an invitee does.
type PresenceState uint8

// The states, in the order in which they come.
const (
	Absent PresenceState = iota // invited, and not seen yet
	Opened                      // the page
	Waiting
	Joined
	Left
)

func (p PresenceState) String() string {
	switch p {
	case Opened:
		return "opened"
	case Waiting:
		return "waiting"
	case Joined:
		return "joined"
	case Left:
		return "left"
	}
	return "invited"
}

// The column of each state.
var presenceColumn = [...]string{Opened: "opened", Waiting: "waiting", Joined: "joined", Left: `"left"`}

// Presence is that an invitee was seen.
type Presence struct {
	InviteeID string
	State     PresenceState
	At        time.Time
}

// seen is one thing that an invitee does: of the times that it was seen only the
// last is kept, whichever is told first.
type seen struct {
	invitee string
	state   PresenceState
}

// RecordPresence queues what an invitee does and returns at once.
func (s *Store) RecordPresence(p Presence) {
	if p.InviteeID == "" || p.State < Opened || p.State > Left || len(p.InviteeID) > maxID {
		return
	}
	j := &s.journal
	j.mu.Lock()
	defer j.mu.Unlock()
	what := seen{p.InviteeID, p.State}
	last, waits := j.presence[what]
	switch {
	case waits && !p.At.After(last):
		return
	case !waits && len(j.presence) >= maxPresence:
		j.dropped++
		return
	case j.presence == nil:
		j.presence = map[seen]time.Time{}
	}
	j.presence[what] = p.At
	j.queued()
}

// maxID is longer than our ids are, in bytes.
const maxID = 64

// updatePresence notes what is newer than what is known. What is told of one who
// is no longer invited is forgotten.
func updatePresence(ctx context.Context, tx *sql.Tx, list []Presence) error {
	for _, p := range list {
		at := p.At.UnixMilli()
		_, err := tx.ExecContext(ctx, "UPDATE invitees SET "+presenceColumn[p.State]+" = ?2 WHERE id = ?1 AND coalesce("+presenceColumn[p.State]+", 0) < ?2",
			p.InviteeID, at)
		if err != nil {
			return err
		}
	}
	return nil
}

// EndPresence has everybody left who is still in a room: what a gateway that
// starts knows of those whom it lost without a word.
func (s *Store) EndPresence(ctx context.Context, at time.Time) error {
	const in = "max(coalesce(waiting, 0), coalesce(joined, 0))"
	_, err := s.write.ExecContext(ctx, `UPDATE invitees SET "left" = max(?, `+in+") WHERE "+in+` > coalesce("left", 0)`, at.UnixMilli())
	if err != nil {
		return wrap(err)
	}
	return nil
}
