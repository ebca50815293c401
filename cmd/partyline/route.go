package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/configs"
	"github.com/partyline/partyline/dialplan"
	"github.com/partyline/partyline/sip"
	"github.com/partyline/partyline/store"
)

type routeCmd struct {
	Explain routeExplainCmd `cmd:"" help:"Say where a call would go, and why."`
}

type routeExplainCmd struct {
	URI      string `arg:"" name:"uri" help:"What is called: sip:112752642@gateway, h323:112752642, +41445550100."`
	Trunk    string `help:"The trunk the call comes by." placeholder:"NAME"`
	From     string `help:"The caller's number or user part; of a call out, the room's extension." placeholder:"CALLER"`
	Protocol string `help:"The protocol, where the address says none: sip or h323." enum:"sip,h323," default:"" placeholder:"NAME"`
	At       string `help:"When: 2026-11-22T10:00, \"10:00\" or \"sun 10:00\". Default: now." placeholder:"TIME"`
	Out      bool   `help:"Explain a call out to this number or address instead."`
	Host     string `help:"The account of the host who calls out." placeholder:"EMAIL"`
}

// explanation is what --json prints.
type explanation struct {
	Called    string          `json:"called"`
	Decision  string          `json:"decision"`         // reject, deny, reception, room, test, forward; out: trunk, direct, deny
	Status    int             `json:"status,omitempty"` // of SIP, if it is refused
	Extension string          `json:"extension,omitempty"`
	PIN       bool            `json:"pin"` // the address has one
	Language  string          `json:"language,omitempty"`
	Number    string          `json:"number,omitempty"`
	Label     string          `json:"label,omitempty"`
	Forward   string          `json:"forward,omitempty"` // where the caller is sent on to
	Country   string          `json:"country,omitempty"`
	Trunks    []dialledBy     `json:"trunks,omitempty"` // in the order in which they are tried
	Reason    string          `json:"reason,omitempty"`
	Trace     []dialplan.Step `json:"trace"`
}

// dialledBy is how a call out goes by one trunk.
type dialledBy struct {
	Trunk    string `json:"trunk"`
	Dialled  string `json:"dialled"`
	CallerID string `json:"caller_id,omitempty"`
}

// Run explains; no gateway needs to run.
func (cmd routeExplainCmd) Run(c *console) error {
	cfg, err := c.config()
	if err != nil {
		return err
	}
	plan := cfg.Plan()
	if cmd.Trunk != "" && trunkOf(plan, cmd.Trunk) == nil {
		return misuse{"no trunk is called " + cmd.Trunk}
	}
	at, err := parseAt(cmd.At, time.Now())
	if err != nil {
		return misuse{"--at: " + err.Error()}
	}
	var e explanation
	if cmd.Out {
		e = cmd.explainOut(plan, at)
	} else {
		plan.Extensions = c.lengths(cfg)
		e = cmd.explainIn(plan, at)
	}
	if c.json {
		return c.printJSON(e)
	}
	e.write(c.out)
	return nil
}

// write prints each step and what comes of it, within lineWidth columns.
func (e explanation) write(w io.Writer) {
	for _, s := range e.Trace {
		mark := "   "
		if s.Matched {
			mark = "-> "
		}
		rule := s.Rule
		if s.Source != "" {
			rule += " (" + shortSource(s.Source) + ")"
		}
		wrap(w, mark, "   ", rule)
		wrap(w, "     ", "     ", s.Why)
	}
	wrap(w, "", "  ", e.sentence())
	for _, t := range e.Trunks {
		words := "  by trunk " + t.Trunk + " as " + t.Dialled
		if t.CallerID != "" {
			words += ", from " + t.CallerID
		}
		wrap(w, "", "    ", words)
	}
}

// wrap prints text in lines of at most lineWidth columns; what has no space is not
// cut.
func wrap(w io.Writer, first, others, text string) {
	line := first
	empty := true
	for _, word := range strings.Split(clean(text), " ") {
		if !empty && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > lineWidth {
			fmt.Fprintln(w, strings.TrimRight(line, " "))
			line, empty = others, true
		}
		if !empty {
			line += " "
		}
		line += word
		empty = false
	}
	fmt.Fprintln(w, strings.TrimRight(line, " "))
}

