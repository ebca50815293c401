package trace

import (
	"cmp"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	// timeWidth is the column of times, labelled what an address beneath a lifeline
	// takes at most, and narrowest the least room between two lifelines.
	timeWidth = 10
	labelled  = 21
	narrowest = 14
)

// Ladder draws the conversation of a call in so many columns of a terminal: a
// lifeline for us and for each party, an arrow for each message, and beneath it what
// it is about.
func (b *Book) Ladder(w io.Writer, id string, width int) error {
	t, err := b.Trace(id)
	if err != nil {
		return err
	}
	return t.Ladder(w, width)
}

// party is a lifeline: what is called by an address in one leg. Us, it has none.
type party struct {
	call       int
	host       string // without its port
	gatekeeper bool
	label      string
	what       string // the trunk, or what it is
}

// ladder is a drawing under way.
type ladder struct {
	out     strings.Builder
	width   int
	trace   *Trace
	parties []party
	us      int
	at      []int // the column of each lifeline
}

// Ladder draws a trace. Fewer than 60 columns are drawn as 60.
func (t *Trace) Ladder(w io.Writer, width int) error {
	l := &ladder{width: max(width, 60), trace: t}
	l.head()
	l.seat()
	if len(t.Messages) > 0 && len(l.parties) > 1 {
		l.draw()
	}
	l.ends()
	_, err := io.WriteString(w, l.out.String())
	return err
}

// head says which calls these are.
func (l *ladder) head() {
	for i := range l.trace.Calls {
		c := &l.trace.Calls[i]
		l.line(fmt.Sprintf("%s  %s", cmp.Or(c.LegID, "call"), c.CallID))
		way := strings.TrimSpace(c.Protocol + " " + c.Direction)
		if c.Trunk != "" {
			way += " by " + c.Trunk
		}
		if c.Caller != "" {
			way += ", from " + c.Caller
		}
		if c.Called != "" {
			way += ", to " + c.Called
		}
		if c.Room != "" {
			way += ", room " + c.Room
		}
		l.line("  " + strings.TrimLeft(way, ", "))
	}
	l.line("  " + l.trace.Began.Local().Format("2006-01-02 15:04:05.000 MST"))
	l.line("")
}

// ends says how each call ended.
func (l *ladder) ends() {
	l.line("")
	for i := range l.trace.Calls {
		c := &l.trace.Calls[i]
		name := cmp.Or(c.LegID, "call")
		if len(l.trace.Calls) == 1 {
			name = "end"
		}
		switch {
		case c.Cause != "":
			took := ""
			if !c.Ended.IsZero() {
				took = fmt.Sprintf(" after %s", c.Ended.Sub(c.Began).Round(time.Millisecond))
			}
			text := c.Reason
			if text == "" {
				text = c.Cause
			} else if !strings.HasPrefix(text, c.Cause) {
				text = c.Cause + ": " + text
			}
			l.wrapped(name+took+": "+text, 2)
		case c.LegID != "":
			l.line(name + ": the call is up")
		default:
			l.line(name + ": not known")
		}
	}
}

// seat finds the parties: who called on the left of us, who was called, and
// gatekeepers, on the right.
func (l *ladder) seat() {
	var left, right []party
	for i := range l.trace.Messages {
		m := &l.trace.Messages[i]
		if m.Protocol == Log || m.Remote == "" {
			continue
		}
		p := l.partyOf(m)
		if slices.ContainsFunc(left, p.is) || slices.ContainsFunc(right, p.is) {
			continue
		}
		if p.gatekeeper || m.Call < len(l.trace.Calls) && l.trace.Calls[m.Call].Direction == "out" {
			right = append(right, p)
		} else {
			left = append(left, p)
		}
	}
	l.us = len(left)
	l.parties = append(append(left, party{call: -1, label: "partyline"}), right...)
	l.at = make([]int, len(l.parties))
	first, last := timeWidth+labelled/2-1, l.width-1-labelled/2
	if len(l.parties) > 4 {
		first, last = timeWidth+2, l.width-3
	}
	for i := range l.at {
		l.at[i] = first + i*(last-first)/max(1, len(l.at)-1)
	}
}

// partyOf is who a message is exchanged with.
func (l *ladder) partyOf(m *Message) party {
	p := party{call: m.Call, host: hostOf(m.Remote), gatekeeper: m.Protocol == RAS, label: m.Remote}
	if p.gatekeeper {
		p.what = "gatekeeper"
	} else if m.Call < len(l.trace.Calls) {
		p.what = l.trace.Calls[m.Call].Trunk
	}
	return p
}

func (p party) is(q party) bool {
	return p.call == q.call && p.host == q.host && p.gatekeeper == q.gatekeeper
}

// draw draws the messages, a few legs at a time if there are too many for the width.
func (l *ladder) draw() {
	most := (l.width-timeWidth-5)/narrowest + 1
	if len(l.parties) > most {
		l.listed()
		return
	}
	l.labels()
	for i := range l.trace.Messages {
		m := &l.trace.Messages[i]
		if m.Skipped > 0 {
			l.note("", fmt.Sprintf("… %d messages are not kept …", m.Skipped))
		}
		if m.Protocol == Log || m.Remote == "" {
			l.note(offset(m.Offset), "• "+m.Summary)
			continue
		}
		l.arrow(m)
	}
}

