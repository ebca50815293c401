package trace

import (
	"encoding/binary"
	"io"
	"net/netip"
	"slices"
)

// The tags of exported PDUs (Wireshark, epan/exported_pdu.h).
const (
	tagEnd       = 0
	tagDissector = 12
	tagIPv4From  = 20
	tagIPv4To    = 21
	tagIPv6From  = 22
	tagIPv6To    = 23
	tagPortType  = 24
	tagPortFrom  = 25
	tagPortTo    = 26
)

// linkUpperPDU is the link type of exported PDUs, LINKTYPE_WIRESHARK_UPPER_PDU.
const linkUpperPDU = 252

// dissectors are who reads each protocol.
var dissectors = map[string]string{SIP: "sip", H225: "q931.tpkt", H245: "h245dg", RAS: "h225.ras"}

// PCAP writes the messages of a trace as a capture file of exported PDUs, which
// Wireshark and tshark read. What is hidden here is hidden there.
func (t *Trace) PCAP(w io.Writer) error {
	file := binary.LittleEndian.AppendUint32(nil, 0xa1b2c3d4)
	file = binary.LittleEndian.AppendUint16(file, 2)
	file = binary.LittleEndian.AppendUint16(file, 4)
	file = append(file, make([]byte, 8)...)
	file = binary.LittleEndian.AppendUint32(file, 1<<18)
	file = binary.LittleEndian.AppendUint32(file, linkUpperPDU)
	if _, err := w.Write(file); err != nil {
		return err
	}
	for i := range t.Messages {
		m := &t.Messages[i]
		data := m.Octets
		if m.Protocol == SIP {
			data = []byte(m.Text)
		}
		if dissectors[m.Protocol] == "" || len(data) == 0 {
			continue
		}
		if m.Protocol == H225 { // as it was framed (RFC 1006 §6)
			data = slices.Concat([]byte{3, 0, byte((len(data) + 4) >> 8), byte(len(data) + 4)}, data)
		}
		if _, err := w.Write(m.exported(data)); err != nil {
			return err
		}
	}
	return nil
}

// exported is a record of a capture file with one message.
func (m *Message) exported(data []byte) []byte {
	from, to := hostPort(m.Local), hostPort(m.Remote)
	if !m.Out {
		from, to = to, from
	}
	pdu := tag(nil, tagDissector, []byte(dissectors[m.Protocol]))
	pdu = addressTag(pdu, from.Addr(), tagIPv4From, tagIPv6From)
	pdu = addressTag(pdu, to.Addr(), tagIPv4To, tagIPv6To)
	kind := uint32(2) // PT_TCP
	if m.Network == "UDP" {
		kind = 3
	}
	pdu = tag(pdu, tagPortType, binary.BigEndian.AppendUint32(nil, kind))
	pdu = tag(pdu, tagPortFrom, binary.BigEndian.AppendUint32(nil, uint32(from.Port())))
	pdu = tag(pdu, tagPortTo, binary.BigEndian.AppendUint32(nil, uint32(to.Port())))
	pdu = append(tag(pdu, tagEnd, nil), data...)
	record := binary.LittleEndian.AppendUint32(nil, uint32(m.At.Unix()))
	record = binary.LittleEndian.AppendUint32(record, uint32(m.At.Nanosecond()/1000))
	record = binary.LittleEndian.AppendUint32(record, uint32(len(pdu)))
	record = binary.LittleEndian.AppendUint32(record, uint32(len(pdu)))
	return append(record, pdu...)
}

// tag appends a tag, padded to four octets.
func tag(pdu []byte, kind uint16, value []byte) []byte {
	padded := (len(value) + 3) &^ 3
	pdu = binary.BigEndian.AppendUint16(pdu, kind)
	pdu = binary.BigEndian.AppendUint16(pdu, uint16(padded))
	pdu = append(pdu, value...)
	return append(pdu, make([]byte, padded-len(value))...)
}

func addressTag(pdu []byte, a netip.Addr, v4, v6 uint16) []byte {
	switch {
	case !a.IsValid():
		return pdu
	case a.Is4():
		return tag(pdu, v4, a.AsSlice())
	}
	return tag(pdu, v6, a.AsSlice())
}
