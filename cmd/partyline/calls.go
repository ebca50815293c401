package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/partyline/partyline/control"
)

type callsCmd struct {
	List     callsListCmd     `cmd:"" default:"1" help:"List the live calls."`
	Show     callsShowCmd     `cmd:"" help:"Show one call."`
	Kick     callsKickCmd     `cmd:"" help:"End calls."`
	Keys     callsKeysCmd     `cmd:"" help:"Send keys into a call: to another bridge's menu, or a door."`
	Transfer callsTransferCmd `cmd:"" help:"Move a call to another room, or to somebody else."`
}

type callsListCmd struct {
	Room  string        `help:"Only those in the room of this extension." placeholder:"EXT"`
	Watch time.Duration `help:"Show them again every so often, such as 2s, until interrupted." placeholder:"EVERY"`
}

// Run lists the calls of the running gateway.
func (cmd callsListCmd) Run(c *console) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	if cmd.Watch > 0 {
		return c.watch(cmd.Watch, func(page *console) error { return cmd.list(page, client) })
	}
	return cmd.list(c, client)
}

func (cmd callsListCmd) list(c *console, client *control.Client) error {
	all, err := client.Calls(c.ctx)
	if err != nil {
		return err
	}
	calls := []control.Call{}
	for _, call := range all {
		if cmd.Room == "" || call.Room == cmd.Room {
			calls = append(calls, call)
		}
	}
	if c.json {
		return c.printJSON(calls)
	}
	if len(calls) == 0 {
		fmt.Fprintln(c.out, "no calls")
		return nil
	}
	rows := make([][]string, len(calls))
	for i, call := range calls {
		rows[i] = []string{
			call.ID, call.Protocol, who(call), call.Room, stateWords(call), call.Codec, short(call.Duration),
			fmt.Sprintf("%.0f%%", 100*call.LossIn), mosWord(call.MOS),
		}
	}
	table(c.out, []string{"ID", "PROTO", "WHO", "ROOM", "STATE", "CODEC", "TIME", "LOSS", "MOS"}, rows)
	return nil
}

func who(call control.Call) string {
	switch {
	case call.Name != "":
		return call.Name
	case call.Number != "":
		return call.Number
	}
	return call.Remote
}

// stateWords is the state with what else a host would want to see.
func stateWords(call control.Call) string {
	s := call.State
	if call.Role == "host" {
		s += ",host"
	}
	if call.Muted {
		s += ",muted"
	}
	if call.Hand {
		s += ",hand"
	}
	return s
}

func short(seconds float64) string {
	return (time.Duration(seconds) * time.Second).String()
}

func mosWord(mos float64) string {
	if mos == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f", mos)
}

// findCall asks the running gateway for the call of this id, or of an id that
// begins so.
func (c *console) findCall(id string) (*control.Client, control.Call, error) {
	client, err := c.client()
	if err != nil {
		return nil, control.Call{}, err
	}
	call, err := client.Call(c.ctx, id)
	return client, call, err
}

type callsShowCmd struct {
	ID string `arg:"" help:"The call's id, or its beginning."`
}

// Run shows one call.
func (cmd callsShowCmd) Run(c *console) error {
	_, call, err := c.findCall(cmd.ID)
	if err != nil {
		return err
	}
	if c.json {
		return c.printJSON(call)
	}
	pairs(c.out,
		"id", call.ID, "protocol", call.Protocol, "direction", call.Direction, "remote", call.Remote,
		"name", call.Name, "number", call.Number, "trunk", call.Trunk, "called", call.Called,
		"agent", call.Product, "call-id", call.CallID,
		"state", call.State, "room", call.Room, "role", call.Role,
		"muted", yesNo(call.Muted), "hand", yesNo(call.Hand), "talking", yesNo(call.Talking),
		"codec", call.Codec, "encrypted", yesNo(call.Encrypted),
		"since", call.Started.Local().Format(time.DateTime)+" ("+short(call.Duration)+")",
		"packets", fmt.Sprintf("%d in, %d out", call.PacketsIn, call.PacketsOut),
		"loss", fmt.Sprintf("%.1f%% in, %.1f%% out", 100*call.LossIn, 100*call.LossOut),
		"jitter", fmt.Sprintf("%.1f ms", call.Jitter),
		"round trip", milliseconds(call.RTT),
		"playout", milliseconds(call.Playout),
		"MOS", mosWord(call.MOS),
	)
	return nil
}

func milliseconds(ms float64) string {
	if ms == 0 {
		return "-"
	}
	return fmt.Sprintf("%.0f ms", ms)
}

type callsKickCmd struct {
	IDs []string `arg:"" name:"id" help:"The calls' ids, or their beginnings."`
}

// Run ends calls.
func (cmd callsKickCmd) Run(c *console) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	ended := []string{}
	for _, id := range cmd.IDs {
		call, err := client.Call(c.ctx, id)
		if err != nil {
			return err
		}
		if err := client.Kick(c.ctx, call.ID); err != nil {
			return err
		}
		ended = append(ended, call.ID)
		if !c.json {
			fmt.Fprintf(c.out, "ended %s (%s)\n", call.ID, clean(who(call)))
		}
	}
	if c.json {
		return c.printJSON(map[string]any{"ended": ended})
	}
	return nil
}

type callsKeysCmd struct {
	ID   string `arg:"" help:"The call's id, or its beginning."`
	Keys string `arg:"" help:"The keys: 0-9, *, #, A-D."`
}

// Run sends keys into a call.
func (cmd callsKeysCmd) Run(c *console) error {
	client, call, err := c.findCall(cmd.ID)
	if err != nil {
		return err
	}
	if err := client.SendKeys(c.ctx, call.ID, cmd.Keys); err != nil {
		return err
	}
	if c.json {
		return c.printJSON(map[string]any{"id": call.ID, "keys": len(cmd.Keys)})
	}
	fmt.Fprintf(c.out, "sent %d keys to %s (%s)\n", len(cmd.Keys), call.ID, clean(who(call)))
	return nil
}

type callsTransferCmd struct {
	ID   string `arg:"" help:"The call's id, or its beginning."`
	Room string `help:"The extension of the room that it goes to. Nothing is asked there." xor:"where" required:"" placeholder:"EXT"`
	To   string `help:"The number or SIP address that the party of a SIP call is asked to call instead: +41445550100, sip:USER@HOST. The outbound rules hold." xor:"where" required:"" placeholder:"ADDRESS"`
	Host bool   `help:"With a host's rights in that room."`
}

// Run moves a call.
func (cmd callsTransferCmd) Run(c *console) error {
	if cmd.Host && cmd.Room == "" {
		return misuse{"--host goes with --room"}
	}
	client, call, err := c.findCall(cmd.ID)
	if err != nil {
		return err
	}
	err = client.Transfer(c.ctx, call.ID, control.Transfer{Room: cmd.Room, Host: cmd.Host, To: cmd.To})
	if errors.Is(err, control.ErrInvitation) {
		return misuse{err.Error()}
	}
	if err != nil {
		return err
	}
	if c.json {
		return c.printJSON(map[string]string{"id": call.ID, "room": cmd.Room, "to": cmd.To})
	}
	where := cmd.To
	if cmd.Room != "" {
		where = "room " + cmd.Room
	}
	fmt.Fprintf(c.out, "moved %s (%s) to %s\n", call.ID, clean(who(call)), clean(where))
	return nil
}
