package store

import (
	"errors"
	"time"
)

// ErrNoInvitee says that there is no such invitee in the room.
var ErrNoInvitee = errors.New("store: no such invitee")

// maxInvitees of one room: their PINs are drawn from a space that must stay thin.
const maxInvitees = 1000

// Invitee is somebody who was invited into a room, by a link of their own.
type Invitee struct {
	ID       string `json:"id"`
	RoomID   string `json:"room_id"`
	Name     string `json:"name"`
	Email    string `json:"email"` // as it was given
	Phone    string `json:"phone"` // E.164, as "+41791234567"
	Language string `json:"language"`
	HasPIN   bool   `json:"has_pin"`
	// When each was seen last; zero: never.
	Created time.Time `json:"created"`
	Opened  time.Time `json:"opened,omitzero"`
	Waiting time.Time `json:"waiting,omitzero"`
	Joined  time.Time `json:"joined,omitzero"`
	Left    time.Time `json:"left,omitzero"`
}

// State is what an invitee does now, as far as was seen: who is in the room and
// opens the page as well is still in the room.
func (i Invitee) State() PresenceState {
	switch in := later(i.Waiting, i.Joined); {
	case in.After(i.Left) && in.Equal(i.Joined):
		return Joined
	case in.After(i.Left):
		return Waiting
	case i.Opened.After(i.Left):
		return Opened
	case !i.Left.IsZero():
		return Left
	}
	return Absent
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// NewInvitee is somebody to be invited, by Email or Phone or both. PIN asks for
// a personal one.
type NewInvitee struct {
	Name, Email, Phone, Language string
	PIN                          bool
}

// Who is whom a personal PIN or link belongs to. Zero: it is everybody's.
type Who struct{ InviteeID, Name string }
