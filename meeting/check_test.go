package meeting

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/partyline/partyline/store"
)

// fields gives the fields of joined FieldErrors, in order.
func fields(err error) []string {
	var list []string
	var visit func(error)
	visit = func(err error) {
		var field *store.FieldError
		switch many, ok := err.(interface{ Unwrap() []error }); {
		case ok:
			for _, e := range many.Unwrap() {
				visit(e)
			}
		case errors.As(err, &field):
			list = append(list, field.Field)
		case err != nil:
			list = append(list, "!"+err.Error())
		}
	}
	visit(err)
	return list
}

func TestCheckScheduleRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*store.Schedule)
		want   string
	}{
		"nothing":            {func(*store.Schedule) {}, ""},
		"once":               {func(s *store.Schedule) { s.Repeat = "" }, ""},
		"a start in the gap": {func(s *store.Schedule) { s.Start, s.Repeat = "2026-03-29T02:30", "FREQ=DAILY" }, ""},
		"everything": {func(s *store.Schedule) {
			*s = store.Schedule{Zone: "Mars/Olympus", Start: "tomorrow", Duration: 48 * time.Hour, JoinEarly: -1, Grace: 48 * time.Hour, Repeat: "FREQ=HOURLY"}
		}, "duration join_early grace zone start repeat"},
		"the rule is right":   {func(s *store.Schedule) { s.Zone, s.Start, s.Repeat = "", "", "FREQ=DAILY;UNTIL=20991231" }, "zone start"},
		"no zone":             {func(s *store.Schedule) { s.Zone = "" }, "zone"},
		"a start with zone":   {func(s *store.Schedule) { s.Start = "2026-11-30T14:00Z" }, "start"},
		"one digit":           {func(s *store.Schedule) { s.Start = "2026-11-30T9:00" }, "start"},
		"a start in 1970":     {func(s *store.Schedule) { s.Start = "1970-11-30T14:00" }, "start"},
		"4 minutes":           {func(s *store.Schedule) { s.Duration = 4 * time.Minute }, "duration"},
		"half minutes":        {func(s *store.Schedule) { s.Duration = 330 * time.Second }, "duration"},
		"a Tuesday":           {func(s *store.Schedule) { s.Start = "2026-12-01T14:00" }, "start"},
		"hourly":              {func(s *store.Schedule) { s.Repeat = "FREQ=HOURLY" }, "repeat"},
		"secondly":            {func(s *store.Schedule) { s.Repeat = "FREQ=SECONDLY;COUNT=3" }, "repeat"},
		"no frequency":        {func(s *store.Schedule) { s.Repeat = "COUNT=3" }, "repeat"},
		"hours":               {func(s *store.Schedule) { s.Repeat = "FREQ=DAILY;BYHOUR=9,14" }, "repeat"},
		"weeks of the year":   {func(s *store.Schedule) { s.Repeat = "FREQ=YEARLY;BYWEEKNO=20" }, "repeat"},
		"words":               {func(s *store.Schedule) { s.Repeat = "every Monday" }, "repeat"},
		"a second line":       {func(s *store.Schedule) { s.Repeat = "FREQ=DAILY\nDTSTART:20261130T140000Z" }, "repeat"},
		"twice the same":      {func(s *store.Schedule) { s.Repeat = "FREQ=DAILY;FREQ=WEEKLY" }, "repeat"},
		"count and until":     {func(s *store.Schedule) { s.Repeat = "FREQ=DAILY;COUNT=3;UNTIL=20271130" }, "repeat"},
		"count 0":             {func(s *store.Schedule) { s.Repeat = "FREQ=DAILY;COUNT=0" }, "repeat"},
		"count too high":      {func(s *store.Schedule) { s.Repeat = "FREQ=DAILY;COUNT=1001" }, "repeat"},
		"count +3":            {func(s *store.Schedule) { s.Repeat = "FREQ=DAILY;COUNT=+3" }, "repeat"},
		"month +3":            {func(s *store.Schedule) { s.Repeat = "FREQ=DAILY;BYMONTH=+11" }, "repeat"},
		"interval 0":          {func(s *store.Schedule) { s.Repeat = "FREQ=DAILY;INTERVAL=0" }, "repeat"},
		"interval too high":   {func(s *store.Schedule) { s.Repeat = "FREQ=DAILY;INTERVAL=99999999999999999999" }, "repeat"},
		"until before":        {func(s *store.Schedule) { s.Repeat = "FREQ=DAILY;UNTIL=20261129" }, "repeat"},
		"until in a century":  {func(s *store.Schedule) { s.Repeat = "FREQ=DAILY;UNTIL=21261129" }, "repeat"},
		"until nonsense":      {func(s *store.Schedule) { s.Repeat = "FREQ=DAILY;UNTIL=tomorrow" }, "repeat"},
		"the 53rd Monday":     {func(s *store.Schedule) { s.Repeat = "FREQ=MONTHLY;BYDAY=-53MO" }, "repeat"},
		"a 0th Monday":        {func(s *store.Schedule) { s.Repeat = "FREQ=MONTHLY;BYDAY=0MO" }, "repeat"},
		"mixed days":          {func(s *store.Schedule) { s.Repeat = "FREQ=MONTHLY;BYDAY=1MO,TU" }, "repeat"},
		"a numbered weekly":   {func(s *store.Schedule) { s.Repeat = "FREQ=WEEKLY;BYDAY=1MO" }, "repeat"},
		"weekly by month day": {func(s *store.Schedule) { s.Repeat = "FREQ=WEEKLY;BYMONTHDAY=1" }, "repeat"},
		"set without members": {func(s *store.Schedule) { s.Repeat = "FREQ=MONTHLY;BYSETPOS=1" }, "repeat"},
		"too long":            {func(s *store.Schedule) { s.Repeat = "FREQ=DAILY;BYMONTH=1" + strings.Repeat(",1", 200) }, "repeat"},
		"never: 30 February":  {func(s *store.Schedule) { s.Repeat = "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30" }, "repeat"},
		"never: a 6th Monday": {func(s *store.Schedule) { s.Repeat = "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=6" }, "repeat"},
		"never in this phase": {func(s *store.Schedule) { s.Repeat = "FREQ=DAILY;INTERVAL=7;BYDAY=TU" }, "repeat"},
		"a stray exception":   {func(s *store.Schedule) { s.Exceptions = []store.Exception{{Original: "2026-12-01T14:00"}} }, "exceptions"},
		"another hour":        {func(s *store.Schedule) { s.Exceptions = []store.Exception{{Original: "2026-12-07T15:00"}} }, "exceptions"},
		"after the last":      {func(s *store.Schedule) { s.Exceptions = []store.Exception{{Original: "2027-01-04T14:00"}} }, "exceptions"},
		"an exception twice": {func(s *store.Schedule) {
			s.Exceptions = []store.Exception{{Original: "2026-12-07T14:00"}, {Original: "2026-12-07T14:00"}}
		}, "exceptions"},
		"a bad exception": {func(s *store.Schedule) {
			s.Exceptions = []store.Exception{{Original: "2026-12-07T14:00", Start: "2026-12-08T14:00", Duration: time.Second, Title: strings.Repeat("x", 65)}}
		}, "exceptions"},
		"an exception's start": {func(s *store.Schedule) {
			s.Exceptions = []store.Exception{{Original: "2026-12-07T14:00", Start: "noon"}}
		}, "exceptions"},
	} {
		s := weekly(c.change)
		if got := fields(CheckSchedule(s)); strings.Join(got, " ") != c.want {
			t.Errorf("%s: %q, want %q: %v", name, got, c.want, CheckSchedule(s))
		}
	}
	err := CheckSchedule(weekly(func(s *store.Schedule) { s.Start = "2026-12-01T14:00" }))
	if !strings.Contains(err.Error(), "2026-12-07") {
		t.Errorf("the right day is not named: %v", err)
	}
}

