package playout

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// Whatever comes in whatever order, over the end of the numbers too: what is taken out
// is what was put in, in its order, each with its payload.
func TestQueueKeepsOrder(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var q queue
	want := map[uint16][]byte{}
	base := uint16(65500)
	for range 20000 {
		seq := base + uint16(rnd.IntN(queueSize))
		switch {
		case rnd.IntN(3) > 0 && want[seq] == nil:
			payload := []byte{byte(seq), byte(seq >> 8), byte(rnd.IntN(256))}[:2+rnd.IntN(2)]
			want[seq] = payload
			q.store(slot{kind: sound, seq: seq}, payload)
		case rnd.IntN(2) == 0 && want[seq] != nil:
			q.drop(q.at(seq))
			delete(want, seq)
		default:
			s, k := q.first(base)
			if s == nil {
				base++
				break
			}
			if s.seq != base+uint16(k) || !bytes.Equal(s.payload, want[s.seq]) {
				t.Fatalf("from %d: %d at distance %d, %v", base, s.seq, k, s.payload)
			}
			base = s.seq + 1
			delete(want, s.seq)
			q.drop(s)
		}
		if q.count != len(want) {
			t.Fatalf("%d wait, not %d", q.count, len(want))
		}
		for _, seq := range slices.Collect(maps.Keys(want)) {
			if s := q.at(seq); s == nil || !bytes.Equal(s.payload, want[seq]) {
				t.Fatalf("%d is not itself", seq)
			}
		}
	}
	q.clear()
	if s, _ := q.first(base); s != nil || q.count != 0 {
		t.Error("something is left")
	}
}

// What came before the number that plays next is not its successor.
func TestQueueFirstLooksAhead(t *testing.T) {
	var q queue
	q.store(slot{kind: sound, seq: 10}, nil)
	if s, _ := q.first(11); s != nil {
		t.Error("number 10 follows 11")
	}
	q.store(slot{kind: sound, seq: 13}, nil)
	if s, k := q.first(11); s == nil || s.seq != 13 || k != 2 {
		t.Errorf("%v at %d", s, k)
	}
}
