// Bench measures the built gateway on this machine and prints the figures beside the
// targets: what a participant costs, how late sound arrives, how long a call takes to
// be answered, and whether a busy room is ever late. `make bench` runs it.
//
// It builds the gateway, runs it on 127.0.0.1 with data of its own, calls it with
// package load, and cleans up. It ends with 1 when a call failed or sound was lost,
// not when a target is missed: another machine has other figures. What this machine
// asks for a bare packet is measured in the same run, for comparison.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// bench is one run.
type bench struct {
	bin      string // the gateway
	dir      string
	rtpPorts string
	sipPort  int
	metrics  int
	confload string
	calls    int // by H.323 and by SIP, in comparison
	window   time.Duration
	table    *table
	limit    time.Duration // for a packet in and out, with the kernel's timestamps
	troubles []string
	// disturbed are the measurements beside which other processes were busy.
	disturbed []string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// scenario is a part of the run with a gateway of its own.
type scenario struct {
	name string
	run  func(*bench, context.Context) error
}

func scenarios(capacity bool) []scenario {
	if capacity {
		return []scenario{{"capacity", (*bench).capacity}}
	}
	return []scenario{
		{"room", (*bench).room},
		{"rooms", (*bench).rooms},
		{"g722", (*bench).g722},
		{"opus", (*bench).opus},
		{"h323", (*bench).h323},
		{"beside", (*bench).beside},
		{"confload", (*bench).others},
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 1 && args[0] == spinArg {
		return spin()
	}
	runtime.GOMAXPROCS(runtime.NumCPU() + 2) // two for the pacers of two fleets
	b := &bench{table: &table{out: os.Stdout}}
	f := flag.NewFlagSet("bench", flag.ExitOnError)
	f.StringVar(&b.bin, "gateway", "", "a gateway that is built already")
	f.StringVar(&b.rtpPorts, "rtp-ports", "26000-27999", "the gateway's RTP ports")
	f.IntVar(&b.sipPort, "sip-port", 0, "the gateway's SIP port; 0: any")
	f.IntVar(&b.metrics, "metrics-port", 0, "the gateway's port for metrics; 0: any")
	f.StringVar(&b.confload, "confload", "", "another load generator, confload, to be run beside; default: the one in PATH")
	f.IntVar(&b.calls, "calls", 500, "calls by H.323, and as many by SIP")
	f.DurationVar(&b.window, "window", 16*time.Second, "measuring time in one large room; half of it elsewhere")
	only := f.String("only", "", "only these parts, comma separated: room, rooms, g722, opus, h323, beside, confload")
	capacity := f.Bool("capacity", false, "how many callers this machine holds, instead; takes minutes")
	awake := f.Bool("awake", false, "keep the processors from sleeping, to tell the host's lateness from the gateway's")
	micro := f.Int("micro", 0, "then run the packages' benchmarks so many times each")
	if err := f.Parse(args); err != nil {
		return err
	}
	if err := b.prepare(ctx); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	if *awake {
		sleep, err := stayAwake()
		if err != nil {
			return err
		}
		defer sleep()
	}
	if err := b.machine(); err != nil {
		return err
	}
	for _, s := range scenarios(*capacity) {
		if *only != "" && !strings.Contains(","+*only+",", ","+s.name+",") {
			continue
		}
		if err := s.run(b, ctx); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			b.trouble("%s: %v", s.name, err)
		}
	}
	b.table.end()
	if len(b.disturbed) > 0 {
		fmt.Println("other processes were busy, measure again:", strings.Join(b.disturbed, ", "))
	}
	if *micro > 0 {
		if err := microBenchmarks(ctx, *micro); err != nil {
			b.trouble("%v", err)
		}
	}
	for _, t := range b.troubles {
		fmt.Println("FAILED:", t)
	}
	if len(b.troubles) > 0 {
		return errors.New("calls failed or sound was lost")
	}
	return nil
}

// trouble is what makes the run fail in the end.
func (b *bench) trouble(format string, args ...any) {
	b.troubles = append(b.troubles, fmt.Sprintf(format, args...))
}

// prepare makes the folder of the run and builds the gateway into it.
func (b *bench) prepare(ctx context.Context) (err error) {
	if b.dir, err = os.MkdirTemp("", "partyline-bench"); err != nil {
		return err
	}
	if b.confload == "" {
		b.confload, _ = exec.LookPath("confload") // there need not be one
	}
	if b.bin != "" {
		b.bin, err = filepath.Abs(b.bin)
		return err
	}
	b.bin = filepath.Join(b.dir, "partyline")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", b.bin, "./cmd/partyline")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		os.RemoveAll(b.dir)
		return fmt.Errorf("the gateway cannot be built (bench runs in the repository's root): %w\n%s", err, out)
	}
	return nil
}
