package live

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// The bounds of what a page may send.
const (
	mostMessage   = 64 << 10 // bytes, of one message
	mostCandidate = 1 << 10
	mostToken     = 128
)

// inbound is a message of the page. Type says which of the fields count.
type inbound struct {
	Type string `json:"type"`

	// hello
	V      int    `json:"v"`
	Link   string `json:"link"`
	Room   string `json:"room"`
	Test   bool   `json:"test"`
	Resume string `json:"resume"`
	Lang   string `json:"lang"`
	Name   string `json:"name"` // also of name and command

	SDP       string `json:"sdp"`       // offer
	Candidate string `json:"candidate"` // candidate
	Digit     string `json:"digit"`     // key
	On        *bool  `json:"on"`        // mute, hand, command

	// command
	Do  string `json:"do"`
	Who string `json:"who"`
	ID  int64  `json:"id"`
}

// errMessage is what is wrong with a message, in words for who wrote the page.
var errMessage = errors.New("live: bad message")

func bad(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errMessage, fmt.Sprintf(format, args...))
}

// parse reads one message. What it gives is bounded and of a known type; fields
// that nobody knows are let pass, so that newer pages may say more.
func parse(text []byte) (inbound, error) {
	var m inbound
	if len(text) > mostMessage {
		return m, bad("longer than %d bytes", mostMessage)
	}
	if !utf8.Valid(text) {
		return m, bad("not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(&m); err != nil {
		return inbound{}, bad("no JSON object of this protocol")
	}
	if _, err := d.Token(); err != io.EOF {
		return inbound{}, bad("more than one JSON object")
	}
	if err := m.check(); err != nil {
		return inbound{}, err
	}
	return m, nil
}

// check holds a message to its type.
func (m *inbound) check() error {
	switch m.Type {
	case "hello":
		return m.checkHello()
	case "offer":
		if m.SDP == "" {
			return bad("an offer without sdp")
		}
	case "candidate":
		if len(m.Candidate) > mostCandidate {
			return bad("the candidate is longer than %d bytes", mostCandidate)
		}
	case "mute", "hand":
		if m.On == nil {
			return bad("%s without on", m.Type)
		}
	case "key":
		if len(m.Digit) != 1 || !bytes.ContainsAny([]byte(m.Digit), "0123456789*#ABCD") {
			return bad("%.8q is no key", m.Digit)
		}
	case "command":
		if m.Do == "" {
			return bad("a command without do")
		}
		if len(m.Who) > mostToken {
			return bad("who is longer than %d bytes", mostToken)
		}
	case "name", "leave", "ping":
	default:
		return bad("type %.32q is not known", m.Type)
	}
	return nil
}

func (m *inbound) checkHello() error {
	ways := 0
	for _, given := range []bool{m.Link != "", m.Room != "", m.Test} {
		if given {
			ways++
		}
	}
	switch {
	case m.V != 1:
		return bad("version %d is not known; this is 1", m.V)
	case ways != 1:
		return bad("a hello has one of link, room and test")
	case len(m.Link) > mostToken, len(m.Room) > mostToken, len(m.Resume) > mostToken, len(m.Lang) > 35:
		return bad("a field of hello is too long")
	}
	return nil
}

// The messages to the page. Each has its type first, so that a trace of them is
// easy to read.

type welcomeMessage struct {
	Type   string      `json:"type"`
	You    string      `json:"you"`
	Resume string      `json:"resume"`
	Role   string      `json:"role"`
	Room   string      `json:"room,omitempty"` // its id, for hosts
	Title  string      `json:"title,omitempty"`
	Names  string      `json:"names,omitempty"`
	ICE    []ICEServer `json:"ice"`
	Ways   *Ways       `json:"ways,omitempty"`
}

type movedMessage struct {
	Type  string `json:"type"`
	Role  string `json:"role"`
	Room  string `json:"room,omitempty"` // its id, for hosts
	Title string `json:"title"`
	Ways  *Ways  `json:"ways,omitempty"`
}

type answerMessage struct {
	Type string `json:"type"`
	SDP  string `json:"sdp"`
}

type stateMessage struct {
	Type  string `json:"type"`
	State string `json:"state"`
}

type rosterMessage struct {
	Type   string   `json:"type"`
	Locked *bool    `json:"locked,omitempty"` // told to hosts
	People []Person `json:"people"`
}

type peopleMessage struct {
	Type   string   `json:"type"`
	Set    []Person `json:"set,omitempty"`
	Gone   []string `json:"gone,omitempty"`
	Locked *bool    `json:"locked,omitempty"`
}

type noticeMessage struct {
	Type string `json:"type"`
	Kind string `json:"kind"`
}

type qualityMessage struct {
	Type  string  `json:"type"`
	Loss  float64 `json:"loss"`
	JitMS float64 `json:"jitter_ms"`
	RTTMS float64 `json:"rtt_ms"`
	MOS   float64 `json:"mos"`
	Level int     `json:"level"` // dBov, 0 loud, -127 silent
}

type errorMessage struct {
	Type    string `json:"type"`
	Code    string `json:"code"`
	Field   string `json:"field,omitempty"`
	Message string `json:"message"`
	ID      int64  `json:"id,omitempty"` // of the command that failed
}

type doneMessage struct {
	Type string `json:"type"`
	ID   int64  `json:"id"`
}

type byeMessage struct {
	Type  string `json:"type"`
	Cause string `json:"cause"`
	Text  string `json:"text"`
	// Wait is after how many seconds trying again makes sense, if it is known.
	Wait int `json:"wait,omitempty"`
}

// encode writes a message. None of ours can fail to be written.
func encode(m any) []byte {
	text, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return text
}
