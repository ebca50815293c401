package main

import (
	"context"
	"time"

	"github.com/partyline/partyline/configs"
	"github.com/partyline/partyline/locales"
	"github.com/partyline/partyline/meeting"
	"github.com/partyline/partyline/meeting/invitation"
	"github.com/partyline/partyline/store"
	"github.com/partyline/partyline/web/api"
	"github.com/partyline/partyline/web/live"
)

// bookOf is the book of meetings of a store, with the configured defaults. end ends
// the call in a room; nil: nothing does.
func bookOf(cfg *configs.Config, s *store.Store, end func(roomID string)) *meeting.Book {
	d := cfg.Rooms.Defaults
	return meeting.New(meeting.Config{
		Store: s, End: end, ExtensionLength: cfg.Reception.ExtensionLength,
		JoinEarly: orNone(d.JoinEarly), Grace: orNone(d.LinkGrace), Reminders: append([]time.Duration{}, cfg.Meetings.Reminders...),
	})
}

// orNone is how package meeting spells no time at all: 0 is its default.
func orNone(d time.Duration) time.Duration {
	if d == 0 {
		return meeting.None
	}
	return d
}

// openMeetings makes what hosts do with meetings.
func (g *gateway) openMeetings(_ context.Context, cfg *configs.Config) error {
	var err error
	if g.words, err = locales.Open(); err != nil {
		return err
	}
	g.book = bookOf(cfg, g.store, g.endMeeting)
	return nil
}

// endMeeting ends the call of a meeting that a host has ended.
func (g *gateway) endMeeting(roomID string) {
	if g.live != nil { // nobody there is no error
		_ = g.live.Do(g.serving, roomID, live.Command{Do: "end"})
	}
}

// newMeeting is a meeting that a host is about to add.
func (g *gateway) newMeeting(ctx context.Context) (store.NewMeeting, error) {
	room, err := g.newRoom(ctx)
	return newMeetingOf(g.cfg.Load(), room), err
}

// newMeetingOf is a meeting with the configured defaults.
func newMeetingOf(cfg *configs.Config, room store.NewRoom) store.NewMeeting {
	d := cfg.Rooms.Defaults
	return store.NewMeeting{
		NewRoom:   room,
		Schedule:  store.Schedule{JoinEarly: orNone(d.JoinEarly), Grace: orNone(d.LinkGrace)},
		Reminders: append([]time.Duration{}, cfg.Meetings.Reminders...),
	}
}

// can is what of messages is set up, for pages and programs.
func (g *gateway) can() api.Can { return canOf(g.cfg.Load()) }

func canOf(cfg *configs.Config) api.Can {
	d := cfg.Rooms.Defaults
	can := api.Can{
		Mail: !cfg.Mail.SMTP.Off(), SMS: !cfg.SMS.Off(), Country: cfg.SMS.Country, RemindersMin: []int{},
		JoinEarlyMin: int(d.JoinEarly / time.Minute), GraceMin: int(d.LinkGrace / time.Minute),
	}
	for _, r := range cfg.Meetings.Reminders {
		can.RemindersMin = append(can.RemindersMin, int(r/time.Minute))
	}
	return can
}

// write writes an invitation in the words of its language.
func (g *gateway) write(f invitation.Facts) invitation.Message { return invitation.Write(g.words, f) }
