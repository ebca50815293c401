package main

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/partyline/partyline/configs"
)

type trunkCmd struct {
	List trunkListCmd `cmd:"" default:"1" help:"List the trunks."`
	Show trunkShowCmd `cmd:"" help:"Show one trunk."`
}

type trunkListCmd struct{}

// trunkView is a trunk without its secrets.
type trunkView struct {
	Name     string         `json:"name"`
	Peers    []string       `json:"peers"`
	Allow    []netip.Prefix `json:"allow"`
	Register bool           `json:"register"`
	Username string         `json:"username,omitempty"`
	Codecs   []string       `json:"codecs"`
	SRTP     string         `json:"srtp"`
	MaxCalls int            `json:"max_calls"`
	Numbers  []string       `json:"numbers"`
}

func trunkViews(cfg *configs.Config) []trunkView {
	views := []trunkView{}
	for _, t := range cfg.Trunks {
		v := trunkView{
			Name: t.Name, Peers: t.Peers, Allow: t.Allow, Register: t.Register, Username: t.Auth.Username,
			Codecs: t.Codecs, SRTP: t.SRTP, MaxCalls: t.MaxCalls, Numbers: []string{},
		}
		if len(v.Codecs) == 0 {
			v.Codecs = cfg.SIP.Codecs
		}
		if v.SRTP == "" {
			v.SRTP = cfg.SIP.SRTP
		}
		for _, n := range cfg.Numbers {
			if n.Trunk == t.Name {
				v.Numbers = append(v.Numbers, n.Number)
			}
		}
		views = append(views, v)
	}
	return views
}

// Run lists the trunks.
func (trunkListCmd) Run(c *console) error {
	cfg, err := c.config()
	if err != nil {
		return err
	}
	views := trunkViews(cfg)
	if c.json {
		return c.printJSON(views)
	}
	if len(views) == 0 {
		fmt.Fprintln(c.out, "no trunks are configured")
		return nil
	}
	var rows [][]string
	for _, v := range views {
		rows = append(rows, []string{v.Name, list(v.Allow), strings.Join(v.Peers, " "), v.SRTP, number(v.MaxCalls), fmt.Sprint(len(v.Numbers))})
	}
	table(c.out, []string{"NAME", "ALLOW", "PEERS", "SRTP", "CALLS", "NUMBERS"}, rows)
	return nil
}

func list[T fmt.Stringer](items []T) string {
	var words []string
	for _, i := range items {
		words = append(words, i.String())
	}
	return strings.Join(words, " ")
}

// number is a limit in words.
func number(n int) string {
	if n == 0 {
		return "no limit"
	}
	return fmt.Sprint(n)
}

type trunkShowCmd struct {
	Name string `arg:"" help:"The trunk's name."`
}

// Run shows one trunk.
func (cmd trunkShowCmd) Run(c *console) error {
	cfg, err := c.config()
	if err != nil {
		return err
	}
	for _, v := range trunkViews(cfg) {
		if v.Name != cmd.Name {
			continue
		}
		if c.json {
			return c.printJSON(v)
		}
		pairs(c.out, "name", v.Name, "peers", strings.Join(v.Peers, " "), "allow", list(v.Allow),
			"username", v.Username, "register", yesNo(v.Register), "codecs", strings.Join(v.Codecs, " "),
			"srtp", v.SRTP, "calls", number(v.MaxCalls), "numbers", strings.Join(v.Numbers, " "))
		return nil
	}
	return fmt.Errorf("no trunk is called %s", cmd.Name)
}

type numberCmd struct {
	List numberListCmd `cmd:"" default:"1" help:"List the numbers."`
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
		to := v.To.Kind
		if to == "room" {
			to = "room " + v.To.Room
		}
		rows = append(rows, []string{v.Number, v.Trunk, v.Label, v.Language, to})
	}
	table(c.out, []string{"NUMBER", "TRUNK", "LABEL", "LANGUAGE", "TO"}, rows)
	return nil
}
