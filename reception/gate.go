package reception

import (
	"context"
	"errors"
	"time"

	"github.com/partyline/partyline/admission"
	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
)

// errTest says that the caller keyed the test extension.
var errTest = errors.New("reception: the test call")

// pickUp is how long the caller hears silence before the first word: audio paths
// open late, and a clipped "welcome" is the first impression.
const pickUp = 400 * time.Millisecond

// present shows admission what a page, a link or an invitation brings. Nothing is
// asked: what is missing, the page asks for before the call.
func (c *call) present(ctx context.Context) (admission.Verdict, error) {
	e := c.entry
	return c.admit(ctx, admission.Request{
		Extension: e.Extension, RoomID: e.RoomID, PIN: e.PIN, Token: e.Token, User: e.User,
		Invited: e.Invited, Source: e.Source,
	})
}

// gate asks for meeting number and PIN until they are right, at most
// Config.Attempts times. Until then nothing is said about any room, and a number
// that does not exist is asked for its PIN as any other is: the same words, the
// same pauses.
func (c *call) gate(ctx context.Context) (admission.Verdict, error) {
	greeting := append([]bridge.Source{bridge.NewPause(pickUp)}, c.words(sayWelcome)...)
	extension, pin, weighed := c.entry.Extension, c.entry.PIN, false
	for range c.r.cfg.Attempts {
		req := admission.Request{
			Extension: extension, RoomID: c.entry.RoomID, PIN: pin,
			Source: c.entry.Source,
		}
		err := c.ask(ctx, &req, greeting)
		if err != nil {
			return admission.Verdict{}, err
		}
		greeting, pin = nil, ""
		extension = req.Extension // should the PIN be missing, it alone is asked again
		if req.Time.IsZero() {
			continue
		}
		weighed = true
		verdict, err := c.admit(ctx, req)
		if !errors.Is(err, cause.Denied) {
			return verdict, err
		}
		if greeting = c.words(sayWrong); !c.entry.Mapped {
			extension = ""
		}
	}
	if !weighed {
		return admission.Verdict{}, cause.NoEntry
	}
	c.log().Warn("meeting number or PIN wrong too often", "attempts", c.r.cfg.Attempts)
	return admission.Verdict{}, cause.Denied
}

// ask completes a request with what the caller keys, after the greeting. The
// request has a time only if it is complete: the caller may have keyed nothing.
func (c *call) ask(ctx context.Context, req *admission.Request, greeting []bridge.Source) (err error) {
	if req.Extension == "" && req.RoomID == "" {
		full := mostExtension
		if c.r.cfg.ExtensionLength > 0 {
			full = c.r.cfg.ExtensionLength
		}
		question := append(greeting, c.words(askExtension)...)
		if req.Extension, err = c.collect(ctx, full, question); err != nil || req.Extension == "" {
			return err
		}
		if req.Extension == c.r.cfg.TestExtension {
			return errTest
		}
		greeting = nil
	}
	if req.PIN == "" && c.r.door.NeedsPIN(ctx, *req) {
		question := append(greeting, c.words(askPIN)...)
		if req.PIN, err = c.collect(ctx, mostPIN, question); err != nil || req.PIN == "" {
			return err
		}
	}
	req.Time = time.Now()
	return nil
}
