package store

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// Lengths of a password: in characters at least, in bytes at most.
const (
	minPassword = 8
	maxPassword = 1024
)

// cost is that of argon2id (RFC 9106 §3.1): passes, KiB of memory, lanes.
type cost struct {
	passes, memory uint32
	lanes          uint8
}

// presentCost is OWASP's first choice for sign-ins: some 25 ms of one core.
var presentCost = cost{passes: 2, memory: 19 * 1024, lanes: 1}

// Bounds on what a database may ask for: a row must not take all memory.
const (
	mostPasses = 16
	mostMemory = 256 * 1024
	mostLanes  = 8
)

const (
	saltSize = 16
	sumSize  = 32
)

// password is what is kept of one.
type password struct {
	cost      cost
	salt, sum []byte
}

// passwords does the work on passwords, few at a time: each takes 19 MiB, and a
// core that calls need. Who comes while too many wait is told so at once.
type passwords struct {
	cost  cost          // of those that are made
	slots chan struct{} // held while working
	queue chan struct{} // held while waiting or working
}

// mostSignIns is how many may wait or work: half a second of one core.
const mostSignIns = 16

func newPasswords() passwords {
	atOnce := max(1, min(2, runtime.GOMAXPROCS(0)/2))
	return passwords{cost: presentCost, slots: make(chan struct{}, atOnce), queue: make(chan struct{}, mostSignIns)}
}

// sum is the work. It fails with ErrBusy or the context's error.
func (p passwords) sum(ctx context.Context, text string, salt []byte, c cost) ([]byte, error) {
	select {
	case p.queue <- struct{}{}:
		defer func() { <-p.queue }()
	default:
		return nil, ErrBusy
	}
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	// One text has several spellings in Unicode; keyboards differ (RFC 8265 §4.2.2).
	text = norm.NFC.String(text)
	return argon2.IDKey([]byte(text), salt, c.passes, c.memory, c.lanes, sumSize), nil
}

// make gives the PHC string of a new password.
func (p passwords) make(ctx context.Context, text string) (string, error) {
	salt := make([]byte, saltSize)
	rand.Read(salt)
	sum, err := p.sum(ctx, text, salt, p.cost)
	if err != nil {
		return "", err
	}
	return password{p.cost, salt, sum}.String(), nil
}

// matches compares. The work is the same for a password that is not there
// (nil), which nothing matches.
func (p passwords) matches(ctx context.Context, have *password, text string) (bool, error) {
	if have == nil {
		have = &password{cost: p.cost, salt: make([]byte, saltSize)}
	}
	if len(text) > maxPassword {
		text, have = "", &password{cost: have.cost, salt: have.salt}
	}
	sum, err := p.sum(ctx, text, have.salt, have.cost)
	return err == nil && subtle.ConstantTimeCompare(sum, have.sum) == 1, err
}

func (p password) String() string {
	enc := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.cost.memory, p.cost.passes, p.cost.lanes,
		enc(p.salt), enc(p.sum))
}

// parsePassword reads a PHC string. The error does not repeat it.
func parsePassword(s string) (*password, error) {
	bad := fmt.Errorf("store: a stored password is not readable")
	part := strings.Split(s, "$")
	if len(part) != 6 || part[0] != "" || part[1] != "argon2id" || part[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return nil, bad
	}
	p := &password{}
	if n, err := fmt.Sscanf(part[3], "m=%d,t=%d,p=%d", &p.cost.memory, &p.cost.passes, &p.cost.lanes); n != 3 || err != nil {
		return nil, bad
	}
	var saltErr, sumErr error
	p.salt, saltErr = base64.RawStdEncoding.DecodeString(part[4])
	p.sum, sumErr = base64.RawStdEncoding.DecodeString(part[5])
	c := p.cost
	if saltErr != nil || sumErr != nil || len(p.sum) != sumSize || c.passes < 1 || c.passes > mostPasses ||
		c.memory < 8 || c.memory > mostMemory || c.lanes < 1 || c.lanes > mostLanes {
		return nil, bad
	}
	return p, nil
}

// weakPassword says what is wrong with a password, without repeating it.
func weakPassword(text, email string) string {
	switch {
	case !utf8.ValidString(text):
		return "it is no text"
	case utf8.RuneCountInString(text) < minPassword:
		return fmt.Sprintf("at least %d characters are wanted", minPassword)
	case len(text) > maxPassword:
		return fmt.Sprintf("more than %d bytes", maxPassword)
	case strings.Trim(text, string([]rune(text)[:1])) == "":
		return "all characters are equal: too easy to guess"
	case strings.EqualFold(text, email):
		return "the same as the e-mail address: too easy to guess"
	}
	return ""
}

// NewPassword makes a password of 80 random bits that can be read aloud:
// "k3xv-7qpd-…", 16 characters in groups of four.
func NewPassword() string {
	s := strings.ToLower(rand.Text())
	return s[:4] + "-" + s[4:8] + "-" + s[8:12] + "-" + s[12:16]
}
