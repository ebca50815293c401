// Package dialplan decides where a call goes. In goes what the signalling
// knows before the answer (protocol, trunk, caller, called address, time), out
// comes a Decision, with the steps that led to it if they are asked for; out of
// the same place comes which trunks may carry an outgoing call (Route), how each
// trunk writes numbers (Numbering), and how many calls out there may be (Budget).
// It is pure: no clock, no store, no socket. A Plan is not changed once it is in
// use; a reload makes a new one. Only a Budget has a state, which it guards.
//
// Telephone numbers are compared in the form of ITU-T E.164 / RFC 3966.
package dialplan

import (
	"net/netip"
	"time"

	"github.com/partyline/partyline/cause"
)

// Inbound is a call that came in.
type Inbound struct {
	Protocol   string // "sip", "h323", "webrtc"
	Trunk      string // empty: a stranger
	Caller     string // number or user part, may be empty
	CalledUser string // as signalled, PIN included; empty for the bare host
	CalledHost string // without port
	Time       time.Time
	Trace      bool // the Decision is to tell its steps
}

// Kind is what becomes of a call.
type Kind uint8

// The kinds.
const (
	Reject    Kind = iota // nothing matches, or a rule rejects it with a cause
	Deny                  // a rule forbids it: 403
	Reception             // asks for extension and PIN
	Room                  // Extension is known; the PIN is asked for unless given
	Test                  // echo and a result
	Forward               // to Decision.Forward, outside
)

func (k Kind) String() string {
	return [...]string{"reject", "deny", "reception", "room", "test", "forward"}[k]
}

// Decision is where a call goes, and why.
type Decision struct {
	Kind      Kind
	Cause     cause.Cause // Reject, Deny: with what the call is refused; else None
	Extension string      // Room
	Forward   string      // Forward: a number in E.164 or a URI
	PIN       string      // as given in the address; to be kept out of logs
	Language  string      // of the number or rule; empty: the default
	Number    string      // the configured number called
	Label     string      // that number's label
	Reason    string      // Reject, Deny: a sentence fragment
	Trace     []Step      // if asked for
}

// Step is one rule that was looked at.
type Step struct {
	Rule    string `json:"rule"`
	Source  string `json:"source,omitempty"` // file:line of a configured rule
	Matched bool   `json:"matched"`
	Why     string `json:"why"`
}

// Target is where a rule or number sends a call.
type Target struct {
	Kind    Kind   // Reception, Room, Test or Forward
	Room    string // Room: the extension, or a template such as "{ext}"
	Forward string // Forward: a number or URI, or a template
}

// Number is a telephone number that reaches the gateway.
type Number struct {
	Number   string // +E.164
	Trunk    string // empty: on any
	Label    string
	Language string
	To       Target
	Source   string
}

// Rule is one inbound rule. Empty conditions match everything.
type Rule struct {
	Match        *Pattern
	Prefixes     *Prefixes // the called number is in the table
	From         *Pattern  // the caller
	FromPrefixes *Prefixes // the caller's number is in the table
	Trunk        string
	Protocol     string
	Time         *Schedule // nil: always
	To           Target
	Reject       cause.Cause // not None: the call is refused so
	Deny         string      // not empty: the call is refused, and this says why
	Language     string
	Source       string
}

// Trunk is what the dialplan knows of a trunk.
type Trunk struct {
	Name     string
	In, Out  Numbering
	CallerID string
	// Hosts and Networks are where its peers are: what is called there is called
	// by the trunk, however it is written.
	Hosts    []string
	Networks []netip.Prefix
}

// Limits hold for all calls out to telephone numbers.
type Limits struct {
	NumberLength int      // digits; 0: any
	Countries    []string // none: all
	Premium      bool     // numbers that cost the caller more may be called
}

// Plan is the whole dialplan.
type Plan struct {
	ExtensionLength int
	TestExtension   string // empty: none
	Strangers       bool   // callers of no trunk may call at all
	// Extensions says whether some room's extension has that many digits. Only
	// the length is asked, so that an unknown extension looks like a known one.
	// Nil: all have ExtensionLength.
	Extensions func(length int) bool
	Numbers    []Number
	Inbound    []Rule
	Outbound   []OutboundRule
	Trunks     []Trunk
	// Country is that of numbers which are dialled without a country code; empty:
	// such numbers are compared as they are.
	Country string
	Limits  Limits
}

// trunk finds a trunk; nil for none and for a stranger.
func (p *Plan) trunk(name string) *Trunk {
	if name == "" {
		return nil
	}
	for i := range p.Trunks {
		if p.Trunks[i].Name == name {
			return &p.Trunks[i]
		}
	}
	return nil
}
