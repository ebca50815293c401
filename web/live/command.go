package live

import (
	"context"
	"errors"
	"strings"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
)

// Command is what a host does in a live room, from its page or by the API.
type Command struct {
	Do   string `json:"do" enum:"mute,admit,admit-all,mute-all,remove,lock,rename,make-host,lower-hand,end" doc:"What to do."`
	Who  string `json:"who,omitempty" maxLength:"128" doc:"The person's id, for what is done to one."`
	Name string `json:"name,omitempty" maxLength:"400" doc:"The new name, for rename."`
	On   *bool  `json:"on,omitempty" doc:"False unmutes or unlocks. Default: true."`
}

// Failure is why something that was asked for was not done, in words for
// programs and for people.
type Failure struct {
	Code           string // for programs
	Field, Message string
}

func (f *Failure) Error() string { return f.Message }

func (f *Failure) message(id int64) errorMessage {
	return errorMessage{Type: "error", Code: f.Code, Field: f.Field, Message: f.Message, ID: id}
}

// The codes of failures of commands.
const (
	CodeNotLive = "not-live" // nobody is in the room
	CodeNotHere = "not-here" // that person is not
	CodeUnknown = "unknown"  // no such command
	CodeName    = "name"     // the name is none
)

// failureOf puts any error into these words.
func failureOf(err error) *Failure {
	var f *Failure
	switch {
	case errors.As(err, &f):
		return f
	case errors.Is(err, bridge.ErrNotHere):
		return &Failure{Code: CodeNotHere, Field: "who", Message: "that person is not in the room"}
	case errors.Is(err, bridge.ErrClosed):
		return &Failure{Code: CodeNotLive, Message: "nobody is in the room"}
	}
	return &Failure{Code: "busy", Message: "that took too long; try again"}
}

// Do carries out a host's command in a room. Whether the asker may is for the
// caller to know. It fails with a Failure.
func (l *Live) Do(ctx context.Context, roomID string, c Command) error {
	r := l.cfg.Bridge.Room(roomID)
	if r == nil {
		return &Failure{Code: CodeNotLive, Message: "nobody is in the room"}
	}
	if err := l.do(ctx, r, c); err != nil {
		return failureOf(err)
	}
	return nil
}

func (l *Live) do(ctx context.Context, r *bridge.Room, c Command) error {
	on := c.On == nil || *c.On
	switch strings.TrimSpace(c.Do) {
	case "mute":
		return r.Mute(ctx, c.Who, on, true)
	case "mute-all":
		return r.MuteAll(ctx, on)
	case "admit":
		return r.Admit(ctx, c.Who)
	case "admit-all":
		_, err := r.AdmitAll(ctx)
		return err
	case "remove":
		return r.Kick(ctx, c.Who, cause.Removed)
	case "lock":
		return r.Lock(ctx, on)
	case "rename":
		name, err := CleanName(c.Name)
		if err != nil {
			return err
		}
		return r.Rename(ctx, c.Who, name)
	case "make-host":
		return r.MakeHost(ctx, c.Who)
	case "lower-hand":
		return r.Hand(ctx, c.Who, false, true)
	case "end":
		return r.End(ctx, cause.Ended)
	}
	return &Failure{Code: CodeUnknown, Field: "do", Message: "there is no such command"}
}

// Roster is a live room as its host sees it.
type Roster struct {
	Locked bool     `json:"locked"`
	People []Person `json:"people"`
}

// Roster tells who is in a room and its lobby; nobody, if it does not meet.
func (l *Live) Roster(ctx context.Context, roomID string) (Roster, error) {
	m := Roster{People: []Person{}}
	r := l.cfg.Bridge.Room(roomID)
	if r == nil {
		return m, nil
	}
	roster, err := r.Roster(ctx)
	if err != nil {
		return m, failureOf(err)
	}
	m.Locked = r.Locked()
	for i := range roster {
		m.People = append(m.People, hostView(&roster[i], l.measure(roster[i].Quality)))
	}
	return m, nil
}

// Occupancy is how full a room is.
type Occupancy struct {
	Count   int  `json:"count" doc:"Parties in the room and its lobby."`
	Waiting int  `json:"waiting" doc:"Of them, in the lobby."`
	Locked  bool `json:"locked"`
}

// Rooms gives the ids of the rooms that somebody is in.
func (l *Live) Rooms() []string {
	var ids []string
	for _, r := range l.cfg.Bridge.Rooms() {
		if r.Count() > 0 {
			ids = append(ids, r.ID())
		}
	}
	return ids
}

// Occupancy tells how full a room is.
func (l *Live) Occupancy(ctx context.Context, roomID string) Occupancy {
	r := l.cfg.Bridge.Room(roomID)
	if r == nil {
		return Occupancy{}
	}
	o := Occupancy{Count: r.Count(), Locked: r.Locked()}
	if o.Count > 0 {
		v, _ := r.View(ctx, "") // nobody's view: the counts are in it all the same
		o.Waiting = v.Waiting
	}
	return o
}
