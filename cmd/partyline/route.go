package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/partyline/partyline/configs"
	"github.com/partyline/partyline/dialplan"
	"github.com/partyline/partyline/store"
)

type routeCmd struct {
	Explain routeExplainCmd `cmd:"" help:"Say where a call would go, and why."`
}

type routeExplainCmd struct {
	URI   string `arg:"" name:"uri" help:"What is called: sip:112752642@gateway, h323:112752642, +41445550100."`
	Trunk string `help:"The trunk the call comes by." placeholder:"NAME"`
	From  string `help:"The caller's number or user part." placeholder:"CALLER"`
	Out   bool   `help:"Explain a call out to this number instead."`
}

// explanation is what --json prints.
type explanation struct {
	Called    string          `json:"called"`
	Decision  string          `json:"decision"` // reject, deny, reception, room, test, trunk
	Extension string          `json:"extension,omitempty"`
	PIN       bool            `json:"pin"` // the address has one
	Language  string          `json:"language,omitempty"`
	Number    string          `json:"number,omitempty"`
	Label     string          `json:"label,omitempty"`
	Trunk     string          `json:"trunk,omitempty"`
	CallerID  string          `json:"caller_id,omitempty"`
	Reason    string          `json:"reason,omitempty"`
	Trace     []dialplan.Step `json:"trace"`
}

// Run explains; no gateway needs to run.
func (cmd routeExplainCmd) Run(c *console) error {
	cfg, err := c.config()
	if err != nil {
		return err
	}
	if cmd.Trunk != "" && !hasTrunk(trunkViews(cfg), cmd.Trunk) {
		return misuse{"no trunk is called " + cmd.Trunk}
	}
	plan := cfg.Plan()
	var e explanation
	if cmd.Out {
		e = explainOut(plan, cmd.URI)
	} else {
		plan.Extensions = c.lengths(cfg)
		e = cmd.explainIn(plan)
	}
	if c.json {
		return c.printJSON(e)
	}
	for _, s := range e.Trace {
		mark := "  "
		if s.Matched {
			mark = "->"
		}
		where := ""
		if s.Source != "" {
			where = " (" + s.Source + ")"
		}
		fmt.Fprintf(c.out, "%s %s%s\n     %s\n", mark, s.Rule, where, s.Why)
	}
	fmt.Fprintln(c.out, e.sentence())
	return nil
}

func hasTrunk(trunks []trunkView, name string) bool {
	for _, t := range trunks {
		if t.Name == name {
			return true
		}
	}
	return false
}

func (cmd routeExplainCmd) explainIn(plan *dialplan.Plan) explanation {
	in := parseCalled(cmd.URI)
	in.Trunk, in.Caller, in.Time = cmd.Trunk, cmd.From, time.Now()
	d := plan.Decide(in)
	return explanation{
		Called: called(in), Decision: d.Kind.String(), Extension: d.Extension, PIN: d.PIN != "", Language: d.Language,
		Number: d.Number, Label: d.Label, Reason: d.Reason, Trace: d.Trace,
	}
}

// called is the address without its PIN.
func called(in dialplan.Inbound) string {
	user := dialplan.Redact(in.CalledUser)
	switch {
	case in.CalledHost == "":
		return in.Protocol + ":" + user
	case user == "":
		return in.Protocol + ":" + in.CalledHost
	}
	return in.Protocol + ":" + user + "@" + in.CalledHost
}

// parseCalled reads an address as a person writes it. A lone number or
// extension is a user part; a lone host is called without one.
func parseCalled(text string) dialplan.Inbound {
	in := dialplan.Inbound{Protocol: "sip"}
	rest := text
	if scheme, after, ok := strings.Cut(text, ":"); ok {
		switch strings.ToLower(scheme) {
		case "sip", "sips":
			rest = after
		case "h323", "webrtc":
			in.Protocol, rest = strings.ToLower(scheme), after
		case "tel":
			in.CalledUser = after
			return in
		}
	}
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		in.CalledUser = rest[:i]
		rest = rest[i+1:]
	} else if !hostLike(rest) || strings.Contains(rest, "##") {
		in.CalledUser = rest
		return in
	}
	rest, _, _ = strings.Cut(rest, ";")
	if host, _, ok := strings.Cut(rest, "]"); ok {
		rest = strings.TrimPrefix(host, "[")
	} else {
		rest, _, _ = strings.Cut(rest, ":")
	}
	in.CalledHost = rest
	return in
}

// hostLike tells 203.0.113.10 and meet.example.org from 112752642.48219.
func hostLike(s string) bool {
	s, _, _ = strings.Cut(s, ";")
	if strings.HasPrefix(s, "[") || strings.Count(s, ".") == 3 {
		return true
	}
	return strings.ContainsFunc(s, func(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' })
}

func explainOut(plan *dialplan.Plan, number string) explanation {
	r := plan.Route(number)
	e := explanation{Called: r.Number, Decision: "deny", Trunk: r.Trunk, CallerID: r.CallerID, Reason: r.Reason, Trace: r.Trace}
	if r.Allowed {
		e.Decision = "trunk"
	}
	return e
}

// sentence is the decision in words.
func (e explanation) sentence() string {
	language := ""
	if e.Language != "" {
		language = ", in language " + e.Language
	}
	switch e.Decision {
	case "reception":
		return fmt.Sprintf("%s reaches reception%s: it asks for extension and PIN", e.Called, language)
	case "room":
		if e.PIN {
			return fmt.Sprintf("%s reaches room %s%s: it joins if the PIN is right", e.Called, e.Extension, language)
		}
		return fmt.Sprintf("%s reaches room %s%s: the PIN is asked for", e.Called, e.Extension, language)
	case "test":
		return e.Called + " reaches the test extension: echo, and a result"
	case "trunk":
		id := ""
		if e.CallerID != "" {
			id = " as " + e.CallerID
		}
		return fmt.Sprintf("%s goes out by trunk %s%s", e.Called, e.Trunk, id)
	case "deny":
		return fmt.Sprintf("%s is refused (403): %s", e.Called, e.Reason)
	}
	return fmt.Sprintf("%s is refused (404): %s", e.Called, e.Reason)
}

// lengths says which lengths the rooms' extensions have, for explanations
// without a gateway. A data directory that isn't there yet has no rooms, and
// explaining doesn't make it.
func (c *console) lengths(cfg *configs.Config) func(int) bool {
	if _, err := os.Stat(filepath.Join(cfg.Server.DataDir, store.DatabaseFile)); err != nil {
		return nil
	}
	s, err := c.store(cfg)
	if err != nil {
		return nil
	}
	defer s.Close()
	rooms, err := s.Rooms(c.ctx)
	if err != nil {
		return nil
	}
	return func(length int) bool {
		return slices.ContainsFunc(rooms, func(r store.Room) bool { return len(r.Extension) == length })
	}
}
