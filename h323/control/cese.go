package control

import "github.com/partyline/partyline/h323/h245"

// ceseOut is the outgoing capability exchange signalling entity (H.245 C.3).
type ceseOut struct {
	s        *Session
	awaiting bool
	seq      int // out_SQ; every set has another: peers ignore one they have seen
	t101     timer
	settled  bool // answered or given up: channels may open
}

// transferRequest is TRANSFER.request (C.3.5.1): our set, or an empty one on Pause.
func (c *ceseOut) transferRequest() {
	c.seq = (c.seq + 1) % 256
	set := &h245.TerminalCapabilitySet{SequenceNumber: c.seq, ProtocolIdentifier: h245.Protocol}
	if !c.s.holding {
		c.s.fillCapabilities(set)
		c.s.cfg.Keys.Announce(set)
	}
	c.awaiting = true
	c.s.send(h245.NewRequest(h245.RequestMessage{TerminalCapabilitySet: set}))
	c.t101.start(c.s, c.s.cfg.Timers.T101, c.expired)
}

func (c *ceseOut) onAck(a *h245.TerminalCapabilitySetAck) {
	if c.awaiting && a.SequenceNumber == c.seq {
		c.settle()
	}
}

func (c *ceseOut) onReject(r *h245.TerminalCapabilitySetReject) {
	if c.awaiting && r.SequenceNumber == c.seq {
		c.s.log.Warn("the peer rejected our capabilities")
		c.settle()
	}
}

// onNotUnderstood: the peer has no such procedure.
func (c *ceseOut) onNotUnderstood() {
	if c.awaiting {
		c.settle()
	}
}

// expired is T101.
func (c *ceseOut) expired() {
	c.s.log.Warn("our capabilities were not acknowledged")
	c.s.send(h245.NewIndication(h245.IndicationMessage{
		TerminalCapabilitySetRelease: &h245.TerminalCapabilitySetRelease{},
	}))
	c.settle()
}

func (c *ceseOut) settle() {
	c.t101.cancel()
	c.awaiting = false
	c.settled = true
	c.s.advance()
}

// onCapabilitySet is the incoming entity (C.3): every set is acknowledged, since what
// is not understood in one does no harm.
func (s *Session) onCapabilitySet(t *h245.TerminalCapabilitySet) {
	s.send(h245.NewResponse(h245.ResponseMessage{TerminalCapabilitySetAck: &h245.TerminalCapabilitySetAck{
		SequenceNumber: t.SequenceNumber,
	}}))
	was := s.remote.empty
	s.remote.merge(t)
	s.cfg.Keys.Learn(t)
	now := s.Remote()
	s.tell(func() { s.cfg.Events.Capabilities(now) })
	if s.remote.empty {
		s.pausedByPeer()
		return
	}
	if was {
		s.resumedByPeer()
	}
	s.reconsider()
	s.advance()
}

// The numbers of our capability table.
const (
	firstAudioEntry = 1
	inputEntry      = 20
	signalEntry     = 21
	eventsEntry     = 22
	descriptor      = 1
)

// fillCapabilities is what we can do: each kind of sound, of which one at a time, and
// beside it keys in every form.
func (s *Session) fillCapabilities(set *h245.TerminalCapabilitySet) {
	set.MultiplexCapability = &h245.MultiplexCapability{H2250Capability: multiplex()}
	audio := s.fillAudio(set)
	keys := []h245.CapabilityTableEntry{
		{CapabilityTableEntryNumber: inputEntry, Capability: &h245.Capability{
			ReceiveUserInputCapability: &h245.UserInputCapability{BasicString: null()},
		}},
		{CapabilityTableEntryNumber: signalEntry, Capability: &h245.Capability{
			ReceiveUserInputCapability: &h245.UserInputCapability{Dtmf: null()},
		}},
		{CapabilityTableEntryNumber: eventsEntry, Capability: &h245.Capability{
			ReceiveRTPAudioTelephonyEventCapability: &h245.AudioTelephonyEventCapability{
				DynamicRTPPayloadType: int(s.cfg.EventPayloadType), AudioTelephoneEvent: "0-16",
			},
		}},
	}
	set.CapabilityTable = append(set.CapabilityTable, keys...)
	set.CapabilityDescriptors = []h245.CapabilityDescriptor{{
		CapabilityDescriptorNumber: descriptor,
		SimultaneousCapabilities: []h245.AlternativeCapabilitySet{
			audio, {inputEntry}, {signalEntry}, {eventsEntry},
		},
	}}
}

// fillAudio adds our formats and returns them as alternatives, best first.
func (s *Session) fillAudio(set *h245.TerminalCapabilitySet) (alternatives h245.AlternativeCapabilitySet) {
	for i, f := range s.cfg.Audio {
		n := firstAudioEntry + i
		set.CapabilityTable = append(set.CapabilityTable, h245.CapabilityTableEntry{
			CapabilityTableEntryNumber: n,
			Capability:                 &h245.Capability{ReceiveAudioCapability: f.capability()},
		})
		alternatives = append(alternatives, n)
	}
	return alternatives
}

// multiplex says that we are no MC and that sound takes one way: to us.
func multiplex() *h245.H2250Capability {
	none := func() h245.MultipointCapability {
		return h245.MultipointCapability{
			MediaDistributionCapability: []h245.MediaDistributionCapability{{}},
		}
	}
	no := false
	return &h245.H2250Capability{
		MaximumAudioDelayJitter:                250,
		ReceiveMultipointCapability:            none(),
		TransmitMultipointCapability:           none(),
		ReceiveAndTransmitMultipointCapability: none(),
		LogicalChannelSwitchingCapability:      &no,
		T120DynamicPortCapability:              &no,
	}
}
