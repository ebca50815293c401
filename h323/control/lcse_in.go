package control

import (
	"slices"

	"github.com/partyline/partyline/h323/h245"
	"github.com/partyline/partyline/h323/secure"
)

// incoming is the logical channel signalling entity of a channel of the peer's that is
// open (H.245 C.4.6, LCSE_IN): we decide at once, so that it never awaits anything.
type incoming struct {
	ch   Channel
	keys *secure.Channel // nil: in the clear
	t108 timer           // our request to close it (C.6)
}

// maxIncoming is how many channels for sound a peer may have open: one, and the one
// that follows it when it changes the format.
const maxIncoming = 2

// onOpen is the peer's OpenLogicalChannel. One with the number of an open channel
// takes its place.
func (s *Session) onOpen(olc *h245.OpenLogicalChannel) {
	if old := s.theirs(olc.ForwardLogicalChannelNumber); old != nil {
		s.drop(old)
	}
	in, cause := s.judge(olc)
	if cause != nil {
		s.send(h245.NewResponse(h245.ResponseMessage{OpenLogicalChannelReject: &h245.OpenLogicalChannelReject{
			ForwardLogicalChannelNumber: olc.ForwardLogicalChannelNumber, Cause: *cause,
		}}))
		return
	}
	s.incoming = append(s.incoming, in)
	s.send(h245.NewResponse(h245.ResponseMessage{OpenLogicalChannelAck: s.ackFor(in)}))
	s.tellOpened(in.ch)
	s.audio.wait.cancel()
	s.audio.again()
	s.follow(in.ch.Format.Codec)
	s.advance()
}

// judge says what a channel is, or why it is not taken.
func (s *Session) judge(olc *h245.OpenLogicalChannel) (*incoming, *h245.OpenLogicalChannelRejectCause) {
	p := &olc.ForwardLogicalChannelParameters
	if olc.ReverseLogicalChannelParameters != nil {
		return nil, refuseBidirectional(olc)
	}
	if f := formatOf(audioOf(&p.DataType)); !s.speaks(f.Codec) {
		return nil, refuseDataType(&p.DataType)
	}
	h := p.MultiplexParameters.H2250LogicalChannelParameters
	switch {
	case h == nil:
		return nil, &h245.OpenLogicalChannelRejectCause{DataTypeALCombinationNotSupported: null()}
	case h.MediaChannel != nil && h.MediaChannel.MulticastAddress != nil:
		return nil, &h245.OpenLogicalChannelRejectCause{MulticastChannelNotAllowed: null()}
	case s.holding, !s.roomFor(h.SessionID):
		return nil, &h245.OpenLogicalChannelRejectCause{DataTypeNotAvailable: null()}
	}
	if _, _, err := s.addresses(); err != nil {
		return nil, &h245.OpenLogicalChannelRejectCause{Unspecified: null()}
	}
	in, err := s.receiving(olc)
	if err != nil {
		s.log.Warn("the peer's channel is not encrypted as agreed", "error", err)
		return nil, &h245.OpenLogicalChannelRejectCause{SecurityDenied: null()}
	}
	return in, nil
}

// receiving is the channel that an acceptable OpenLogicalChannel opens.
func (s *Session) receiving(olc *h245.OpenLogicalChannel) (*incoming, error) {
	return s.receivingAs(olc, s.msd.master)
}

// receivingAs is receiving with the roles of fast connect, where the called endpoint is
// the master (H.235 version 3 §8.6).
func (s *Session) receivingAs(olc *h245.OpenLogicalChannel, master bool) (*incoming, error) {
	keys, err := s.cfg.Keys.Accept(olc, master)
	if err != nil {
		return nil, err
	}
	e, _ := s.read(olc)
	in := &incoming{keys: keys, ch: Channel{
		Number: olc.ForwardLogicalChannelNumber, Direction: Receive,
		Session: sessionOf(e.params.SessionID), Format: e.format,
		PayloadType: payloadType(e.params, e.format.Codec),
		Control:     addrPort(e.params.MediaControlChannel), MaxBitRate: -1,
	}}
	if keys != nil {
		in.ch.encrypt(keys)
	}
	if in.ch.PayloadType != s.cfg.EventPayloadType {
		in.ch.EventPayloadType = s.cfg.EventPayloadType
	}
	return in, nil
}

