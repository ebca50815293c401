// Call has a test endpoint call a gateway by H.323:
//
//	go run ./test/endpoint/call -gateway 127.0.0.1:1720 -called 112752642#48219 -tone 440 -record heard.wav -seconds 10
//
// It prints "connected" once sound can go both ways, and why the call ended. It
// hangs up when its time is over, or at an interrupt; then the recording is written.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	h323 "github.com/partyline/partyline/h323/call"
	"github.com/partyline/partyline/h323/secure"
	"github.com/partyline/partyline/media/pcm"
	"github.com/partyline/partyline/test/endpoint"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "call:", err)
		os.Exit(1)
	}
}

// patience is how long the answer and the channels may take.
const patience = 30 * time.Second

func run(ctx context.Context, args []string) (err error) {
	f := flag.NewFlagSet("call", flag.ExitOnError)
	gateway := f.String("gateway", "127.0.0.1:1720", "where the gateway listens for H.323")
	called := f.String("called", "", "the number, name or h323: URL that is called; empty: the bare address")
	codecs := f.String("codec", "g722,pcma,pcmu", "formats, best first")
	play := f.String("play", "", "a WAV file that is said, over and over")
	tone := f.Float64("tone", 0, "a tone that is said, in Hz; 0: silence")
	record := f.String("record", "", "a WAV file for what is heard")
	seconds := f.Float64("seconds", 0, "length of the call; 0: until it ends or is interrupted")
	keys := f.String("keys", "", "keys that are pressed once connected, by H.245 signals")
	encryption := f.String("encryption", "off", "off, preferred or required")
	o := endpoint.Options{}
	f.StringVar(&o.Name, "name", "", "the display name")
	f.BoolVar(&o.Slow, "slow", false, "without fast connect")
	f.BoolVar(&o.Separate, "separate", false, "without tunnelling of H.245")
	if err := f.Parse(args); err != nil {
		return err
	}
	for c := range strings.SplitSeq(*codecs, ",") {
		o.Audio = append(o.Audio, h323.Codec(c))
	}
	if o.Encryption, err = secure.ParsePolicy(*encryption); err != nil {
		return err
	}
	to, err := netip.ParseAddrPort(*gateway)
	if err != nil {
		return err
	}
	var aliases []h323.Alias
	if *called != "" {
		a, ok := h323.ParseAlias(*called)
		if !ok {
			return fmt.Errorf("%q is no alias", *called)
		}
		aliases = append(aliases, a)
	}
	c, err := endpoint.Dial(ctx, to, aliases, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if err := speak(c, *play, *tone); err != nil {
		return err
	}
	if err := connected(ctx, c); err != nil {
		return err
	}
	if err := c.Press(endpoint.Signal, *keys); err != nil {
		return err
	}
	sound, rate := listen(ctx, c, *seconds)
	if *record == "" {
		return nil
	}
	return save(*record, sound, rate)
}

// speak chooses what is said.
func speak(c *endpoint.Call, file string, hz float64) error {
	c.Tone(hz)
	if file == "" {
		return nil
	}
	r, err := os.Open(file)
	if err != nil {
		return err
	}
	defer r.Close()
	sound, rate, err := pcm.ReadWAV(r)
	if err == nil {
		c.Play(sound, rate)
	}
	return err
}

// connected waits until sound can go both ways.
func connected(ctx context.Context, c *endpoint.Call) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := c.Answered(ctx); err != nil {
		return err
	}
	if err := c.Open(ctx); err != nil {
		return err
	}
	fmt.Println("connected")
	return nil
}

// listen keeps what is heard until the call is over.
func listen(ctx context.Context, c *endpoint.Call, seconds float64) (sound []int16, rate int) {
	if seconds > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(seconds*float64(time.Second)))
		defer cancel()
	}
	if why, err := c.Ended(ctx); err == nil {
		fmt.Println("ended:", why)
	} else {
		fmt.Println("ended by us")
	}
	return c.Heard()
}

func save(file string, sound []int16, rate int) error {
	if rate == 0 {
		return errors.New("nothing was heard")
	}
	w, err := os.Create(file)
	if err != nil {
		return err
	}
	return errors.Join(pcm.WriteWAV(w, sound, rate), w.Close())
}
