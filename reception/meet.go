package reception

import (
	"context"
	"time"

	"github.com/partyline/partyline/admission"
	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/store"
)

// stay is a call's state in a room or its lobby.
type stay struct {
	room    *bridge.Room
	verdict admission.Verdict // of the door, with the room's settings
	host    bool
	entered bool   // in the room, not in the lobby
	waiting prompt // what is said in the lobby
	ended   bool   // the room was ended for all
	volume  int    // dB
	name    []int16

	pressed    string           // keys of a sequence that has begun
	confirming bool             // 1 ends the meeting for all
	deadline   <-chan time.Time // of the sequence or the confirmation
	bell       <-chan struct{}  // a host's: someone waits
}

// How a room announces who comes and goes; anything else means by tone.
const (
	tonesName = "name"
	tonesOff  = "off"
)

// meet takes the caller into its room or its lobby.
func (c *call) meet(ctx context.Context, v admission.Verdict) error {
	c.verdict, c.host = v, v.Role == admission.Host
	c.speak(v.Language)
	if v.Room.Tones == tonesName && !c.entry.Page && c.name == nil {
		name, err := c.askForName(ctx)
		if err != nil {
			return err
		}
		c.name = name
	}
	room, err := c.join(ctx)
	if err != nil {
		return c.fault(ctx, err)
	}
	return c.settle(ctx, room)
}

// join asks for a place in the room of the verdict.
func (c *call) join(ctx context.Context) (*bridge.Room, error) {
	v := &c.verdict
	return c.r.rooms.Join(ctx, c.p, bridge.RoomConfig{
		ID: v.Room.ID, Name: v.Room.Name,
		MaxParticipants: v.Room.MaxParticipants, MuteOnEntry: v.Room.MuteOnEntry,
	}, bridge.JoinOptions{Name: c.called(), Host: c.host, Lobby: v.Lobby, WaitForHost: v.Wait})
}

// settle begins the call's stay in a room that it has just joined. What is said first
// comes before the words of welcome.
func (c *call) settle(ctx context.Context, room *bridge.Room, first ...prompt) error {
	v := &c.verdict
	c.room = room
	c.r.book.enter(room.ID(), c.p.ID(), c.name)
	if c.host {
		c.bell = c.r.book.bell(room.ID(), c.p.ID())
	}
	here, err := c.look(ctx)
	if err != nil {
		return err
	}
	if here.State == bridge.StateLobby {
		c.seen(v.Who, store.Waiting)
		c.waiting = sayWaitHost
		if v.Lobby {
			c.waiting = sayWaitLobby
			c.r.book.ring(room.ID())
		}
		c.say(append(first, c.waiting)...)
	} else {
		c.arrive(here, first...)
	}
	return nil
}

// called is the name that the others see; empty for what the leg says. Who gave none
// and came by a PIN or link of their own has the name that the host invited. A guest
// of the page who is not asked for one, or has none, has a number.
func (c *call) called() string {
	name := c.entry.Name
	asked := c.verdict.Room.Names != store.NamesGuest
	if name == "" && asked {
		name = c.verdict.Who.Name
	}
	if !c.entry.Page || name != "" && (asked || c.host) {
		return name
	}
	return c.r.book.guest(c.verdict.Room.ID, c.p.ID())
}

// fault is what an error of the room means for the call: it is over, or the room
// is broken.
func (c *call) fault(ctx context.Context, err error) error {
	if over := c.over(ctx); over != nil {
		return over
	}
	return err
}

// look asks the room how many are there.
func (c *call) look(ctx context.Context) (bridge.View, error) {
	here, err := c.room.View(ctx, c.p.ID())
	if err != nil {
		return here, c.fault(ctx, err)
	}
	return here, nil
}

// arrive welcomes the caller in the room and tells the others.
func (c *call) arrive(here bridge.View, first ...prompt) {
	c.entered = true
	c.seen(c.verdict.Who, store.Joined)
	c.announce(&c.stay, here.People, toneJoin, sayHasJoined)
	said := first
	if c.host {
		said = append(said, sayYouAreHost)
	}
	if c.verdict.Room.Tones == tonesOff || here.People > c.r.cfg.AnnounceUpTo {
		said = append(said, sayAdmitted)
	} else {
		said = append(said, youAre(here.People)...)
	}
	if here.Muted {
		said = append(said, c.mutedWords(sayMuted)...)
	}
	if c.host {
		said = append(said, c.waitingWords(here.Waiting)...)
	}
	// The tone that the others hear is over before the words begin.
	c.play(append([]bridge.Source{bridge.NewPause(pickUp)}, c.words(said...)...)...)
}

