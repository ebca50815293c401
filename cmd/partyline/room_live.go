package main

import (
	"fmt"

	"github.com/partyline/partyline/control"
)

type roomAdmitCmd struct {
	Extension string   `arg:"" help:"The room's extension."`
	IDs       []string `arg:"" optional:"" name:"id" help:"The calls' ids; without one, all who wait."`
}

// Run admits callers.
func (cmd roomAdmitCmd) Run(c *console) error {
	admitted := 0
	return c.onRoom(cmd.IDs, func(client *control.Client, id string) error {
		n, err := client.Admit(c.ctx, cmd.Extension, id)
		admitted += n
		return err
	}, func() (any, string) {
		return map[string]int{"admitted": admitted}, "admitted " + plural(admitted, "caller")
	})
}

type roomMuteCmd struct {
	Extension string   `arg:"" help:"The room's extension."`
	IDs       []string `arg:"" optional:"" name:"id" help:"The calls' ids; without one, all but the hosts."`
	Off       bool     `help:"Unmute instead."`
}

// Run mutes callers.
func (cmd roomMuteCmd) Run(c *console) error {
	return c.onRoom(cmd.IDs, func(client *control.Client, id string) error {
		return client.Mute(c.ctx, cmd.Extension, id, !cmd.Off)
	}, func() (any, string) {
		if cmd.Off {
			return map[string]bool{"muted": false}, "unmuted"
		}
		return map[string]bool{"muted": true}, "muted"
	})
}

type roomLockCmd struct {
	Extension string `arg:"" help:"The room's extension."`
	Off       bool   `help:"Unlock instead."`
}

// Run locks a room.
func (cmd roomLockCmd) Run(c *console) error {
	return c.onRoom(nil, func(client *control.Client, _ string) error {
		return client.Lock(c.ctx, cmd.Extension, !cmd.Off)
	}, func() (any, string) {
		if cmd.Off {
			return map[string]bool{"locked": false}, "unlocked " + cmd.Extension
		}
		return map[string]bool{"locked": true}, "locked " + cmd.Extension
	})
}

type roomEndCmd struct {
	Extension string `arg:"" help:"The room's extension."`
}

// Run ends a meeting.
func (cmd roomEndCmd) Run(c *console) error {
	return c.onRoom(nil, func(client *control.Client, _ string) error {
		return client.End(c.ctx, cmd.Extension)
	}, func() (any, string) {
		return map[string]string{"ended": cmd.Extension}, "ended " + cmd.Extension
	})
}

// onRoom does something to the calls of these ids (or their beginnings), or
// once with an empty id, and prints the outcome.
func (c *console) onRoom(ids []string, do func(*control.Client, string) error, outcome func() (any, string)) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	if len(ids) == 0 {
		err = do(client, "")
	}
	for _, id := range ids {
		call, findErr := client.Call(c.ctx, id)
		if findErr != nil {
			return findErr
		}
		if err = do(client, call.ID); err != nil {
			break
		}
	}
	if err != nil {
		return err
	}
	value, words := outcome()
	if c.json {
		return c.printJSON(value)
	}
	fmt.Fprintln(c.out, words)
	return nil
}

type reloadCmd struct{}

// Run has the gateway read its configuration again, as SIGHUP does.
func (reloadCmd) Run(c *console) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	done, err := client.Reload(c.ctx)
	if err != nil {
		return err
	}
	if c.json {
		return c.printJSON(done)
	}
	for _, k := range done.Applied {
		fmt.Fprintln(c.out, "in force:", k)
	}
	for _, change := range done.Changes {
		wrap(c.out, "  ", "    ", change)
	}
	for _, k := range done.Restart {
		fmt.Fprintln(c.out, "needs a restart:", k)
	}
	if len(done.Applied)+len(done.Restart) == 0 {
		fmt.Fprintln(c.out, "nothing changed")
	}
	fmt.Fprintln(c.out, "calls go by", done.Rules)
	return nil
}
