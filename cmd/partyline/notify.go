package main

import (
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/mdlayher/sdnotify"
)

// systemd tells the service manager, if there is one, how we are. A nil notifier
// does nothing.
func systemd() *sdnotify.Notifier {
	n, err := sdnotify.New()
	if err != nil {
		return nil
	}
	return n
}

// statusTime is how old what systemctl shows of us may be.
const statusTime = 5 * time.Second

// grace is what we ask systemd for each time while we drain. It is longer than
// two rounds of mind.
const grace = 30 * time.Second

// mind tells the service manager that we live (WatchdogSec), what we do (systemctl
// status), and, while calls are let end, that stopping takes longer. The returned
// function ends it and waits.
func (g *gateway) mind(n *sdnotify.Notifier) (stop func()) {
	if n == nil {
		return func() {}
	}
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(min(watchdogInterval(), statusTime))
		defer tick.Stop()
		said := ""
		for {
			select {
			case <-end:
				return
			case <-tick.C:
			}
			var news []string
			if s := g.statusLine(); s != said {
				news, said = append(news, sdnotify.Statusf("%s", s)), s
			}
			if g.draining.Load() {
				news = append(news, fmt.Sprint("EXTEND_TIMEOUT_USEC=", grace.Microseconds()))
			}
			if g.alive() {
				news = append(news, "WATCHDOG=1")
			}
			n.Notify(news...)
		}
	}()
	return func() {
		close(end)
		<-ended
	}
}

// statusLine is how things are, in a line.
func (g *gateway) statusLine() string {
	calls, rooms := plural(g.calls.count(), "call"), plural(len(g.bridge.Rooms()), "room")
	if g.draining.Load() {
		return "draining: " + calls + " to end"
	}
	return calls + " in " + rooms
}

// watchdogInterval is half the time after which systemd thinks us dead.
func watchdogInterval() time.Duration {
	us, err := strconv.ParseInt(os.Getenv("WATCHDOG_USEC"), 10, 64)
	if err != nil || us <= 0 {
		return time.Hour
	}
	return max(time.Duration(us)*time.Microsecond/2, time.Millisecond)
}