// sessionOf assigns a session to a slave's channel that has none (H.245 §B.3.1).
func sessionOf(id int) int {
	if id == 0 {
		return audioSession
	}
	return id
}

// roomFor says whether another channel of sound in the session may open.
func (s *Session) roomFor(session int) bool {
	if len(s.incoming) == 0 {
		return true
	}
	same := s.incoming[len(s.incoming)-1].ch.Session == sessionOf(session)
	return same && len(s.incoming) < maxIncoming
}

// payloadType is the dynamic one if the peer gives one, else that of RFC 3551.
func payloadType(h *h245.H2250LogicalChannelParameters, c Codec) uint8 {
	if h.DynamicRTPPayloadType != nil {
		return uint8(*h.DynamicRTPPayloadType)
	}
	if m := h.MediaPacketization; m != nil && m.RtpPayloadType != nil && m.RtpPayloadType.PayloadType != nil {
		return uint8(*m.RtpPayloadType.PayloadType)
	}
	return c.payloadType()
}

// speaks says whether a format is one of ours.
func (s *Session) speaks(c Codec) bool {
	return c != NoCodec && slices.ContainsFunc(s.cfg.Audio, func(f Format) bool { return f.Codec == c })
}

// audioOf is the sound of a data type, encrypted or not; nil if it is none.
func audioOf(d *h245.DataType) *h245.AudioCapability {
	if d.H235Media != nil {
		return d.H235Media.MediaType.AudioData
	}
	return d.AudioData
}

// refuseDataType is why a channel of this kind is not taken.
func refuseDataType(d *h245.DataType) *h245.OpenLogicalChannelRejectCause {
	known := d.NonStandard != nil || d.NullData != nil || d.VideoData != nil || d.AudioData != nil ||
		d.Data != nil || d.EncryptionData != nil || d.H235Control != nil || d.H235Media != nil ||
		d.MultiplexedStream != nil || d.RedundancyEncoding != nil || d.MultiplePayloadStream != nil ||
		d.DepFec != nil || d.Fec != nil
	if !known {
		return &h245.OpenLogicalChannelRejectCause{UnknownDataType: null()}
	}
	return &h245.OpenLogicalChannelRejectCause{DataTypeNotSupported: null()}
}

// ackFor says where the channel's media and its sender's RTCP go.
func (s *Session) ackFor(in *incoming) *h245.OpenLogicalChannelAck {
	session := in.ch.Session
	p := &h245.H2250LogicalChannelAckParameters{
		SessionID:           &session,
		MediaChannel:        h245.TransportAddressOf(s.rtp),
		MediaControlChannel: h245.TransportAddressOf(s.rtcp),
	}
	ack := &h245.OpenLogicalChannelAck{
		ForwardLogicalChannelNumber: in.ch.Number,
		ForwardMultiplexAckParameters: &h245.OpenLogicalChannelAckForwardMultiplexAckParameters{
			H2250LogicalChannelAckParameters: p,
		},
	}
	if in.keys != nil {
		ack.EncryptionSync = in.keys.Sync()
	}
	return ack
}

// theirs is an open channel of the peer's.
func (s *Session) theirs(number int) *incoming {
	for _, in := range s.incoming {
		if in.ch.Number == number {
			return in
		}
	}
	return nil
}

func (s *Session) drop(in *incoming) {
	in.t108.cancel()
	s.incoming = slices.DeleteFunc(s.incoming, func(p *incoming) bool { return p == in })
	s.tellClosed(in.ch)
}

// onClose is the peer's CloseLogicalChannel: acknowledged in every state.
func (s *Session) onClose(c *h245.CloseLogicalChannel) {
	s.send(h245.NewResponse(h245.ResponseMessage{CloseLogicalChannelAck: &h245.CloseLogicalChannelAck{
		ForwardLogicalChannelNumber: c.ForwardLogicalChannelNumber,
	}}))
	if in := s.theirs(c.ForwardLogicalChannelNumber); in != nil {
		s.drop(in)
	}
}
