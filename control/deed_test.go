package control

import (
	"fmt"
	"log/slog"
	"testing"
	"time"
)

// Everything that is done over the socket is told of, with who did it; what is only
// asked, or refused, is not.
func TestWatch(t *testing.T) {
	dir := t.TempDir()
	f := &fake{}
	s, err := Open(dir, f, f, f, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	told := make(chan Deed, 16)
	s.Watch(func(d Deed) { told <- d })
	c, ctx := NewClient(dir), t.Context()
	if _, err := c.Calls(ctx); err != nil {
		t.Fatal(err)
	}
	if c.Kick(ctx, "nobody") == nil {
		t.Error("a call that there is not was ended")
	}
	for _, err := range []error{
		c.Kick(ctx, "a1b2"), c.SendKeys(ctx, "a1b2", "48219"), c.Lock(ctx, "112752642", true), c.End(ctx, "112752642"),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	if _, err := c.Reload(ctx); err != nil {
		t.Error(err)
	}
	want := []string{"end-call a1b2", "keys-call a1b2", "lock-room 112752642", "end-room 112752642", "reload "}
	var got []string
	for range want { // the answer comes before the telling
		select {
		case d := <-told:
			got = append(got, d.Action+" "+d.Subject)
			if d.User != UserName() {
				t.Errorf("done by %q, want %q", d.User, UserName())
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("told %q, want %q", got, want)
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("told %q, want %q", got, want)
	}
}
