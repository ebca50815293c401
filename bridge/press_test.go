package bridge

import (
	"testing"
	"time"

	"github.com/partyline/partyline/media"
)

// TestPresses: each press counts once, whatever ways report it and when.
func TestPresses(t *testing.T) {
	const a, b = media.KeySource(1), media.KeySource(2)
	type report struct {
		way  media.KeySource
		keys string
		from time.Duration // the first
		each time.Duration // from one to the next
	}
	for name, tt := range map[string]struct {
		reports []report
		want    string
	}{
		"one way, the same key again":          {[]report{{a, "1100", 0, 150 * time.Millisecond}}, "1100"},
		"both ways at the pace of a hand":      {[]report{{a, "1123#", 0, 300 * time.Millisecond}, {b, "1123#", 120 * time.Millisecond, 300 * time.Millisecond}}, "1123#"},
		"one way all at once, the other paced": {[]report{{a, "112752642#48219#", 0, 0}, {b, "112752642#48219#", 50 * time.Millisecond, 220 * time.Millisecond}}, "112752642#48219#"},
		"the paced way a little first":         {[]report{{b, "112752642#48219#", 0, 220 * time.Millisecond}, {a, "112752642#48219#", 90 * time.Millisecond, 0}}, "112752642#48219#"},
		"one way misses a key":                 {[]report{{a, "1234", 0, time.Second}, {b, "134", 100 * time.Millisecond, time.Second}}, "1234"},
		"one way, and later the other":         {[]report{{a, "12", 0, 200 * time.Millisecond}, {b, "12", 10 * time.Second, 200 * time.Millisecond}}, "1212"},
	} {
		t.Run(name, func(t *testing.T) {
			var f pressFilter
			var got []byte
			begin, sent := time.Unix(0, 0), make([]int, len(tt.reports))
			for {
				next, at := -1, time.Duration(0)
				for i, r := range tt.reports {
					if due := r.from + time.Duration(sent[i])*r.each; sent[i] < len(r.keys) && (next < 0 || due < at) {
						next, at = i, due
					}
				}
				if next < 0 {
					break
				}
				r := tt.reports[next]
				k := media.Key{Digit: r.keys[sent[next]], Source: r.way}
				sent[next]++
				if f.fresh(k, begin.Add(at)) {
					got = append(got, k.Digit)
				}
			}
			if string(got) != tt.want {
				t.Errorf("%s counted, want %s", got, tt.want)
			}
		})
	}
}
