package bridge

import "github.com/partyline/partyline/cause"

// EventKind says what happened in a room.
type EventKind uint8

// The events of a room.
const (
	EventJoined   EventKind = iota + 1 // a party is in the room and heard
	EventWaiting                       // a party is in the lobby
	EventLeft                          // a party left the room or the lobby
	EventMuted                         // On: muted, else unmuted
	EventHand                          // On: raised
	EventTalking                       // On: began
	EventLocked                        // On: locked; no participant
	EventRenamed                       // Name is the new one
	EventHost                          // the party became a host
	EventEnded                         // the room was ended for all, for Cause
	EventSettings                      // the room's settings changed
)

// Event is something that happened in a room, as the others may see it.
type Event struct {
	Kind   EventKind
	RoomID string
	ID     string // the participant's
	Name   string
	Host   bool // who joined or waits is a host
	On     bool
	// ByOther says that somebody else did it: a host has muted the party, or
	// lowered its hand.
	ByOther bool
	Cause   cause.Cause
}

// NoticeKind says what was done to a participant.
type NoticeKind uint8

// The notices a participant gets.
const (
	NoticeAdmitted NoticeKind = iota + 1 // from the lobby into the room
	NoticeMuted                          // by a host
	NoticeUnmuted                        // by a host
	NoticeHandLowered
	NoticeEnded // the meeting is ended for all; the call ends within 2 s
	NoticeRemoved
	NoticeHost // made a host
	NoticeMove // wanted in another room
)

// Notice is something that others did to a participant.
type Notice struct {
	Kind NoticeKind
}

// Subscribe gives the events of all rooms from now on, until cancel is called.
// A reader slower than its buffer of n events loses the newest.
func (b *Bridge) Subscribe(n int) (events <-chan Event, cancel func()) {
	ch := make(chan Event, n)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.subs[ch] = struct{}{}
	return ch, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.subs, ch)
	}
}

// publish hands an event to the subscribers. Room changes are rare, so the lock
// is not the tick's.
func (b *Bridge) publish(e Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for ch := range b.subs {
		select {
		case ch <- e:
		default:
		}
	}
}
