package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/partyline/partyline/configs"
	"github.com/partyline/partyline/control"
)

type trunkCmd struct {
	List trunkListCmd `cmd:"" default:"1" help:"List the trunks, with their state if the gateway runs."`
	Show trunkShowCmd `cmd:"" help:"Show one trunk, with its peers and registrations."`
	Test trunkTestCmd `cmd:"" help:"Look a trunk's names up and ask its peers whether they are there."`
}

type trunkListCmd struct{}

// trunkView is a trunk without its secrets and, if the gateway runs, as it stands.
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
	State    *control.Trunk `json:"state,omitempty"` // absent: no gateway runs, or not with this trunk
}

func trunkViews(cfg *configs.Config) []trunkView {
	views := []trunkView{}
	for _, t := range cfg.Trunks {
		v := trunkView{
			Name: t.Name, Peers: uris(t.Peers), Allow: t.Allow, Register: t.Register, Username: t.Auth.Username,
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

func uris(peers []configs.Peer) []string {
	texts := []string{}
	for _, p := range peers {
		texts = append(texts, p.URI)
	}
	return texts
}

// liveTrunks are the trunks of the configuration with their state, if a gateway
// runs.
func liveTrunks(c *console) ([]trunkView, error) {
	cfg, err := c.config()
	if err != nil {
		return nil, err
	}
	views := trunkViews(cfg)
	live, err := control.NewClient(cfg.Server.DataDir).Trunks(context.Background())
	if errors.Is(err, control.ErrNotRunning) {
		return views, nil
	}
	if err != nil {
		return nil, err
	}
	for i := range views {
		for j := range live {
			if live[j].Name == views[i].Name {
				views[i].State = &live[j]
			}
		}
	}
	return views, nil
}

// Run lists the trunks.
func (trunkListCmd) Run(c *console) error {
	views, err := liveTrunks(c)
	if err != nil {
		return err
	}
	if c.json {
		return c.printJSON(views)
	}
	if len(views) == 0 {
		fmt.Fprintln(c.out, "no trunks are configured")
		return nil
	}
	var rows [][]string
	for _, v := range views {
		rows = append(rows, []string{
			v.Name, v.state(), v.calls(), list(v.Allow), strings.Join(v.Peers, " "), v.SRTP, fmt.Sprint(len(v.Numbers)),
		})
	}
	table(c.out, []string{"NAME", "STATE", "CALLS", "ALLOW", "PEERS", "SRTP", "NUMBERS"}, rows)
	return nil
}

// state is how a trunk stands, in a few words.
func (v trunkView) state() string {
	if v.State == nil {
		return "-"
	}
	var words []string
	for _, r := range v.State.Registered {
		words = append(words, r.State)
	}
	count := map[string]int{}
	for _, p := range v.State.Peers {
		count[p.State]++
	}
	switch n := len(v.State.Peers); {
	case n == 0:
	case count["up"] == n:
		words = append(words, "up")
	case count["up"] > 0:
		words = append(words, fmt.Sprintf("%d of %d peers up", count["up"], n))
	case count["down"] > 0:
		words = append(words, "down")
	}
	if words == nil {
		return "unknown"
	}
	return strings.Join(words, ", ")
}

// calls are those that are up, of those that may be.
func (v trunkView) calls() string {
	most := "no limit"
	if v.MaxCalls > 0 {
		most = fmt.Sprint(v.MaxCalls)
	}
	if v.State == nil {
		return most
	}
	up := v.State.CallsIn + v.State.CallsOut
	if v.MaxCalls == 0 {
		return fmt.Sprint(up)
	}
	return fmt.Sprintf("%d of %s", up, most)
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
	views, err := liveTrunks(c)
	if err != nil {
		return err
	}
	for _, v := range views {
		if v.Name != cmd.Name {
			continue
		}
		if c.json {
			return c.printJSON(v)
		}
		pairs(c.out, "name", v.Name, "peers", strings.Join(v.Peers, " "), "allow", list(v.Allow),
			"username", v.Username, "register", yesNo(v.Register), "codecs", strings.Join(v.Codecs, " "),
			"srtp", v.SRTP, "calls", number(v.MaxCalls), "numbers", strings.Join(v.Numbers, " "))
		if v.State != nil {
			printTrunkState(c, *v.State)
		}
		return nil
	}
	return fmt.Errorf("no trunk is called %s", cmd.Name)
}

// printTrunkState prints what a running gateway knows of a trunk.
func printTrunkState(c *console, t control.Trunk) {
	fmt.Fprintf(c.out, "\ncalls now: %d in, %d out; calls that a peer failed: %d\n", t.CallsIn, t.CallsOut, t.Failures)
	var rows [][]string
	for _, r := range t.Registered {
		until := ""
		if !r.Expires.IsZero() {
			until = "for " + time.Until(r.Expires).Round(time.Second).String()
		}
		rows = append(rows, []string{r.Registrar, r.State, until, r.Contact, r.Error})
	}
	if rows != nil {
		fmt.Fprintln(c.out)
		table(c.out, []string{"REGISTRAR", "STATE", "STILL", "CONTACT", "LAST ERROR"}, rows)
	}
	if len(t.Peers) > 0 {
		fmt.Fprintln(c.out)
		printPeers(c, t.Peers)
	}
}

func printPeers(c *console, peers []control.TrunkPeer) {
	var rows [][]string
	for _, p := range peers {
		address := p.Address
		if p.Network != "" && address != "" {
			address = p.Network + " " + address
		}
		status, rtt := "", ""
		if p.Status != 0 {
			status, rtt = fmt.Sprint(p.Status), fmt.Sprintf("%.1f ms", p.RTT)
		}
		rows = append(rows, []string{p.URI, address, p.State, status, rtt, strings.TrimSpace(p.Certificate + " " + p.Error)})
	}
	table(c.out, []string{"PEER", "ADDRESS", "STATE", "OPTIONS", "RTT", "NOTE"}, rows)
}

type trunkTestCmd struct {
	Name string `arg:"" help:"The trunk's name."`
}

// Run tests a trunk from the running gateway: from its sockets, with its
// certificates. It fails if no peer is there.
func (cmd trunkTestCmd) Run(c *console) error {
	cfg, err := c.config()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	found, err := control.NewClient(cfg.Server.DataDir).TestTrunk(ctx, cmd.Name)
	if errors.Is(err, control.ErrNotFound) {
		return fmt.Errorf("the running gateway has no trunk %s", cmd.Name)
	}
	if err != nil {
		return err
	}
	if c.json {
		err = c.printJSON(found)
	} else if len(found.Peers) > 0 {
		printPeers(c, found.Peers)
	}
	if err != nil {
		return err
	}
	for _, p := range found.Peers {
		if p.State == "up" {
			return nil
		}
	}
	if found.Error != "" {
		return fmt.Errorf("trunk %s: %s", cmd.Name, found.Error)
	}
	return fmt.Errorf("no peer of trunk %s can be called", cmd.Name)
}
