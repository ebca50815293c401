package meeting

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/teambition/rrule-go"

	"github.com/partyline/partyline/store"
)

// rule says on which days a meeting takes place, by local time. It has at most one
// occurrence a day.
type rule struct {
	start  time.Time      // local: the first occurrence
	repeat bool           // else start is the only one
	option rrule.ROption  // without start, count and end
	count  int            // 0: no limit
	until  time.Time      // the last at which one may begin; zero: no limit
	loc    *time.Location // for until
}

// Bounds of a rule. With them no walk through one takes longer than some
// milliseconds: BenchmarkHostile.
const (
	maxRule     = 400 // characters
	maxInterval = 366
	maxCount    = 1000
	maxUntil    = 50  // years
	maxYears    = 100 // that a rule is followed from where somebody looks
)

// parts are those of a rule that are understood (RFC 5545 §3.3.10). BYHOUR and
// what is smaller is the start's. Calendars disagree on BYWEEKNO and BYYEARDAY.
var parts = []string{"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYMONTH", "BYMONTHDAY", "BYDAY", "BYSETPOS"}

// parseRule reads a RECUR value that begins at a local time. It does not look
// whether it ends after that (checkEnd), nor whether there is any occurrence.
func parseRule(text string, start time.Time, loc *time.Location) (rule, error) {
	r := rule{start: start, loc: loc}
	if text == "" {
		return r, nil
	}
	said, err := splitRule(text)
	if err != nil {
		return r, err
	}
	r.repeat = true
	if r.until, err = parseUntil(said["UNTIL"], loc); err != nil {
		return r, err
	}
	if r.count, err = bounded(said, "COUNT", 0, maxCount); err != nil {
		return r, err
	}
	if r.option.Interval, err = bounded(said, "INTERVAL", 1, maxInterval); err != nil {
		return r, err
	}
	if r.option, err = parseParts(said, r.option.Interval); err != nil {
		return r, err
	}
	if said["COUNT"] != "" && said["UNTIL"] != "" {
		return r, fmt.Errorf("either COUNT or UNTIL is wanted, not both")
	}
	r.complete()
	return r, nil
}

// checkEnd compares the end of a rule with its start.
func (r *rule) checkEnd() error {
	switch {
	case r.until.IsZero():
	case instant(r.start, r.loc).After(r.until):
		return fmt.Errorf("it ends before the first meeting")
	case r.until.Year()-r.start.Year() > maxUntil:
		return fmt.Errorf("UNTIL: more than %d years after the first meeting", maxUntil)
	}
	return nil
}

// splitRule gives what is said of each part, in upper case.
func splitRule(text string) (map[string]string, error) {
	if len(text) > maxRule {
		return nil, fmt.Errorf("more than %d characters", maxRule)
	}
	said := map[string]string{}
	for part := range strings.SplitSeq(strings.ToUpper(text), ";") {
		name, value, _ := strings.Cut(part, "=")
		switch {
		case value == "":
			return nil, fmt.Errorf("%.20q is not understood: a rule is like FREQ=WEEKLY;BYDAY=MO", part)
		case said[name] != "":
			return nil, fmt.Errorf("%.20s is there twice", name)
		}
		said[name] = value
	}
	known := 0
	for _, name := range parts {
		if said[name] != "" {
			known++
		}
	}
	if known < len(said) {
		return nil, fmt.Errorf("only %s are understood", strings.Join(parts, ", "))
	}
	return said, nil
}

// bounded reads a number from 1 to most.
func bounded(said map[string]string, name string, unsaid, most int) (int, error) {
	text, ok := said[name]
	if !ok {
		return unsaid, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most || text[0] == '+' {
		return 0, fmt.Errorf("%s: 1 to %d is wanted", name, most)
	}
	return n, nil
}

// parseUntil reads a time in UTC, a local time, or a day, which counts whole.
func parseUntil(text string, loc *time.Location) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{rrule.DateTimeFormat, rrule.LocalDateTimeFormat, rrule.DateFormat} {
		t, err := time.Parse(layout, text)
		switch {
		case err != nil || t.Year() < firstYear:
			continue
		case layout == rrule.DateTimeFormat:
			return t, nil
		case layout == rrule.DateFormat:
			t = t.Add(24*time.Hour - time.Second)
		}
		return instant(t, loc), nil
	}
	return time.Time{}, fmt.Errorf("UNTIL: a time such as 20261231T225959Z or a day such as 20261231 is wanted")
}

