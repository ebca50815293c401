package api

import (
	"context"
	"time"

	"github.com/partyline/partyline/meeting"
	"github.com/partyline/partyline/store"
	"github.com/partyline/partyline/web/live"
)

// How many occurrences are shown.
const (
	occurrencesShown   = 20
	occurrencesPreview = 5
)

// showMeetings makes meetings as their hosts see them in a list. One that went away
// meanwhile is left out.
func (a *API) showMeetings(ctx context.Context, list []store.Meeting) ([]Meeting, error) {
	ids := make([]string, len(list))
	for i := range list {
		ids[i] = list[i].Room.ID
	}
	entrances, err := a.cfg.Store.Entrances(ctx, ids...)
	if err != nil {
		return nil, meetingProblem(err)
	}
	all := make([]Meeting, 0, len(list))
	for i := range list {
		if e, there := entrances[ids[i]]; there {
			m, err := a.showMeeting(ctx, &list[i], e)
			if err != nil {
				return nil, err
			}
			all = append(all, m)
		}
	}
	return all, nil
}

func (a *API) showMeeting(ctx context.Context, m *store.Meeting, e store.Entrance) (Meeting, error) {
	r, s := &m.Room, m.Room.Schedule
	if e.Link == "" && s.Completed.IsZero() && s.Cancelled.IsZero() { // its first
		var err error
		if e.Link, err = a.cfg.Store.GuestLink(ctx, r.ID); err != nil {
			return Meeting{}, meetingProblem(err)
		}
	}
	here := a.occupancy(ctx, r.ID)
	at := meeting.WindowAt(s, a.cfg.Now(), here.Count > 0)
	ways := a.cfg.Directory().Ways(r.Extension, e.PIN, e.Link)
	shown := Meeting{
		ID: r.ID, Extension: r.Extension, Title: r.Name, Note: m.Note,
		Start: s.Start, Zone: s.Zone, DurationMin: minutes(s.Duration), Repeat: s.Repeat, State: string(at.State),
		Opens: moment(at.Opens), Completed: moment(s.Completed), Cancelled: moment(s.Cancelled), Created: m.Created,
		PIN: e.PIN, HostPIN: e.HostPIN, Language: r.Language, MaxParticipants: r.MaxParticipants, Lobby: r.Lobby,
		WaitForHost: r.WaitForHost, MuteOnEntry: r.MuteOnEntry, Tones: r.Tones, Names: r.Names, GuestInvites: r.GuestInvites,
		PersonalPINs: m.PersonalPINs, JoinEarlyMin: minutes(s.JoinEarly), GraceMin: minutes(s.Grace), RemindersMin: []int{},
		GuestLink: ways.Link, Ways: ways, Live: here,
	}
	for _, d := range m.Reminders {
		shown.RemindersMin = append(shown.RemindersMin, minutes(d))
	}
	switch at.State {
	case meeting.Scheduled, meeting.Open, meeting.Live:
		if !at.Current.Start.IsZero() {
			next := showOccurrence(at.Current)
			shown.Next = &next
		}
	}
	return shown, nil
}

// occupancy is how full a room is; nobody is in it where there is no line to
// browsers.
func (a *API) occupancy(ctx context.Context, roomID string) live.Occupancy {
	if a.cfg.Live == nil {
		return live.Occupancy{}
	}
	return a.cfg.Live.Occupancy(ctx, roomID)
}

// wholeMeeting is a meeting with its next occurrences and how far the invited are.
func (a *API) wholeMeeting(ctx context.Context, m *store.Meeting) (*meetingOutput, error) {
	all, err := a.showMeetings(ctx, []store.Meeting{*m})
	switch {
	case err != nil:
		return nil, err
	case len(all) == 0:
		return nil, meetingProblem(store.ErrNotFound)
	}
	shown := all[0]
	list, err := meeting.Between(m.Room.Schedule, a.cfg.Now(), distant, occurrencesShown)
	if err != nil {
		return nil, meetingProblem(err)
	}
	shown.Occurrences = showOccurrences(list)
	invitees, err := a.cfg.Store.Invitees(ctx, m.Room.ID)
	if err != nil {
		return nil, meetingProblem(err)
	}
	shown.Invited = &InvitedCount{}
	for _, i := range invitees {
		switch i.State() {
		case store.Opened:
			shown.Invited.Opened++
		case store.Waiting:
			shown.Invited.Waiting++
		case store.Joined:
			shown.Invited.Joined++
		case store.Left:
			shown.Invited.Left++
		default:
			shown.Invited.Invited++
		}
	}
	return &meetingOutput{shown}, nil
}

// distant is later than any meeting.
var distant = time.Date(9999, time.January, 1, 0, 0, 0, 0, time.UTC)

func showOccurrences(list []meeting.Occurrence) []Occurrence {
	shown := make([]Occurrence, len(list))
	for i, o := range list {
		shown[i] = showOccurrence(o)
	}
	return shown
}

func showOccurrence(o meeting.Occurrence) Occurrence {
	return Occurrence{Original: o.Original, Start: o.Start, End: o.End, Title: o.Title, Changed: o.Changed, Cancelled: o.Cancelled}
}

func minutes(d time.Duration) int { return int(d / time.Minute) }

// moment leaves out what has not been.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
