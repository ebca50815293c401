package quality

import (
	"fmt"
	"testing"
	"time"

	"github.com/partyline/partyline/internal/shim"
	"github.com/partyline/partyline/media/codec"
	"github.com/partyline/partyline/media/playout"
)

// What a score may be below the baseline's, and above it where that breaks.
const (
	tolerance = 0.01
	clearly   = 0.015
)

// Under every impairment the speech is as good as through a fixed buffer, and
// better where that breaks; and it comes sooner wherever the network allows it.
func TestNeverWorseThanAFixedBuffer(t *testing.T) {
	s := NewStudio(20 * time.Second)
	for _, row := range Rows() {
		row.Length = min(row.Length, time.Minute)
		for _, name := range Codecs {
			if !chosen(row, name) {
				continue
			}
			t.Run(fmt.Sprintf("%s/%s", row.Name, name), func(t *testing.T) {
				t.Parallel()
				r, err := s.Measure(row, name)
				if err != nil {
					t.Fatal(err)
				}
				ours, naive := r.ScoreOurs, r.ScoreNaive
				t.Logf("ours %+v, naive %+v, %+v", ours, naive, r.Ours.Stats)
				if ours.ESTOI < naive.ESTOI-tolerance {
					t.Errorf("ESTOI %.3f, of a fixed buffer %.3f", ours.ESTOI, naive.ESTOI)
				}
				if row.Clearly && ours.ESTOI < naive.ESTOI+clearly {
					t.Errorf("ESTOI %.3f is not clearly better than a fixed buffer's %.3f", ours.ESTOI, naive.ESTOI)
				}
				if ours.LSD > naive.LSD+0.15 {
					t.Errorf("distance %.2f dB, of a fixed buffer %.2f dB", ours.LSD, naive.LSD)
				}
				if naive.Lost < 0.1 && ours.Delay > naive.Delay {
					t.Errorf("delay %v, of a fixed buffer %v", ours.Delay, naive.Delay)
				}
			})
		}
	}
}

// chosen are the rows that are quick enough: all for G.711, for Opus those where
// the codec's own means come in.
func chosen(row Row, name codec.Name) bool {
	if raced {
		return name == codec.PCMU && row.Clearly && row.Net.Loss == 0.1
	}
	if testing.Short() {
		return name == codec.PCMU && (row.Clearly || row.Length > 0) && row.Net.Burst == 0
	}
	switch name {
	case codec.G722:
		return row.Length == 0 && (row.Clearly || row.Peer != nil || row.Net.Reorder > 0)
	case codec.Opus:
		return row.Clearly && row.Net.Jitter == 0 || row.Net.Reorder > 0
	}
	return true
}

// Jitter alone costs no sound once the delay has been found: two seconds.
func TestJitterLosesNothing(t *testing.T) {
	figures(t)
	s := NewStudio(20 * time.Second)
	for _, row := range Rows() {
		if row.Net.Jitter == 0 && row.Net.Reorder == 0 || testing.Short() && row.Net.Wild {
			continue
		}
		t.Run(row.Name, func(t *testing.T) {
			t.Parallel()
			sent, err := s.send(row, codec.Standard(codec.PCMU))
			if err != nil {
				t.Fatal(err)
			}
			h, err := Ours(row.Net.Carry(sent), phase)
			if err != nil {
				t.Fatal(err)
			}
			// A single straggler in two seconds is not waited for.
			if n := concealed(h.Is[100:]); n > 6 {
				t.Errorf("%d ticks concealed of %d, %+v", n, len(h.Is)-100, h.Stats)
			}
		})
	}
}

func concealed(is []playout.Activity) int {
	n := 0
	for _, a := range is {
		if a == playout.Concealed {
			n++
		}
	}
	return n
}

