package ics

import "testing"

func BenchmarkEncode(b *testing.B) {
	e := weekly()
	s := *e.Schedule
	s.Repeat, e.Schedule = "FREQ=WEEKLY;BYDAY=MO", &s // without end
	for b.Loop() {
		if _, err := e.Encode(); err != nil {
			b.Fatal(err)
		}
	}
}
