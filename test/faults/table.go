package faults

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Write prints the rows as a table, with the sums before it: the load held, the faults
// survived, the bad inputs tried, and what was lost.
func Write(w io.Writer, rows []Row) error {
	var b strings.Builder
	var all Row
	failed, skipped := 0, 0
	for _, r := range rows {
		all.Calls = max(all.Calls, r.Calls)
		all.Faults += r.Faults
		all.Inputs += r.Inputs
		all.Lost += r.Lost
		all.Took += r.Took
		if r.Failed {
			failed++
		}
		if r.Skipped {
			skipped++
		}
	}
	fmt.Fprintf(&b, "# Faults and attacks\n\n")
	fmt.Fprintf(&b, "%d rows in %v: up to %d calls held at once, %d faults made, %d bad inputs tried, %d of what should have stayed lost; %d failed, %d could not be done here.\n\n",
		len(rows), all.Took.Round(time.Second), all.Calls, all.Faults, all.Inputs, all.Lost, failed, skipped)
	fmt.Fprint(&b, "| What was done | Calls up | Faults | Bad inputs | Lost | Measured | Took | Test | |\n|---|---|---|---|---|---|---|---|---|\n")
	for _, r := range rows {
		verdict := "holds"
		switch {
		case r.Failed:
			verdict = "**fails**"
		case r.Skipped:
			verdict = "not done"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %d | %s | %v | %s | %s |\n", cell(r.Name), count(r.Calls), count(r.Faults), count(r.Inputs),
			r.Lost, cell(r.Figures), r.Took.Round(100*time.Millisecond), r.Test, verdict)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// count leaves out what a row has none of.
func count(n int) string {
	if n == 0 {
		return "–"
	}
	return fmt.Sprint(n)
}

// cell keeps a text within its cell.
func cell(s string) string {
	return strings.NewReplacer("|", "\\|", "\n", " ", "\r", "").Replace(s)
}