// parseAt reads a moment: a date with time, a time of today, or of the next such
// day of the week. Without a zone it is this machine's.
func parseAt(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return now, nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04"} {
		if at, err := time.ParseInLocation(layout, text, now.Location()); err == nil {
			return at, nil
		}
	}
	day, clock, ok := strings.Cut(text, " ")
	if !ok {
		day, clock = "", text
	}
	at, err := time.Parse("15:04", clock)
	if err != nil {
		return now, fmt.Errorf("%q is no time: write 2026-11-22T10:00, 10:00 or \"sun 10:00\"", text)
	}
	date := now
	if day != "" {
		days, err := dialplan.ParseDays(day)
		if err != nil {
			return now, err
		}
		for !days[date.Weekday()] {
			date = date.AddDate(0, 0, 1)
		}
	}
	return time.Date(date.Year(), date.Month(), date.Day(), at.Hour(), at.Minute(), 0, 0, now.Location()), nil
}

func (cmd routeExplainCmd) explainIn(plan *dialplan.Plan, at time.Time) explanation {
	uri := cmd.URI
	if scheme, _, _ := strings.Cut(uri, ":"); cmd.Protocol != "" && !slices.Contains(dialplan.Protocols(), strings.ToLower(scheme)) {
		uri = cmd.Protocol + ":" + uri
	}
	in := parseCalled(uri)
	in.Trunk, in.Caller, in.Time, in.Trace = cmd.Trunk, cmd.From, at, true
	d := plan.Decide(in)
	e := explanation{
		Called: called(in), Decision: d.Kind.String(), Extension: d.Extension, PIN: d.PIN != "", Language: d.Language,
		Number: d.Number, Label: d.Label, Forward: sip.Redact(d.Forward), Reason: d.Reason, Trace: d.Trace,
	}
	if d.Kind == dialplan.Forward {
		if err := redirection(in.Protocol, d.Forward); !errors.Is(err, cause.Redirected) {
			e.Decision, e.Status, e.Reason = dialplan.Reject.String(), cause.Unroutable.SIP(), err.Error()
		}
	}
	if d.Kind == dialplan.Reject || d.Kind == dialplan.Deny {
		e.Status = d.Cause.SIP()
	}
	return e
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
	} else if !hostLike(rest) || strings.Contains(rest, "##") || in.Protocol == "h323" && !strings.ContainsAny(rest, ".:") {
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

func (cmd routeExplainCmd) explainOut(plan *dialplan.Plan, at time.Time) explanation {
	r := plan.Route(dialplan.Outbound{Called: cmd.URI, From: cmd.From, Host: cmd.Host, Time: at, Trace: true})
	e := explanation{Called: cmp.Or(r.Number, cmd.URI), Decision: "deny", Country: r.Country, Reason: r.Reason, Trace: r.Trace}
	switch {
	case r.Allowed && len(r.Trunks) == 0:
		e.Decision = "direct"
	case r.Allowed:
		e.Decision = "trunk"
	}
	for _, name := range r.Trunks {
		by := dialledBy{Trunk: name, Dialled: r.Number, CallerID: r.CallerID}
		if t := trunkOf(plan, name); t != nil {
			by.CallerID = cmp.Or(r.CallerID, t.CallerID)
			if !strings.Contains(r.Number, ":") {
				by.Dialled = t.Out.Written(r.Number)
			}
		}
		e.Trunks = append(e.Trunks, by)
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
	case "forward":
		return fmt.Sprintf("%s is sent on to %s (302): the caller's side calls that", e.Called, e.Forward)
	case "direct":
		return e.Called + " is called straight, without a trunk"
	case "trunk":
		where := ""
		if e.Country != "" {
			where = " (" + e.Country + ")"
		}
		return e.Called + where + " is called:"
	}
	if e.Status == 0 {
		return fmt.Sprintf("%s is not called: %s", e.Called, e.Reason)
	}
	return fmt.Sprintf("%s is refused (%d): %s", e.Called, e.Status, e.Reason)
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
