//go:build !race

package codec

import "testing"

// The quotient in coded is exact for all differences and scale factors.
func TestG722Quantiser(t *testing.T) {
	b := newG722Band()
	for nb := 0; nb <= 18432; nb += 64 {
		b.nb = int32(nb)
		det, below := int64(g722DetL[nb>>6]), 0
		for m := range int64(65536) {
			for below < len(g722Decisions)-1 && m >= int64(g722Decisions[below+1])*det>>12 {
				below++
			}
			if got := b.coded(int32(m)); int(got) != below {
				t.Fatalf("scale factor %d, difference %d: %d levels, want %d", det, m, got, below)
			}
			if got := b.coded(int32(^m)); int(got) != below+32 {
				t.Fatalf("scale factor %d, difference %d: place %d, want %d", det, ^m, got, below+32)
			}
		}
	}
}
