package reception

import (
	"context"
	"time"

	"github.com/partyline/partyline/admission"
	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/store"
)

// holdUpTo is how long before a meeting opens a caller may wait for it on the line.
const holdUpTo = 5 * time.Minute

// admit asks the door. A caller who is a few minutes early hears when the meeting
// opens, and waits with music until the door lets it in.
func (c *call) admit(ctx context.Context, req admission.Request) (admission.Verdict, error) {
	for {
		req.Time = time.Now()
		v := c.r.door.Admit(ctx, req)
		if v.Cause == cause.None {
			return v, nil
		}
		c.speak(v.Language)
		c.wait = v.Backoff
		if v.Cause != cause.TooEarly {
			return v, v.Cause
		}
		c.wait = v.Opens.Sub(req.Time)
		if c.entry.Page || c.wait > holdUpTo {
			return v, v.Cause
		}
		if err := c.hold(ctx, v); err != nil {
			return v, err
		}
	}
}

// speak changes to the language of a room that the caller has the key to, unless the
// number that was dialled has one.
func (c *call) speak(language string) {
	if c.entry.Language == "" && language != "" {
		c.lang = language
	}
}

// hold keeps a caller on the line until its meeting opens.
func (c *call) hold(ctx context.Context, v admission.Verdict) error {
	c.seen(v.Who, store.Waiting)
	words := append(c.earlyWords(), sayWaitOpening)
	if err := c.hear(ctx, c.say(words...), longestPrompt); err != nil {
		return err
	}
	// A second at least: clocks differ, and the door must not be asked without end.
	return c.hear(ctx, c.play(c.r.words.Music()), max(time.Until(v.Opens), time.Second))
}

// hear lets the caller hear something to its end, but not longer than that.
// What is keyed meanwhile means nothing.
func (c *call) hear(ctx context.Context, playing *bridge.Playback, most time.Duration) error {
	defer playing.Stop()
	timer := time.NewTimer(most)
	defer timer.Stop()
	for {
		select {
		case <-c.leg.Done():
			return errGone
		case <-ctx.Done():
			return ctx.Err()
		case <-c.p.Keys():
		case <-playing.Done():
			return nil
		case <-timer.C:
			return nil
		}
	}
}

// earlyWords say that the meeting has not opened, and when it does.
func (c *call) earlyWords() []prompt {
	return append([]prompt{prompt(cause.TooEarly.Prompt())}, opensIn(c.wait)...)
}

// seen notes what somebody does who came by a PIN or link of their own.
func (c *call) seen(who store.Who, state store.PresenceState) {
	if who.InviteeID == "" || c.r.cfg.Presence == nil {
		return
	}
	c.who = who
	if p, news := c.r.book.seen(who.InviteeID, c.p.ID(), state); news {
		c.r.cfg.Presence.RecordPresence(p)
	}
}
