package webrtc

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/media/codec"
)

// fleetEnv makes the test's process a fleet of browsers.
const fleetEnv = "PARTYLINE_BROWSERS"

// order is what the benchmark asks of its fleet, report what that answers.
type (
	order struct {
		Do    string        // offer, answer, clicks
		SDP   string        // of an answer
		Talk  bool          // of an offer: a talker, else a listener
		Click int           // of an offer: the place of its clicks in a second, from 1; 0: none
		Ear   bool          // of an offer: it listens for clicks
		After time.Duration // of an offer: it speaks so much later than the others
	}
	report struct {
		SDP    string
		Clicks []time.Duration // from sending a click's packet to the arrival of its onset
	}
)

// fleet is browsers in a process of their own.
type fleet struct {
	testing.TB
	cmd *exec.Cmd
	out *json.Encoder
	in  *json.Decoder
}

func newFleet(t testing.TB) *fleet {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fleetEnv+"=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		cmd.Wait()
	})
	return &fleet{t, cmd, json.NewEncoder(in), json.NewDecoder(out)}
}

func (f *fleet) ask(o order) (r report) {
	f.Helper()
	if err := f.out.Encode(o); err != nil {
		f.Fatal(err)
	}
	if err := f.in.Decode(&r); err != nil {
		f.Fatal(err)
	}
	return r
}

// join has the fleet open one browser more, which goes into the room.
func (h *house) join(f *fleet, o order) *Leg {
	h.Helper()
	leg, err := h.server.NewLeg(bridge.Party{})
	if err != nil {
		h.Fatal(err)
	}
	o.Do = "offer"
	answer, err := leg.Offer(h.Context(), f.ask(o).SDP)
	if err != nil {
		h.Fatal(err)
	}
	f.ask(order{Do: "answer", SDP: answer})
	select {
	case <-leg.Connected():
	case <-time.After(patience):
		h.Fatal("not connected")
	}
	h.enter(leg)
	return leg
}

// sail is the fleet's process: it obeys until its input ends.
func sail() {
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	t := &crew{}
	start := time.Now().Truncate(time.Second)
	var last *browser
	var todo order
	clicks := &clickLog{}
	for {
		var o order
		if in.Decode(&o) != nil {
			os.Exit(0)
		}
		var r report
		switch o.Do {
		case "offer":
			last, todo = newBrowser(t, browserConfig{}), o
			last.deaf = !o.Ear
			if o.Ear {
				last.got = clicks.hear(last)
			}
			r.SDP = last.offer(nil, false)
		case "answer":
			last.take(o.SDP)
			go last.speak(todo, start, clicks)
		case "clicks":
			r.Clicks = clicks.take()
		}
		out.Encode(r)
	}
}

// crew lets the test's helpers run without a test.
type crew struct{ testing.TB }

func (*crew) Helper()               {}
func (*crew) Cleanup(func())        {}
func (*crew) Fatal(args ...any)     { panic(args) }
func (*crew) Fatalf(string, ...any) { panic("fatal") }

// A click is 20 ms of clickHz, amid noise.
const clickHz = 2500

// script is a second of what a browser says, coded.
func (o order) script(f codec.Format) (payloads [][]byte) {
	enc, _ := codec.NewEncoder(f)
	n := f.SampleRate / 50
	pcm := make([]int16, n)
	for i := range 100 {
		for j := range pcm {
			at := float64(i*n+j) / float64(f.SampleRate)
			x := 12 * rand.NormFloat64()
			switch {
			case o.Talk: // vowels and breath
				loud := 0.6 + 0.4*math.Sin(2*math.Pi*4*at)
				for k := 1.0; k < 12; k++ {
					x += loud * 2500 / k * math.Sin(2*math.Pi*130*k*at)
				}
				x += loud * 300 * rand.NormFloat64()
			case o.Click > 0 && i%50 == o.Click:
				x = 14000 * math.Sin(2*math.Pi*clickHz*at)
			}
			pcm[j] = int16(max(-32000, min(32000, x)))
		}
		var buf [codec.MaxPayload]byte
		k, _ := enc.Encode(buf[:], pcm)
		if i >= 50 { // the coder is warm
			payloads = append(payloads, append([]byte(nil), buf[:k]...))
		}
	}
	return payloads
}

// speak sends for ever: a listener a packet of DTX every 400 ms.
func (b *browser) speak(o order, start time.Time, clicks *clickLog) {
	var payloads [][]byte
	listener := !o.Talk && o.Click == 0
	if listener {
		payloads = [][]byte{{0xf8}}
	} else {
		payloads = o.script(b.codec)
	}
	seq := uint16(0)
	for i := int(time.Since(start)/(20*time.Millisecond)) + 1; ; i++ {
		time.Sleep(time.Until(start.Add(time.Duration(i)*20*time.Millisecond + o.After)))
		if listener && i%20 != 0 {
			continue
		}
		seq++
		p := &rtp.Packet{
			Header:  rtp.Header{Version: 2, SequenceNumber: seq, Timestamp: uint32(i * 960)},
			Payload: payloads[i%len(payloads)],
		}
		level := byte(127)
		switch {
		case o.Talk:
			level = 22
		case o.Click > 0 && i%50 == o.Click:
			level = 10
			clicks.sent(time.Now())
		case o.Click > 0:
			level = 68
		}
		p.SetExtension(1, []byte{level})
		b.track.WriteRTP(p)
	}
}

// clickLog times clicks.
type clickLog struct {
	mu      sync.Mutex
	pending []time.Time
	delays  []time.Duration
	quiet   int // samples since it was loud
}

func (c *clickLog) sent(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pending = append(c.pending, at)
}

// hear looks for onsets in what a browser hears.
func (c *clickLog) hear(b *browser) func(*rtp.Packet) {
	return func(p *rtp.Packet) {
		now := time.Now()
		var pcm [5760]int16
		n, err := b.decoder.Decode(pcm[:], p.Payload)
		if err != nil {
			return
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, v := range pcm[:n] {
			if v < 3000 && v > -3000 {
				c.quiet++
				continue
			}
			if c.quiet > 48*60 {
				c.onset(now)
			}
			c.quiet = 0
		}
	}
}

func (c *clickLog) onset(now time.Time) {
	for i := len(c.pending) - 1; i >= 0; i-- {
		if d := now.Sub(c.pending[i]); d > 0 && d < 180*time.Millisecond {
			c.delays = append(c.delays, d)
			c.pending = nil
			return
		}
	}
}

func (c *clickLog) take() []time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	d := c.delays
	c.delays = nil
	return d
}
