package control

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// fake is a gateway with one room and two calls.
type fake struct {
	kicked string
	keys   string
	did    []string

	mu     sync.Mutex
	gaveUp bool
}

func (f *fake) Status() Status { return Status{Version: "test", Ready: true, Calls: 2} }

func (f *fake) Reload() (Reloaded, error) {
	return Reloaded{Applied: []string{"trunks"}, Restart: []string{"sip.listen"}}, nil
}

func (f *fake) Invite(ctx context.Context, inv Invitation, report func(Progress)) error {
	switch inv.To {
	case "h323:nobody":
		return fmt.Errorf("room %s: %w", inv.Room, ErrNotFound)
	case "mailto:":
		return fmt.Errorf("%w: mailto is no protocol", ErrInvitation)
	case "h323:slow":
		report(Progress{State: "ringing"})
		<-ctx.Done()
		f.mu.Lock()
		f.gaveUp = true
		f.mu.Unlock()
		report(Progress{State: Failed, Cause: "cancelled"})
		return nil
	}
	report(Progress{State: "ringing"})
	report(Progress{State: Connected, ID: "h1"})
	return nil
}

func (f *fake) List() []Call {
	return []Call{{ID: "a1b2", Protocol: "sip", State: "room"}, {ID: "a9", CallID: "x@y", State: "lobby"}}
}

func (f *fake) Kick(id string) error {
	if id != "a1b2" {
		return fmt.Errorf("call %s: %w", id, ErrNotFound)
	}
	f.kicked = id
	return nil
}

func (f *fake) SendKeys(id, keys string) error {
	if id != "a1b2" {
		return fmt.Errorf("call %s: %w", id, ErrNotFound)
	}
	f.keys = keys
	return nil
}

func (f *fake) Transfer(_ context.Context, id string, t Transfer) error {
	switch {
	case id != "a1b2":
		return fmt.Errorf("call %s: %w", id, ErrNotFound)
	case t.To == "nowhere":
		return fmt.Errorf("%w: nowhere is no address", ErrInvitation)
	}
	f.did = append(f.did, fmt.Sprintf("transfer %s %+v", id, t))
	return nil
}

func (f *fake) Live(context.Context) []Room { return []Room{{Extension: "112752642", Count: 2}} }

func (f *fake) note(act, extension, call string, on bool) error {
	if extension != "112752642" {
		return ErrNotFound
	}
	f.did = append(f.did, fmt.Sprint(act, " ", call, " ", on))
	return nil
}

func (f *fake) Admit(_ context.Context, extension, call string) (int, error) {
	return 3, f.note("admit", extension, call, false)
}

func (f *fake) Mute(_ context.Context, extension, call string, on bool) error {
	return f.note("mute", extension, call, on)
}

func (f *fake) Lock(_ context.Context, extension string, on bool) error {
	return f.note("lock", extension, "", on)
}

func (f *fake) End(_ context.Context, extension string) error {
	return f.note("end", extension, "", false)
}

func open(t *testing.T, dir string) (*fake, *Client) {
	t.Helper()
	f := &fake{}
	s, err := Open(dir, f, f, f, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return f, NewClient(dir)
}

func TestCalls(t *testing.T) {
	f, c := open(t, t.TempDir())
	ctx := t.Context()
	calls, err := c.Calls(ctx)
	if err != nil || len(calls) != 2 || calls[0].ID != "a1b2" {
		t.Fatalf("calls %+v, %v", calls, err)
	}
	if call, err := c.Call(ctx, "a1"); err != nil || call.ID != "a1b2" {
		t.Errorf("by its beginning: %+v, %v", call, err)
	}
	if call, err := c.Call(ctx, "x@y"); err != nil || call.ID != "a9" {
		t.Errorf("by its Call-ID: %+v, %v", call, err)
	}
	if _, err := c.Call(ctx, "a"); err == nil || !strings.Contains(err.Error(), "2 calls") {
		t.Errorf("ambiguous: %v", err)
	}
	if _, err := c.Call(ctx, "zz"); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown: %v", err)
	}
	if err := c.Kick(ctx, "a1b2"); err != nil || f.kicked != "a1b2" {
		t.Errorf("kick: %v, kicked %q", err, f.kicked)
	}
	if err := c.SendKeys(ctx, "a1b2", "12#"); err != nil || f.keys != "12#" {
		t.Errorf("keys: %v, %q sent", err, f.keys)
	}
	if err := c.SendKeys(ctx, "zz", "1"); !errors.Is(err, ErrNotFound) {
		t.Errorf("keys to an unknown call: %v", err)
	}
	if err := c.Kick(ctx, "no/such id"); !errors.Is(err, ErrNotFound) {
		t.Errorf("kick of an unknown call: %v", err)
	}
}

func TestRooms(t *testing.T) {
	f, c := open(t, t.TempDir())
	ctx := t.Context()
	rooms, err := c.Rooms(ctx)
	if err != nil || len(rooms) != 1 || rooms[0].Count != 2 {
		t.Fatalf("rooms %+v, %v", rooms, err)
	}
	if n, err := c.Admit(ctx, "112752642", ""); n != 3 || err != nil {
		t.Errorf("admit: %d, %v", n, err)
	}
	for _, err := range []error{
		c.Mute(ctx, "112752642", "a1b2", true), c.Lock(ctx, "112752642", true), c.End(ctx, "112752642"),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	if got, want := fmt.Sprint(f.did), "[admit  false mute a1b2 true lock  true end  false]"; got != want {
		t.Errorf("the gateway was told %s, want %s", got, want)
	}
	if err := c.End(ctx, "999999999"); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown room: %v", err)
	}
}

