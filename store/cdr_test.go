package store

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// calls fills a store with records, one a second, of several kinds.
func calls(t *testing.T, s *Store, n int) time.Time {
	t.Helper()
	began := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	s.Start()
	for i := range n {
		c := CDR{
			CallID: fmt.Sprint("leg", i), Dialog: fmt.Sprintf("%d@carrier", i), Conversation: fmt.Sprintf("%d@carrier", i/2*2),
			Protocol: []string{"sip", "h323", "webrtc"}[i%3], Direction: []string{"in", "out"}[i%2], Trunk: []string{"", "carrier-a"}[i%2],
			Caller: fmt.Sprintf("+4144555%04d", i), Called: fmt.Sprint(100100 + i%10), RoomID: []string{"", "room1", "room2"}[i%3],
			Started: began.Add(time.Duration(i) * time.Second), Ended: began.Add(time.Duration(i)*time.Second + time.Minute),
			Cause: []string{"hangup", "busy"}[i%2], Reason: "words", Status: 486, Peer: "198.51.100.7:5060",
			Quality: Quality{Loss: 0.02, LossIn: 0.01, LossOut: 0.02, Jitter: 5 * time.Millisecond, RTT: 40 * time.Millisecond, MOS: 4.1},
		}
		if i%4 != 3 {
			c.Answered = c.Started.Add(time.Second)
		}
		s.RecordCDR(c)
		if i%5000 == 4999 {
			if err := s.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	return began
}

func TestRecordsAreSelected(t *testing.T) {
	s := open(t, t.TempDir())
	began := calls(t, s, 120)
	all, err := s.CDRs(t.Context(), Calls{})
	if err != nil || len(all) != 120 || all[0].CallID != "leg119" || all[119].CallID != "leg0" {
		t.Fatal(len(all), err)
	}
	if c := all[119]; c.Dialog != "0@carrier" || c.Reason != "words" || c.Status != 486 || c.Quality.LossOut != 0.02 || c.Quality.RTT != 40*time.Millisecond || c.Peer == "" {
		t.Errorf("%+v", c)
	}
	for _, q := range []struct {
		Calls
		want int
		is   func(CDR) bool
	}{
		{Calls{Since: began.Add(90 * time.Second)}, 90, func(c CDR) bool { return !c.Ended.Before(began.Add(90 * time.Second)) }},
		{Calls{Until: began.Add(90 * time.Second)}, 30, func(c CDR) bool { return c.Ended.Before(began.Add(90 * time.Second)) }},
		{Calls{Trunk: "carrier-a"}, 60, func(c CDR) bool { return c.Trunk == "carrier-a" }},
		{Calls{Protocol: "h323", Direction: "out"}, 20, func(c CDR) bool { return c.Protocol == "h323" && c.Direction == "out" }},
		{Calls{RoomID: "room2"}, 40, func(c CDR) bool { return c.RoomID == "room2" }},
		{Calls{Cause: "busy"}, 60, func(c CDR) bool { return c.Cause == "busy" }},
		{Calls{Caller: "55001"}, 10, func(c CDR) bool { return strings.Contains(c.Caller, "55001") }},
		{Calls{Caller: "%"}, 0, nil},
		{Calls{Called: "100105"}, 12, func(c CDR) bool { return c.Called == "100105" }},
		{Calls{Unanswered: true}, 30, func(c CDR) bool { return c.Answered.IsZero() }},
		{Calls{Answered: true}, 90, func(c CDR) bool { return !c.Answered.IsZero() }},
		{Calls{CallID: "leg7"}, 1, func(c CDR) bool { return c.CallID == "leg7" }},
		{Calls{CallID: "7@carrier"}, 1, func(c CDR) bool { return c.CallID == "leg7" }},
		{Calls{CallID: "6@carrier"}, 2, func(c CDR) bool { return c.Conversation == "6@carrier" }},
		{Calls{CallID: "nobody"}, 0, nil},
		{Calls{Limit: 7}, 7, func(CDR) bool { return true }},
		{Calls{Limit: -1}, 120, func(CDR) bool { return true }},
	} {
		list, err := s.CDRs(t.Context(), q.Calls)
		if err != nil || len(list) != q.want {
			t.Errorf("%+v: %d, want %d: %v", q.Calls, len(list), q.want, err)
		}
		for _, c := range list {
			if !q.is(c) {
				t.Errorf("%+v gives %+v", q.Calls, c)
			}
		}
	}
	stop := errors.New("enough")
	n := 0
	err = s.EachCDR(t.Context(), Calls{}, func(CDR) error {
		if n++; n == 3 {
			return stop
		}
		return nil
	})
	if !errors.Is(err, stop) || n != 3 {
		t.Error(n, err)
	}
	// Whoever is in the middle of reading holds up no writing.
	err = s.EachCDR(t.Context(), Calls{Limit: 1}, func(CDR) error {
		s.RecordCDR(CDR{CallID: "meanwhile", Ended: began})
		return s.Flush(t.Context())
	})
	if err != nil {
		t.Error(err)
	}
}

// The records of a call are found by an index, however many there are, and so are
// those of a time.
func TestRecordsAreFoundByIndex(t *testing.T) {
	s := open(t, t.TempDir())
	for _, q := range []Calls{{CallID: "leg7"}, {Since: time.Now()}, {RoomID: "room1"}} {
		condition, args := q.where()
		rows, err := s.quick.Query("EXPLAIN QUERY PLAN SELECT "+cdrColumns+" FROM calls WHERE "+condition+" ORDER BY ended DESC, id DESC LIMIT 10", args...)
		if err != nil {
			t.Fatal(err)
		}
		plan := ""
		for rows.Next() {
			var id, parent, unused int
			var detail string
			if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
				t.Fatal(err)
			}
			plan += detail + "\n"
		}
		rows.Close()
		if strings.Contains(plan, "SCAN calls\n") || !strings.Contains(plan, "INDEX calls_") {
			t.Errorf("%+v:\n%s", q, plan)
		}
	}
}
