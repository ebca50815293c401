package store

import (
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Room is a room as it was set up. It has no PIN in it, so that it can be logged
// and printed.
type Room struct {
	ID        string `json:"id"`
	Extension string `json:"extension"`
	Name      string `json:"name"`
	// Language is that of its prompts, as "de"; empty: the gateway's.
	Language string `json:"language,omitempty"`
	// MaxParticipants counts every kind of leg; 0: no limit.
	MaxParticipants int  `json:"max_participants"`
	Lobby           bool `json:"lobby"`
	WaitForHost     bool `json:"wait_for_host"`
	MuteOnEntry     bool `json:"mute_on_entry"`
	// Tones is what is heard at joining and leaving: "tone", "name" or "off".
	Tones string `json:"tones"`
	// Names is what guests of the page are called: "ask" for what they say, or
	// "guest" for Guest, Guest 2, and so on.
	Names string `json:"names"`
	// GuestInvites lets guests see how others get in.
	GuestInvites bool `json:"guest_invites"`
	// OwnerID is the account that may host it; empty: every account may.
	OwnerID    string    `json:"owner_id,omitempty"`
	HasPIN     bool      `json:"has_pin"`
	HasHostPIN bool      `json:"has_host_pin"`
	CreatedAt  time.Time `json:"created_at"`
	// Schedule is when it meets; nil: it is a permanent room. It is shared with
	// the copy in memory, and never changed.
	Schedule *Schedule `json:"schedule,omitempty"`
}

// HostedBy says whether an account may host the room.
func (r *Room) HostedBy(userID string) bool {
	return userID != "" && (r.OwnerID == "" || r.OwnerID == userID)
}

// NewRoom is a room to be added. An empty PIN means that none is asked, an empty
// HostPIN that nobody becomes host by one.
type NewRoom struct {
	Extension, Name, Language       string
	MaxParticipants                 int
	Lobby, WaitForHost, MuteOnEntry bool
	Tones                           string
	PIN, HostPIN                    string
	Names, OwnerID                  string
	GuestInvites                    bool
}

// What Room.Names may be.
const (
	NamesAsked = "ask"
	NamesGuest = "guest"
)

// Role is what a PIN makes of its owner.
type Role uint8

// The roles.
const (
	NoRole Role = iota
	Guest
	Host
)

func (r Role) String() string {
	switch r {
	case Guest:
		return "guest"
	case Host:
		return "host"
	}
	return "none"
}

// FieldError is a mistake in one field of a room or an account. It never tells
// the value of a PIN or a password.
type FieldError struct{ Field, Msg string }

func (e *FieldError) Error() string { return e.Field + ": " + e.Msg }

// Lengths in digits and characters.
const (
	minExtension, maxExtension = 2, 15
	minPIN, maxPIN             = 4, 12
	maxName                    = 64
)

// Check gives every mistake of a room as FieldErrors, joined; nil if there is
// none. It trims the name and fills in what is empty.
func (n *NewRoom) Check() error {
	var all []error
	wrong := func(field, format string, args ...any) {
		all = append(all, &FieldError{field, fmt.Sprintf(format, args...)})
	}
	n.Name = cleanName(n.Name)
	if n.Name == "" {
		n.Name = n.Extension
	}
	if n.Tones == "" {
		n.Tones = "tone"
	}
	if n.Names == "" {
		n.Names = NamesAsked
	}
	if len(n.Extension) < minExtension || len(n.Extension) > maxExtension || !digits(n.Extension) {
		wrong("extension", "%d to %d digits are wanted", minExtension, maxExtension)
	}
	if utf8.RuneCountInString(n.Name) > maxName {
		wrong("name", "more than %d characters", maxName)
	}
	if !languageTag(n.Language) {
		wrong("language", "%.20q is no language tag such as \"de\"", n.Language)
	}
	if n.MaxParticipants < 0 {
		wrong("max_participants", "%d is negative; 0 means no limit", n.MaxParticipants)
	}
	if n.Tones != "tone" && n.Tones != "name" && n.Tones != "off" {
		wrong("tones", "%.20q is none of \"tone\", \"name\", \"off\"", n.Tones)
	}
	if n.Names != NamesAsked && n.Names != NamesGuest {
		wrong("names", "%.20q is neither \"ask\" nor \"guest\"", n.Names)
	}
	for _, p := range []struct{ field, pin string }{{"pin", n.PIN}, {"host_pin", n.HostPIN}} {
		if p.pin != "" {
			if msg := weakness(p.pin); msg != "" {
				wrong(p.field, "%s", msg)
			}
		}
	}
	if n.PIN != "" && n.HostPIN != "" {
		switch { // no entry may match before it is whole
		case n.PIN == n.HostPIN:
			wrong("host_pin", "the same as the guests' PIN")
		case strings.HasPrefix(n.PIN, n.HostPIN), strings.HasPrefix(n.HostPIN, n.PIN):
			wrong("host_pin", "one PIN of a room must not begin with the other")
		}
	}
	return errors.Join(all...)
}

// weakness says what is wrong with a PIN, without repeating it.
func weakness(pin string) string {
	if len(pin) < minPIN || len(pin) > maxPIN || !digits(pin) {
		return fmt.Sprintf("%d to %d digits are wanted", minPIN, maxPIN)
	}
	equal, up, down := true, true, true
	for i := 1; i < len(pin); i++ {
		step := int(pin[i]) - int(pin[i-1])
		equal, up, down = equal && step == 0, up && step == 1, down && step == -1
	}
	switch {
	case equal:
		return "all digits are equal: too easy to guess"
	case up, down:
		return "the digits only count: too easy to guess"
	}
	return ""
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

func languageTag(s string) bool {
	if s == "" {
		return true
	}
	language, region, hasRegion := strings.Cut(s, "-")
	letters := func(s string) bool {
		return len(s) >= 2 && len(s) <= 4 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
	}
	return letters(language) && (!hasRegion || letters(region))
}

// cleanName trims a name and takes out control characters and those that turn
// the direction of text.
func cleanName(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// NewPIN makes a PIN of 6 digits that passes Check and shares no beginning with
// the others of its room.
func NewPIN(others ...string) string { return drawPIN(others) }

// crowd is how many PINs a room has before new ones get two digits more: they
// shall not be easier to hit the more there are.
const crowd = 100

func drawPIN(others []string) string {
	length := 6
	if len(others) > crowd {
		length = 8
	}
	for {
		pin := randomDigits(length)
		if weakness(pin) == "" && !clashes(pin, others) {
			return pin
		}
	}
}

// clashes says whether a PIN begins with one of others, or one of them with it.
func clashes(pin string, others []string) bool {
	return slices.ContainsFunc(others, func(o string) bool {
		return o != "" && (strings.HasPrefix(o, pin) || strings.HasPrefix(pin, o))
	})
}

func randomDigits(n int) string {
	limit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
	v, err := rand.Int(rand.Reader, limit)
	if err != nil {
		panic(err) // crypto/rand never fails
	}
	return fmt.Sprintf("%0*d", n, v)
}
