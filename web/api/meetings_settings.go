package api

import (
	"context"
	"time"

	"github.com/partyline/partyline/meeting"
	"github.com/partyline/partyline/store"
)

// newMeeting is a meeting with what was said of it, and else the gateway's
// defaults.
func (a *API) newMeeting(ctx context.Context, s *MeetingSettings) (store.NewMeeting, error) {
	n, err := a.cfg.NewMeeting(ctx)
	if err != nil {
		return n, err
	}
	n.OwnerID = userOf(ctx).ID
	room := s.room()
	room.apply(&n.NewRoom)
	set(&n.Note, s.Note)
	set(&n.Start, s.Start)
	set(&n.Zone, s.Zone)
	set(&n.Repeat, s.Repeat)
	set(&n.PersonalPINs, s.PersonalPINs)
	setMinutes(&n.Duration, s.DurationMin)
	setOrNone(&n.JoinEarly, s.JoinEarlyMin)
	setOrNone(&n.Grace, s.GraceMin)
	if s.RemindersMin != nil {
		n.Reminders = durations(*s.RemindersMin)
	}
	return n, nil
}

// room are the settings that are those of any room.
func (s *MeetingSettings) room() *Settings {
	return &Settings{
		Name: s.Title, PIN: s.PIN, HostPIN: s.HostPIN, Language: s.Language, MaxParticipants: s.MaxParticipants,
		Lobby: s.Lobby, WaitForHost: s.WaitForHost, MuteOnEntry: s.MuteOnEntry, Tones: s.Tones, Names: s.Names,
		GuestInvites: s.GuestInvites,
	}
}

// change is what of a meeting is to be changed.
func (s *MeetingSettings) change() store.MeetingChange {
	c := store.MeetingChange{
		Room: s.room().change(), Zone: s.Zone, Start: s.Start, Repeat: s.Repeat, Note: s.Note, PersonalPINs: s.PersonalPINs,
		Duration: minutesOf(s.DurationMin), JoinEarly: minutesOf(s.JoinEarlyMin), Grace: minutesOf(s.GraceMin),
	}
	if s.RemindersMin != nil {
		list := durations(*s.RemindersMin)
		c.Reminders = &list
	}
	return c
}

// change is what of a room is to be changed.
func (s *Settings) change() store.RoomChange {
	return store.RoomChange{
		Name: s.Name, PIN: s.PIN, HostPIN: s.HostPIN, Language: s.Language, MaxParticipants: s.MaxParticipants,
		Lobby: s.Lobby, WaitForHost: s.WaitForHost, MuteOnEntry: s.MuteOnEntry, Tones: s.Tones, Names: s.Names,
		GuestInvites: s.GuestInvites,
	}
}

// setOrNone sets no time at all where that was said: 0 is the default there.
func setOrNone(to *time.Duration, from *int) {
	setMinutes(to, from)
	if from != nil && *from == 0 {
		*to = meeting.None
	}
}

func setMinutes(to *time.Duration, from *int) {
	if from != nil {
		*to = time.Duration(*from) * time.Minute
	}
}

func minutesOf(n *int) *time.Duration {
	if n == nil {
		return nil
	}
	d := time.Duration(*n) * time.Minute
	return &d
}

// durations is never nil: no reminders are some too.
func durations(minutes []int) []time.Duration {
	list := make([]time.Duration, len(minutes))
	for i, n := range minutes {
		list[i] = time.Duration(n) * time.Minute
	}
	return list
}
