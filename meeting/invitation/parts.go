package invitation

import (
	"cmp"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/partyline/partyline/locales"
)

const (
	longestTitle   = 120 // runes, in a subject or a line
	longestName    = 64
	longestNote    = 2000
	shownNumbers   = 6 // the others are on the dial-in page
	labelSeparator = " · "
)

// parts are the pieces that every shape of a message is put together from, in the
// words of its language, all clean.
type parts struct {
	words  *locales.Words
	kind   Kind
	name   string
	title  string
	note   string
	when   *When
	ways   Ways
	more   bool // numbers that are not shown
	lead   string
	times  []string // when, how often, instead of what
	notice string   // what becomes of a cancelled meeting
}

func newParts(w *locales.Words, f Facts) *parts {
	p := &parts{
		words: w, kind: cmp.Or(f.Kind, Invite), when: f.When,
		name: cut(Line(f.Inviter), longestName), title: cut(Line(f.Title), longestTitle), note: cut(lines(f.Note), longestNote),
	}
	switch {
	case p.kind == Withdraw:
		p.notice = w.Say("invitation.withdraw.all")
	case p.kind == Cancel && p.one():
		p.notice = w.Say("invitation.cancel.others")
	case p.kind == Cancel:
		p.notice = w.Say("invitation.cancel.all")
	}
	if p.off() {
		p.note = ""
	} else {
		p.ways, p.more = cleanWays(f.Ways, w.Language)
	}
	p.lead = p.leading()
	p.times = p.timing()
	return p
}

// off says that there is nothing to come in to.
func (p *parts) off() bool { return p.kind == Cancel || p.kind == Withdraw }

// one says that the message is about one occurrence of a series.
func (p *parts) one() bool { return p.when != nil && p.when.One && p.when.Repeat != "" }

// leading is what stands before the title.
func (p *parts) leading() string {
	key := "invitation." + string(p.kind)
	if p.one() && (p.kind == Change || p.kind == Cancel) {
		key += ".one"
	}
	if p.name == "" || p.kind == Reminder {
		return p.words.Say(key + ".lead")
	}
	return p.words.Say(key+".lead.by", "Name", p.name)
}

// timing says when, a line each.
func (p *parts) timing() []string {
	if p.when == nil {
		if p.off() {
			return nil
		}
		return []string{p.words.Say("invitation.always")}
	}
	all := []string{Span(p.words, p.when.Start, p.when.End, p.when.Zone)}
	if p.one() {
		if p.kind == Change && !p.when.Original.IsZero() && !p.when.Original.Equal(p.when.Start) {
			all = append(all, p.words.Say("invitation.instead", "Time", Moment(p.words, p.when.Original)))
		}
		return all
	}
	first := p.when.First
	if first.IsZero() {
		first = p.when.Start
	}
	if how := Repeats(p.words, p.when.Repeat, first); how != "" {
		all = append(all, how)
	}
	return all
}

// headline is the first line: who invites, and to what.
func (p *parts) headline() string {
	if p.title == "" {
		return p.lead
	}
	return p.words.Say("invitation.line", "Lead", p.lead, "Title", p.title)
}

// subject is one line whatever the title is made of.
func (p *parts) subject() string {
	s := p.words.Say("invitation."+string(p.kind)+".subject", "Title", p.title)
	if p.title == "" {
		s = p.lead
	}
	if p.when != nil && (!p.off() || p.when.Repeat == "" || p.one()) {
		s += " – " + Moment(p.words, p.when.Start)
	}
	return Line(s)
}

// byPhone says that there is something to key numbers into.
func (p *parts) byPhone() bool {
	return len(p.ways.Numbers) > 0 || p.ways.SIP != "" || p.ways.H323 != ""
}

// keys are what is keyed in: "Meeting number 112 752 642", "PIN 48 219", "confirm
// with # or *". Without a number to call, the meeting's is in the addresses.
func (p *parts) keys() []string {
	var all []string
	if p.ways.Extension != "" && len(p.ways.Numbers) > 0 {
		all = append(all, p.words.Say("invitation.number", "Number", Grouped(p.ways.Extension)))
	}
	if p.ways.PIN != "" && p.byPhone() {
		all = append(all, p.words.Say("invitation.pin", "PIN", Grouped(p.ways.PIN)))
	}
	if all != nil {
		all = append(all, p.words.Say("invitation.confirm"))
	}
	return all
}

// address is a room system's with its backup.
func (p *parts) address(first, backup string) string {
	if backup == "" {
		return first
	}
	return first + labelSeparator + p.words.Say("invitation.backup", "Address", backup)
}

var (
	telURL = regexp.MustCompile(`^tel:\+?[0-9][0-9,;*#]*$`)
	plain  = regexp.MustCompile(`^[0-9]+$`)
)

// cleanWays drops what is no address, whoever put it there, and more numbers than
// anyone reads. Those in the reader's language come first.
func cleanWays(w Ways, language string) (clean Ways, more bool) {
	for _, s := range []*string{&w.Extension, &w.PIN} {
		if *s = strings.TrimSpace(*s); !plain.MatchString(*s) {
			*s = ""
		}
	}
	for _, s := range []*string{&w.SIP, &w.SIPBackup, &w.H323, &w.H323Backup} {
		*s = strings.ReplaceAll(Line(*s), " ", "")
	}
	w.SIP, w.SIPBackup = firstOf(w.SIP, w.SIPBackup)
	w.H323, w.H323Backup = firstOf(w.H323, w.H323Backup)
	w.Link, w.DialIn = web(w.Link), web(w.DialIn)
	numbers := make([]Number, 0, len(w.Numbers))
	for _, n := range w.Numbers {
		if n.Number = strings.ReplaceAll(Line(n.Number), " ", ""); n.Number == "" {
			continue
		}
		n.Display, n.Label = shownNumber(n), Line(n.Label)
		if !telURL.MatchString(n.Tel) {
			n.Tel = ""
		}
		numbers = append(numbers, n)
	}
	slices.SortStableFunc(numbers, func(a, b Number) int {
		return cmp.Compare(apart(a.Language, language), apart(b.Language, language))
	})
	more = len(numbers) > shownNumbers
	w.Numbers = numbers[:min(len(numbers), shownNumbers)]
	return w, more
}

func apart(a, b string) int {
	if strings.EqualFold(a, b) {
		return 0
	}
	return 1
}

func firstOf(first, backup string) (string, string) {
	if first == "" || first == backup {
		return backup, ""
	}
	return first, backup
}

// web is an address of the web, or nothing.
func web(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || strings.ContainsAny(s, " \t<>\"") {
		return ""
	}
	return s
}
