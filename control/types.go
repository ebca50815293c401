// Package control is how the command line talks to a running gateway: HTTP with
// JSON over a Unix socket in the data directory, open to its owner alone. In
// come requests for the calls, the live rooms and the gateway's state; they are
// answered by the small interfaces below, which the daemon implements. The
// package owns nothing but the socket.
package control

import (
	"errors"
	"time"
)

// ErrNotFound says that no call or room is called that.
var ErrNotFound = errors.New("not found")

// ErrInvitation says that an invitation cannot be followed as it is.
var ErrInvitation = errors.New("the invitation is wrong")

// ErrNotRunning says that no gateway serves this data directory.
var ErrNotRunning = errors.New("no gateway is running")

// Call is one leg as the command line shows it.
type Call struct {
	ID         string    `json:"id"`
	Protocol   string    `json:"protocol"`  // sip, h323, webrtc
	Direction  string    `json:"direction"` // in, out
	Remote     string    `json:"remote"`    // signalling address
	Name       string    `json:"name"`
	Number     string    `json:"number"`
	Trunk      string    `json:"trunk,omitempty"`
	Called     string    `json:"called"`  // without a PIN
	Room       string    `json:"room"`    // extension; empty before a room
	Role       string    `json:"role"`    // guest, host; empty before a room
	State      string    `json:"state"`   // reception, lobby, room, held; of one that is being made: calling, ringing, …
	Codec      string    `json:"codec"`   // of what is received
	Product    string    `json:"product"` // User-Agent
	CallID     string    `json:"call_id"` // the protocol's own
	Encrypted  bool      `json:"encrypted"`
	Muted      bool      `json:"muted"`
	Hand       bool      `json:"hand"`
	Talking    bool      `json:"talking"`
	Started    time.Time `json:"started"`
	Duration   float64   `json:"duration_s"`
	PacketsIn  uint64    `json:"packets_in"`
	PacketsOut uint64    `json:"packets_out"`
	LossIn     float64   `json:"loss_in"`  // 0 to 1
	LossOut    float64   `json:"loss_out"` // 0 to 1, as the peer reports
	Jitter     float64   `json:"jitter_ms"`
	RTT        float64   `json:"rtt_ms"` // 0: not known
	Playout    float64   `json:"playout_ms"`
	MOS        float64   `json:"mos"` // estimated, 1 to 4.5; 0: nothing heard yet
}

// Invitation asks the gateway to call somebody into a room.
type Invitation struct {
	To   string  `json:"to"`               // +41445550100, sip:USER@HOST, h323:ALIAS@HOST
	Room string  `json:"room"`             // extension
	Name string  `json:"name,omitempty"`   // what the party is called in the room; empty: what it says
	Host bool    `json:"host,omitempty"`   // with a host's rights
	Wait float64 `json:"wait_s,omitempty"` // how long it may take until the answer; 0: a minute
	// Confirm has the party press 1 before it joins: a mailbox does not.
	Confirm bool `json:"confirm,omitempty"`
}

// Progress is how far a call out has come.
type Progress struct {
	Call string `json:"call,omitempty"` // the id of the call out
	// State is calling, proceeding, early (somebody is heard already), ringing,
	// forwarded, answered (and 1 is not pressed yet), connected or failed.
	State string `json:"state"`
	ID    string `json:"id,omitempty"`    // of the call, once it is connected
	Cause string `json:"cause,omitempty"` // failed: busy, no-answer, rejected, unreachable, …
	Text  string `json:"text,omitempty"`  // that in words
}

// The last states of a call out. Those before are on the way.
const (
	Connected = "connected"
	Failed    = "failed"
)

// Transfer says where a call is to go: to another room, or to another party. One of
// Room and To is given.
type Transfer struct {
	Room string `json:"room,omitempty"` // extension
	Host bool   `json:"host,omitempty"` // with a host's rights there
	// To is the number or SIP address that the party of a SIP call is asked to call
	// instead of us (REFER).
	To string `json:"to,omitempty"`
}

// Room is a live room.
type Room struct {
	Extension string `json:"extension"`
	Name      string `json:"name"`
	Count     int    `json:"count"` // in the room or its lobby
	Lobby     int    `json:"lobby"` // of them, waiting
	Hosts     int    `json:"hosts"`
	Locked    bool   `json:"locked"`
	Calls     []Call `json:"calls"`
}

// Status is the gateway itself.
type Status struct {
	Version   string    `json:"version"`
	PID       int       `json:"pid"`
	Started   time.Time `json:"started"`
	Ready     bool      `json:"ready"`
	Alive     bool      `json:"alive"` // the mixing does what it is told
	Draining  bool      `json:"draining"`
	Calls     int       `json:"calls"`
	Rooms     int       `json:"rooms"`
	Config    string    `json:"config,omitempty"`
	Listeners Listeners `json:"listeners"`
	// Gatekeeper is nil if there is to be none.
	Gatekeeper *Gatekeeper `json:"gatekeeper,omitempty"`
}

// Gatekeeper is how things stand with the H.323 gatekeeper.
type Gatekeeper struct {
	Registered bool      `json:"registered"`
	Phase      string    `json:"phase"` // discovering, registering, registered, waiting, closed
	Since      time.Time `json:"since"`
	Address    string    `json:"address,omitempty"`
	Identifier string    `json:"identifier,omitempty"`
	Aliases    []string  `json:"aliases,omitempty"` // that it has confirmed
	Taken      []string  `json:"taken,omitempty"`   // names of ours that other endpoints have
	Calls      int       `json:"calls"`             // that it has admitted and that are up
	Error      string    `json:"error,omitempty"`   // the last, whenever it was
}

// Listeners is what is bound: the content of listeners.json.
type Listeners struct {
	PID     int      `json:"pid"`
	SIP     []string `json:"sip"`               // udp://127.0.0.1:5060, ...
	H323    string   `json:"h323,omitempty"`    // tcp://127.0.0.1:1720
	RAS     string   `json:"ras,omitempty"`     // udp://127.0.0.1:1719
	Web     string   `json:"web,omitempty"`     // http://127.0.0.1:8080
	WebRTC  []string `json:"webrtc,omitempty"`  // udp://127.0.0.1:7880, ...
	Metrics string   `json:"metrics,omitempty"` // 127.0.0.1:9464
	Control string   `json:"control"`
}

// Reloaded is what a reload of the configuration did.
type Reloaded struct {
	Applied []string `json:"applied"` // what changed and is in force
	Restart []string `json:"restart"` // what changed and needs a restart
	// Changes are the trunks, numbers and rules that came, went or changed, in words;
	// Rules is what is in force now.
	Changes []string `json:"changes,omitempty"`
	Rules   string   `json:"rules,omitempty"`
}

// MOS estimates the mean opinion score of a stream from loss and delay with
// the simplified E-model of ITU-T G.107: loss is 0 to 1, delay one way in ms.
func MOS(loss, delay float64) float64 {
	r := 93.2 - 0.024*delay
	if delay > 177.3 {
		r -= 0.11 * (delay - 177.3)
	}
	// Robustness of concealed speech against random loss, Bpl = 25 as G.711 with
	// concealment (ITU-T G.113).
	percent := 100 * loss
	r -= 95 * percent / (percent + 25)
	switch {
	case r < 0:
		return 1
	case r > 100:
		return 4.5
	}
	return 1 + 0.035*r + r*(r-60)*(100-r)*7e-6
}
