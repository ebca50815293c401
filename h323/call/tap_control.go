package call

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/partyline/partyline/h323/h245"
	"github.com/partyline/partyline/h323/per"
	"github.com/partyline/partyline/trace"
)

// showControl puts a message of an H.245 connection into a Packet.
func showControl(p *trace.Packet, frame []byte) {
	p.Protocol, p.Summary = trace.H245, "unreadable message"
	all, err := h245.UnmarshalAll(frame)
	var names []string
	for _, m := range all {
		shown := h245.Hide(m)
		name, detail := told(m)
		names = append(names, name)
		p.Detail += strings.Join(append(detail, ""), "\n")
		if !shown {
			continue
		}
		if octets, err := h245.Marshal(m); err == nil {
			p.Data = append(p.Data, octets...)
		}
	}
	if err != nil {
		p.Detail += "cannot be read: " + err.Error()
	}
	if names != nil {
		p.Summary = strings.Join(names, ", ")
	}
	p.Detail = strings.TrimSuffix(p.Detail, "\n")
}

// controlTold is the name of a tunnelled H.245 message and what it is about. Hide has
// been there before.
func controlTold(pdu []byte) (name string, detail []string) {
	m, err := h245.Unmarshal(pdu)
	if err != nil {
		return "unreadable message", nil
	}
	return told(m)
}

// told says what an H.245 message is, and what it is about.
func told(m *h245.MultimediaSystemControlMessage) (name string, detail []string) {
	name = shortName(m.Name())
	switch {
	case m.Request != nil:
		detail = requestTold(m.Request)
	case m.Response != nil:
		detail = responseTold(m.Response)
	case m.Command != nil:
		c := m.Command
		switch {
		case c.MiscellaneousCommand != nil:
			detail = []string{h245.Chosen(&c.MiscellaneousCommand.Type)}
		case c.EndSessionCommand != nil:
			detail = []string{h245.Chosen(c.EndSessionCommand)}
		}
	case m.Indication != nil:
		i := m.Indication
		switch {
		case i.UserInput != nil:
			detail = []string{"a key"}
		case i.MiscellaneousIndication != nil:
			detail = []string{h245.Chosen(&i.MiscellaneousIndication.Type)}
		}
	}
	return name, detail
}

func requestTold(r *h245.RequestMessage) []string {
	switch {
	case r.TerminalCapabilitySet != nil:
		return []string{capabilitiesTold(r.TerminalCapabilitySet)}
	case r.MasterSlaveDetermination != nil:
		return []string{fmt.Sprintf("terminal type %d", r.MasterSlaveDetermination.TerminalType)}
	case r.OpenLogicalChannel != nil:
		return []string{channelTold(r.OpenLogicalChannel)}
	case r.CloseLogicalChannel != nil:
		return []string{fmt.Sprintf("channel %d", r.CloseLogicalChannel.ForwardLogicalChannelNumber)}
	}
	return nil
}

func responseTold(r *h245.ResponseMessage) []string {
	switch {
	case r.MasterSlaveDeterminationAck != nil:
		return []string{"you are " + h245.Chosen(&r.MasterSlaveDeterminationAck.Decision)}
	case r.TerminalCapabilitySetReject != nil:
		return []string{h245.Chosen(&r.TerminalCapabilitySetReject.Cause)}
	case r.OpenLogicalChannelAck != nil:
		a := r.OpenLogicalChannelAck
		text := fmt.Sprintf("channel %d", a.ForwardLogicalChannelNumber)
		if f := a.ForwardMultiplexAckParameters; f != nil && f.H2250LogicalChannelAckParameters != nil {
			text += where(f.H2250LogicalChannelAckParameters.MediaChannel, f.H2250LogicalChannelAckParameters.MediaControlChannel)
		}
		return []string{text}
	case r.OpenLogicalChannelReject != nil:
		j := r.OpenLogicalChannelReject
		return []string{fmt.Sprintf("channel %d: %s", j.ForwardLogicalChannelNumber, h245.Chosen(&j.Cause))}
	}
	return nil
}

