// Package invitation writes what people are sent about a meeting: the one text for
// page, clipboard, mail, SMS and calendar, in five languages, and reads the list of
// those it shall go to.
//
// In flow what the meeting is, when it is and the ways into it; out come a subject,
// a plain text, HTML for the clipboard, a whole HTML mail and a short text that
// fits one SMS. What is not configured is left out. Titles, names and notes are
// foreign text: control and bidirectional characters are dropped, HTML is escaped.
// The package keeps nothing, sends nothing and asks no clock.
package invitation

import (
	"time"

	"github.com/partyline/partyline/locales"
)

// Kind is what is said about a meeting. Its values are those of queued jobs, but for
// Withdraw.
type Kind string

// The kinds of messages.
const (
	Invite   Kind = "invite"
	Change   Kind = "change"
	Cancel   Kind = "cancel"
	Reminder Kind = "reminder"
	// Withdraw is for who is no longer invited to a meeting that takes place.
	Withdraw Kind = "withdraw"
)

// Ways are the ways into a room. What is empty is left out of the text. The host's
// link and PIN must never be in here.
type Ways struct {
	Link       string
	Numbers    []Number
	Extension  string
	PIN        string // the invitee's own if there is one
	SIP        string // without the PIN
	SIPBackup  string
	H323       string // what a room system dials
	H323Backup string
	DialIn     string // the page with all numbers
}

// Number is a telephone number that leads to the reception.
type Number struct {
	Number   string // E.164
	Display  string // as it shall be shown; empty: as its country writes it
	Label    string
	Language string
	Tel      string // the tel: URL that dials number, extension and PIN at one tap
}

// When is the time of a meeting.
type When struct {
	Start, End time.Time // in the meeting's zone, of the occurrence that is meant
	Zone       string    // IANA name
	Repeat     string    // RFC 5545 RECUR value; empty: once
	First      time.Time // of the series by its rule; zero: Start
	// One says that the message is about this occurrence alone, and not about the
	// series. Original is when it was to begin by the rule.
	One      bool
	Original time.Time
}

// Facts are what a message says.
type Facts struct {
	Kind     Kind   // empty: an invitation
	Language string // one of locales.Languages
	Inviter  string // name of who invites; may be empty
	Title    string
	Note     string
	When     *When // nil: a permanent room
	Ways     Ways
}

// Message is what is sent, in all its shapes. Lines end with \n.
type Message struct {
	Language string
	Subject  string // one line, without control characters
	Text     string
	HTML     string // a fragment, for the clipboard
	Mail     string // a whole HTML document, for a mail's HTML part
	Short    string // for one SMS: GSM 03.38 letters

	// For a calendar: the text without the times of a series, where it is, and the
	// ways in that have an address.
	Description string
	Location    string
	Calls       []Call
}

// Write writes the message in the words of its language.
func Write(book *locales.Book, f Facts) Message {
	p := newParts(book.In(f.Language), f)
	return Message{
		Language: p.words.Language,
		Subject:  p.subject(),
		Text:     p.text(),
		HTML:     p.html(fragment),
		Mail:     p.html(document),
		Short:    p.short(),

		Description: p.description(),
		Location:    p.location(),
		Calls:       p.calls(),
	}
}
