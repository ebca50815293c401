package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/mdlayher/sdnotify"
	"github.com/partyline/partyline/cause"
)

type serveCmd struct{}

// Run runs the gateway until a signal ends it.
func (serveCmd) Run(c *console) error {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)
	return serve(c, signals)
}

// serve runs the gateway until a signal to stop has been obeyed.
func serve(c *console, signals <-chan os.Signal) error {
	cfg, err := c.config()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(cfg.Server.DataDir, 0o700); err != nil {
		return fmt.Errorf("server.data_dir: %w", err)
	}
	defer collectOften()()
	g, err := openGateway(c.ctx, cfg, c.err)
	if err != nil {
		return err
	}
	g.explain(c.ctx, c.out)
	fmt.Fprintln(c.err, "ready")
	n := systemd()
	defer n.Close()
	n.Notify(sdnotify.Ready, sdnotify.Statusf("%s", g.statusLine()))
	stop := g.mind(n)
	for s := range signals {
		if s == syscall.SIGHUP {
			n.Notify(sdnotify.Reloading)
			g.reloadAndLog()
			n.Notify(sdnotify.Ready)
			continue
		}
		n.Notify(sdnotify.Stopping)
		g.drain(signals)
		break
	}
	stop() // of minding: the engines are about to end
	return g.close()
}

// alive says that every engine still does what it is told.
func (g *gateway) alive() bool {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	for _, e := range g.media.Engines() {
		if err := e.Call(ctx, func() {}); err != nil {
			g.log.Error("an engine does not answer", "engine", e.Index(), "err", err)
			return false
		}
	}
	return true
}

// drain takes no new call, lets those that are up go on for most of the drain
// time, then tells everyone and ends what is left. A second signal ends the
// waiting.
func (g *gateway) drain(again <-chan os.Signal) {
	total := g.cfg.Load().Server.DrainTime
	deadline := time.Now().Add(total)
	// What the last words and the BYEs need.
	parting := min(8*time.Second, total/2)
	g.draining.Store(true)
	g.sip.Drain()
	if g.h323 != nil {
		g.h323.Drain()
	}
	g.log.Info("draining: no new calls", "calls", g.calls.count(), "within", total.String())
	g.waitForCalls(total-parting, again)
	g.stop() // the reception tells everyone, and ends the calls
	if !g.waitAttended(time.Until(deadline) - total/8) {
		g.bridge.Hangup(cause.Draining)
	}
	ctx, cancel := context.WithDeadline(context.Background(), deadline)
	defer cancel()
	var parted sync.WaitGroup
	if g.h323 != nil {
		parted.Go(func() {
			if err := g.h323.Shutdown(ctx); err != nil {
				g.log.Warn("some room systems did not acknowledge the end of their calls", "err", err)
			}
		})
	}
	if err := g.sip.Shutdown(ctx); err != nil {
		g.log.Warn("some calls did not acknowledge their end", "err", err)
	}
	parted.Wait()
	g.log.Info("drained")
}

// waitForCalls waits until no call is up, the time is over or a signal comes.
func (g *gateway) waitForCalls(most time.Duration, again <-chan os.Signal) {
	timer := time.NewTimer(most)
	defer timer.Stop()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for g.calls.count() > 0 {
		select {
		case <-timer.C:
			return
		case s := <-again:
			if s != syscall.SIGHUP {
				return
			}
		case <-tick.C:
		}
	}
}
