package store

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"
)

// Schedule is when a room meets. A room without one is permanent. What it means
// is package meeting's to say: here it is only kept.
type Schedule struct {
	Zone string `json:"zone"` // IANA name, as "Europe/Zurich"
	// Start is the local time in Zone at which the first occurrence begins, as
	// LocalTime spells it.
	Start    string        `json:"start"`
	Duration time.Duration `json:"duration_ns"`
	// Repeat is an RFC 5545 §3.3.10 RECUR value without DTSTART, as
	// "FREQ=WEEKLY;BYDAY=MO;COUNT=10"; empty: once.
	Repeat     string      `json:"repeat,omitempty"`
	Exceptions []Exception `json:"exceptions,omitempty"` // sorted by Original
	// JoinEarly is how long before its start guests may come in, Grace how long
	// after its end the meeting stays open.
	JoinEarly time.Duration `json:"join_early_ns"`
	Grace     time.Duration `json:"grace_ns"`
	// Completed and Cancelled are when a host said so; zero: nobody has.
	Completed time.Time `json:"completed,omitzero"`
	Cancelled time.Time `json:"cancelled,omitzero"`
}

// LocalTime is how Schedule.Start, Exception.Original and Exception.Start are
// spelled.
const LocalTime = "2006-01-02T15:04"

// Exception changes or cancels one occurrence, known by the local start that it
// had by the rule. What is zero is as in the series.
type Exception struct {
	Original  string        `json:"original"`
	Cancelled bool          `json:"cancelled,omitempty"`
	Start     string        `json:"start,omitempty"`
	Duration  time.Duration `json:"duration_ns,omitempty"`
	Title     string        `json:"title,omitempty"`
}

// Meeting is a room with a schedule. It has no PIN in it.
type Meeting struct {
	Room Room // Room.ID is the meeting's id; Room.Schedule is set
	// UID and Sequence are the meeting's in calendars (RFC 5545 §3.8.4.7, §3.8.7.4).
	UID      string
	Sequence int
	// Note is shown in the invitation.
	Note string
	// PersonalPINs gives each invitee a PIN of its own.
	PersonalPINs bool
	Reminders    []time.Duration // before the start, the longest first
	RequestID    string
	// NextStart and NextEnd are in UTC, of the occurrence that runs or comes;
	// zero: none comes.
	NextStart, NextEnd time.Time
	// LastEnd is the end of the last occurrence that NextEnd has told of.
	LastEnd          time.Time
	Created, Changed time.Time

	starts int64 // its place in lists
}

// NewMeeting is a meeting to be added. NextStart and NextEnd are those of its
// first occurrence.
type NewMeeting struct {
	NewRoom
	Schedule
	Note         string
	PersonalPINs bool
	Reminders    []time.Duration
	// RequestID is the form's own: one that is submitted twice makes one meeting.
	// Empty: each makes another.
	RequestID          string
	NextStart, NextEnd time.Time
}

// MeetingChange is what is to be changed of a meeting; nil leaves a thing as it
// is. Sequence raises the sequence number by one.
type MeetingChange struct {
	Room                       RoomChange
	Zone, Start, Repeat, Note  *string
	Duration, JoinEarly, Grace *time.Duration
	Exceptions                 *[]Exception
	Reminders                  *[]time.Duration
	// PersonalPINs draws one for each invitee who has none. Those who have one
	// keep it, whatever is set.
	PersonalPINs         *bool
	Completed, Cancelled *time.Time
	Next                 *[2]time.Time // start and end; zero: none comes
	Sequence             bool
}

// Bounds of what a meeting holds.
const (
	maxNote       = 2000 // characters
	maxReminders  = 10
	maxReminder   = 60 * 24 * time.Hour
	maxRequestID  = 64 // bytes
	maxExceptions = 1000
)

// Check gives every mistake of a meeting as FieldErrors, joined; nil if there is
// none. It brings things into shape as NewRoom.Check does. Those of the schedule
// are package meeting's to find.
func (n *NewMeeting) Check() error {
	err := n.NewRoom.Check()
	n.Note = cleanNote(n.Note)
	n.Reminders = sortedReminders(n.Reminders)
	if len(n.RequestID) > maxRequestID {
		err = errors.Join(err, &FieldError{"request_id", fmt.Sprintf("more than %d bytes", maxRequestID)})
	}
	return errors.Join(err, checkMeeting(n.Note, n.Reminders, n.Exceptions))
}

func checkMeeting(note string, reminders []time.Duration, exceptions []Exception) error {
	var all []error
	if utf8.RuneCountInString(note) > maxNote {
		all = append(all, &FieldError{"note", fmt.Sprintf("more than %d characters", maxNote)})
	}
	if len(reminders) > maxReminders {
		all = append(all, &FieldError{"reminders", fmt.Sprintf("more than %d", maxReminders)})
	}
	if slices.ContainsFunc(reminders, func(d time.Duration) bool { return d < 0 || d > maxReminder }) {
		all = append(all, &FieldError{"reminders", "0 minutes to 60 days before the start are wanted"})
	}
	if len(exceptions) > maxExceptions {
		all = append(all, &FieldError{"exceptions", fmt.Sprintf("more than %d", maxExceptions)})
	}
	return errors.Join(all...)
}

// sortedReminders gives each once, the longest first, in whole seconds.
func sortedReminders(list []time.Duration) []time.Duration {
	list = slices.Clone(list)
	for i := range list {
		list[i] = list[i].Truncate(time.Second)
	}
	slices.SortFunc(list, func(a, b time.Duration) int { return cmp.Compare(b, a) })
	return slices.Compact(list)
}

// encodeExceptions is how exceptions and reminders stand in their columns.
func encodeExceptions(list []Exception) string {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b Exception) int { return cmp.Compare(a.Original, b.Original) })
	return encodeList(list)
}

func encodeList[T any](list []T) string {
	if len(list) == 0 {
		return "[]"
	}
	text, err := json.Marshal(list)
	if err != nil {
		panic(err) // strings, booleans and numbers only
	}
	return string(text)
}
