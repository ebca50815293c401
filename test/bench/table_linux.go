package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/partyline/partyline/test/load"
)

// table prints rows of 80 columns as they come.
type table struct {
	out   io.Writer
	began bool
	rows  int
	met   int
}

const ruler = "--------------------------------------------------------------------------------"

// head is printed before the first row.
func (t *table) head() {
	if t.began {
		return
	}
	t.began = true
	fmt.Fprintf(t.out, "%s\n%-45s %15s %11s\n%s\n", ruler, "What", "measured", "target", ruler)
}

// row compares figures with the most they may be, in the same order.
func (t *table) row(what, format string, measured, most []float64) {
	t.head()
	t.rows++
	mark := "ok"
	for i, m := range most {
		if m < measured[i] {
			mark = "over"
		}
	}
	if mark == "ok" {
		t.met++
	}
	fmt.Fprintf(t.out, "%-45s %15s %11s %s\n", what, join(format, measured), join("%.4g", most), mark)
}

// say prints figures that have no target.
func (t *table) say(what, format string, measured ...float64) {
	t.head()
	fmt.Fprintf(t.out, "%-45s %15s\n", what, join(format, measured))
}

// note explains the row above.
func (t *table) note(format string, args ...any) {
	t.head()
	fmt.Fprintf(t.out, "  %s\n", fmt.Sprintf(format, args...))
}

func (t *table) end() {
	if t.began {
		fmt.Fprintf(t.out, "%s\n%d of %d targets met\n", ruler, t.met, t.rows)
	}
}

func join(format string, values []float64) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = fmt.Sprintf(format, v)
	}
	return strings.Join(words, " / ")
}

// machine measures what a bare packet costs here.
func (b *bench) machine() error {
	plain, err := load.EchoCost(1500*time.Millisecond, false)
	if err != nil {
		return err
	}
	if b.limit, err = load.EchoCost(1500*time.Millisecond, true); err != nil {
		return err
	}
	us := func(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
	b.table.say("this machine: a packet in and out, µs", "%.2f", us(plain))
	b.table.say("  with the kernel's timestamps, µs", "%.2f", us(b.limit))
	b.table.say("  so the least a participant can cost, %", "%.4f", b.least())
	return nil
}

// least is what the packets alone of a participant cost, in per cent of a core: 50
// a second each way.
func (b *bench) least() float64 { return b.limit.Seconds() * 50 * 100 }

// cost prints a row of CPU a participant.
func (b *bench) cost(what string, r load.Report, most float64) {
	b.table.row(what, "%.4f", []float64{r.PerCaller()}, []float64{most})
	b.table.note("%.1f × the packets alone; gateway %.0f %%, load %.0f %%, others %.0f %% of a core", r.PerCaller()/b.least(), 100*r.Gateway, 100*r.Own, 100*r.Others)
}

// foreign is the share of a core that others may take before a figure is doubtful.
const foreign = 0.1

// judge notes what must not happen: calls that fail, packets or sound lost.
func (b *bench) judge(what string, s load.Setup, r load.Report) {
	for why, n := range s.Failures {
		b.trouble("%s: %d calls: %s", what, n, why)
	}
	const atMost = 0.005 // of all
	if r.Others > foreign {
		b.disturbed = append(b.disturbed, what)
	}
	if r.Lost > 0 {
		b.trouble("%s: %d of %d packets lost", what, r.Lost, r.Received+r.Lost)
	}
	if p := r.Presence; p.Heard < p.Tones || p.Missing > atMost*p.Seconds {
		b.trouble("%s: %d of %d tones heard, %.2f s of %.0f s missing", what, p.Heard, p.Tones, p.Missing, p.Seconds)
	}
	if float64(r.Heard) < 0.98*float64(r.Clicks) {
		b.trouble("%s: %d of %d clicks heard", what, r.Heard, r.Clicks)
	}
	if r.SendErrors > 0 {
		b.trouble("%s: %d packets could not be sent", what, r.SendErrors)
	}
}
