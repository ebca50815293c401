package live

import (
	"fmt"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/bridge/memory"
)

// BenchmarkLook is one look at a room of 300 browsers, of which one has begun to
// talk: what is done at most five times a second.
func BenchmarkLook(b *testing.B) {
	l := New(Config{Bridge: bridge.New(nil, bridge.Config{}), Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	w := &watch{live: l, id: "r", seats: map[string]*seat{}, quality: map[string]quality{}, loudest: map[string]uint8{}}
	roster := make([]bridge.Entry, 300)
	for i := range roster {
		id := fmt.Sprintf("w-%d", i)
		roster[i] = bridge.Entry{
			ID: id, Name: "Ada Lovelace", State: bridge.StateRoom, Host: i < 5, Joined: time.Now(),
			Leg: &leg{Leg: memory.New(id, 16000, bridge.Party{})},
		}
		s := &seat{live: l, leg: &leg{Leg: memory.New(id, 16000, bridge.Party{})}}
		s.spot.Store(&spot{Room: Room{ID: "r"}})
		s.conn = &conn{live: l, out: make(chan frame, queued), cancel: func() {}}
		w.seats[id] = s
	}
	b.ReportAllocs()
	for i := range b.N {
		roster[i%len(roster)].Talking = i%2 == 0
		n := w.compare(roster, false, false)
		for j := range roster {
			s := w.seats[roster[j].ID]
			w.show(s, s.conn, &roster[j], n, false)
			for len(s.conn.out) > 0 {
				<-s.conn.out
			}
		}
	}
}
