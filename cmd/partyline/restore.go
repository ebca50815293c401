package main

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/partyline/partyline/control"
	"github.com/partyline/partyline/store"
)

type restoreCmd struct {
	From string `arg:"" name:"file" help:"The backup." placeholder:"FILE"`
}

// Run puts a backup in place of the data. No gateway may run on it.
func (r restoreCmd) Run(c *console) error {
	cfg, err := c.config()
	if err != nil {
		return err
	}
	dir := cfg.Server.DataDir
	s, err := control.NewClient(dir).Status(c.ctx)
	switch {
	case err == nil:
		return fmt.Errorf("a gateway runs on %s (process %d): stop it first (systemctl stop partyline), nothing was changed", dir, s.PID)
	case !errors.Is(err, control.ErrNotRunning):
		return fmt.Errorf("it is not sure that no gateway runs on %s: %w", dir, err)
	}
	log := slog.New(slog.NewTextHandler(c.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	done, err := store.Restore(c.ctx, r.From, dir, log)
	if errors.Is(err, store.ErrInUse) {
		return fmt.Errorf("a gateway or another command has %s open: stop it first (systemctl stop partyline), nothing was changed", dir)
	}
	if err != nil {
		return err
	}
	if c.json {
		return c.printJSON(map[string]any{"manifest": done.Manifest, "rooms": done.Rooms, "aside": done.Aside})
	}
	fmt.Fprintf(c.out, "restored %s as of %s, written by version %s\n", plural(done.Rooms, "room"),
		done.Manifest.Created.Local().Format(time.DateTime), done.Manifest.Program)
	if done.Aside != "" {
		fmt.Fprintf(c.out, "what was there is kept in %s; remove it when you are content\n", done.Aside)
	}
	return nil
}
