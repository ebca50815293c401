package reception

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/partyline/partyline/admission"
	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/bridge/memory"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/prompts"
)

// What cmd plugs in.
var (
	_ Door  = (*admission.Admission)(nil)
	_ Rooms = (*bridge.Bridge)(nil)
	_ Words = (*prompts.Words)(nil)
)

// Callers who come, press whatever they like and go leave nothing behind, and
// nobody's call fails for it.
func TestChurn(t *testing.T) {
	const callers, keys = 24, "0123456789******#"
	for seed := range uint64(3) {
		in(t, Config{}, func(w *world) {
			w.door.room.Tones = []string{"tone", "name", "off"}[seed]
			w.door.room.Lobby = seed == 1
			w.door.room.MaxParticipants = 16
			legs := make(chan *memory.Leg, callers)
			for i := range callers {
				w.calls.Go(func() {
					rnd := rand.New(rand.NewPCG(seed, uint64(i)))
					doze := func(most time.Duration) { time.Sleep(time.Duration(rnd.Int64N(int64(most)))) }
					doze(20 * time.Second)
					rate := []int{8000, 16000, 48000}[rnd.IntN(3)]
					leg := memory.New(fmt.Sprint("caller ", i), rate, bridge.Party{})
					entry := Entry{Extension: extension, PIN: []string{guestPIN, guestPIN, guestPIN, hostPIN, "11111"}[rnd.IntN(5)]}
					p, err := w.bridge.Enter(leg)
					if err != nil {
						t.Error(err)
						return
					}
					legs <- leg
					w.calls.Go(func() { w.recep.Attend(w.ctx, p, entry) })
					for range rnd.IntN(80) {
						leg.Press(string(keys[rnd.IntN(len(keys))]))
						doze(time.Second)
					}
					leg.Hangup(cause.Hangup)
				})
			}
			w.pass(90 * time.Second)
			close(legs)
			ends := map[cause.Cause]int{}
			for leg := range legs {
				select {
				case <-leg.Done():
					ends[leg.Cause()]++
				default:
					t.Errorf("%s lives on", leg.ID())
				}
			}
			if ends[cause.Internal] > 0 || ends[cause.Hangup] < callers/4 {
				t.Errorf("the calls ended for %v", ends)
			}
			if p, r := len(w.bridge.Participants()), len(w.bridge.Rooms()); p+r != 0 {
				t.Errorf("%d participants and %d rooms are left", p, r)
			}
			if b := w.recep.book; len(b.names)+len(b.bells)+len(b.people)+len(b.toned) != 0 {
				t.Errorf("the book is not empty: %+v", b)
			}
		})
	}
}
