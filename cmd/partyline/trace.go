package main

import (
	"cmp"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/partyline/partyline/trace"
)

type traceCmd struct {
	Show     traceShowCmd     `cmd:"" default:"withargs" help:"Draw what was said in a call, as a ladder."`
	List     traceListCmd     `cmd:"" help:"List the calls that are remembered."`
	Failures traceFailuresCmd `cmd:"" help:"List the calls that were refused or failed of late, and why."`
}

type traceShowCmd struct {
	ID       string `arg:"" name:"id" help:"The call: its Call-ID, the leg's id, or the beginning of either."`
	Messages bool   `help:"Print the messages themselves, too."`
	Width    int    `help:"How many columns the ladder may take." placeholder:"COLUMNS"`
	PCAP     string `help:"Write the messages to a capture file for Wireshark instead." placeholder:"FILE" name:"pcap"`
}

// Run draws the conversation of a call, all its legs.
func (cmd traceShowCmd) Run(c *console) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	var t trace.Trace
	if err := client.Trace(c.ctx, cmd.ID, &t); err != nil {
		return err
	}
	switch {
	case cmd.PCAP != "":
		return c.writePCAP(&t, cmd.PCAP)
	case c.json:
		return c.printJSON(t)
	}
	if err := t.Ladder(c.out, c.columns(cmd.Width)); err != nil {
		return err
	}
	if cmd.Messages {
		c.printMessages(&t)
	}
	return nil
}

// columns are those asked for, or those of the terminal.
func (c *console) columns(wanted int) int {
	if wanted > 0 {
		return wanted
	}
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	return lineWidth
}

// writePCAP writes a capture file that was not there before.
func (c *console) writePCAP(t *trace.Trace, file string) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err := t.PCAP(f); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%s: read it with wireshark or tshark -r; numbers and keys that are secret are hidden in it\n", file)
	return nil
}

// printMessages prints the text of the messages.
func (c *console) printMessages(t *trace.Trace) {
	for i := range t.Messages {
		m := &t.Messages[i]
		if m.Protocol != trace.SIP {
			continue
		}
		way := "from " + m.Remote
		if m.Out {
			way = "to " + m.Remote
		}
		fmt.Fprintf(c.out, "\n--- %s %s %s\n", m.At.Local().Format("15:04:05.000"), m.Network, way)
		for _, line := range lines(m.Text) {
			fmt.Fprintln(c.out, clean(line))
		}
	}
}

type traceListCmd struct {
	Failed bool `help:"Only those that ended for another reason than a hang-up."`
	Limit  int  `help:"How many at most." default:"50"`
}

// Run lists the calls that are remembered, the newest first.
func (cmd traceListCmd) Run(c *console) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	all := []trace.Call{}
	if err := client.Traces(c.ctx, &all); err != nil {
		return err
	}
	calls := []trace.Call{}
	for _, t := range all {
		if len(calls) < cmd.Limit && (!cmd.Failed || t.Cause != "hangup" && t.Cause != "") {
			calls = append(calls, t)
		}
	}
	if c.json {
		return c.printJSON(calls)
	}
	if len(calls) == 0 {
		fmt.Fprintln(c.out, "no calls are remembered")
		return nil
	}
	rows := make([][]string, len(calls))
	for i, t := range calls {
		name := t.LegID
		if name == "" {
			name = t.CallID
		}
		to := cmp.Or(t.Room, t.Called)
		rows[i] = []string{
			dayOrTime(t.Began), name, strings.TrimSpace(t.Protocol + " " + t.Direction), cmp.Or(t.Caller, t.Peer), to, cmp.Or(t.Cause, "-"),
		}
	}
	table(c.out, []string{"BEGAN", "ID", "WAY", "FROM", "TO", "END"}, rows, 0, 1, 5)
	return nil
}

// dayOrTime is a time of today, or a day and a time.
func dayOrTime(t time.Time) string {
	t = t.Local()
	if t.Format(time.DateOnly) == time.Now().Format(time.DateOnly) {
		return t.Format(time.TimeOnly)
	}
	return t.Format("01-02 15:04")
}

type traceFailuresCmd struct {
	Limit int `help:"How many at most." default:"50"`
}

// Run lists what failed of late, the newest first.
func (cmd traceFailuresCmd) Run(c *console) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	failures := []trace.Failure{}
	if err := client.Failures(c.ctx, &failures); err != nil {
		return err
	}
	failures = failures[:min(len(failures), max(cmd.Limit, 0))]
	if c.json {
		return c.printJSON(failures)
	}
	if len(failures) == 0 {
		fmt.Fprintln(c.out, "no call failed")
		return nil
	}
	for _, f := range failures {
		status := ""
		if f.Status > 0 {
			status = fmt.Sprintf(" (%d)", f.Status)
		}
		times := ""
		if f.Count > 1 {
			times = fmt.Sprintf(", %d times since %s", f.Count, f.First.Local().Format(time.TimeOnly))
		}
		fmt.Fprintf(c.out, "%s  %s%s: %s%s\n", f.Last.Local().Format(time.DateTime), f.Cause, status, clean(f.Reason), times)
		fmt.Fprintf(c.out, "    %s\n", clean(failureWho(&f)))
		if id := failureName(&f); id != "" {
			fmt.Fprintf(c.out, "    partyline trace %s\n", clean(id))
		}
	}
	return nil
}
