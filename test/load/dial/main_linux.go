// Dial puts callers into rooms of a gateway on this machine and prints what they
// heard and what it cost:
//
//	go run ./test/load/dial -gateway 127.0.0.1:5060 -pid 4711 -n 100 112752642.48219
//
// Its arguments are rooms, as EXTENSION.PIN; with several, -n is for each of them.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"time"

	"github.com/partyline/partyline/media/codec"
	"github.com/partyline/partyline/test/load"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "dial:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) (err error) {
	runtime.GOMAXPROCS(runtime.NumCPU() + 1) // one for the pacer
	f := flag.NewFlagSet("dial", flag.ExitOnError)
	gateway := f.String("gateway", "127.0.0.1:5060", "where the gateway listens for SIP over UDP")
	name := f.String("codec", "PCMU", "PCMU, PCMA, G722 or opus")
	n := f.Int("n", 10, "callers in each room")
	rate := f.Float64("rate", 50, "calls a second")
	settle := f.Duration("settle", 3*time.Second, "wait before measuring")
	window := f.Duration("duration", 10*time.Second, "measuring time")
	var cfg load.Config
	f.StringVar((*string)(&cfg.Signalling), "signalling", "sip", "sip, h323-fast or h323-slow")
	room := f.String("h323", "127.0.0.1:1720", "where the gateway listens for H.323")
	f.IntVar(&cfg.PID, "pid", 0, "the gateway's process")
	f.IntVar(&cfg.Talkers, "talkers", 2, "talkers in each room")
	f.IntVar(&cfg.Clickers, "clickers", 1, "clickers in each room")
	f.IntVar(&cfg.Tracks, "tracks", 10, "listeners of each room who look for clicks and tones")
	f.StringVar((*string)(&cfg.Idle), "idle", "noise", "what listeners send: noise, silence, dtx or none")
	if err := f.Parse(args); err != nil {
		return err
	}
	cfg.Codec = codec.Name(*name)
	if cfg.Gateway, err = netip.ParseAddrPort(*gateway); err != nil {
		return err
	}
	if cfg.H323, err = netip.ParseAddrPort(*room); err != nil {
		return err
	}
	var calls []int
	for i, r := range f.Args() {
		ext, pin, _ := strings.Cut(r, ".")
		cfg.Rooms = append(cfg.Rooms, load.Room{Extension: ext, PIN: pin})
		calls = append(calls, load.Times(*n, i)...)
	}
	fleet, err := load.Open(cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, fleet.Close()) }()
	setup, err := fleet.Call(ctx, *rate, calls)
	if err != nil {
		return err
	}
	fmt.Printf("set-up ms     p50 %.1f  p99 %.1f  max %.1f, until sound p99 %.1f, %d failed\n", setup.Times.P50, setup.Times.P99, setup.Times.Max, setup.Sound.P99, setup.Failed())
	for why, k := range setup.Failures {
		fmt.Printf("  %d × %s\n", k, why)
	}
	if _, err := fleet.Measure(ctx, *settle, nil); err != nil {
		return err
	}
	m, err := fleet.Measure(ctx, *window, nil)
	if err != nil {
		return err
	}
	r, err := m.Report()
	if err != nil {
		return err
	}
	show(r)
	if setup.Failed() > 0 || r.Lost > 0 {
		return errors.New("calls failed or packets were lost")
	}
	return nil
}

func show(r load.Report) {
	fmt.Printf("packets       received %d, lost %d, missing by the clock %d\n", r.Received, r.Lost, r.Short)
	fmt.Printf("gap ms        p50 %.2f  p99 %.2f  max %.2f, %d over 25 ms\n", r.Gaps.P50, r.Gaps.P99, r.Gaps.Max, r.Late)
	p := r.Presence
	fmt.Printf("tones         %d of %d heard, %.2f of %.0f s missing, %d dropouts, %d slips\n", p.Heard, p.Tones, p.Missing, p.Seconds, p.Dropouts, p.Slips)
	fmt.Printf("mouth-to-ear  p50 %.1f  p99 %.1f ms, mean over phases %.1f / %.1f (%d of %d clicks heard)\n",
		r.MouthToEar.P50, r.MouthToEar.P99, r.MeanP50, r.MeanP99, r.Heard, r.Clicks)
	fmt.Printf("gateway       %.1f %% of a core = %.4f %% a caller, %d KB\n", 100*r.Gateway, r.PerCaller(), r.RSS)
	fmt.Printf("dial          %.1f %% of a core, pacer late p99 %.2f max %.2f ms, %d not sent; others %.1f %%\n", 100*r.Own, r.PacerLate.P99, r.PacerLate.Max, r.SendErrors, 100*r.Others)
}