// parseParts reads what the occurrences within a period are, and refuses what RFC
// 5545 §3.3.10 does not allow together.
func parseParts(said map[string]string, interval int) (rrule.ROption, error) {
	freq, ok := map[string]rrule.Frequency{
		"DAILY": rrule.DAILY, "WEEKLY": rrule.WEEKLY, "MONTHLY": rrule.MONTHLY, "YEARLY": rrule.YEARLY,
	}[said["FREQ"]]
	o := rrule.ROption{Freq: freq, Interval: interval}
	if !ok {
		return o, fmt.Errorf("FREQ: DAILY, WEEKLY, MONTHLY or YEARLY is wanted")
	}
	var err error
	if o.Bymonth, err = numbers(said, "BYMONTH", 1, 12); err != nil {
		return o, err
	}
	if o.Bymonthday, err = numbers(said, "BYMONTHDAY", -31, 31); err != nil {
		return o, err
	}
	if o.Bysetpos, err = numbers(said, "BYSETPOS", -366, 366); err != nil {
		return o, err
	}
	if o.Byweekday, err = parseDays(said["BYDAY"], freq, len(o.Bymonth) > 0); err != nil {
		return o, err
	}
	if day := said["WKST"]; day != "" {
		if o.Wkst, ok = weekdays[day]; !ok {
			return o, fmt.Errorf("WKST: a day such as MO is wanted")
		}
	}
	switch {
	case freq == rrule.WEEKLY && o.Bymonthday != nil:
		return o, fmt.Errorf("BYMONTHDAY does not go with FREQ=WEEKLY")
	case o.Bysetpos != nil && o.Bymonth == nil && o.Bymonthday == nil && o.Byweekday == nil:
		return o, fmt.Errorf("BYSETPOS chooses among days: BYDAY, BYMONTHDAY or BYMONTH is missing")
	}
	return o, nil
}

// numbers reads a list of whole numbers other than 0; nil: nothing is said.
func numbers(said map[string]string, name string, least, most int) ([]int, error) {
	text, ok := said[name]
	if !ok {
		return nil, nil
	}
	var list []int
	for item := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(item)
		if err != nil || n == 0 || n < least || n > most || least > 0 && item[0] == '+' {
			return nil, fmt.Errorf("%s: numbers from %d to %d, without 0, are wanted", name, least, most)
		}
		list = append(list, n)
	}
	return list, nil
}

var weekdays = map[string]rrule.Weekday{
	"MO": rrule.MO, "TU": rrule.TU, "WE": rrule.WE, "TH": rrule.TH, "FR": rrule.FR, "SA": rrule.SA, "SU": rrule.SU,
}

// parseDays reads BYDAY. A number before a day counts in the month, or in the year
// of a yearly rule without BYMONTH.
func parseDays(text string, freq rrule.Frequency, inMonth bool) ([]rrule.Weekday, error) {
	if text == "" {
		return nil, nil
	}
	most := 5
	if freq == rrule.YEARLY && !inMonth {
		most = 53
	}
	var list []rrule.Weekday
	numbered := 0
	for item := range strings.SplitSeq(text, ",") {
		at := max(len(item)-2, 0)
		day, ok := weekdays[item[at:]]
		if !ok {
			return nil, fmt.Errorf("BYDAY: days such as MO, 2TU or -1FR are wanted")
		}
		if at > 0 {
			n, err := strconv.Atoi(item[:at])
			if err != nil || n == 0 || n < -most || n > most {
				return nil, fmt.Errorf("BYDAY: numbers from -%d to %d, without 0, are wanted", most, most)
			}
			day = day.Nth(n)
			numbered++
		}
		list = append(list, day)
	}
	switch {
	case numbered > 0 && freq != rrule.MONTHLY && freq != rrule.YEARLY:
		return nil, fmt.Errorf("BYDAY: numbered days go with FREQ=MONTHLY and FREQ=YEARLY only")
	case numbered > 0 && numbered < len(list):
		return nil, fmt.Errorf("BYDAY: either all days have a number or none") // rrule-go finds none then
	}
	return list, nil
}

// Rule gives the rule of a schedule as calendars want it next to a start in a zone
// (RFC 5545 §3.3.10): with UNTIL in UTC, and its parts in one order. It is empty if
// the meeting does not repeat. The only errors are those of CheckSchedule.
func Rule(s *store.Schedule) (string, error) {
	x, err := read(s)
	if err != nil || !x.rule.repeat {
		return "", err
	}
	said, err := splitRule(s.Repeat)
	if err != nil {
		return "", err
	}
	if !x.rule.until.IsZero() {
		said["UNTIL"] = x.rule.until.UTC().Format(rrule.DateTimeFormat)
	}
	var list []string
	for _, name := range parts {
		if said[name] != "" {
			list = append(list, name+"="+said[name])
		}
	}
	return strings.Join(list, ";"), nil
}
