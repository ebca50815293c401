package control

import (
	"github.com/partyline/partyline/h323/h245"
)

// msdse is the master/slave determination signalling entity (H.245 C.2). Where the
// Recommendation gives up the call, this one goes on with what it believes: only an
// encrypted call needs both to agree.
type msdse struct {
	s      *Session
	state  msdState
	number uint32 // sv_SDNUM
	count  int    // sv_NCOUNT
	t106   timer

	master, known bool // sv_STATUS
	settled       bool // known or given up: channels may open
}

type msdState uint8

const (
	msdIdle msdState = iota
	msdOutgoing
	msdIncoming
)

// sdModulus is that of status determination numbers: 24 bits.
const sdModulus = 1 << 24

// determineRequest is DETERMINE.request (C.2.5.1, IDLE).
func (m *msdse) determineRequest() {
	if m.state != msdIdle {
		return
	}
	m.count = 0
	m.sendDetermination()
}

func (m *msdse) sendDetermination() {
	m.count++
	m.number = m.s.cfg.Random() % sdModulus
	m.state = msdOutgoing
	m.s.send(h245.NewRequest(h245.RequestMessage{MasterSlaveDetermination: &h245.MasterSlaveDetermination{
		TerminalType:              m.s.cfg.TerminalType,
		StatusDeterminationNumber: int(m.number),
	}}))
	m.t106.start(m.s, m.s.cfg.Timers.T106, m.expired)
}

// decide is the comparison of C.2.4.4: the higher terminal type is the master; of
// equal ones the numbers tell, unless they are the same or opposite.
func (m *msdse) decide(d *h245.MasterSlaveDetermination) (master, ok bool) {
	if d.TerminalType != m.s.cfg.TerminalType {
		return m.s.cfg.TerminalType > d.TerminalType, true
	}
	diff := (uint32(d.StatusDeterminationNumber) - m.number) % sdModulus
	return diff < sdModulus/2, diff != 0 && diff != sdModulus/2
}

// onDetermination is the peer's MasterSlaveDetermination, in any state. A second one
// while its Ack is awaited is answered again instead of being an error.
func (m *msdse) onDetermination(d *h245.MasterSlaveDetermination) {
	if m.state == msdIdle {
		m.number = m.s.cfg.Random() % sdModulus
	}
	master, ok := m.decide(d)
	switch {
	case ok:
		m.master = master
		m.state = msdIncoming
		m.sendAck()
		m.t106.start(m.s, m.s.cfg.Timers.T106, m.expired)
	case m.state != msdOutgoing:
		m.s.send(h245.NewResponse(h245.ResponseMessage{MasterSlaveDeterminationReject: &h245.MasterSlaveDeterminationReject{
			Cause: h245.MasterSlaveDeterminationRejectCause{IdenticalNumbers: null()},
		}}))
		m.state = msdIdle
		m.t106.cancel()
	default:
		m.retry()
	}
}

// sendAck tells the peer what it is: the opposite of what we are.
func (m *msdse) sendAck() {
	var d h245.MasterSlaveDeterminationAckDecision
	if m.master {
		d.Slave = null()
	} else {
		d.Master = null()
	}
	m.s.send(h245.NewResponse(h245.ResponseMessage{MasterSlaveDeterminationAck: &h245.MasterSlaveDeterminationAck{Decision: d}}))
}

// onAck is the peer's MasterSlaveDeterminationAck: what we are. Who disagrees with our
// own reckoning has its way, so that both know the same master.
func (m *msdse) onAck(a *h245.MasterSlaveDeterminationAck) {
	master := a.Decision.Master != nil
	switch m.state {
	case msdIdle:
		return
	case msdOutgoing:
		m.master = master
		m.sendAck()
	case msdIncoming:
		if master != m.master {
			m.s.log.Warn("the peer decided otherwise who is master", "master", master)
		}
		m.master = master
	}
	m.known = true
	m.settle()
}

// onReject is the peer's MasterSlaveDeterminationReject: our numbers are the same.
func (m *msdse) onReject() {
	switch m.state {
	case msdOutgoing:
		m.retry()
	case msdIncoming:
		m.giveUp("rejected")
	}
}

// onRelease is the peer's MasterSlaveDeterminationRelease: it has waited too long.
func (m *msdse) onRelease() {
	if m.state != msdIdle {
		m.giveUp("released by the peer")
	}
}

// onNotUnderstood: the peer has no such procedure.
func (m *msdse) onNotUnderstood() {
	if m.state == msdOutgoing {
		m.giveUp("not understood")
	}
}

func (m *msdse) retry() {
	if m.count >= n100 {
		m.giveUp("the same numbers again and again")
		return
	}
	m.sendDetermination()
}

// expired is T106. In OUTGOING AWAITING RESPONSE the peer is asked once more, from the
// start; in INCOMING AWAITING RESPONSE what it was told stands.
func (m *msdse) expired() {
	if m.state == msdIncoming {
		m.known = true
		m.s.log.Warn("master/slave determination was not acknowledged")
		m.settle()
		return
	}
	m.s.send(h245.NewIndication(h245.IndicationMessage{
		MasterSlaveDeterminationRelease: &h245.MasterSlaveDeterminationRelease{},
	}))
	if m.count == 1 {
		m.sendDetermination()
		return
	}
	m.giveUp("no answer")
}

// giveUp goes on without an agreement: an MCU takes itself for the master, because
// any terminal would.
func (m *msdse) giveUp(why string) {
	m.s.log.Warn("master/slave determination failed", "reason", why)
	if !m.known {
		m.master = m.s.cfg.TerminalType >= terminalTypeMCU
	}
	m.settle()
}

// terminalTypeMCU is the lowest terminal type of an MCU (H.323 table 1).
const terminalTypeMCU = 160

func (m *msdse) settle() {
	m.t106.cancel()
	m.state = msdIdle
	m.settled = true
	m.s.advance()
}
