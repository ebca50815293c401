package api

import (
	"context"
	"errors"
	"time"

	"github.com/partyline/partyline/meeting"
	"github.com/partyline/partyline/meeting/invitation"
	"github.com/partyline/partyline/store"
)

type previewInput struct {
	Meeting  string `query:"meeting" maxLength:"64" doc:"The meeting that is to be changed; empty: a new one."`
	Language string `query:"lang" maxLength:"35" doc:"Of the invitation; default: the meeting's."`
	Body     MeetingSettings
}

type previewOutput struct{ Body Preview }

// unknownYet stands for what a new meeting gets only when it is added.
const unknownYet = "…"

// previewMeeting tries a meeting without adding it. Mistakes are part of the
// answer: whoever asks is still filling in the form.
func (a *API) previewMeeting(ctx context.Context, in *previewInput) (*previewOutput, error) {
	unrecorded(ctx)
	n, err := a.newMeeting(ctx, &in.Body)
	if err != nil {
		return nil, meetingProblem(err)
	}
	extension, token, pin := unknownYet, unknownYet, n.PIN
	if in.Body.PIN == nil {
		pin = unknownYet
	}
	if in.Meeting != "" {
		m, err := a.meeting(ctx, in.Meeting)
		if err != nil {
			return nil, err
		}
		entrances, err := a.cfg.Store.Entrances(ctx, m.Room.ID)
		if err != nil {
			return nil, meetingProblem(err)
		}
		extension, token = m.Room.Extension, entrances[m.Room.ID].Link
		if in.Body.PIN == nil {
			pin = entrances[m.Room.ID].PIN
		}
		n.Exceptions = m.Room.Schedule.Exceptions
	}
	err = a.cfg.Book.Check(&n)
	out := &previewOutput{Preview{Occurrences: []Occurrence{}, Errors: mistakes(err), Warnings: []FieldMistake{}}}
	if len(out.Body.Errors) == 0 && err != nil {
		return nil, meetingProblem(err)
	}
	if meeting.CheckSchedule(&n.Schedule) != nil {
		return out, nil
	}
	if err := a.foresee(&n.Schedule, &out.Body); err != nil {
		return nil, err
	}
	if n.Name == "" || len(out.Body.Occurrences) == 0 {
		return out, nil
	}
	facts := a.facts(ctx, &store.Room{Name: n.Name, Schedule: &n.Schedule}, n.Note, n.Language)
	set(&facts.Language, notEmpty(in.Language))
	facts.Ways = a.foreseenWays(extension, pin, token, facts.Language)
	text := a.write(facts)
	out.Body.Invitation = &text
	return out, nil
}

// foresee adds when a meeting takes place.
func (a *API) foresee(s *store.Schedule, p *Preview) error {
	list, err := meeting.Between(s, time.Time{}, distant, occurrencesPreview+1)
	if err != nil {
		return meetingProblem(err)
	}
	if p.More = len(list) > occurrencesPreview; p.More {
		list = list[:occurrencesPreview]
	}
	p.Occurrences = showOccurrences(list)
	if last, ok := meeting.Last(s); ok {
		p.Last = moment(last.Start)
	}
	if len(list) > 0 && list[0].Start.Before(a.cfg.Now()) {
		p.Warnings = append(p.Warnings, FieldMistake{"body.start", "it begins in the past"})
	}
	for _, o := range list {
		if !o.Changed && o.Start.Format(store.LocalTime) != o.Original {
			p.Warnings = append(p.Warnings, FieldMistake{
				"body.start",
				"on " + o.Start.Format(time.DateOnly) + " the clocks are put forward: it begins at " + o.Start.Format("15:04"),
			})
			break
		}
	}
	return nil
}

// foreseenWays are the ways into a meeting that has no number and no link yet. What
// would be dialled at one tap is left out.
func (a *API) foreseenWays(extension, pin, token, language string) invitation.Ways {
	ways := WaysOf(a.cfg.Directory().Ways(extension, pin, token).Speaking(language))
	if extension == unknownYet || pin == unknownYet {
		for i := range ways.Numbers {
			ways.Numbers[i].Tel = ""
		}
	}
	if extension == unknownYet {
		ways.DialIn = ""
	}
	return ways
}

// mistakes are those of fields.
func mistakes(err error) []FieldMistake {
	list := []FieldMistake{}
	var p *Problem
	if err != nil && errors.As(meetingProblem(err), &p) {
		for _, f := range p.Errors {
			list = append(list, FieldMistake{f.Location, f.Message})
		}
	}
	return list
}
