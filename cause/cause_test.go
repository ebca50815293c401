package cause

import (
	"strings"
	"testing"
)

// Every cause has words for every protocol, and no two share one.
func TestEveryCauseHasItsWords(t *testing.T) {
	seen := map[string]Cause{}
	for c := None; c < causes; c++ {
		w := c.String()
		if w == "" || strings.ContainsAny(w, " _") || strings.ToLower(w) != w {
			t.Errorf("cause %d: word %q", c, w)
		}
		if other, twice := seen[w]; twice {
			t.Errorf("causes %d and %d are both %q", c, other, w)
		}
		seen[w] = c
		if c.Text() == "" || c.Error() != c.Text() {
			t.Errorf("%s: text %q", w, c.Text())
		}
		if s := c.SIP(); s < 200 || s > 699 {
			t.Errorf("%s: SIP status %d", w, s)
		}
		if q := c.Q850(); q < 1 || q > 127 {
			t.Errorf("%s: Q.850 value %d", w, q)
		}
	}
	if beyond := causes; beyond.String() == "" || beyond.SIP() != 500 {
		t.Errorf("an unknown cause: %q, %d", beyond.String(), beyond.SIP())
	}
}