// A call out tells its steps as they come; what cannot be begun is an error, and
// who goes away gives it up.
func TestInvite(t *testing.T) {
	f, c := open(t, t.TempDir())
	var steps []string
	note := func(p Progress) { steps = append(steps, p.State) }
	last, err := c.Invite(t.Context(), Invitation{To: "h323:room@192.0.2.1", Room: "112752642"}, note)
	if err != nil || last.ID != "h1" || fmt.Sprint(steps) != "[ringing connected]" {
		t.Errorf("%+v, %v, %v", last, err, steps)
	}
	if _, err := c.Invite(t.Context(), Invitation{To: "h323:nobody"}, note); !errors.Is(err, ErrNotFound) {
		t.Errorf("no such room: %v", err)
	}
	if _, err := c.Invite(t.Context(), Invitation{To: "mailto:"}, note); !errors.Is(err, ErrInvitation) || !strings.Contains(err.Error(), "mailto") {
		t.Errorf("no such protocol: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := c.Invite(ctx, Invitation{To: "h323:slow"}, func(Progress) { cancel() }); err == nil {
		t.Error("a call that was given up is told as made")
	}
	for over := false; !over; runtime.Gosched() {
		f.mu.Lock()
		over = f.gaveUp
		f.mu.Unlock()
	}
}

func TestTransfer(t *testing.T) {
	f, c := open(t, t.TempDir())
	if err := c.Transfer(t.Context(), "a1b2", Transfer{Room: "112752642", Host: true}); err != nil {
		t.Error(err)
	}
	if err := c.Transfer(t.Context(), "nobody", Transfer{Room: "1"}); !errors.Is(err, ErrNotFound) {
		t.Errorf("no such call: %v", err)
	}
	if err := c.Transfer(t.Context(), "a1b2", Transfer{To: "nowhere"}); !errors.Is(err, ErrInvitation) {
		t.Errorf("no address: %v", err)
	}
	if got := fmt.Sprint(f.did); got != "[transfer a1b2 {Room:112752642 Host:true To:}]" {
		t.Error(got)
	}
}

func TestStatusAndReload(t *testing.T) {
	_, c := open(t, t.TempDir())
	if s, err := c.Status(t.Context()); err != nil || s.Version != "test" || !s.Ready {
		t.Errorf("status %+v, %v", s, err)
	}
	if r, err := c.Reload(t.Context()); err != nil || len(r.Restart) != 1 {
		t.Errorf("reload %+v, %v", r, err)
	}
}

func TestNotRunning(t *testing.T) {
	for _, dir := range []string{t.TempDir(), filepath.Join(t.TempDir(), "none"), filepath.Join(t.TempDir(), strings.Repeat("n", 120))} {
		if _, err := NewClient(dir).Calls(t.Context()); !errors.Is(err, ErrNotRunning) {
			t.Errorf("%s: %v", dir, err)
		}
	}
}

func TestSocketIsPrivateAndRemoved(t *testing.T) {
	dir := t.TempDir()
	f := &fake{}
	s, err := Open(dir, f, f, f, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	st, err := os.Stat(filepath.Join(dir, SocketName))
	if err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("socket %v, %v; want mode 0600", st.Mode(), err)
	}
	if _, err := Open(dir, f, f, f, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "already running") {
		t.Errorf("a second gateway: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, SocketName)); err == nil {
		t.Error("the socket is still there")
	}
}

func TestLeftOverSocketIsReplaced(t *testing.T) {
	dir := t.TempDir()
	l, release, err := listen(dir)
	if err != nil {
		t.Fatal(err)
	}
	// As after kill -9: closed, but the file stays.
	l.(interface{ SetUnlinkOnClose(bool) }).SetUnlinkOnClose(false)
	l.Close()
	release()
	_, c := open(t, dir)
	if _, err := c.Calls(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestLongDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("long-", 30))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	_, c := open(t, dir)
	if _, err := c.Calls(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestMOS(t *testing.T) {
	for _, tt := range []struct{ loss, delay, want float64 }{
		{0, 20, 4.40}, {0.01, 50, 4.3}, {0.10, 100, 3.4}, {1, 500, 1},
	} {
		if got := MOS(tt.loss, tt.delay); math.Abs(got-tt.want) > 0.15 {
			t.Errorf("MOS(%v, %v) = %.2f, want about %.2f", tt.loss, tt.delay, got, tt.want)
		}
	}
}

// A profile of the gateway is what pprof reads; what there is not is said so.
func TestProfile(t *testing.T) {
	dir := t.TempDir()
	f := &fake{}
	s, err := Open(dir, f, f, f, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, kind := range ProfileKinds {
		var made bytes.Buffer
		if err := NewClient(dir).Profile(t.Context(), kind, time.Second, &made); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		if b := made.Bytes(); len(b) < 100 || b[0] != 0x1f || b[1] != 0x8b {
			t.Errorf("%s: %d bytes that are no compressed profile", kind, len(b))
		}
	}
	if err := NewClient(dir).Profile(t.Context(), "nothing", time.Second, io.Discard); !errors.Is(err, ErrNotFound) {
		t.Errorf("an unknown profile: %v", err)
	}
}
