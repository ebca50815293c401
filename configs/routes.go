package configs

import (
	"encoding/json"

	"github.com/partyline/partyline/dialplan"
)

// Number is a telephone number that reaches us.
type Number struct {
	Number   string `yaml:"number" check:"e164"`
	Trunk    string `yaml:"trunk"`
	Label    string `yaml:"label"`
	Language string `yaml:"language" enum:"en,de,fr,it,es"`
	To       Target `yaml:"to"`
}

// Dialplan is the rules, of which the first that matches decides.
type Dialplan struct {
	// Country is that of numbers which are dialled without a country code.
	Country  string         `yaml:"country" check:"country"`
	Inbound  []InboundRule  `yaml:"inbound"`
	Outbound []OutboundRule `yaml:"outbound"`
}

// InboundRule sends calls somewhere. Conditions that are left out match every
// call.
type InboundRule struct {
	Match            *dialplan.Pattern `yaml:"match"`
	PrefixesFile     string            `yaml:"prefixes_file" check:"path"`
	From             *dialplan.Pattern `yaml:"from"`
	FromPrefixesFile string            `yaml:"from_prefixes_file" check:"path"`
	Trunk            string            `yaml:"trunk"`
	Protocol         string            `yaml:"protocol" enum:"sip,h323"`
	Time             Schedule          `yaml:"time"`
	To               Target            `yaml:"to"`
	Reject           string            `yaml:"reject" enum:"busy,not-found,declined,forbidden,unavailable"`
	Deny             string            `yaml:"deny"`
	Language         string            `yaml:"language" enum:"en,de,fr,it,es"`
}

// OutboundRule allows or forbids calls out.
type OutboundRule struct {
	Match        *dialplan.Pattern `yaml:"match"`
	PrefixesFile string            `yaml:"prefixes_file" check:"path"`
	From         *dialplan.Pattern `yaml:"from"` // the room's extension, or the host's account
	Time         Schedule          `yaml:"time"`
	Trunk        string            `yaml:"trunk"`
	Trunks       []string          `yaml:"trunks"` // in the order in which they are tried
	CallerID     string            `yaml:"caller_id" check:"e164"`
	Strip        string            `yaml:"strip" check:"dial"`
	Prefix       string            `yaml:"prefix" check:"dial"`
	Deny         string            `yaml:"deny"`
}

// carriers are the trunks of a rule, in order.
func (r *OutboundRule) carriers() []string {
	if r.Trunk != "" {
		return append([]string{r.Trunk}, r.Trunks...)
	}
	return r.Trunks
}

// Schedule is when a rule holds; the zero Schedule is always.
type Schedule struct {
	Days  []string `yaml:"days" check:"days"`   // mon-fri, sat; empty: every day
	Hours []string `yaml:"hours" check:"hours"` // 08:00-18:00, 22:00-06:00; empty: all day
	Zone  string   `yaml:"zone" check:"zone"`   // Europe/Zurich
}

// always says that there is no condition.
func (s *Schedule) always() bool { return len(s.Days) == 0 && len(s.Hours) == 0 }

// plan is the schedule as the dialplan knows it, nil for always. It has been
// validated.
func (s *Schedule) plan() *dialplan.Schedule {
	if s.always() {
		return nil
	}
	compiled, err := dialplan.ParseSchedule(s.Days, s.Hours, s.Zone)
	if err != nil {
		return &dialplan.Schedule{}
	}
	return compiled
}

// Target is where a number or rule sends a call: `reception`, `test`,
// `{room: "112752642"}` or `{forward: "+41445550100"}`.
type Target struct {
	Kind    string // "reception", "test", "room", "forward"; empty: not given
	Room    string
	Forward string
}

// String is the target in words.
func (t Target) String() string {
	switch t.Kind {
	case "room":
		return "room " + t.Room
	case "forward":
		return "forward to " + t.Forward
	}
	return t.Kind
}

// MarshalJSON shows a target as it is written.
func (t Target) MarshalJSON() ([]byte, error) {
	switch t.Kind {
	case "room":
		return json.Marshal(map[string]string{"room": t.Room})
	case "forward":
		return json.Marshal(map[string]string{"forward": t.Forward})
	}
	return json.Marshal(t.Kind)
}
