package main

import (
	"fmt"
	"os"
	"time"

	"github.com/partyline/partyline/store"
)

type cdrCmd struct {
	List cdrListCmd `cmd:"" default:"withargs" help:"List call detail records, the newest first."`
}

type cdrListCmd struct {
	Since      string `help:"Only calls that ended then or later: 2026-11-22, 2026-11-22T20:15, 20:15, yesterday, 2h (ago)." placeholder:"TIME"`
	Until      string `help:"Only calls that ended before." placeholder:"TIME"`
	Room       string `help:"Only calls to the room of this extension." placeholder:"EXT"`
	Trunk      string `help:"Only calls of this trunk." placeholder:"NAME"`
	Caller     string `help:"Only callers in whose number or name this stands." placeholder:"TEXT"`
	Called     string `help:"Only calls to what this stands in." placeholder:"TEXT"`
	Protocol   string `help:"sip, h323 or webrtc." placeholder:"NAME" enum:",sip,h323,webrtc" default:""`
	Direction  string `help:"in or out." placeholder:"WAY" enum:",in,out" default:""`
	Cause      string `help:"Only calls that ended so: hangup, busy, denied, timeout, …" placeholder:"WORD"`
	Call       string `help:"Only this call: its leg's id or its Call-ID, and those of its conversation." placeholder:"ID"`
	Unanswered bool   `help:"Only calls that were never answered." xor:"answer"`
	Answered   bool   `help:"Only calls that were." xor:"answer"`
	Limit      int    `help:"How many at most; 0: all." default:"1000"`
	Format     string `help:"table, csv, jsonl (a line each) or json." enum:"table,csv,jsonl,json" default:"table"`
}

// Run prints call records, whether or not a gateway runs.
func (cmd cdrListCmd) Run(c *console) error {
	cfg, err := c.config()
	if err != nil {
		return err
	}
	q, err := cmd.selection(time.Now())
	if err != nil {
		return err
	}
	if _, err := os.Stat(cfg.Server.DataDir); err != nil {
		return fmt.Errorf("no data: %w", err)
	}
	s, err := c.store(cfg)
	if err != nil {
		return err
	}
	defer s.Close()
	rooms, err := roomNames(c.ctx, s)
	if err != nil {
		return err
	}
	if cmd.Room != "" {
		q.RoomID = rooms.id(cmd.Room)
	}
	if c.json && cmd.Format == "table" {
		cmd.Format = "json"
	}
	out, err := cdrWriter(cmd.Format, c.out, rooms)
	if err != nil {
		return err
	}
	if err := s.EachCDR(c.ctx, q, out.write); err != nil {
		return err
	}
	return out.end()
}

// selection is what is asked for.
func (cmd cdrListCmd) selection(now time.Time) (store.Calls, error) {
	q := store.Calls{
		Trunk: cmd.Trunk, Caller: cmd.Caller, Called: cmd.Called, Protocol: cmd.Protocol, Direction: cmd.Direction,
		Cause: cmd.Cause, CallID: cmd.Call, Unanswered: cmd.Unanswered, Answered: cmd.Answered, Limit: cmd.Limit,
	}
	if q.Limit == 0 {
		q.Limit = -1
	}
	var err error
	if q.Since, err = parseTime("--since", cmd.Since, now); err != nil {
		return q, err
	}
	q.Until, err = parseTime("--until", cmd.Until, now)
	return q, err
}

// parseTime reads a time as people write it, in the zone of this machine; empty is no
// time.
func parseTime(flag, text string, now time.Time) (time.Time, error) {
	day := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	switch text {
	case "":
		return time.Time{}, nil
	case "now":
		return now, nil
	case "today":
		return day, nil
	case "yesterday":
		return day.AddDate(0, 0, -1), nil
	}
	if d, err := time.ParseDuration(text); err == nil {
		return now.Add(-d.Abs()), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateTime, "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, text, now.Location()); err == nil {
			return t, nil
		}
	}
	for _, layout := range []string{"15:04", "15:04:05"} {
		if t, err := time.ParseInLocation(layout, text, now.Location()); err == nil {
			return time.Date(now.Year(), now.Month(), now.Day(), t.Hour(), t.Minute(), t.Second(), 0, now.Location()), nil
		}
	}
	return time.Time{}, misuse{fmt.Sprintf("%s: %q is no time: write 2026-11-22, 2026-11-22T20:15, 20:15, today, yesterday or 2h", flag, text)}
}
