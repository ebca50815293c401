package h323

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/h323/call"
	"github.com/partyline/partyline/media"
)

// owner is the leg as its signalling sees it. All of it runs on the call's loop.
type owner struct{ *Leg }

// Incoming implements call.Owner: a Setup has come. Refusing it here costs no
// state; what may wait is done aside.
func (o owner) Incoming(s *call.Setup) {
	l := o.Leg
	l.note(s)
	l.srv.stats.calls.Add(1)
	if !l.srv.keep(l) {
		l.refuse(cause.Draining, cause.Draining.Text())
		return
	}
	if l.srv.draining.Load() {
		l.refuse(cause.Draining, cause.Draining.Text())
		return
	}
	pass, c, why := l.srv.gate.Enter(l.source.Addr())
	if c != cause.None {
		l.refuse(c, why)
		return
	}
	if pass.Leave != nil {
		l.giveBack(pass.Leave)
	}
	l.mu.Lock()
	l.pass, l.party.Trunk = pass, pass.Trunk
	signalling := l.call
	l.mu.Unlock()
	signalling.Proceed()
	l.srv.wg.Go(func() { l.srv.guard(l, func() { l.route(s) }) })
}

// note takes down who calls and what was called.
func (l *Leg) note(s *call.Setup) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stage = early
	if a := s.Local.Addr(); a.IsValid() {
		l.local = a.Unmap()
	}
	l.noteParty(s.Caller)
	l.party.CallID = guid(s.CallID)
	if len(s.Called) > 0 {
		l.party.Called = bridge.CleanText(Redact(s.Called[0].Text), 64)
	}
	l.log = l.log.With("call_id", l.party.CallID)
}

// noteParty takes down who is at the other end, as far as it is said. l.mu is
// held.
func (l *Leg) noteParty(p call.Party) {
	name, number := p.Name, p.Number
	for _, a := range p.Aliases {
		switch {
		case name == "" && a.Kind == call.H323ID:
			name = a.Text
		case number == "" && (a.Kind == call.DialedDigits || a.Kind == call.PartyNumber):
			number = a.Text
		}
	}
	product := p.Product
	if p.Version != "" && !strings.Contains(product, p.Version) {
		product += " " + p.Version
	}
	l.party.Name = cmp.Or(bridge.CleanText(name, 64), l.party.Name)
	l.party.Number = cmp.Or(bridge.CleanText(number, 64), l.party.Number)
	l.party.Product = cmp.Or(bridge.CleanText(product, 64), l.party.Product)
}

// route asks where the call goes, and answers it.
func (l *Leg) route(s *call.Setup) {
	if elsewhere, err := l.srv.askGatekeeper(l, s); err != nil {
		l.refuseBy(causeOf(err), err.Error(), func(signalling *call.Call) {
			if elsewhere.IsValid() {
				signalling.Redirect(elsewhere)
				return
			}
			signalling.Release(reason(causeOf(err)))
		})
		return
	}
	party := l.Party()
	in := Inbound{
		Trunk: party.Trunk, Caller: party.Number, CallerName: party.Name,
		Source: l.source, CallID: party.CallID, Time: time.Now(),
	}
	for _, c := range s.Called {
		in.Called = append(in.Called, c.Text)
	}
	to, err := l.srv.router.Route(l.ctx, in)
	if l.over() {
		return
	}
	if err != nil {
		l.refuse(causeOf(err), err.Error())
		return
	}
	l.mu.Lock()
	l.target = to
	signalling := l.call
	l.mu.Unlock()
	signalling.Answer()
}

// refuse ends the call before its answer and says so in the log.
func (l *Leg) refuse(c cause.Cause, why string) {
	l.refuseBy(c, why, func(signalling *call.Call) { signalling.Release(reason(c)) })
}

// refuseBy does that by what the signalling is told.
func (l *Leg) refuseBy(c cause.Cause, why string, tell func(*call.Call)) {
	l.refusedBecause(bridge.CleanText(why, 200))
	if !l.end(c, tell) {
		return
	}
	p := l.Party()
	l.srv.logRefusal("call refused", "leg", l.id, "cause", c.String(), "q850", c.Q850(), "reason", bridge.CleanText(why, 200),
		"trunk", p.Trunk, "from", cmp.Or(p.Number, p.Name), "to", p.Called, "source", p.Address, "product", p.Product, "call_id", p.CallID)
}

