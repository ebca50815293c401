package store

import (
	"fmt"
	"slices"
	"strings"
)

// About names a room or a meeting in the record.
func (r Room) About() string {
	what := "room "
	if r.Schedule != nil {
		what = "meeting "
	}
	return what + r.Extension + " (" + r.Name + ")"
}

// About names an account in the record.
func (u User) About() string { return "account " + u.Email }

// Differences puts into words how an account was before and is now.
func (u User) Differences(before User) string {
	var d differences
	d.text("name", before.Name, u.Name)
	d.on("admin", before.Admin, u.Admin)
	return d.String()
}

// Differences puts into words what a change has made of a room. Of PINs it says
// that they were replaced, never what they are.
func (c RoomChange) Differences(before, after Room) string {
	var d differences
	d.text("name", before.Name, after.Name)
	d.text("language", before.Language, after.Language)
	d.text("at most", fmt.Sprint(before.MaxParticipants), fmt.Sprint(after.MaxParticipants))
	d.on("lobby", before.Lobby, after.Lobby)
	d.on("wait for host", before.WaitForHost, after.WaitForHost)
	d.on("mute on entry", before.MuteOnEntry, after.MuteOnEntry)
	d.text("tones", before.Tones, after.Tones)
	d.text("names", before.Names, after.Names)
	d.on("guests invite", before.GuestInvites, after.GuestInvites)
	if before.OwnerID != after.OwnerID {
		d = append(d, "owner changed")
	}
	d.secret("PIN", c.PIN, after.HasPIN)
	d.secret("host PIN", c.HostPIN, after.HasHostPIN)
	return d.String()
}

// Differences puts into words what a change has made of a meeting.
func (c MeetingChange) Differences(before, after Meeting) string {
	d := differences{}
	if room := c.Room.Differences(before.Room, after.Room); room != "" {
		d = append(d, room)
	}
	if b, a := before.Room.Schedule, after.Room.Schedule; b != nil && a != nil {
		d.text("start", b.Start, a.Start)
		d.text("zone", b.Zone, a.Zone)
		d.text("duration", b.Duration.String(), a.Duration.String())
		d.text("repeat", b.Repeat, a.Repeat)
		d.text("join early", b.JoinEarly.String(), a.JoinEarly.String())
		d.text("grace", b.Grace.String(), a.Grace.String())
	}
	if before.Note != after.Note {
		d = append(d, "note changed")
	}
	if !slices.Equal(before.Reminders, after.Reminders) {
		d.text("reminders", fmt.Sprint(before.Reminders), fmt.Sprint(after.Reminders))
	}
	d.on("personal PINs", before.PersonalPINs, after.PersonalPINs)
	return d.String()
}

// differences are collected in words.
type differences []string

func (d differences) String() string { return strings.Join(d, "; ") }

func (d *differences) text(what, before, after string) {
	if before == after {
		return
	}
	for _, s := range []*string{&before, &after} {
		if *s == "" {
			*s = "none"
		}
	}
	*d = append(*d, what+": "+before+" → "+after)
}

func (d *differences) on(what string, before, after bool) {
	word := map[bool]string{false: "off", true: "on"}
	d.text(what, word[before], word[after])
}

// secret says what became of a PIN that was set.
func (d *differences) secret(what string, set *string, has bool) {
	switch {
	case set == nil:
	case has:
		*d = append(*d, what+": replaced")
	default:
		*d = append(*d, what+": removed")
	}
}
