package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/partyline/partyline/store"
)

type auditCmd struct {
	Since  string   `help:"Not before this time: 2026-11-30, 2026-11-30T14:00, or how long ago: 24h." placeholder:"TIME"`
	Until  string   `help:"Before this time, written likewise." placeholder:"TIME"`
	Who    string   `help:"Only by this account, or this user of the system." placeholder:"WHO"`
	Action []string `help:"Only these actions, as change-room,sign-in." placeholder:"WORDS"`
	Search string   `help:"Part of who, subject or detail." placeholder:"TEXT"`
	Failed bool     `help:"Only what was refused."`
	Limit  int      `help:"At most so many." default:"50" placeholder:"N"`
}

// Help is shown below the flags.
func (auditCmd) Help() string {
	return "The newest comes last. What is on record and for how long is said in docs/monitoring.md."
}

// Run shows who changed what, whether or not the gateway runs.
func (cmd auditCmd) Run(c *console) error {
	q := store.Changes{Who: cmd.Who, Actions: cmd.Action, Search: cmd.Search, Failed: cmd.Failed, Limit: cmd.Limit}
	if cmd.Limit < 1 {
		return misuse{"--limit is at least 1"}
	}
	now := time.Now()
	for _, t := range []struct {
		flag, text string
		to         *time.Time
	}{{"--since", cmd.Since, &q.Since}, {"--until", cmd.Until, &q.Until}} {
		if t.text == "" {
			continue
		}
		at, ok := timeGiven(t.text, now)
		if !ok {
			return misuse{fmt.Sprintf("%s: %q is no time: write 2026-11-30, 2026-11-30T14:00 or 24h", t.flag, t.text)}
		}
		*t.to = at
	}
	s, err := c.openStore()
	if err != nil {
		return err
	}
	defer s.Close()
	list, err := s.Changes(c.ctx, q)
	if err != nil {
		return err
	}
	if c.json {
		return c.printJSON(list)
	}
	if len(list) == 0 {
		fmt.Fprintln(c.out, "no such changes")
		return nil
	}
	showChanges(c.out, list)
	return nil
}

// showChanges prints entries, the newest last. What was changed comes last in the line
// and is never cut.
func showChanges(w io.Writer, list []store.Change) {
	rows := [][]string{{"TIME", "WHO", "FROM", "ACTION", "WHAT"}}
	for _, e := range slices.Backward(list) {
		rows = append(rows, []string{e.At.Local().Format(time.DateTime), clean(whoDid(e)), e.From, e.Action, clean(changedWords(e))})
	}
	var widths [4]int
	for _, row := range rows {
		for i := range widths {
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i]))
		}
	}
	for _, row := range rows {
		for i, width := range widths {
			fmt.Fprint(w, fit(row[i], width), "  ")
		}
		fmt.Fprintln(w, row[len(widths)])
	}
}

// timeGiven reads a moment of local time, or how long ago one was.
func timeGiven(text string, now time.Time) (time.Time, bool) {
	if ago, err := time.ParseDuration(text); err == nil {
		return now.Add(-ago), true
	}
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04", "2006-01-02 15:04", time.DateTime, time.RFC3339} {
		if at, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

// whoDid is who changed something, with how they came.
func whoDid(e store.Change) string {
	switch {
	case e.By == store.BySystem:
		return "(the gateway)"
	case e.By == store.ByCommand:
		return strings.TrimPrefix(e.Who+" (cli)", " ")
	case e.Who == "":
		return "(unknown)"
	}
	return e.Who
}

func changedWords(e store.Change) string {
	words := e.Subject
	if e.Detail != "" {
		words += ": " + e.Detail
	}
	if e.Failed {
		words += " – refused"
	}
	return words
}
