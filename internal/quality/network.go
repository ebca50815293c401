package quality

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/partyline/partyline/internal/shim"
)

// Network is what packets suffer. Loss, Reorder, Late, Delay and Jitter mean the
// same as in a running shim; a packet's fate depends on the seed and its place.
type Network struct {
	shim.Conditions
	// Burst makes the losses come in runs of so many packets on average, by
	// Gilbert's model: 0 or 1: each by itself.
	Burst float64
	// Wild lets packets overtake each other in the jitter.
	Wild bool
	// From and To bound the time in which jitter and losses happen; 0: all of it.
	From, To time.Duration
	// Out is when nothing gets through, for OutFor; with Stall it all comes when
	// the network is back.
	Out, OutFor time.Duration
	Stall       bool
	Seed        uint64
}

// reorderLate is what a packet that is overtaken waits, unless Late says else.
const reorderLate = 30 * time.Millisecond

// Carry sends a trace through the network.
func (n Network) Carry(t *Trace) *Trace {
	r := rand.New(rand.NewPCG(n.Seed, 0x5eed))
	out := *t
	out.Packets = make([]Packet, 0, len(t.Packets))
	var last time.Duration
	bad := false
	for _, p := range t.Packets {
		loss, order, jitter := r.Float64(), r.Float64(), r.Float64()
		bad = n.loses(bad, loss)
		on := p.Sent >= n.From && (n.To == 0 || p.Sent < n.To)
		cut := n.OutFor > 0 && p.Sent >= n.Out && p.Sent < n.Out+n.OutFor
		if on && bad || cut && !n.Stall {
			continue
		}
		p.Arrival = p.Sent + n.Delay
		if on {
			p.Arrival += time.Duration(jitter * float64(n.Jitter))
		}
		if cut {
			p.Arrival = max(p.Arrival, n.Out+n.OutFor+n.Delay)
		}
		switch {
		case on && order < n.Reorder:
			late := n.Late
			if late == 0 {
				late = reorderLate
			}
			p.Arrival += late
		case !n.Wild:
			p.Arrival = max(p.Arrival, last)
			last = p.Arrival
		}
		out.Packets = append(out.Packets, p)
	}
	slices.SortStableFunc(out.Packets, func(a, b Packet) int { return int(a.Arrival - b.Arrival) })
	return &out
}

// loses is the state after bad: of two, of which one loses every packet. It is
// left with a chance of 1/Burst, and entered so often that the share is Loss.
func (n Network) loses(bad bool, dice float64) bool {
	if n.Burst <= 1 {
		return dice < n.Loss
	}
	leave := 1 / n.Burst
	if bad {
		return dice >= leave
	}
	return dice < n.Loss/(1-n.Loss)*leave
}
