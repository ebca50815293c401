package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/partyline/partyline/configs"
	"github.com/partyline/partyline/dialplan"
)

type numberCmd struct {
	List    numberListCmd    `cmd:"" default:"1" help:"List the numbers."`
	Show    numberShowCmd    `cmd:"" help:"Show one number: where it leads, and what of it the trunk writes."`
	Explain numberExplainCmd `cmd:"" help:"Say what a telephone number is, how each trunk writes it, and whether it may be called."`
}

type numberListCmd struct{}

// numberView is a number and where it leads.
type numberView struct {
	Number   string         `json:"number"`
	Trunk    string         `json:"trunk,omitempty"`
	Label    string         `json:"label,omitempty"`
	Language string         `json:"language,omitempty"`
	To       configs.Target `json:"to"`
}

// Run lists the numbers.
func (numberListCmd) Run(c *console) error {
	cfg, err := c.config()
	if err != nil {
		return err
	}
	views := []numberView{}
	for _, n := range cfg.Numbers {
		views = append(views, numberView(n))
	}
	if c.json {
		return c.printJSON(views)
	}
	if len(views) == 0 {
		fmt.Fprintln(c.out, "no numbers are configured")
		return nil
	}
	var rows [][]string
	for _, v := range views {
		rows = append(rows, []string{v.Number, v.Trunk, v.Label, v.Language, v.To.String()})
	}
	table(c.out, []string{"NUMBER", "TRUNK", "LABEL", "LANGUAGE", "TO"}, rows)
	return nil
}

type numberShowCmd struct {
	Number string `arg:"" help:"The number: +41445550100, 0041 44 555 01 00, or its last digits."`
}

// numberDetail is what show tells besides.
type numberDetail struct {
	numberView
	Country string   `json:"country,omitempty"`
	Service string   `json:"service,omitempty"`
	Written []string `json:"written"` // how calls to it may be addressed
	Source  string   `json:"source"`
}

// Run shows one number, or each that ends so.
func (cmd numberShowCmd) Run(c *console) error {
	cfg, err := c.config()
	if err != nil {
		return err
	}
	plan := cfg.Plan()
	wanted, _ := dialplan.Numbering{Country: plan.Country}.E164(cmd.Number)
	var found []numberDetail
	for i, n := range cfg.Numbers {
		if n.Number == wanted || len(wanted) >= 3 && dialplan.Digits(wanted) && strings.HasSuffix(n.Number, wanted) {
			found = append(found, numberDetail{
				numberView: numberView(n), Country: dialplan.Country(n.Number), Service: dialplan.Service(n.Number),
				Written: writtenTo(plan, n), Source: shortSource(plan.Numbers[i].Source),
			})
		}
	}
	switch {
	case len(found) == 0:
		return fmt.Errorf("%s is none of the %s (see `partyline number explain %s`)", cmd.Number, plural(len(cfg.Numbers), "configured number"), cmd.Number)
	case c.json && len(found) == 1:
		return c.printJSON(found[0])
	case c.json:
		return c.printJSON(found)
	}
	for i, f := range found {
		if i > 0 {
			fmt.Fprintln(c.out)
		}
		pairs(c.out, "number", f.Number, "label", f.Label, "trunk", cmp.Or(f.Trunk, "any, and strangers"), "leads to", f.To.String(),
			"language", cmp.Or(f.Language, cfg.Reception.Language), "country", f.Country, "service", f.Service,
			"called as", strings.Join(f.Written, " "), "written in", f.Source)
	}
	return nil
}

// writtenTo lists how calls to a number may be addressed on its trunk: those ways
// of writing it that lead there.
func writtenTo(plan *dialplan.Plan, n configs.Number) []string {
	country := dialplan.Country(n.Number)
	var ways []string
	for _, form := range []dialplan.Form{dialplan.E164, dialplan.Plain, dialplan.International, dialplan.National} {
		way := dialplan.Numbering{Form: form, Country: country}.Written(n.Number)
		d := plan.Decide(dialplan.Inbound{Protocol: "sip", Trunk: n.Trunk, CalledUser: way, Time: time.Unix(0, 0)})
		if d.Number == n.Number && !slices.Contains(ways, way) {
			ways = append(ways, way)
		}
	}
	return ways
}

// shortSource is file:line without the file's directory.
func shortSource(source string) string {
	return source[strings.LastIndexByte(source, '/')+1:]
}

type numberExplainCmd struct {
	Number string `arg:"" help:"The number as somebody writes it: +41 44 555 01 00, 044 555 01 00."`
	Trunk  string `help:"The trunk that writes it so." placeholder:"NAME"`
}

// numberMeaning is what explain tells.
type numberMeaning struct {
	Written string            `json:"written"`
	Number  string            `json:"number,omitempty"` // in E.164
	Country string            `json:"country,omitempty"`
	Service string            `json:"service,omitempty"`
	Ours    bool              `json:"ours"`
	Trunks  map[string]string `json:"trunks"` // how each writes it
	Called  bool              `json:"may_be_called"`
	By      []string          `json:"by,omitempty"`
	Reason  string            `json:"reason,omitempty"`
}

// Run tells what a number is.
func (cmd numberExplainCmd) Run(c *console) error {
	cfg, err := c.config()
	if err != nil {
		return err
	}
	plan := cfg.Plan()
	if cmd.Trunk != "" && trunkOf(plan, cmd.Trunk) == nil {
		return misuse{"no trunk is called " + cmd.Trunk}
	}
	m := meaning(plan, cmd.Number, cmd.Trunk)
	if c.json {
		return c.printJSON(m)
	}
	if m.Number == "" {
		return errors.New(cmd.Number + " says no country: write it with + and country code, or set dialplan.country")
	}
	called := "yes, by " + strings.Join(m.By, ", then ")
	if !m.Called {
		called = "no: " + m.Reason
	}
	words := []string{"number", m.Number, "country", cmp.Or(m.Country, "unknown"), "service", cmp.Or(m.Service, "unknown"), "ours", yesNo(m.Ours), "may be called", called}
	for _, t := range plan.Trunks {
		words = append(words, "to "+t.Name, m.Trunks[t.Name])
	}
	pairs(c.out, words...)
	return nil
}

func trunkOf(plan *dialplan.Plan, name string) *dialplan.Trunk {
	for i := range plan.Trunks {
		if plan.Trunks[i].Name == name {
			return &plan.Trunks[i]
		}
	}
	return nil
}

// meaning reads a number as a trunk writes it, or a person.
func meaning(plan *dialplan.Plan, written, trunk string) numberMeaning {
	m := numberMeaning{Written: written, Trunks: map[string]string{}}
	reads := dialplan.Numbering{Country: plan.Country}
	if t := trunkOf(plan, trunk); t != nil {
		reads = t.In
	}
	number, ok := reads.E164(strings.TrimPrefix(written, "tel:"))
	r := plan.Route(dialplan.Outbound{Called: number, Time: time.Now()})
	m.Called, m.By, m.Reason = r.Allowed, r.Trunks, r.Reason
	if !ok {
		return m
	}
	m.Number, m.Country, m.Service = number, dialplan.Country(number), dialplan.Service(number)
	m.Ours = slices.ContainsFunc(plan.Numbers, func(n dialplan.Number) bool { return n.Number == number })
	for _, t := range plan.Trunks {
		m.Trunks[t.Name] = t.Out.Written(number)
	}
	return m
}
