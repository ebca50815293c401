package control

import (
	"errors"

	"github.com/partyline/partyline/h323/h245"
)

// fast is what fast connect (H.323 §8.1.7) has to remember.
type fast struct {
	pending  bool       // our proposals are out, unanswered
	proposed []proposal // ours
}

// proposal is one OpenLogicalChannel of ours in Setup.
type proposal struct {
	number    int
	direction Direction
	format    Format
}

// maxProposals is how many OpenLogicalChannels of fast connect are looked at.
const maxProposals = 128

// Propose is the calling endpoint's part (H.323 §8.1.7.1): for each of our formats a
// channel each way. Our channel is not opened by H.245 until Adopt or Refused.
func (s *Session) Propose() ([]*h245.OpenLogicalChannel, error) {
	rtp, rtcp, err := s.addresses()
	if err != nil {
		return nil, err
	}
	s.fast.pending = true
	s.fast.proposed = nil
	var list []*h245.OpenLogicalChannel
	for _, f := range s.cfg.Audio {
		out := openChannel(s.propose(Transmit, f), f, &h245.H2250LogicalChannelParameters{
			SessionID: audioSession, MediaControlChannel: h245.TransportAddressOf(rtcp),
		})
		in := reverseChannel(s.propose(Receive, f), f, &h245.H2250LogicalChannelParameters{
			SessionID: audioSession, MediaChannel: h245.TransportAddressOf(rtp),
			MediaControlChannel: h245.TransportAddressOf(rtcp),
		})
		list = append(list, in, out)
	}
	s.cfg.Keys.Propose(list)
	return list, nil
}

func (s *Session) propose(d Direction, f Format) (number int) {
	number = s.nextNumber()
	s.fast.proposed = append(s.fast.proposed, proposal{number, d, f})
	return number
}

// reverseChannel is how fast connect writes a channel from the called to the calling
// endpoint.
func reverseChannel(number int, f Format, p *h245.H2250LogicalChannelParameters) *h245.OpenLogicalChannel {
	return &h245.OpenLogicalChannel{
		ForwardLogicalChannelNumber: number,
		ForwardLogicalChannelParameters: h245.OpenLogicalChannelForwardLogicalChannelParameters{
			DataType: h245.DataType{NullData: null()},
			MultiplexParameters: h245.OpenLogicalChannelForwardLogicalChannelParametersMultiplexParameters{
				None: null(),
			},
		},
		ReverseLogicalChannelParameters: &h245.OpenLogicalChannelReverseLogicalChannelParameters{
			DataType: h245.DataType{AudioData: f.capability()},
			MultiplexParameters: &h245.OpenLogicalChannelReverseLogicalChannelParametersMultiplexParameters{
				H2250LogicalChannelParameters: p,
			},
		},
	}
}

// element is one OpenLogicalChannel of fast connect, as its sender's peer reads it.
type element struct {
	olc *h245.OpenLogicalChannel
	// called says that the channel leads from the called to the calling endpoint.
	called bool
	format Format
	params *h245.H2250LogicalChannelParameters
}

// read is ok if the element is sound in a format of ours.
func (s *Session) read(olc *h245.OpenLogicalChannel) (e element, ok bool) {
	if olc == nil {
		return e, false
	}
	e.olc = olc
	d := &olc.ForwardLogicalChannelParameters.DataType
	e.params = olc.ForwardLogicalChannelParameters.MultiplexParameters.H2250LogicalChannelParameters
	if r := olc.ReverseLogicalChannelParameters; r != nil {
		if d.NullData == nil || r.MultiplexParameters == nil {
			return e, false
		}
		e.called = true
		d = &r.DataType
		e.params = r.MultiplexParameters.H2250LogicalChannelParameters
	}
	e.format = formatOf(audioOf(d))
	return e, e.params != nil && s.speaks(e.format.Codec)
}