// capabilitiesTold are the formats of a set, each once.
func capabilitiesTold(t *h245.TerminalCapabilitySet) string {
	if len(t.CapabilityTable) == 0 {
		return "none: a pause"
	}
	var names []string
	seen := map[string]bool{}
	for i := range t.CapabilityTable {
		name := capabilityName(t.CapabilityTable[i].Capability)
		if name != "" && !seen[name] && len(names) < 24 {
			seen[name] = true
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}

// capabilityName is what a capability is for.
func capabilityName(c *h245.Capability) string {
	if c == nil {
		return ""
	}
	for _, a := range []*h245.AudioCapability{c.ReceiveAudioCapability, c.TransmitAudioCapability, c.ReceiveAndTransmitAudioCapability} {
		if a != nil {
			return audioName(a)
		}
	}
	name := h245.Chosen(c)
	for _, way := range []string{"receiveAndTransmit", "receive", "transmit"} {
		name = strings.TrimPrefix(name, way)
	}
	return strings.TrimSuffix(name, "Capability")
}

// audioName is a format by its usual name.
func audioName(a *h245.AudioCapability) string {
	switch {
	case a.G711Alaw64k != nil:
		return "PCMA"
	case a.G711Ulaw64k != nil:
		return "PCMU"
	case a.G72264k != nil:
		return "G722"
	}
	return strings.TrimSuffix(h245.Chosen(a), "Capability")
}

// channelTold is a channel that is to be opened.
func channelTold(o *h245.OpenLogicalChannel) string {
	text := fmt.Sprintf("channel %d ", o.ForwardLogicalChannelNumber)
	d := &o.ForwardLogicalChannelParameters.DataType
	params := o.ForwardLogicalChannelParameters.MultiplexParameters.H2250LogicalChannelParameters
	if r := o.ReverseLogicalChannelParameters; d.NullData != nil && r != nil { // of fast connect: to whoever says it
		d = &r.DataType
		if r.MultiplexParameters != nil {
			params = r.MultiplexParameters.H2250LogicalChannelParameters
		}
		text += "back "
	}
	text += dataName(d)
	if params != nil {
		text += where(params.MediaChannel, params.MediaControlChannel)
	}
	return text
}

func dataName(d *h245.DataType) string {
	switch {
	case d.AudioData != nil:
		return audioName(d.AudioData)
	case d.H235Media != nil && d.H235Media.MediaType.AudioData != nil:
		return audioName(d.H235Media.MediaType.AudioData) + " encrypted"
	}
	return h245.Chosen(d)
}

// where is where sound goes and where reports do.
func where(media, reports *h245.TransportAddress) string {
	text := ""
	if a, ok := media.AddrPort(); ok {
		text += ", RTP " + a.String()
	}
	if a, ok := reports.AddrPort(); ok {
		text += ", RTCP " + shortFor(a, media)
	}
	return text
}

// shortFor is an address, of which the port suffices if the rest has just been said.
func shortFor(a netip.AddrPort, said *h245.TransportAddress) string {
	if b, ok := said.AddrPort(); ok && b.Addr() == a.Addr() {
		return fmt.Sprint(a.Port())
	}
	return a.String()
}

// channelsOffered are the channels of fast connect.
func channelsOffered(fastStart [][]byte) []string {
	var list []string
	for _, element := range fastStart[:min(len(fastStart), 8)] {
		o := new(h245.OpenLogicalChannel)
		if err := per.Unmarshal(element, o); err == nil {
			list = append(list, channelTold(o))
		}
	}
	return list
}

// shortName is a message as people write it in a ladder.
func shortName(name string) string {
	for long, short := range map[string]string{
		"terminalCapabilitySet": "TCS", "masterSlaveDetermination": "MSD", "openLogicalChannel": "OLC",
		"closeLogicalChannel": "CLC", "roundTripDelay": "RTD",
	} {
		if rest, ok := strings.CutPrefix(name, long); ok {
			return short + rest
		}
	}
	return strings.TrimSuffix(name, "Command")
}
