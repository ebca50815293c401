package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/partyline/partyline/control"
)

type callCmd struct {
	Address string         `arg:"" help:"Whom to call: +41445550100, sip:USER@HOST, h323:ALIAS@HOST, or h323:ALIAS where there is a gatekeeper."`
	Room    string         `required:"" help:"The extension of the room that the party is called into." placeholder:"EXT"`
	Name    string         `help:"What the party is called in the room. Default: what it says."`
	Host    bool           `help:"With a host's rights."`
	Confirm bool           `help:"The party hears that it is invited and joins once it has pressed 1: a mailbox does not."`
	Wait    *time.Duration `help:"How long it may take until the answer. Default: the trunk's no_answer, or a minute." placeholder:"TIME"`
}

// Help is shown below the flags.
func (callCmd) Help() string {
	return "Says how the call goes on, and ends when it is answered (exit 0) or not (exit 1): busy, no-answer, rejected, unreachable and so on. Ctrl-C gives it up."
}

// Run has the running gateway call somebody into a room.
func (cmd callCmd) Run(c *console) error {
	wait := time.Duration(0) // as the trunk says
	if cmd.Wait != nil {
		if wait = *cmd.Wait; wait <= 0 || wait > time.Hour {
			return misuse{"--wait is a time of at most an hour"}
		}
	}
	client, err := c.client()
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(c.ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	last, err := client.Invite(ctx, control.Invitation{
		To: cmd.Address, Room: cmd.Room, Name: cmd.Name, Host: cmd.Host, Confirm: cmd.Confirm, Wait: wait.Seconds(),
	}, c.step)
	switch {
	case errors.Is(err, control.ErrInvitation):
		return misuse{err.Error()}
	case errors.Is(ctx.Err(), context.Canceled):
		return errors.New("the call was given up")
	case err != nil:
		return err
	case last.State == control.Connected:
		return nil
	case c.json: // it was told
		return exitNow(exitFailed)
	}
	if strings.ReplaceAll(last.Cause, "-", " ") == last.Text {
		return errors.New(last.Cause)
	}
	return fmt.Errorf("%s: %s", last.Cause, last.Text)
}

// step tells how a call goes on.
func (c *console) step(p control.Progress) {
	switch {
	case c.json:
		_ = json.NewEncoder(c.out).Encode(p) // a line each
	case p.State == control.Failed: // said as the error
	case p.ID != "":
		fmt.Fprintf(c.out, "%s: %s\n", p.State, p.ID)
	default:
		fmt.Fprintln(c.out, p.State)
	}
}
