//go:build peers

package peers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/emiago/diago"
	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"

	"github.com/partyline/partyline/media/codec"
)

// scripted is a phone that a test plays: it keys, speaks, and keeps what it hears.
type scripted struct {
	t    *testing.T
	call *diago.DialogClientSession
	keys *diago.DTMFWriter

	writing sync.Mutex // one writer to the stream at a time
	mu      sync.Mutex
	say     []byte // PCMU still to be said
	heard   []int16
	closed  chan struct{} // the gateway hung up
	stop    context.CancelFunc
	done    sync.WaitGroup
}

// dial calls uri with PCMU.
func (g *gateway) dial(t *testing.T, uri string) *scripted {
	t.Helper()
	var to sip.Uri
	if err := sip.ParseUri(uri, &to); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ua, d, err := invite(ctx, to)
	for try := 0; try < 5 && errors.Is(err, syscall.EADDRINUSE); try++ {
		// sipgo says it listens a moment before it knows the socket as its own,
		// and then binds the same port anew. Nothing has been sent.
		ua, d, err = invite(ctx, to)
	}
	if err != nil {
		stop()
		t.Fatalf("%s: %v", uri, err)
	}
	s := &scripted{t: t, call: d, keys: &diago.DTMFWriter{}, closed: make(chan struct{}), stop: stop}
	w, err := d.AudioWriter(diago.WithAudioWriterDTMF(s.keys))
	if err != nil {
		t.Fatal(err)
	}
	r, err := d.AudioReader()
	if err != nil {
		t.Fatal(err)
	}
	s.done.Go(func() { s.speak(ctx, w) })
	s.done.Go(func() { s.listen(r) })
	go func() {
		<-d.Context().Done()
		close(s.closed)
	}()
	t.Cleanup(func() {
		s.hangup()
		stop()
		d.Close()
		ua.Close()
		s.done.Wait()
	})
	return s
}

// invite makes a phone of its own and calls to from it.
func invite(ctx context.Context, to sip.Uri) (*sipgo.UserAgent, *diago.DialogClientSession, error) {
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	ua, err := sipgo.NewUA(sipgo.WithUserAgent("scripted"))
	if err != nil {
		return nil, nil, err
	}
	dg := diago.NewDiago(ua, diago.WithLogger(quiet), diago.WithTransport(diago.Transport{Transport: "udp", BindHost: "127.0.0.1"}))
	if err := dg.ServeBackground(ctx, func(*diago.DialogServerSession) {}); err != nil {
		ua.Close()
		return nil, nil, err
	}
	within, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	d, err := dg.Invite(within, to, diago.InviteOptions{})
	if err != nil {
		ua.Close()
	}
	return ua, d, err
}

// speak sends a frame every 20 ms: what is to be said, else silence.
func (s *scripted) speak(ctx context.Context, w io.Writer) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.closed:
			return
		case <-tick.C:
		}
		frame := []byte(strings.Repeat("\xff", 160))
		s.mu.Lock()
		s.say = s.say[copy(frame, s.say):]
		s.mu.Unlock()
		s.writing.Lock()
		_, err := w.Write(frame)
		s.writing.Unlock()
		if err != nil {
			return
		}
	}
}

func (s *scripted) listen(r io.Reader) {
	dec, _ := codec.NewDecoder(codec.Standard(codec.PCMU))
	buf, pcm := make([]byte, 2000), make([]int16, 5760)
	for {
		n, err := r.Read(buf)
		if err != nil {
			return
		}
		k, _ := dec.Decode(pcm, buf[:n])
		s.mu.Lock()
		s.heard = append(s.heard, pcm[:k]...)
		s.mu.Unlock()
	}
}

// press sends keys by RFC 4733; a comma waits a second.
func (s *scripted) press(keys string) {
	s.t.Helper()
	for _, k := range keys {
		if k == ',' {
			<-time.After(time.Second)
			continue
		}
		s.writing.Lock()
		err := s.keys.WriteDTMF(k)
		s.writing.Unlock()
		if err != nil {
			s.t.Fatalf("key %c: %v", k, err)
		}
		<-time.After(60 * time.Millisecond)
	}
}

