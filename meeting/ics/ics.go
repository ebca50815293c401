// Package ics writes meetings for calendars: iCalendar (RFC 5545) with the methods of
// iTIP (RFC 5546) and the CONFERENCE lines of RFC 7986.
//
// In goes a meeting's schedule with what is said about it and for whom; out come the
// bytes of a text/calendar file or mail part. Times are local with their zone, whose
// rules are made from the zone database and stand in the file: a calendar needs
// nothing else to place every occurrence. The package reads no calendars, keeps
// nothing and asks no clock.
package ics

import (
	"errors"
	"time"

	"github.com/partyline/partyline/store"
)

// Method is what a calendar shall do with the file (RFC 5546 §1.4).
type Method string

// The methods.
const (
	Publish Method = "PUBLISH" // for whoever takes it: no attendee
	Request Method = "REQUEST" // to one attendee: invitation or change
	Cancel  Method = "CANCEL"  // to one attendee: all of it, or one occurrence, is off
)

// Person is an organizer or attendee.
type Person struct{ Name, Email string }

// Way is a way into a meeting, a CONFERENCE line (RFC 7986 §5.11).
type Way struct {
	URI      string
	Features []string // AUDIO, PHONE, … (§6.3)
	Label    string
	Language string
}

// Event is a meeting for a calendar.
type Event struct {
	Method   Method
	UID      string
	Sequence int
	// Stamp is when the file is made, Created and Changed when the meeting was; the
	// latter may be zero.
	Stamp, Created, Changed time.Time

	Title, Text, Location, URL string
	Language                   string // of the text
	Schedule                   *store.Schedule
	// Original is the local start by the rule of the one occurrence that the message
	// is about; empty: the whole series with its exceptions.
	Original string

	// Host is whose meeting it is. Sender is who sends the message, if that is
	// another. Attendee gets it; Publish has none.
	Host, Sender, Attendee Person
	Ways                   []Way
}

// Errors of Encode, beside those of a schedule.
var (
	ErrPermanent  = errors.New("ics: a permanent room has no time")
	ErrNobody     = errors.New("ics: REQUEST and CANCEL need a mail address of organizer and attendee")
	ErrOccurrence = errors.New("ics: the series has no such occurrence")
)