// Choose is the called endpoint's part (H.323 §8.1.7.1): it takes the best format that
// is proposed both ways, or else the best one each way, and opens it. The result goes
// back as fastStart; nil: fastConnectRefused, the channels are opened by H.245.
func (s *Session) Choose(proposals []*h245.OpenLogicalChannel) []*h245.OpenLogicalChannel {
	if len(s.incoming) > 0 || s.transmitting() != nil || s.closing || s.stopped || s.remote.empty {
		return nil
	}
	var out, in []element
	for _, olc := range proposals[:min(len(proposals), maxProposals)] {
		e, ok := s.read(olc)
		switch {
		case !ok, s.cfg.Keys.Agreed() != encrypted(e):
		case !e.called:
			in = append(in, e)
		case addrPort(e.params.MediaChannel).IsValid():
			out = append(out, e)
		}
	}
	i, o := s.pick(in, out)
	if i == nil && o == nil {
		return nil
	}
	if _, _, err := s.addresses(); err != nil {
		return nil
	}
	s.enter()
	defer s.leave()
	var answer []*h245.OpenLogicalChannel
	if o != nil {
		answer = s.takeOut(answer, o)
	}
	if i != nil {
		answer = s.takeIn(answer, i)
	}
	return answer
}

// encrypted says whether the element is encrypted media. Where keys are agreed upon,
// plain proposals are passed over, by H.245 the channels open encrypted; where none are,
// encrypted ones.
func encrypted(e element) bool {
	if e.called {
		return e.olc.ReverseLogicalChannelParameters.DataType.H235Media != nil
	}
	return e.olc.ForwardLogicalChannelParameters.DataType.H235Media != nil
}

// pick chooses from the two directions.
func (s *Session) pick(in, out []element) (i, o *element) {
	of := func(list []element, c Codec) *element {
		for k := range list {
			if list[k].format.Codec == c {
				return &list[k]
			}
		}
		return nil
	}
	for _, f := range s.cfg.Audio {
		if a, b := of(in, f.Codec), of(out, f.Codec); a != nil && b != nil {
			return a, b
		}
	}
	for _, f := range s.cfg.Audio {
		if i == nil {
			i = of(in, f.Codec)
		}
		if o == nil {
			o = of(out, f.Codec)
		}
	}
	return i, o
}

// takeOut opens our channel to the caller, with a number of ours.
func (s *Session) takeOut(answer []*h245.OpenLogicalChannel, e *element) []*h245.OpenLogicalChannel {
	keys, err := s.cfg.Keys.Accept(e.olc, true)
	if err != nil {
		s.log.Warn("a proposal of fast connect is not encrypted as agreed", "error", err)
		return answer
	}
	session := sessionOf(e.params.SessionID)
	ch := Channel{
		Number: s.nextNumber(), Direction: Transmit, Session: session,
		PayloadType: payloadType(e.params, e.format.Codec),
		Format:      s.fit(e.format), Media: addrPort(e.params.MediaChannel),
		Control: addrPort(e.params.MediaControlChannel), MaxBitRate: -1,
	}
	olc := reverseChannel(ch.Number, e.format, &h245.H2250LogicalChannelParameters{
		SessionID: session, MediaControlChannel: h245.TransportAddressOf(s.rtcp),
		DynamicRTPPayloadType: e.params.DynamicRTPPayloadType,
	})
	if keys != nil {
		keys.Wrap(&olc.ReverseLogicalChannelParameters.DataType)
		olc.EncryptionSync = keys.Sync()
		ch.encrypt(keys)
	}
	ch.EventPayloadType = s.eventPayloadType(ch.PayloadType)
	s.addOutgoing(&outgoing{ch: ch, state: lcseEstablished, keys: keys})
	s.tellOpened(ch)
	return append(answer, olc)
}

