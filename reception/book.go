package reception

import (
	"strconv"
	"sync"
	"time"

	"github.com/partyline/partyline/store"
)

// book is what the calls of this reception know of each other beyond the bridge:
// names recorded at joining, by participant, the numbers of guests without a name,
// the bells of the hosts of each room, which ring when somebody waits in the lobby,
// what each invitee does, who may be in several calls at once, and who is wanted in
// another room.
type book struct {
	mu     sync.Mutex
	names  map[string][]int16
	bells  map[string]map[string]chan struct{} // room → participant → bell
	toned  map[string]time.Time                // room → its last tone
	people map[string]int                      // room → calls of ours in it
	guests map[string]map[string]int           // room → participant → number
	// invitee → participant → what it does: Waiting or Joined
	present map[string]map[string]store.PresenceState
	moves   map[string]*move // participant → where it is wanted
}

func newBook() *book {
	return &book{
		names: map[string][]int16{}, bells: map[string]map[string]chan struct{}{},
		toned: map[string]time.Time{}, people: map[string]int{}, guests: map[string]map[string]int{},
		present: map[string]map[string]store.PresenceState{}, moves: map[string]*move{},
	}
}

// enter notes a call in a room, with its recorded name if it has one.
func (b *book) enter(room, id string, name []int16) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.people[room]++
	if name != nil {
		b.names[id] = name
	}
}

// leave forgets a call; with the last one of a room, the room.
func (b *book) leave(room, id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.names, id)
	delete(b.bells[room], id)
	b.forgetGuest(room, id)
	if b.people[room]--; b.people[room] <= 0 {
		delete(b.people, room)
		delete(b.bells, room)
		delete(b.toned, room)
	}
}

// guest names a participant who has no name: "Guest", "Guest 2", the first that
// nobody has in the room or on the way to it.
func (b *book) guest(room, id string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	guests := b.guests[room]
	if guests == nil {
		guests = map[string]int{}
		b.guests[room] = guests
	}
	taken := map[int]bool{}
	for _, n := range guests {
		taken[n] = true
	}
	n := 1
	for taken[n] {
		n++
	}
	guests[id] = n
	if n == 1 {
		return "Guest"
	}
	return "Guest " + strconv.Itoa(n)
}

// unname takes back the name of one who did not get in.
func (b *book) unname(room, id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forgetGuest(room, id)
}

// forgetGuest wants mu held.
func (b *book) forgetGuest(room, id string) {
	delete(b.guests[room], id)
	if len(b.guests[room]) == 0 {
		delete(b.guests, room)
	}
}

// seen notes what a call of an invitee does. What the invitee does by all its calls
// is in p: it has joined if one of them has, and left with the last. News is false if
// that is as it was.
func (b *book) seen(invitee, id string, state store.PresenceState) (p store.Presence, news bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	calls := b.present[invitee]
	was := most(calls)
	switch {
	case state == store.Left:
		delete(calls, id)
		if len(calls) == 0 {
			delete(b.present, invitee)
		}
	case calls == nil:
		b.present[invitee] = map[string]store.PresenceState{id: state}
	default:
		calls[id] = state
	}
	p = store.Presence{InviteeID: invitee, State: most(b.present[invitee]), At: time.Now()}
	return p, p.State != was
}

// most is what calls do together.
func most(calls map[string]store.PresenceState) store.PresenceState {
	state := store.Left
	for _, s := range calls {
		if state == store.Left || s > state {
			state = s
		}
	}
	return state
}

// name is a participant's recorded name, nil if it has none.
func (b *book) name(id string) []int16 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.names[id]
}

// bell returns the bell of a host, which holds one ring until it is heard.
func (b *book) bell(room, id string) <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	bells := b.bells[room]
	if bells == nil {
		bells = map[string]chan struct{}{}
		b.bells[room] = bells
	}
	if bells[id] == nil {
		bells[id] = make(chan struct{}, 1)
	}
	return bells[id]
}

// ring rings the bells of a room's hosts.
func (b *book) ring(room string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, bell := range b.bells[room] {
		select {
		case bell <- struct{}{}:
		default: // it rings already
		}
	}
}

// toneGap is the least time between two tones of a room: when many come at once,
// one tone is enough.
const toneGap = time.Second

// mayTone says whether it is time for another tone in a room, and notes it.
func (b *book) mayTone(room string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if last, ok := b.toned[room]; ok && now.Sub(last) < toneGap {
		return false
	}
	b.toned[room] = now
	return true
}

// summon notes that a participant is wanted elsewhere, unless it is already.
func (b *book) summon(id string, m *move) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.moves[id] != nil {
		return false
	}
	b.moves[id] = m
	return true
}

// summoned takes what summon has noted; nil if that is not wanted any more.
func (b *book) summoned(id string) *move {
	b.mu.Lock()
	defer b.mu.Unlock()
	m := b.moves[id]
	delete(b.moves, id)
	return m
}

// dismiss takes back what summon has noted.
func (b *book) dismiss(id string, m *move) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.moves[id] == m {
		delete(b.moves, id)
	}
}
