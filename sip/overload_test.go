package sip

import (
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/media"
)

// laborious is a unit whose tick takes as long as it says, in parts.
type laborious struct{ parts int }

func (l laborious) Tick(t *media.Tick) {
	for range l.parts {
		time.Sleep(time.Millisecond)
		t.Yield()
	}
}

// room is a unit that notes when it is stepped.
type room struct {
	last, longest int64
}

func (r *room) Tick(t *media.Tick) {
	if r.last != 0 {
		r.longest = max(r.longest, t.Now-r.last)
	}
	r.last = t.Now
}

// TestRefusalBeforeSoundSuffers: engines with too much to do take no new call, the
// calls that are up go on as before, and when there is less to do calls are taken
// again.
func TestRefusalBeforeSoundSuffers(t *testing.T) {
	inVirtualTime(t, nil, func(t *testing.T, h *house) {
		m, err := media.New(media.Config{Engines: 2, Pacer: media.TimerPacer{}, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Start(); err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		h.srv.streams.Load = m.Load
		p, q := h.phone("198.51.100.7:5062"), h.phone("198.51.100.8:5062")
		leg, _ := p.call(h)
		up, load := &room{}, []*laborious{{parts: 18}, {parts: 18}}
		m.Engines()[0].Add(up)
		for i, e := range m.Engines() {
			e.Add(load[i])
		}
		time.Sleep(3 * time.Second)
		synctest.Wait()
		q.request("INVITE", "", "application/sdp", q.offer())
		if res := q.expect(503); header(res, "Retry-After", "") == "" {
			t.Error("no Retry-After")
		}
		q.ack("", "")
		if n := h.srv.Stats().Refused[cause.Limit]; n != 1 {
			t.Errorf("%d refusals are counted", n)
		}
		p.request("INVITE", "", "application/sdp", p.sdp("sendonly", "8 101"))
		p.expect(200)
		p.ack("", "")
		m.Engines()[1].Remove(load[1]) // one engine with room is enough
		time.Sleep(3 * time.Second)
		q.callID = "again"
		q.call(h)
		if err := m.Engines()[0].Call(t.Context(), func() {
			if up.longest > int64(media.TickDuration+2*time.Millisecond) {
				t.Errorf("a room was not stepped for %v", time.Duration(up.longest))
			}
		}); err != nil {
			t.Error(err)
		}
		leg.Hangup(cause.Ended)
	})
}
