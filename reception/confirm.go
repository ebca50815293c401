package reception

import (
	"context"
	"errors"
	"time"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
)

// How a party that was called is asked whether it joins.
const (
	confirmKey    = '1'
	confirmRounds = 3 // asked, and asked again twice
	confirmWait   = 5 * time.Second
)

// askToJoin lets a party that was called hear what it is called for, and waits until
// it presses 1. Until then it hears nothing of the room, and a mailbox never does: it
// ends with cause.NoAnswer. Whoever waits for the outcome is told.
func (c *call) askToJoin(ctx context.Context) error {
	err := c.pressesOne(ctx)
	outcome := cause.NoAnswer
	switch {
	case err == nil:
		outcome = cause.None
	case errors.Is(err, errGone):
		outcome = c.leg.Cause()
		if outcome == cause.Hangup {
			outcome = cause.Rejected // whoever hangs up now does not want to come
		}
	case ctx.Err() != nil:
		outcome = cause.Draining
	}
	c.entry.Confirm(outcome)
	c.entry.Confirm = nil
	return err
}

func (c *call) pressesOne(ctx context.Context) error {
	for range confirmRounds {
		question := append([]bridge.Source{bridge.NewPause(pickUp)}, c.words(pressToJoin)...)
		if err := c.tell(ctx, question...); err != nil {
			return err
		}
		for until := time.Now().Add(confirmWait); ; {
			key, err := c.next(ctx, time.Until(until))
			switch {
			case err != nil:
				return err
			case key == confirmKey:
				c.confirmed() // some press # behind it
				return nil
			}
			if key == 0 {
				break // asked again
			}
		}
	}
	return cause.NoAnswer
}