// mutedWords say that the caller is muted and by which keys it can speak.
func (c *call) mutedWords(what prompt) []prompt {
	return append([]prompt{what}, c.r.cfg.Keys.press(sayPressToSpeak, ActMute)...)
}

// waitingWords tell a host who waits and how to let them in.
func (c *call) waitingWords(waiting int) []prompt {
	if waiting == 0 {
		return nil
	}
	said := sayOneWaits
	if waiting > 1 {
		said = sayManyWait
	}
	return append([]prompt{said}, c.r.cfg.Keys.press(sayPressToAdmit, ActAdmitAll)...)
}

// announce tells a room that the caller comes or goes: by tone, by its recorded
// name, or not at all.
func (c *call) announce(s *stay, people int, tone []int16, what prompt) {
	if people < 2 || people > c.r.cfg.AnnounceUpTo || s.verdict.Room.Tones == tonesOff {
		return
	}
	if s.verdict.Room.Tones == tonesName && s.name != nil {
		lang := s.verdict.Room.Language
		if lang == "" {
			lang = c.r.cfg.Language
		}
		s.room.Announce(append([]bridge.Source{bridge.NewClip(s.name)}, c.r.say(lang, []prompt{what})...)...)
		return
	}
	if c.r.book.mayTone(s.room.ID()) {
		s.room.Announce(bridge.NewClip(tone))
	}
}

// leave takes the caller out of its room and tells those who stay.
func (c *call) leave() {
	c.p.Exit()
	c.seen(c.who, store.Left)
	if c.room == nil {
		if c.verdict.Room != nil {
			c.r.book.unname(c.verdict.Room.ID, c.p.ID())
		}
		return
	}
	c.depart(&c.stay)
}

// depart tells those who stay in a room that the caller has left it.
func (c *call) depart(s *stay) {
	if s.entered && !s.ended && c.leg.Cause() != cause.Draining {
		// One more, for the one who goes: what was too many to announce at
		// joining is at leaving too.
		c.announce(s, s.room.Count()+1, toneLeave, sayHasLeft)
	}
	c.r.book.leave(s.room.ID(), c.p.ID())
}

// attend waits for what happens next to a caller in its room or lobby, and
// returns what is to be done then. This is where nearly all calls are nearly all
// of the time, hence the little it keeps on its stack.
func (c *call) attend(ctx context.Context) (next func() error) {
	select {
	case <-c.leg.Done():
		return func() error { return errGone }
	case <-ctx.Done():
		return ctx.Err
	case k := <-c.p.Keys():
		return func() error { c.keep(k); return nil }
	case n := <-c.p.Notices():
		return func() error { return c.notice(ctx, n) }
	case <-c.bell:
		return func() error { return c.rung(ctx) }
	case <-c.deadline:
		return func() error { return c.late(ctx) }
	}
}

// keyed serves the keys that were pressed and not used yet.
func (c *call) keyed(ctx context.Context) error {
	for c.typed() {
		key := c.ahead[0]
		c.ahead = c.ahead[1:]
		if err := c.key(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

// rung tells a host that someone waits.
func (c *call) rung(ctx context.Context) error {
	here, err := c.look(ctx)
	if err == nil && here.Waiting > 0 {
		c.say(c.waitingWords(here.Waiting)...)
	}
	return err
}

// notice tells the caller what others did to it.
func (c *call) notice(ctx context.Context, n bridge.Notice) error {
	switch n.Kind {
	case bridge.NoticeAdmitted:
		if c.entered {
			return nil // let in at once, before it could look
		}
		here, err := c.look(ctx)
		if err != nil {
			return err
		}
		c.arrive(here)
	case bridge.NoticeMuted:
		c.say(c.mutedWords(sayHostMuted)...)
	case bridge.NoticeUnmuted:
		c.say(sayHostUnmuted)
	case bridge.NoticeHandLowered:
		c.say(sayHandLowered)
	case bridge.NoticeHost:
		c.host = true
		c.bell = c.r.book.bell(c.room.ID(), c.p.ID())
		c.say(sayHostNow)
	case bridge.NoticeEnded:
		if c.entry.Page {
			c.ended = true
			return cause.Ended
		}
		// The room ends the call by itself, within 2 s, for its own cause.
		c.ended, c.silent = true, true
		c.finish(c.say(sayEnded), farewellTime)
		select {
		case <-c.leg.Done():
			return errGone
		case <-time.After(farewellTime):
			return cause.Ended
		}
	case bridge.NoticeMove:
		return c.moveOn(ctx)
	case bridge.NoticeRemoved:
		return cause.Removed
	}
	return nil
}