func TestRuleForCalendars(t *testing.T) {
	for repeat, want := range map[string]string{
		"":                                        "",
		"COUNT=3;BYDAY=MO;FREQ=WEEKLY":            "FREQ=WEEKLY;COUNT=3;BYDAY=MO",
		"freq=weekly;until=20270301":              "FREQ=WEEKLY;UNTIL=20270301T225959Z",
		"FREQ=WEEKLY;UNTIL=20270705T140000":       "FREQ=WEEKLY;UNTIL=20270705T120000Z",
		"FREQ=WEEKLY;UNTIL=20270705T120000Z":      "FREQ=WEEKLY;UNTIL=20270705T120000Z",
		"FREQ=MONTHLY;BYDAY=5MO;BYMONTH=11,12":    "FREQ=MONTHLY;BYMONTH=11,12;BYDAY=5MO",
		"FREQ=MONTHLY;BYSETPOS=-1;BYDAY=MO,TU,WE": "FREQ=MONTHLY;BYDAY=MO,TU,WE;BYSETPOS=-1",
	} {
		s := weekly(func(s *store.Schedule) { s.Repeat = repeat })
		got, err := Rule(s)
		if err != nil || got != want {
			t.Errorf("%q: %q, want %q: %v", repeat, got, want, err)
		}
		again := weekly(func(s *store.Schedule) { s.Repeat = got })
		a, b := between(t, s, "2026-01-01T00:00", "2036-01-01T00:00", 200), between(t, again, "2026-01-01T00:00", "2036-01-01T00:00", 200)
		if !slices.EqualFunc(a, b, same) {
			t.Errorf("%q means something else than %q", got, repeat)
		}
	}
	if _, err := Rule(weekly(func(s *store.Schedule) { s.Repeat = "FREQ=NEVER" })); err == nil {
		t.Error("a rule that is none is taken")
	}
}