// talk says speech.
func (s *scripted) talk(sound []int16) {
	enc, _ := codec.NewEncoder(codec.Standard(codec.PCMU))
	buf := make([]byte, codec.MaxPayload)
	var out []byte
	for len(sound) >= 160 {
		n, _ := enc.Encode(buf, sound[:160])
		out, sound = append(out, buf[:n]...), sound[160:]
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.say = append(s.say, out...)
}

// take returns what was heard since it was asked last.
func (s *scripted) take() []int16 {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.heard
	s.heard = nil
	return h
}

func (s *scripted) hangup() {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	select {
	case <-s.closed:
	default:
		s.call.Hangup(ctx)
	}
}

// gone waits for the gateway's BYE.
func (s *scripted) gone(within time.Duration) bool {
	select {
	case <-s.closed:
		return true
	case <-time.After(within):
		return false
	}
}

// TestReceptionByPhone keys extension and PIN in all the ways there are.
func TestReceptionByPhone(t *testing.T) {
	t.Parallel()
	g := start(t, "reception: {extension_length: 9}\n")
	g.room("112752642", "48219", "--host-pin", "97531")
	entries := map[string]string{
		"hash":            "112752642#48219#",
		"star":            "112752642*48219*",
		"full length":     "112752642,48219#",
		"typed ahead":     "112752642#48219#",
		"second try":      "112752642#11111#,,,,,112752642#48219#",
		"PIN by time-out": "112752642#48219",
	}
	for name, keys := range entries {
		t.Run(name, func(t *testing.T) {
			s := g.dial(t, "sip:"+g.sip)
			if name != "typed ahead" {
				<-time.After(time.Second)
			}
			s.press(keys)
			g.await("in the room", 15*time.Second, inRoom(1))
			s.hangup()
			g.await("gone", 5*time.Second, func(c []call) bool { return len(c) == 0 })
		})
	}
	t.Run("direct with PIN", func(t *testing.T) {
		g.dial(t, "sip:112752642.48219@"+g.sip).holds(g)
	})
	t.Run("direct asks for the PIN only", func(t *testing.T) {
		s := g.dial(t, "sip:112752642@"+g.sip)
		s.press(",48219#")
		s.holds(g)
	})
	t.Run("host PIN", func(t *testing.T) {
		g.dial(t, "sip:112752642.97531@"+g.sip)
		list := g.await("in the room", 10*time.Second, inRoom(1))
		if list[0].Role != "host" {
			t.Errorf("role %q", list[0].Role)
		}
	})
}

// holds waits for the one call to be in the room, and hangs up.
func (s *scripted) holds(g *gateway) {
	s.t.Helper()
	g.await("in the room", 10*time.Second, inRoom(1))
	s.hangup()
	g.await("gone", 5*time.Second, func(c []call) bool { return len(c) == 0 })
}

// TestThreeWrongPINs: unknown and known extensions alike end after three tries.
func TestThreeWrongPINs(t *testing.T) {
	g := start(t, "")
	g.room("112752642", "48219")
	for _, ext := range []string{"112752642", "999999999"} {
		t.Run(ext, func(t *testing.T) {
			t.Parallel()
			s := g.dial(t, "sip:"+g.sip)
			for range 3 {
				s.press(fmt.Sprintf(",%s#,11111#,,,,", ext))
			}
			if !s.gone(20 * time.Second) {
				t.Error("the call lives after three wrong PINs")
			}
		})
	}
}

// TestKeysInTheCall: mute by key, by the host, and back.
func TestKeysInTheCall(t *testing.T) {
	t.Parallel()
	g := start(t, "")
	g.room("112752642", "48219", "--host-pin", "97531")
	host := g.dial(t, "sip:112752642.97531@"+g.sip)
	guest := g.dial(t, "sip:112752642.48219@"+g.sip)
	g.await("both in the room", 10*time.Second, inRoom(2))
	muted := func(want bool) func([]call) bool {
		return func(list []call) bool {
			for _, c := range list {
				if c.Role == "guest" {
					return c.Muted == want
				}
			}
			return false
		}
	}
	_, sound := speech(t, 0, 8000)
	_, hostSound := speech(t, 1, 8000)
	<-time.After(4 * time.Second) // the announcements
	guest.talk(sound)
	host.talk(hostSound)
	host.take()
	guest.take()
	<-time.After(6 * time.Second)
	if v := likeness(sound, 8000, host.take(), 8000); v < 0.75 {
		t.Errorf("the host does not hear the guest: %.2f", v)
	}
	if v := likeness(hostSound, 8000, guest.take(), 8000); v < 0.75 {
		t.Errorf("the guest does not hear the host: %.2f", v)
	}
	guest.press("*6")
	g.await("muted by key", 5*time.Second, muted(true))
	guest.press(",*6")
	g.await("unmuted by key", 5*time.Second, muted(false))
	host.press("*4")
	g.await("muted by the host", 5*time.Second, muted(true))
	guest.press(",,*6")
	g.await("unmuted by key after the host", 8*time.Second, muted(false))
	guest.press(",*9")
	g.await("hand raised", 5*time.Second, func(list []call) bool {
		for _, c := range list {
			if c.Hand && c.Role == "guest" {
				return true
			}
		}
		return false
	})
	host.press("##,1")
	if !guest.gone(8*time.Second) || !host.gone(4*time.Second) {
		t.Error("the meeting was not ended for all")
	}
}
