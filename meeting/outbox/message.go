package outbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/partyline/partyline/store"
)

// Message is what one recipient is sent. For mail it has Subject, Text and HTML,
// and Calendar when there is something for a calendar; for a short message SMS.
type Message struct {
	ToName, To           string // To: e-mail address or E.164
	ReplyToName, ReplyTo string // the host's; may be empty
	Language             string // of the text, a BCP 47 tag
	Subject, Text, HTML  string
	Calendar             []byte // iCalendar (RFC 5545), CRLF
	Method               string // of Calendar: "REQUEST" or "CANCEL" (RFC 5546)
	SMS                  string
}

// Composer makes the message of a job. A *Dropped says that it need not be sent any
// more, a *Refusal with Permanent that it cannot be; any other error is for now.
type Composer interface {
	Compose(ctx context.Context, j store.Job) (Message, error)
}

// Envelope is a message on its way. ID is the same each time the same job is tried.
type Envelope struct {
	ID string // hexadecimal
	Message
}

// Transport carries messages over to the next server. Send returns nil when that
// has taken the message over, a *Refusal when it has not, and when ctx ends. It is
// safe for concurrent use.
type Transport interface {
	Send(ctx context.Context, e Envelope) error
}

// Refusal is why a message was not taken over.
type Refusal struct {
	Reason    string        // in words for the host, without secrets
	Permanent bool          // it makes no sense to try again
	After     time.Duration // try again no sooner than that; 0: whenever
	Err       error         // may be nil
}

func (r *Refusal) Error() string {
	if r.Err == nil {
		return r.Reason
	}
	return r.Reason + ": " + r.Err.Error()
}

func (r *Refusal) Unwrap() error { return r.Err }

// Dropped says that a message has become pointless.
type Dropped struct{ Reason string }

func (d *Dropped) Error() string { return d.Reason }

// MessageKey is the ID of a job's message, made of the job's key alone: whoever
// gets it twice can tell.
func MessageKey(key string) string {
	sum := sha256.Sum256([]byte("partyline message\x00" + key))
	return hex.EncodeToString(sum[:16])
}

// The pauses between attempts.
const (
	firstPause   = time.Minute
	longestPause = 4 * time.Hour
)

// pause is how long to wait after so many attempts: twice as long each time, up
// to longestPause, a fifth more or less by chance, so that what failed together does
// not come again together.
func pause(first time.Duration, attempts int) time.Duration {
	d := longestPause
	if attempts < 10 { // below 2^9 minutes
		d = min(first<<max(attempts-1, 0), longestPause)
	}
	return d - d/5 + rand.N(2*d/5)
}

// verdict is what becomes of a job after an attempt; first is the first pause.
func verdict(j store.Job, err error, now time.Time, first time.Duration) store.JobResult {
	var dropped *Dropped
	var refusal *Refusal
	switch {
	case err == nil:
		return store.JobResult{State: store.JobSent, At: now}
	case errors.As(err, &dropped):
		return store.JobResult{State: store.JobDropped, Error: dropped.Reason, At: now}
	}
	reason, after := "internal error, tried again", time.Duration(0)
	if errors.As(err, &refusal) {
		if refusal.Permanent {
			return store.JobResult{State: store.JobFailed, Error: refusal.Reason, At: now}
		}
		reason, after = refusal.Reason, refusal.After
	}
	// A gateway that was down for days makes some attempts of its own.
	since := j.Created
	if j.NotBefore.After(since) {
		since = j.NotBefore
	}
	if j.Attempts > 3 && now.Sub(since) > giveUpAge {
		return store.JobResult{State: store.JobFailed, Error: fmt.Sprintf("given up after %d attempts: %s", j.Attempts, reason), At: now}
	}
	return store.JobResult{State: store.JobQueued, Error: reason, Next: now.Add(max(pause(first, j.Attempts), min(after, longestPause))), At: now}
}