// causeOf is the cause that an error carries.
func causeOf(err error) cause.Cause {
	var c cause.Cause
	switch {
	case errors.As(err, &c):
		return c
	case errors.Is(err, media.ErrAddress):
		return cause.Unsupported
	case errors.Is(err, media.ErrNoPorts):
		return cause.Limit
	case errors.Is(err, context.Canceled):
		return cause.Cancelled
	}
	return cause.Internal
}

// Capabilities implements call.Watcher. Who has no other way of keys is listened to
// for tones.
func (o owner) Capabilities(c call.Capabilities) {
	tones := !c.UserInput && !c.Events
	if !c.Empty && tones != o.tones {
		o.agree(func() { o.tones = tones })
	}
}

// Progress implements call.Owner.
func (o owner) Progress(p call.Progress) {
	o.mu.Lock()
	tell := o.progress
	o.mu.Unlock()
	if tell != nil {
		tell(p)
	}
}

// Connected implements call.Owner.
func (o owner) Connected() {
	l := o.Leg
	l.mu.Lock()
	if l.ended || l.stage >= answered {
		l.mu.Unlock()
		return
	}
	l.stage, l.answeredAt = answered, time.Now()
	l.noteParty(l.call.Remote())
	p, at := l.party, l.cfg.NoSound
	l.mu.Unlock()
	l.srv.answered(l)
	l.log.Info("call answered", known("trunk", p.Trunk, "from", cmp.Or(p.Number, p.Name), "to", p.Called,
		"source", p.Address, "product", p.Product)...)
	l.after(at, l.noSound)
	l.attendOnce()
}

// noSound ends a call whose parties found no way to open a channel for sound.
func (l *Leg) noSound() {
	l.log.Warn("no channel for sound was opened")
	l.finish(cause.Unsupported)
}

// attendOnce has the call attended when it is answered and there is a channel to
// speak by: what is said before that nobody hears.
func (l *Leg) attendOnce() {
	l.mu.Lock()
	if l.ended || l.stage != answered || l.send == nil || l.stream == nil {
		l.mu.Unlock()
		return
	}
	l.stage = begun
	to := l.target
	l.target = nil
	l.mu.Unlock()
	l.watch()
	if l.out {
		close(l.ready)
		return
	}
	l.srv.attending.Go(func() { l.attend(to) })
}

// Ended implements call.Owner: it is the last word of the signalling.
func (o owner) Ended(r call.Reason) {
	l := o.Leg
	if r.Err != nil {
		l.log.Debug("signalling ended", "error", r.Err)
	}
	l.mu.Lock()
	at, before := l.stage, l.ended
	l.mu.Unlock()
	l.finish(l.ending(r, at))
	l.mu.Lock()
	c, signalling := l.why, l.call
	l.mu.Unlock()
	l.part()
	l.unattended(at)
	switch {
	case at == mute && c == cause.Encryption: // refused before anybody was asked
		l.srv.stats.refused.Add(c)
		l.srv.logRefusal("call refused", "leg", l.id, "cause", c.String(), "q850", c.Q850(), "reason", c.Text(),
			"source", l.source.String())
	case at == mute:
		l.srv.stats.mute.Add(1)
		l.log.Debug("connection without a call", "source", l.source.String())
	case at == early:
		l.srv.stats.refused.Add(c)
		if !before {
			l.log.Info("call ended before its answer", "cause", c.String(), "reason", c.Text())
		}
	default:
		l.srv.stats.ended.Add(c)
		l.log.Info("call ended", "cause", c.String(), "reason", c.Text())
	}
	go func() { // its goroutines end after this word
		<-signalling.Done()
		l.srv.forget(l)
	}()
}

// giveBack has f called at the call's end; at once, if that is past.
func (l *Leg) giveBack(f func()) {
	l.mu.Lock()
	late := l.parted
	if !late {
		l.releases = append(l.releases, f)
	}
	l.mu.Unlock()
	if late {
		f()
	}
}

// part gives back what the call had.
func (l *Leg) part() {
	l.mu.Lock()
	back := l.releases
	l.releases, l.parted = nil, true
	l.mu.Unlock()
	for _, f := range back {
		f()
	}
}
