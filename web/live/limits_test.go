package live

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

func TestBadMessages(t *testing.T) {
	in(t, func(w *world) {
		for _, text := range []string{
			"nonsense", `{"type":"offer","sdp":"x"}`, `{"type":"hello","v":9,"test":true}`, `{"type":"hello","v":1}`,
		} {
			p := w.connect(nil)
			p.say(text)
			pass(time.Second)
			if p.take("error") == nil || !p.closed() {
				t.Errorf("%s as the first message is let pass", text)
			}
		}
		silent := w.connect(nil)
		pass(helloTime + time.Second)
		if !silent.closed() {
			t.Error("a silent socket stays open")
		}
		p := w.join(guestHello)
		p.say("nonsense")
		p.say(`{"type":"offer","sdp":"bad"}`)
		if a, b := p.take("error"), p.take("error"); a["code"] != "message" || b["code"] != "offer" || p.closed() {
			t.Errorf("errors %v %v", a, b)
		}
		p.say(`{"type":"ping"}`)
		if p.take("pong") == nil {
			t.Error("no pong")
		}
		p.say(`{"type":"key","digit":"5"}`)
		if p.leg.pressed != "5" {
			t.Error("the key was not pressed")
		}
		p.say(`{"type":"offer","sdp":"` + strings.Repeat("x", mostMessage) + `"}`)
		pass(time.Second)
		if !p.closed() {
			t.Error("a message of more than 64 KiB is let pass")
		}
	})
}

func TestRate(t *testing.T) {
	in(t, func(w *world) {
		p := w.join(guestHello)
		for range messageBurst + 100 {
			p.ws.Write(context.Background(), websocket.MessageText, []byte(`{"type":"candidate","candidate":"x"}`))
		}
		pass(time.Second)
		if e := p.last("error"); e["code"] != "rate" || !p.closed() {
			t.Errorf("a flood of messages is let pass: %v", e)
		}
	})
}

// TestSlowSocketIsClosed lets one page stop reading: it loses its socket, the
// room goes on.
func TestSlowSocketIsClosed(t *testing.T) {
	in(t, func(w *world) {
		other := w.join(hostHello)
		ws, _, err := websocket.Dial(w.t.Context(), "ws://gw.example/", &websocket.DialOptions{
			HTTPClient: &http.Client{Transport: &http.Transport{DialContext: w.dial}},
		})
		if err != nil {
			t.Fatal(err)
		}
		defer ws.CloseNow()
		ws.Write(w.t.Context(), websocket.MessageText, []byte(guestHello))
		pass(time.Millisecond)
		ws.Write(w.t.Context(), websocket.MessageText, []byte(`{"type":"offer","sdp":"v=0"}`))
		room := w.bridge.Room("r1")
		for i := range 60 { // nobody reads from ws
			room.Mute(context.Background(), other.you, i%2 == 0, false)
			pass(250 * time.Millisecond)
		}
		if c := w.live.Counts(); c.Sockets != 1 || c.Browsers != 2 {
			t.Errorf("the slow socket is still there: %+v", c)
		}
		other.forget()
		room.Mute(context.Background(), other.you, true, false)
		pass(250 * time.Millisecond)
		if other.take("people") == nil {
			t.Error("the others are told nothing any more")
		}
	})
}

func TestOrigin(t *testing.T) {
	in(t, func(w *world) {
		_, res, err := websocket.Dial(w.t.Context(), "ws://gw.example/", &websocket.DialOptions{
			HTTPClient: &http.Client{Transport: &http.Transport{DialContext: w.dial}},
			HTTPHeader: http.Header{"Origin": {"https://evil.example"}},
		})
		if err == nil || res.StatusCode != http.StatusForbidden {
			t.Errorf("a page of another site opens a socket: %v", err)
		}
		w.connect(http.Header{"Origin": {"http://gw.example"}}).say(guestHello)
	})
}

func TestSocketsPerSource(t *testing.T) {
	in(t, func(w *world) {
		for range socketsPerSource {
			w.live.enter(w.live.cfg.Source(nil))
		}
		_, res, err := websocket.Dial(w.t.Context(), "ws://gw.example/", &websocket.DialOptions{
			HTTPClient: &http.Client{Transport: &http.Transport{DialContext: w.dial}},
		})
		if err == nil || res.StatusCode != http.StatusTooManyRequests {
			t.Errorf("one too many: %v", err)
		}
	})
}

func TestRemoveGuests(t *testing.T) {
	in(t, func(w *world) {
		guest := w.join(guestHello)
		w.door.invited = "Anna Guest"
		invitee := w.join(guestHello)
		w.user = User{ID: "u1", Name: "Grace"}
		host := w.join(`{"type":"hello","v":1,"room":"r1"}`)
		cohost := w.join(hostHello)
		if n := w.live.RemoveGuests("r1"); n != 1 {
			t.Errorf("%d were removed", n)
		}
		pass(time.Second)
		if b := guest.take("bye"); b["cause"] != "removed" || host.closed() || cohost.closed() || invitee.closed() {
			t.Errorf("bye %v", b)
		}
	})
}

func TestCloseSaysGoodbye(t *testing.T) {
	in(t, func(w *world) {
		p := w.join(guestHello)
		w.live.Close()
		if b := p.take("bye"); b["cause"] != "draining" {
			t.Errorf("bye %v", b)
		}
	})
}

// TestResumeIsOfOneLink does not carry a call over to another room's link, nor its
// rights.
func TestResumeIsOfOneLink(t *testing.T) {
	in(t, func(w *world) {
		p := w.join(guestHello)
		q := w.connect(nil)
		q.say(`{"type":"hello","v":1,"link":"host","name":"Grace","resume":"` + p.resume + `"}`)
		if m := q.take("welcome"); m["you"] == p.you || m["role"] != "host" || p.closed() {
			t.Errorf("welcome %v", m)
		}
	})
}

// TestQueueIsBounded ends a socket that lets too much pile up; who sends does not
// wait.
func TestQueueIsBounded(t *testing.T) {
	ended := false
	c := &conn{live: New(Config{Logger: slog.New(slog.DiscardHandler)}), out: make(chan frame, queued), cancel: func() { ended = true }}
	for range queued {
		c.send(nil)
	}
	if ended {
		t.Error("ended too soon")
	}
	if c.send(nil); !ended {
		t.Error("not ended")
	}
}
