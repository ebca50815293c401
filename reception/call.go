package reception

import (
	"context"
	"log/slog"
	"time"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/media"
	"github.com/partyline/partyline/store"
)

// call is one call's state. The goroutine in Attend owns it.
type call struct {
	r     *Reception
	p     *bridge.Participant
	leg   bridge.Leg
	entry Entry
	lang  string // what is spoken to this caller

	ahead   []byte // keys that were pressed and not used yet, in order
	swallow bool   // a # or * that comes next confirms what has ended already

	wait   time.Duration // of a back-off, or until the meeting opens, for the prompt
	silent bool          // the caller has heard why the call ends

	who store.Who // whose presence this call is; zero: nobody's

	stay // once in a room
}

// longestPrompt bounds the wait for a prompt's end, should an engine have stopped
// under it.
const longestPrompt = 2 * time.Minute

// log is the call's logger, made when there is something to say.
func (c *call) log() *slog.Logger { return c.r.cfg.Logger.With("leg", c.p.ID()) }

// over tells why the call cannot go on: errGone, the context's end, or nil.
func (c *call) over(ctx context.Context) error {
	select {
	case <-c.leg.Done():
		return errGone
	default:
		return ctx.Err()
	}
}

// say begins to play prompts to the caller.
func (c *call) say(what ...prompt) *bridge.Playback { return c.play(c.words(what...)...) }

// play begins to play sources to the caller alone. To a page it plays nothing and
// returns nil: what it would hear is written there.
func (c *call) play(what ...bridge.Source) *bridge.Playback {
	if c.entry.Page {
		return nil
	}
	return c.p.Play(what...)
}

// words are the sources of prompts in the caller's language; none for a page.
func (c *call) words(what ...prompt) []bridge.Source {
	if c.entry.Page {
		return nil
	}
	return c.r.say(c.lang, what)
}

// say makes sources of prompts.
func (r *Reception) say(lang string, what []prompt) []bridge.Source {
	keys := make([]string, len(what))
	for i, w := range what {
		keys[i] = string(w)
	}
	return r.words.Say(lang, keys...)
}

// tell plays sources until they end or a key is pressed; not at all if one was
// pressed before. The key is kept for whoever reads next.
func (c *call) tell(ctx context.Context, what ...bridge.Source) error {
	if c.typed() || c.entry.Page {
		return c.over(ctx)
	}
	playing := c.play(what...)
	guard := time.NewTimer(longestPrompt)
	defer guard.Stop()
	for {
		select {
		case <-c.leg.Done():
			return errGone
		case <-ctx.Done():
			return ctx.Err()
		case k := <-c.p.Keys():
			if c.keep(k) {
				playing.Stop()
				return nil
			}
		case <-playing.Done():
			return c.over(ctx)
		case <-guard.C:
			return nil
		}
	}
}

// finish waits until a playback has ended, whatever is keyed. nil has.
func (c *call) finish(playing *bridge.Playback, most time.Duration) {
	if playing == nil {
		return
	}
	guard := time.NewTimer(most)
	defer guard.Stop()
	select {
	case <-c.leg.Done():
	case <-playing.Done():
	case <-guard.C:
	}
}

// typed takes the keys pressed so far and says whether there are any.
func (c *call) typed() bool {
	for {
		select {
		case k := <-c.p.Keys():
			c.keep(k)
		default:
			return len(c.ahead) > 0
		}
	}
}

// keep puts a key behind those typed ahead, unless it means nothing here: the
// keys A to D, and the confirmation of an entry that its length has ended.
func (c *call) keep(k media.Key) bool {
	confirms := k.Digit == '#' || k.Digit == '*'
	if !confirms && (k.Digit < '0' || k.Digit > '9') {
		return false
	}
	if len(c.ahead) == 0 && c.swallow {
		c.swallow = false
		if confirms {
			return false
		}
	}
	c.ahead = append(c.ahead, k.Digit)
	return true
}

// next takes the next key, typed ahead or pressed within the time; 0 if there is
// none.
func (c *call) next(ctx context.Context, within time.Duration) (byte, error) {
	timer := time.NewTimer(within)
	defer timer.Stop()
	for !c.typed() {
		select {
		case <-c.leg.Done():
			return 0, errGone
		case <-ctx.Done():
			return 0, ctx.Err()
		case k := <-c.p.Keys():
			c.keep(k)
		case <-timer.C:
			return 0, nil
		}
	}
	key := c.ahead[0]
	c.ahead = c.ahead[1:]
	return key, nil
}
