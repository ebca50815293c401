package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/bridge/memory"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/control"
	"github.com/partyline/partyline/store"
)

// statesOf are the states of steps.
func statesOf(steps []control.Progress) (all string) {
	for _, p := range steps {
		all += " " + strings.TrimSpace(p.State+" "+p.Cause)
	}
	return strings.TrimSpace(all)
}

// The steps of a call are told to whoever follows it, from the first to the last, each
// once; the end is the end.
func TestCallOutSteps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var table callsOut
		ctx, cancel := context.WithCancelCause(t.Context())
		c, err := table.add(order{room: &store.Room{ID: "r1"}}, &target{number: "+41445550100"}, cancel)
		if err != nil {
			t.Fatal(err)
		}
		told := make(chan []control.Progress, 2)
		follow := func(ctx context.Context) {
			var steps []control.Progress
			if err := c.follow(ctx, func(p control.Progress) { steps = append(steps, p) }); err != nil {
				steps = append(steps, control.Progress{State: "gone"})
			}
			told <- steps
		}
		go follow(t.Context())
		gone, leave := context.WithCancel(t.Context())
		go follow(gone)
		synctest.Wait()
		c.tell("calling")
		c.tell("ringing")
		c.tell("ringing")
		synctest.Wait()
		leave()
		if got := statesOf(<-told); got != "calling ringing gone" {
			t.Errorf("who went away was told %q", got)
		}
		if c.giveUp(); !errors.Is(context.Cause(ctx), cause.Cancelled) {
			t.Error("not given up")
		}
		for range 2 * mostSteps {
			c.tell("proceeding")
			c.tell("ringing")
		}
		c.fail(cause.Busy, "")
		c.connected()
		steps := <-told
		if last := steps[len(steps)-1]; last.State != control.Failed || last.Text != "busy" || last.Call != c.id || len(steps) > mostSteps+1 {
			t.Errorf("%d steps, the last %+v", len(steps), last)
		}
		go follow(t.Context()) // late
		if late := <-told; len(late) != len(steps) {
			t.Errorf("told late: %d", len(late))
		}
	})
}

// What is over is told of for two minutes, and never fills the memory.
func TestCallsOutAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var table callsOut
		add := func(room string) *callOut {
			c, err := table.add(order{room: &store.Room{ID: room}}, &target{number: "1"}, func(error) {})
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		lasting := add("r1")
		for range mostRemembered + 5 {
			add("r1").fail(cause.NoAnswer, "")
			time.Sleep(time.Millisecond)
		}
		other := add("r2")
		other.fail(cause.Busy, "")
		if n := len(table.of("r1")); n != mostRemembered {
			t.Errorf("%d of r1 are remembered", n)
		}
		if table.find("r1", other.id) != nil || table.find("r2", other.id) != other || table.find("", other.id) != other {
			t.Error("found in the wrong room")
		}
		table.drop(other)
		table.drop(other)
		if len(table.of("r2")) != 0 {
			t.Error("not forgotten")
		}
		time.Sleep(remembered)
		if list := table.of(""); len(list) != 1 || list[0] != lasting {
			t.Errorf("%d are left", len(list))
		}
		for range mostCallsOut - 1 {
			add("r3")
		}
		if _, err := table.add(order{room: &store.Room{ID: "r3"}}, &target{number: "1"}, func(error) {}); !errors.Is(err, cause.Limit) {
			t.Errorf("one too many: %v", err)
		}
	})
}

