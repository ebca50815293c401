package reception

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
)

// confirmTime is how long the confirmation of an end for all is waited for.
const confirmTime = 10 * time.Second

// key takes one key in the room or the lobby.
func (c *call) key(ctx context.Context, key byte) error {
	if c.confirming {
		return c.confirm(ctx, key)
	}
	c.pressed += string(key)
	action, more := c.r.cfg.Keys.match(c.pressed)
	switch {
	case more: // it may go on
		c.deadline = time.After(c.r.cfg.DigitTimeout)
		return nil
	case action != 0:
		c.begin()
		return c.act(ctx, action)
	}
	wrong := c.pressed
	c.begin()
	if len(wrong) == 1 {
		return nil // a key that begins nothing: it was meant for something else
	}
	if _, more := c.r.cfg.Keys.match(string(key)); more {
		c.pressed = string(key) // it begins another sequence
		c.deadline = time.After(c.r.cfg.DigitTimeout)
		return nil
	}
	if !c.entered {
		c.say(c.waiting)
		return nil
	}
	c.say(append([]prompt{sayUnknownKeys}, c.r.cfg.Keys.press(sayPressForHelp, ActHelp)...)...)
	return nil
}

// begin forgets the keys of a sequence.
func (c *call) begin() { c.pressed, c.deadline = "", nil }

// late is when a sequence or a confirmation has not gone on in time.
func (c *call) late(ctx context.Context) error {
	if c.confirming {
		return c.confirm(ctx, 0)
	}
	action, _ := c.r.cfg.Keys.match(c.pressed)
	c.begin()
	if action == 0 || !c.entered {
		return nil
	}
	return c.act(ctx, action)
}

// confirm ends the meeting for all if the key says so.
func (c *call) confirm(ctx context.Context, key byte) error {
	c.confirming, c.deadline = false, nil
	if key != '1' {
		c.say(sayGoesOn)
		return nil
	}
	if err := c.room.End(ctx, cause.Ended); err != nil {
		return c.fault(ctx, err)
	}
	return nil // the notice of it comes to this call too
}

// act does what keys ask for and confirms it in words.
func (c *call) act(ctx context.Context, a Action) error {
	switch {
	case a.hosts() && !c.host && c.entered:
		c.say(sayHostOnly)
		return nil
	case !c.entered && a != ActMute && a != ActQuieter && a != ActLouder:
		c.say(c.waiting) // nothing else makes sense in the lobby
		return nil
	}
	said, err := c.do(ctx, a)
	if err != nil {
		return c.fault(ctx, err)
	}
	if len(said) > 0 {
		c.play(said...)
	}
	return nil
}

// do does it and returns what is said then.
func (c *call) do(ctx context.Context, a Action) ([]bridge.Source, error) {
	switch a {
	case ActMute:
		muted, err := c.room.ToggleMute(ctx, c.p.ID())
		if muted {
			return c.words(c.mutedWords(sayMuted)...), err
		}
		return c.words(sayUnmuted), err
	case ActHand:
		up, err := c.room.ToggleHand(ctx, c.p.ID())
		return c.either(up, sayHandUp, sayHandDown), err
	case ActCount:
		return c.roll(ctx)
	case ActHelp:
		return c.words(c.r.cfg.Keys.help(c.host)...), nil
	case ActQuieter:
		c.turn(-volumeStep)
		return c.words(sayQuieter), nil
	case ActLouder:
		c.turn(volumeStep)
		return c.words(sayLouder), nil
	case ActMuteAll:
		return c.words(sayAllMuted), c.room.MuteAll(ctx, true)
	case ActLock:
		lock := !c.room.Locked()
		return c.either(lock, sayRoomLocked, sayRoomUnlocked), c.room.Lock(ctx, lock)
	case ActAdmit:
		return c.admitNext(ctx)
	case ActAdmitAll:
		n, err := c.room.AdmitAll(ctx)
		return c.either(n > 0, sayAllAdmitted, sayNobodyWaits), err
	case ActEnd:
		c.confirming, c.deadline = true, time.After(confirmTime)
		return c.words(askEnd), nil
	}
	return nil, nil
}

// admitNext lets in who has waited longest.
func (c *call) admitNext(ctx context.Context) ([]bridge.Source, error) {
	all, err := c.room.Roster(ctx)
	first := slices.IndexFunc(all, func(e bridge.Entry) bool { return e.State == bridge.StateLobby })
	if err != nil || first < 0 {
		return c.words(sayNobodyWaits), err
	}
	err = c.room.Admit(ctx, all[first].ID)
	if errors.Is(err, bridge.ErrNotHere) { // gone in this moment
		return c.words(sayNobodyWaits), nil
	}
	return c.words(sayOneAdmitted), err
}

func (c *call) either(is bool, yes, no prompt) []bridge.Source {
	if is {
		return c.words(yes)
	}
	return c.words(no)
}

// The volume of what one hears, in dB.
const (
	volumeStep = 4
	volumeMost = 12
)

func (c *call) turn(by int) {
	c.volume = max(-volumeMost, min(volumeMost, c.volume+by))
	c.p.SetVolume(c.volume)
}

// namesTold is how many recorded names a roll call tells at most.
const namesTold = 20

// roll is how many are here, the recorded names of the others, and for a host who
// waits.
func (c *call) roll(ctx context.Context) ([]bridge.Source, error) {
	here, err := c.look(ctx)
	if err != nil {
		return nil, err
	}
	all, err := c.room.Roster(ctx)
	if err != nil {
		return nil, err
	}
	said := c.words(thereAre(here.People)...)
	told := 0
	for _, e := range all {
		if e.ID == c.p.ID() || e.State != bridge.StateRoom {
			continue
		}
		if name := c.r.book.name(e.ID); name != nil && told < namesTold {
			said = append(said, pauseBetween(), bridge.NewClip(name))
			told++
		}
	}
	if c.host {
		said = append(said, c.words(c.waitingWords(here.Waiting)...)...)
	}
	return said, nil
}
