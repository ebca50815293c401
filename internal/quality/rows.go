package quality

import (
	"time"

	"github.com/partyline/partyline/internal/shim"
	"github.com/partyline/partyline/media/codec"
)

// Row is one impairment.
type Row struct {
	Name string
	Net  Network
	// Peer is how f is sent; nil: as usual.
	Peer func(f codec.Format) Peer
	// Noisy puts the speech into a room with some noise.
	Noisy bool
	// Length of the speech; 0: as the caller says.
	Length time.Duration
	// Clearly says that a fixed buffer breaks here, so that ours has to be better
	// and not only as good.
	Clearly bool
}

// Codecs are those the rows are measured with.
var Codecs = [...]codec.Name{codec.PCMU, codec.G722, codec.Opus}

const middle = 12 * time.Second

// Rows are the impairments, mild ones first.
func Rows() []Row {
	rows := []Row{{Name: "clean"}}
	rows = append(rows, losses()...)
	rows = append(rows, jitters()...)
	rows = append(rows, peers()...)
	return rows
}

func losses() []Row {
	var rows []Row
	for _, l := range []struct {
		name string
		loss float64
	}{{"1 %", 0.01}, {"5 %", 0.05}, {"10 %", 0.10}, {"20 %", 0.20}} {
		c := shim.Conditions{Loss: l.loss}
		rows = append(rows, Row{Name: "loss " + l.name, Net: Network{Conditions: c, Seed: 1}, Clearly: l.loss >= 0.05})
	}
	for _, l := range []struct {
		name string
		loss float64
	}{{"1 %", 0.01}, {"5 %", 0.05}, {"10 %", 0.10}, {"20 %", 0.20}} {
		c := shim.Conditions{Loss: l.loss}
		rows = append(rows, Row{Name: "loss " + l.name + " in bursts", Net: Network{Conditions: c, Burst: 2.5, Seed: 2}, Clearly: l.loss >= 0.05})
	}
	return rows
}

func jitters() []Row {
	jitter := func(d time.Duration) shim.Conditions { return shim.Conditions{Jitter: d * time.Millisecond} }
	return []Row{
		{Name: "jitter 0-20 ms", Net: Network{Conditions: jitter(20), Seed: 3}},
		{Name: "jitter 0-60 ms", Net: Network{Conditions: jitter(60), Seed: 3}},
		{Name: "jitter 0-120 ms", Net: Network{Conditions: jitter(120), Seed: 3}},
		{Name: "jitter +-20 ms", Net: Network{Conditions: jitter(40), Wild: true, Seed: 4}},
		{Name: "jitter +-60 ms", Net: Network{Conditions: jitter(120), Wild: true, Seed: 4}, Clearly: true},
		{Name: "jitter +-120 ms", Net: Network{Conditions: jitter(240), Wild: true, Seed: 4}, Clearly: true},
		{Name: "reordering 5 %", Net: Network{Conditions: shim.Conditions{Reorder: 0.05}, Seed: 5}},
		{Name: "outage of 2 s", Net: Network{Out: middle, OutFor: 2 * time.Second}},
		{Name: "stall of 2 s", Net: Network{Out: middle, OutFor: 2 * time.Second, Stall: true}},
	}
}

func peers() []Row {
	drift := func(ppm float64) func(codec.Format) Peer {
		return func(codec.Format) Peer { return Peer{Drift: ppm} }
	}
	change := func(c Change) func(codec.Format) Peer {
		c.At = middle
		return func(codec.Format) Peer { return Peer{Change: &c} }
	}
	return []Row{
		{Name: "clock +200 ppm, 10 min", Peer: drift(-200), Length: 10 * time.Minute},
		{Name: "clock -200 ppm, 10 min", Peer: drift(200), Length: 10 * time.Minute},
		{Name: "new SSRC", Peer: change(Change{SSRC: true})},
		{Name: "new payload type", Peer: func(f codec.Format) Peer {
			return Peer{Change: &Change{At: middle, Format: otherType(f)}}
		}},
		{Name: "new packet sizes", Peer: func(f codec.Format) Peer { return Peer{Ptime: sizes(f)} }},
		{Name: "new sequence", Peer: change(Change{Seq: 20000})},
		{Name: "comfort noise", Noisy: true, Peer: func(codec.Format) Peer { return Peer{Comfort: true} }},
		{Name: "telephone-event", Peer: func(codec.Format) Peer { return Peer{Keys: keys} }},
	}
}

// otherType is a payload type that the peer may change to: another law for
// G.711, another number for the same codec else.
func otherType(f codec.Format) codec.Format {
	if f.Name == codec.PCMU {
		return codec.Standard(codec.PCMA)
	}
	f.PayloadType = 121
	return f
}

// sizes goes through all packet sizes that a codec has, each for four seconds.
func sizes(f codec.Format) func(time.Duration) time.Duration {
	all := []time.Duration{20, 10, 40, 30, 60, 20}
	if f.Name == codec.Opus {
		all = []time.Duration{20, 10, 40, 60, 20}
	}
	return func(at time.Duration) time.Duration {
		return all[int(at/(4*time.Second))%len(all)] * time.Millisecond
	}
}

// keys presses one for 160 ms every three seconds.
func keys(at time.Duration) bool { return at%(3*time.Second) >= 2840*time.Millisecond }