// answering is a way by which a memory leg answers, after it has rung.
func answering(leg *memory.Leg, left *atomic.Int32) outward {
	return outward{
		dial: func(ctx context.Context, tell func(string)) (bridge.Leg, error) {
			tell("calling")
			tell("ringing")
			if leg == nil {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			return leg, nil
		},
		leave: func() { left.Add(1) },
	}
}

// carried makes a call by a way and gives it with its end.
func carried(t *testing.T, g *gateway, o order, w outward) (*callOut, chan struct{}) {
	t.Helper()
	ctx, cancel := context.WithCancelCause(g.serving)
	c, err := g.out.add(o, &target{number: "+41445550100"}, cancel)
	if err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	go func() {
		defer close(over)
		defer cancel(nil)
		defer w.over()
		g.carry(ctx, c, w)
	}()
	return c, over
}

// A call out goes from its order into its room; one that must be confirmed joins when 1
// is pressed, and one that is given up ends.
func TestCallOut(t *testing.T) {
	t.Parallel()
	file := config(t, quiet)
	c := &console{file: file}
	cfg, err := c.config()
	if err != nil {
		t.Fatal(err)
	}
	g, err := openGateway(t.Context(), cfg, newStream())
	if err != nil {
		t.Fatal(err)
	}
	defer g.close()
	for _, extension := range []string{"112752642", "200200200"} {
		must(t, "room", "add", "--config", file, "--extension", extension, "--name", "Board", "--pin", "48219", "--host-pin", "97531")
	}
	room, err := g.store.RoomByExtension(t.Context(), "112752642")
	if err != nil {
		t.Fatal(err)
	}
	var left atomic.Int32
	seen := func(id string) control.Call {
		for _, call := range (liveCalls{g}).List() {
			if call.ID == id {
				return call
			}
		}
		return control.Call{}
	}

	anna := memory.New("anna", 16000, bridge.Party{Number: "+41445550100"})
	o := order{to: "+41445550100", room: room, name: "Anna", role: store.Host, confirm: true, wait: time.Minute}
	call, over := carried(t, g, o, answering(anna, &left))
	until(t, "it is asked", func() bool { return call.last().State == stateAnswered })
	if at := seen("anna"); at.State != "reception" || at.Room != "" {
		t.Errorf("before the 1 it is %+v", at)
	}
	until(t, "it joins", func() bool {
		anna.Press("1")
		return call.last().State == control.Connected
	})
	until(t, "it is in the room", func() bool { at := seen("anna"); return at.State == "room" && at.Role == "host" && at.Name == "Anna" })

	// The host moves it to another room; to the same it does not go.
	must(t, "calls", "transfer", "anna", "--room", "200200200", "--config", file)
	until(t, "it is moved", func() bool { at := seen("anna"); return at.Room == "200200200" && at.Role == "guest" })
	for args, want := range map[string]string{
		"--room 200200200":                 "already",
		"--room 999999999":                 "no room",
		"--to sip:ada@example.org":         "only SIP calls",
		"--room 112752642 --to sip:a@b.ch": "",
		"":                                 "",
	} {
		code, _, errs := try(append([]string{"calls", "transfer", "anna", "--config", file}, strings.Fields(args)...)...)
		if code == exitDone || !strings.Contains(errs, want) {
			t.Errorf("%s: exit %d, %s", args, code, errs)
		}
	}
	anna.Hangup(cause.Hangup)
	<-over

	// A mailbox presses nothing. Here it hangs up.
	mailbox := memory.New("mailbox", 16000, bridge.Party{})
	call, over = carried(t, g, o, answering(mailbox, &left))
	until(t, "it is asked", func() bool { return call.last().State == stateAnswered })
	mailbox.Hangup(cause.Hangup)
	<-over
	if p := call.last(); p.State != control.Failed || p.Cause != "rejected" || !strings.Contains(p.Text, "pressing 1") {
		t.Errorf("the mailbox: %+v", p)
	}

	// Nobody answers, and who wanted the call gives it up by the command line.
	call, over = carried(t, g, order{to: "x", room: room, wait: time.Minute}, answering(nil, &left))
	until(t, "it rings", func() bool { return seen(call.id).State == "ringing" })
	if at := seen(call.id); at.Direction != "out" || at.Room != "112752642" || at.Remote != "+41445550100" {
		t.Errorf("on the way it is %+v", at)
	}
	must(t, "calls", "kick", call.id, "--config", file)
	<-over
	if p := call.last(); p.Cause != "cancelled" {
		t.Errorf("given up: %+v", p)
	}
	call, over = carried(t, g, order{to: "x", room: room, wait: time.Millisecond}, answering(nil, &left))
	<-over
	if p := call.last(); p.Cause != "no-answer" {
		t.Errorf("not answered: %+v", p)
	}
	// Who hears that a call is connected can end it at once.
	for i := range 20 {
		phone := memory.New(fmt.Sprint("phone", i), 8000, bridge.Party{})
		call, over = carried(t, g, order{to: "x", room: room, wait: time.Minute}, answering(phone, &left))
		err := call.follow(t.Context(), func(p control.Progress) {
			if p.State == control.Connected {
				if err := (liveCalls{g}).Kick(p.ID); err != nil {
					t.Errorf("the call that is connected is not ended: %v", err)
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		phone.Hangup(cause.Hangup)
		<-over
	}
	if n := left.Load(); n != 24 {
		t.Errorf("%d of 24 places are given back", n)
	}
	if got := fmt.Sprint(len(g.out.of(room.ID))); got != "24" {
		t.Errorf("%s calls are remembered", got)
	}
}