// listed is what is drawn instead of more lifelines than there is room for.
func (l *ladder) listed() {
	for i := range l.trace.Messages {
		m := &l.trace.Messages[i]
		what := "• " + m.Summary
		switch {
		case m.Protocol == Log || m.Remote == "":
		case m.Out:
			what = "→ " + m.Remote + "  " + m.named()
		default:
			what = "← " + m.Remote + "  " + m.named()
		}
		l.note(offset(m.Offset), what)
		for _, d := range m.Detail {
			l.note("", "    "+d)
		}
	}
}

// labels heads the lifelines.
func (l *ladder) labels() {
	room := labelled
	if len(l.at) > 1 {
		room = min(labelled, l.at[1]-l.at[0]-1)
	}
	names, whats := l.blank(), l.blank()
	for i, p := range l.parties {
		centre(names, p.label, l.at[i], room)
		centre(whats, p.what, l.at[i], room)
	}
	l.line(string(names))
	if strings.TrimSpace(string(whats)) != "" {
		l.line(string(whats))
	}
	l.line(string(l.lifelines()))
}

// arrow draws a message and what it is about.
func (l *ladder) arrow(m *Message) {
	them := slices.IndexFunc(l.parties, l.partyOf(m).is)
	from, to := l.at[them], l.at[l.us]
	if m.Out {
		from, to = to, from
	}
	row := l.lifelines()
	put(row, offset(m.Offset), 0)
	low, high := min(from, to)+1, max(from, to)-1
	for x := low; x <= high; x++ {
		row[x] = '─'
	}
	if from < to {
		row[high] = '▶'
	} else {
		row[low] = '◀'
	}
	centre(row, " "+m.named()+" ", (low+high)/2, high-low-3)
	l.line(string(row))
	for _, d := range m.Detail {
		for _, piece := range pieces(d, high-low-1) {
			row := l.lifelines()
			put(row, piece, low+1)
			l.line(string(row))
		}
	}
}

// named is the message's name, with its protocol where that is not plain.
func (m *Message) named() string {
	name := printable(m.Summary)
	switch m.Protocol {
	case H245:
		name = "H.245 " + name
	case RAS:
		name = "RAS " + name
	}
	if m.Again > 0 {
		name += fmt.Sprintf(" ×%d", m.Again+1)
	}
	return name
}

// note writes a line across the lifelines.
func (l *ladder) note(at, text string) {
	for i, piece := range pieces(text, l.width-timeWidth-2) {
		if i > 0 {
			at, piece = "", "  "+piece
		}
		row := make([]rune, l.width)
		for x := range row {
			row[x] = ' '
		}
		put(row, at, 0)
		put(row, piece, timeWidth)
		l.line(string(row))
	}
}

// wrapped writes a text in lines, the later ones indented.
func (l *ladder) wrapped(text string, indent int) {
	for i, piece := range pieces(text, l.width-indent) {
		if i > 0 {
			piece = strings.Repeat(" ", indent) + piece
		}
		l.line(piece)
	}
}

func (l *ladder) line(s string) {
	s = strings.TrimRight(printable(s), " ")
	if utf8.RuneCountInString(s) > l.width {
		s = string([]rune(s)[:l.width-1]) + "…"
	}
	l.out.WriteString(s + "\n")
}

func (l *ladder) blank() []rune {
	row := make([]rune, l.width)
	for i := range row {
		row[i] = ' '
	}
	return row
}

func (l *ladder) lifelines() []rune {
	row := l.blank()
	for _, x := range l.at {
		row[x] = '│'
	}
	return row
}

// offset is a time since the beginning, in seconds.
func offset(ms float64) string { return fmt.Sprintf("%9.3f", ms/1000) }

// put writes text into a row, as far as there is room.
func put(row []rune, text string, x int) {
	for _, r := range printable(text) {
		if x >= len(row) {
			return
		}
		row[x] = r
		x++
	}
}

// centre writes text around a column, cut to so many.
func centre(row []rune, text string, x, room int) {
	r := []rune(printable(text))
	if len(r) > room {
		if room < 2 {
			return
		}
		r = append(r[:room-1:room-1], '…')
	}
	put(row, string(r), max(0, min(x-len(r)/2, len(row)-len(r))))
}

// mostPieces is how many lines one text may take.
const mostPieces = 4

// pieces cuts a text at its spaces into lines of so many runes.
func pieces(text string, room int) []string {
	room = max(room, 8)
	r := []rune(printable(text))
	var out []string
	for len(r) > room && len(out) < mostPieces-1 {
		cut := room
		for i := room; i > room/2; i-- {
			if r[i] == ' ' {
				cut = i
				break
			}
		}
		out = append(out, strings.TrimRight(string(r[:cut]), " "))
		r = r[cut:]
		for len(r) > 0 && r[0] == ' ' {
			r = r[1:]
		}
	}
	if len(r) > room {
		r = append(r[:room-1:room-1], '…')
	}
	return append(out, string(r))
}

// printable keeps what a peer sent from steering the terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r <= 0x9f || r >= 0x200b && r <= 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return -1
		}
		return r
	}, s)
}

// hostPort splits an address of a trace.
func hostPort(s string) netip.AddrPort {
	a, _ := netip.ParseAddrPort(s)
	return a
}
