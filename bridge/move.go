package bridge

import "github.com/partyline/partyline/mixer"

// Summon tells the participant that it is wanted in another room, by a notice of
// NoticeMove. Whoever serves it takes it there.
func (p *Participant) Summon() { p.notify(Notice{NoticeMove}) }

// Withdraw takes a participant out of its room or lobby, back into a hall: again it
// hears only what is played to it. It returns when the participant is there. One who
// is in no room stays where it is.
func (b *Bridge) Withdraw(p *Participant) {
	b.mu.Lock()
	hall := b.hall(p.engine.Load())
	b.mu.Unlock()
	done := make(chan struct{})
	p.do(func() {
		if p.space == nil || p.member == nil {
			close(done)
			return
		}
		p.leaveRoom()
		p.move(hall, false, mixer.HearNothing, func() { close(done) })
	})
	select {
	case <-done:
	case <-b.closed:
	}
}