// FuzzSchedule: what CheckSchedule takes has its first occurrence at its start,
// runs in order and ends.
func FuzzSchedule(f *testing.F) {
	for _, repeat := range hostile {
		f.Add("2026-11-30T14:00", repeat, "Europe/Zurich", "2026-12-07T14:00")
	}
	f.Add("2026-11-30T14:00", "FREQ=MONTHLY;BYDAY=-1MO,2TU;BYSETPOS=1,-1;WKST=SU;UNTIL=20271231T235959Z", "Australia/Lord_Howe", "2026-12-29T14:00")
	f.Add("2000-11-30T0:00", "FREQ=DAILY", "Europe/Zurich", "")
	f.Add("2028-02-29T00:00", "FREQ=YEARLY;BYDAY=53MO,-53SU;INTERVAL=366;COUNT=1000", "UTC", "")
	f.Fuzz(func(t *testing.T, start, repeat, zone, original string) {
		s := &store.Schedule{Zone: zone, Start: start, Duration: time.Hour, Repeat: repeat}
		if original != "" {
			s.Exceptions = []store.Exception{{Original: original, Cancelled: true}}
		}
		if CheckSchedule(s) != nil {
			return
		}
		local, _ := parseLocal(start)
		list, err := Between(s, local.AddDate(-1, 0, 0), local.AddDate(30, 0, 0), 50)
		if err != nil || len(list) == 0 || list[0].Original != start {
			t.Fatalf("%v %d %+.200v", err, len(list), list)
		}
		for i := 1; i < len(list); i++ {
			if !list[i].Start.After(list[i-1].Start) {
				t.Fatalf("%+v\nis not before\n%+v", list[i-1], list[i])
			}
		}
		WindowAt(s, list[len(list)-1].End.Add(time.Hour), false)
		Last(s)
		if _, err := Rule(s); err != nil {
			t.Fatal(err)
		}
	})
}