// takeIn opens the caller's channel to us.
func (s *Session) takeIn(answer []*h245.OpenLogicalChannel, e *element) []*h245.OpenLogicalChannel {
	in, err := s.receivingAs(e.olc, true)
	if err != nil {
		s.log.Warn("a proposal of fast connect is not encrypted as agreed", "error", err)
		return answer
	}
	olc := openChannel(in.ch.Number, e.format, &h245.H2250LogicalChannelParameters{
		SessionID: in.ch.Session, MediaChannel: h245.TransportAddressOf(s.rtp),
		MediaControlChannel:   h245.TransportAddressOf(s.rtcp),
		DynamicRTPPayloadType: e.params.DynamicRTPPayloadType,
	})
	if in.keys != nil {
		in.keys.Wrap(&olc.ForwardLogicalChannelParameters.DataType)
		olc.EncryptionSync = in.keys.Sync()
	}
	s.incoming = append(s.incoming, in)
	s.tellOpened(in.ch)
	return append(answer, olc)
}

// fit is f in packets that suit us too.
func (s *Session) fit(f Format) Format {
	for _, ours := range s.cfg.Audio {
		if ours.Codec == f.Codec {
			f.Frames = min(f.Frames, ours.Frames)
		}
	}
	return f
}

var errNoProposal = errors.New("fast connect: none of our proposals was accepted")

// Adopt is the calling endpoint's part when fastStart comes: what was accepted is open.
// It may come in more than one message; what is open then stays.
func (s *Session) Adopt(accepted []*h245.OpenLogicalChannel) error {
	if s.closing || s.stopped {
		return nil
	}
	s.enter()
	defer s.leave()
	for _, olc := range accepted[:min(len(accepted), maxProposals)] {
		if e, ok := s.read(olc); ok {
			s.adopt(&e)
		}
	}
	s.fast.pending = false
	s.advance()
	if len(s.incoming) == 0 && s.transmitting() == nil {
		return errNoProposal
	}
	return nil
}

func (s *Session) adopt(e *element) {
	switch {
	case e.called && len(s.incoming) == 0 && s.wasProposed(Receive, e.format.Codec):
		in, err := s.receivingAs(e.olc, false)
		if err != nil {
			s.log.Warn("the answer of fast connect is not encrypted as agreed", "error", err)
			return
		}
		s.incoming = append(s.incoming, in)
		s.tellOpened(in.ch)
	case !e.called && s.transmitting() == nil && s.wasProposed(Transmit, e.format.Codec):
		s.adoptOut(e)
	}
}

func (s *Session) adoptOut(e *element) {
	keys, err := s.cfg.Keys.Accept(e.olc, false)
	if err != nil {
		s.log.Warn("the answer of fast connect is not encrypted as agreed", "error", err)
		return
	}
	ch := Channel{
		Number: e.olc.ForwardLogicalChannelNumber, Direction: Transmit, Session: sessionOf(e.params.SessionID),
		Format: s.fit(e.format), PayloadType: payloadType(e.params, e.format.Codec),
		Media: addrPort(e.params.MediaChannel), Control: addrPort(e.params.MediaControlChannel), MaxBitRate: -1,
	}
	if !ch.Media.IsValid() {
		s.log.Warn("the answer of fast connect has no address for media")
		return
	}
	if keys != nil {
		ch.encrypt(keys)
	}
	ch.EventPayloadType = s.eventPayloadType(ch.PayloadType)
	s.addOutgoing(&outgoing{ch: ch, state: lcseEstablished, keys: keys})
	s.tellOpened(ch)
}

// wasProposed says whether we proposed the format. Some peers answer with a number of
// their own, so that is not compared.
func (s *Session) wasProposed(d Direction, c Codec) bool {
	for _, p := range s.fast.proposed {
		if p.direction == d && p.format.Codec == c {
			return true
		}
	}
	return false
}

// KeysAgreed says that the exchange of Config.Keys has come to its end, whatever that is:
// a channel that waited for it opens.
func (s *Session) KeysAgreed() {
	if s.closing || s.stopped {
		return
	}
	s.enter()
	defer s.leave()
	s.advance()
}

// Refused says that the peer did not take up fast connect: H.245 opens the channels.
func (s *Session) Refused() {
	if !s.fast.pending {
		return
	}
	s.enter()
	defer s.leave()
	s.fast.pending = false
	s.advance()
}
