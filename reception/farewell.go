package reception

import (
	"context"
	"errors"
	"time"

	"github.com/partyline/partyline/cause"
)

// farewellTime bounds the last words: a call that has ended must not linger, and
// a drain waits for them.
const farewellTime = 10 * time.Second

// farewell says why the call ends and hangs up for that cause. Keys don't
// interrupt it: the caller may still be pressing those of an entry, and would
// never learn why.
func (c *call) farewell(err error) {
	var why cause.Cause
	switch {
	case errors.Is(err, errGone):
		return
	case errors.As(err, &why):
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		why = cause.Draining
	default:
		c.log().Error("the reception cannot go on", "error", err)
		why = cause.Internal
	}
	if last := c.lastWords(why); len(last) > 0 && !c.silent {
		c.finish(c.say(last...), farewellTime)
	}
	c.leg.Hangup(why)
}

// lastWords are what is said before a call ends.
func (c *call) lastWords(why cause.Cause) []prompt {
	said := prompt(why.Prompt())
	switch why {
	case cause.Denied:
		return []prompt{sayWrong, sayGoodbye}
	case cause.LockedOut:
		return []prompt{sayLockedOut, retryIn(c.wait), sayGoodbye}
	case cause.TooEarly:
		return append(c.earlyWords(), sayGoodbye)
	case cause.Full, cause.Locked, cause.Over:
		return []prompt{said, sayGoodbye}
	case cause.NoAnswer: // to whom it may be that did not press 1
		return []prompt{sayGoodbye}
	}
	if said == "" {
		return nil
	}
	return []prompt{said}
}