// A sender's clock that is fast or slow for ten minutes makes no gap, neither now
// and then nor at all, and no delay that grows.
func TestTenMinutesOfDrift(t *testing.T) {
	figures(t)
	length := 10 * time.Minute
	if testing.Short() {
		length = 2 * time.Minute
	}
	for _, name := range []codec.Name{codec.PCMU, codec.G722} {
		f := codec.Standard(name)
		speech := said(t, f.SampleRate, length)
		for _, ppm := range []float64{200, -200} {
			t.Run(fmt.Sprintf("%s/%+v", name, ppm), func(t *testing.T) {
				t.Parallel()
				began := time.Now()
				sent, err := Peer{Drift: ppm}.Send(speech, f)
				if err != nil {
					t.Fatal(err)
				}
				h, err := Ours(sent, phase)
				if err != nil {
					t.Fatal(err)
				}
				if took := time.Since(began); took > length {
					t.Errorf("took %v", took)
				}
				if n := gaps(h.Is); n > 1 { // it may be told late once that the clock is slow
					t.Errorf("%d gaps, %+v", n, h.Stats)
				}
				for i, d := range h.Delay {
					if d > 40*time.Millisecond {
						t.Fatalf("delay %v after %v", d, time.Duration(i)*tick)
					}
				}
				t.Logf("delay %v at the end, %+v", h.Delay[len(h.Delay)-1], h.Stats)
			})
		}
	}
}

// gaps counts the ticks without sound, after the first with it.
func gaps(is []playout.Activity) int {
	n, on := 0, false
	for _, a := range is {
		if a == playout.Voice {
			on = true
		} else if on {
			n++
		}
	}
	return n
}

// When the network is quiet again the delay is down within ten seconds.
func TestDelayFollowsTheNetworkDown(t *testing.T) {
	figures(t)
	f := codec.Standard(codec.PCMU)
	const bad, all = 10 * time.Second, 22 * time.Second
	speech := said(t, f.SampleRate, all)
	for _, jitter := range []time.Duration{20, 60, 120, 240} {
		for _, loss := range []float64{0, 0.05} {
			n := Network{Conditions: shim.Conditions{Jitter: jitter * time.Millisecond, Loss: loss}, Wild: true, To: bad, Seed: 7}
			sent, err := Peer{}.Send(speech, f)
			if err != nil {
				t.Fatal(err)
			}
			h, err := Ours(n.Carry(sent), phase)
			if err != nil {
				t.Fatal(err)
			}
			during, after := h.Delay[bad/tick-1], h.Delay[(bad+10*time.Second)/tick]
			t.Logf("jitter to %d ms, loss %v: delay %v, ten seconds later %v, %+v", jitter, loss, during, after, h.Stats)
			if after > 25*time.Millisecond {
				t.Errorf("jitter to %d ms: delay %v ten seconds later, was %v", jitter, after, during)
			}
			if n := concealed(h.Is[(bad+time.Second)/tick:]); n > 0 {
				t.Errorf("jitter to %d ms: %d ticks concealed on the way down", jitter, n)
			}
		}
	}
}

// What a peer changes in mid-stream is heard at most as one lost packet.
func TestChangesAreNotHeard(t *testing.T) {
	figures(t)
	s := NewStudio(20 * time.Second)
	for _, row := range Rows() {
		if row.Peer == nil || row.Noisy || row.Length > 0 {
			continue
		}
		for _, name := range []codec.Name{codec.PCMU, codec.G722} {
			sent, err := s.send(row, codec.Standard(name))
			if err != nil {
				t.Fatal(err)
			}
			h, err := Ours(sent, phase)
			if err != nil {
				t.Fatal(err)
			}
			// Packets of 60 ms may be waited for twice.
			if n := concealed(h.Is); n > 2 {
				t.Errorf("%s, %s: %d ticks concealed, %+v", row.Name, name, n, h.Stats)
			}
			if d := h.Delay[len(h.Delay)-1]; d > 60*time.Millisecond {
				t.Errorf("%s, %s: delay %v at the end", row.Name, name, d)
			}
		}
	}
}

// Redundancy in Opus gives back what was lost.
func TestOpusRedundancyIsUsed(t *testing.T) {
	figures(t)
	if testing.Short() {
		t.Skip("Opus encodes slowly")
	}
	s := NewStudio(20 * time.Second)
	r, err := s.Measure(Row{Net: Network{Conditions: shim.Conditions{Loss: 0.1}, Seed: 8}}, codec.Opus)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v, %+v", r.ScoreOurs, r.Ours.Stats)
	if st := r.Ours.Stats; st.Recovered*2 < st.Lost {
		t.Errorf("%+v", st)
	}
	if r.ScoreOurs.ESTOI < 0.96 {
		t.Errorf("ESTOI %.3f at 10 %% loss", r.ScoreOurs.ESTOI)
	}
}
