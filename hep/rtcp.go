package hep

import (
	"encoding/json"
	"time"
)

// Report is how the sound of a call is, as it is at one moment.
type Report struct {
	At                    time.Time
	ClockRate             int // of the RTP timestamps, in Hz
	PacketsIn, PacketsOut uint64
	BytesOut              uint64
	Lost                  int64   // of what came, in all
	LossIn, LossOut       float64 // 0 to 1, of late
	Jitter                time.Duration
	RTT                   time.Duration // 0: not known
	MOS                   float64       // 1 to 4.5; 0: not known
	Codec                 string
}

// ntpEpoch is the Unix epoch in NTP's seconds (RFC 5905 §6).
const ntpEpoch = 2208988800

// rtcp is a sender report with one block, in the words that Homer's agents use.
type rtcp struct {
	Sender struct {
		Seconds  uint32 `json:"ntp_timestamp_sec"`
		Fraction uint32 `json:"ntp_timestamp_usec"`
		RTP      uint32 `json:"rtp_timestamp"`
		Packets  uint64 `json:"packets"`
		Octets   uint64 `json:"octets"`
	} `json:"sender_information"`
	SSRC   uint32  `json:"ssrc"`
	Type   int     `json:"type"`
	Count  int     `json:"report_count"`
	Blocks []block `json:"report_blocks"`
	// What RTCP has no place for.
	LossOut float64 `json:"loss_out"`
	RTT     float64 `json:"rtt_ms,omitempty"`
	MOS     float64 `json:"mos,omitempty"`
	Codec   string  `json:"codec,omitempty"`
}

type block struct {
	SSRC     uint32 `json:"source_ssrc"`
	Fraction uint8  `json:"fraction_lost"` // of 256
	Lost     int64  `json:"packets_lost"`
	Highest  uint64 `json:"highest_seq_no"`
	Jitter   uint32 `json:"ia_jitter"` // in units of the clock rate
	LSR      uint32 `json:"lsr"`
	DLSR     uint32 `json:"dlsr"`
}

// senderReport is the packet type of a sender report (RFC 3550 §6.4.1).
const senderReport = 200

// RTCP is a report as the payload of a packet of TypeRTCP.
func RTCP(r Report) []byte {
	out := rtcp{Type: senderReport, Count: 1, LossOut: r.LossOut, MOS: r.MOS, Codec: r.Codec}
	out.RTT = float64(r.RTT.Microseconds()) / 1000
	out.Sender.Seconds = uint32(r.At.Unix() + ntpEpoch)
	out.Sender.Fraction = uint32(r.At.Nanosecond() / 1000)
	out.Sender.Packets, out.Sender.Octets = r.PacketsOut, r.BytesOut
	out.Blocks = []block{{
		Fraction: uint8(min(max(r.LossIn, 0), 0.998) * 256), Lost: r.Lost, Highest: r.PacketsIn + uint64(max(r.Lost, 0)),
		Jitter: uint32(r.Jitter.Seconds() * float64(r.ClockRate)),
	}}
	text, err := json.Marshal(out)
	if err != nil { // a share that is no number
		return nil
	}
	return text
}
