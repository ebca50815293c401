package h225_test

import (
	"math/rand/v2"
	"testing"
)

// TestMutations: 20,000 recorded messages with some octets changed, cut, doubled
// or made long are refused or understood, within bounds, and what was understood
// stays the same when it is encoded.
func TestMutations(t *testing.T) {
	all := recordings(t)
	random := rand.New(rand.NewPCG(4, 245))
	refused := 0
	rounds := 20000
	if testing.Short() {
		rounds = 2000
	}
	for range rounds {
		r := all[random.IntN(len(all))]
		data := mutate(random, r.data)
		if bounded(t, data, r.new()) != nil {
			refused++
			continue
		}
		stable(t, data, r.new)
	}
	t.Logf("%d of %d refused", refused, rounds)
	if refused < rounds/20 || refused > rounds*19/20 {
		t.Errorf("%d of %d refused: are these mutations?", refused, rounds)
	}
}

func mutate(random *rand.Rand, data []byte) []byte {
	out := append([]byte{}, data...)
	for range 1 + random.IntN(3) {
		if len(out) == 0 {
			break
		}
		at := random.IntN(len(out))
		switch random.IntN(6) {
		case 0:
			out[at] ^= 1 << random.IntN(8)
		case 1:
			out[at] = byte(random.IntN(256))
		case 2: // a long length, or a fragment's
			out[at] = []byte{0x7f, 0x80, 0xbf, 0xc1, 0xc4, 0xff}[random.IntN(6)]
		case 3:
			out = out[:at]
		case 4:
			out = append(out[:at:at], out[at+random.IntN(len(out)-at):]...)
		case 5:
			out = append(out[:at:at], append(append([]byte{}, out[at:]...), out[at:]...)...)
		}
	}
	return out
}
