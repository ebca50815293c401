package meeting

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/partyline/partyline/store"
)

// Errors of a Book beside store.ErrNotFound, store.ErrNoInvitee and FieldErrors.
var (
	// ErrClosed says that the meeting is completed or cancelled: nothing of it is
	// changed any more.
	ErrClosed = errors.New("meeting: it is completed or cancelled")
	// ErrOver says that an occurrence, or the meeting, is over.
	ErrOver = errors.New("meeting: it is over")
	// ErrNoOccurrence says that a meeting has no such occurrence.
	ErrNoOccurrence = errors.New("meeting: no such occurrence")
)

// Config is what a Book works with, and what new meetings have unless it is said.
type Config struct {
	Store *store.Store
	Now   func() time.Time // nil: time.Now
	// End ends the call of a meeting that is cancelled or completed, whoever is in
	// it; nil: nothing is ended.
	End func(roomID string)

	ExtensionLength  int // digits; 0: 9
	JoinEarly, Grace time.Duration
	Reminders        []time.Duration
}

// None, as a NewMeeting's JoinEarly or Grace, is no time at all; 0 is the
// gateway's default.
const None time.Duration = -1

// Book is what hosts do with meetings. Its methods are safe for concurrent use.
type Book struct {
	cfg Config
	// mu keeps a change from being decided by what another one changes meanwhile.
	// It guards nothing here: meetings are the store's.
	mu sync.Mutex
}

// New makes a Book.
func New(cfg Config) *Book {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.ExtensionLength == 0 {
		cfg.ExtensionLength = 9
	}
	return &Book{cfg: cfg}
}

// Add adds a meeting. What is empty is filled in: extension, JoinEarly, Grace, and
// Reminders if they are nil. PINs are taken as they are: empty means none. false
// means that the same owner has submitted this RequestID before: the meeting is
// that one. Mistakes are FieldErrors, joined.
func (b *Book) Add(ctx context.Context, n store.NewMeeting) (store.Meeting, bool, error) {
	if err := b.Check(&n); err != nil {
		return store.Meeting{}, false, err
	}
	n.Completed, n.Cancelled = time.Time{}, time.Time{}
	next := nextOf(&n.Schedule, b.cfg.Now())
	n.NextStart, n.NextEnd = next[0], next[1]
	if n.Extension != "" {
		return b.cfg.Store.AddMeeting(ctx, n)
	}
	for tries := 1; ; tries++ {
		var err error
		if n.Extension, err = b.cfg.Store.FreeExtension(ctx, b.cfg.ExtensionLength); err != nil {
			return store.Meeting{}, false, err
		}
		m, made, err := b.cfg.Store.AddMeeting(ctx, n)
		var field *store.FieldError // another process may have taken it since
		if tries == 3 || !errors.As(err, &field) || field.Field != "extension" {
			return m, made, err
		}
	}
}

// Check gives the mistakes that Add would, without adding anything, as FieldErrors,
// joined. It fills n in as Add does, except for an extension.
func (b *Book) Check(n *store.NewMeeting) error {
	n.JoinEarly = orDefault(n.JoinEarly, b.cfg.JoinEarly)
	n.Grace = orDefault(n.Grace, b.cfg.Grace)
	if n.Reminders == nil {
		n.Reminders = b.cfg.Reminders
	}
	schedule := CheckSchedule(&n.Schedule)
	if schedule == nil && nextOf(&n.Schedule, b.cfg.Now()) == (next{}) {
		schedule = errPast
	}
	return errors.Join(schedule, check(n))
}

// errPast is the mistake of times at which nobody can come any more.
var errPast = &store.FieldError{Field: fieldStart, Msg: "this is over already"}

// check gives the mistakes of a meeting but for its schedule.
func check(n *store.NewMeeting) error {
	var title error
	if strings.TrimSpace(n.Name) == "" {
		title = &store.FieldError{Field: fieldName, Msg: "a title is wanted"}
	}
	said := *n
	if n.Extension == "" {
		n.Extension = "00" // for the check: one is found later
	}
	reminders := checkReminders(n.Reminders)
	if reminders != nil {
		n.Reminders = nil // once is enough
	}
	err := n.Check()
	n.Extension = said.Extension
	if title != nil {
		n.Name = said.Name
	}
	if reminders != nil {
		n.Reminders = said.Reminders
	}
	return errors.Join(title, err, reminders)
}

// Bounds of reminders.
const (
	maxReminders             = 5
	minReminder, maxReminder = 5 * time.Minute, 14 * 24 * time.Hour
)

func checkReminders(list []time.Duration) error {
	wrong := func(msg string) error { return &store.FieldError{Field: "reminders", Msg: msg} }
	if len(list) > maxReminders {
		return wrong("up to 5 are wanted")
	}
	for _, d := range list {
		if d < minReminder || d > maxReminder || d%time.Minute != 0 {
			return wrong("5 minutes to 14 days before the start are wanted, in whole minutes")
		}
	}
	return nil
}

func orDefault(said, unsaid time.Duration) time.Duration {
	switch said {
	case 0:
		return unsaid
	case None:
		return 0
	}
	return said
}

// next is when the occurrence that runs or comes starts and ends, in UTC; zero:
// none comes.
type next = [2]time.Time

func nextOf(s *store.Schedule, now time.Time) next {
	o, ok := Next(s, now)
	if !ok {
		return next{}
	}
	return next{o.Start.UTC(), o.End.UTC()}
}

// open gives a meeting that may be changed.
func (b *Book) open(ctx context.Context, id string) (store.Meeting, error) {
	m, err := b.cfg.Store.MeetingByID(ctx, id)
	if err != nil {
		return store.Meeting{}, err
	}
	if closed(m.Room.Schedule) != "" {
		return store.Meeting{}, ErrClosed
	}
	return m, nil
}
