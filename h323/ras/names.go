package ras

import (
	"slices"
	"strings"
	"time"

	"github.com/partyline/partyline/h323/h225"
)

// A gatekeeper gives a name to one endpoint only and refuses a whole registration
// for one name that another endpoint has (duplicateAlias, H.225.0 §7.9.3). We
// register without such names then, and try them again now and then: the other one
// may be ourselves at an earlier address, whose registration has not run out yet.
const (
	reclaimAfter = 2 * time.Minute
	// mostReclaimed is how many are tried again at once: some gatekeepers say one
	// name at a time, so that each costs a request. If they are free, the next follow.
	mostReclaimed = 16
)

// names are those that we have with the gatekeeper. The client's goroutine owns it.
type names struct {
	claimed []h225.AliasAddress // in the last full RRQ
	taken   []string            // by others; those tried last stand at the end
	told    []string            // what the log says is taken, sorted
	again   alarm               // the next try
	waiting bool                // again is set
	trying  bool                // one is under way,
	struck  bool                // and a name of it was refused
}

// claim chooses the names for a full RRQ.
func (c *Client) claim() {
	n := &c.names
	if len(n.taken) > 0 {
		ours := texts(c.aliases)
		n.taken = slices.DeleteFunc(slices.Clone(n.taken), func(t string) bool { return !ours[strings.ToLower(t)] })
	}
	if n.claimed = n.free(c.aliases); len(n.claimed) == 0 {
		n.taken, n.claimed = nil, c.aliases
	}
}

// texts are names without regard to their kind and to capitals.
func texts(list []h225.AliasAddress) map[string]bool {
	m := make(map[string]bool, len(list))
	for i := range list {
		m[strings.ToLower(list[i].Text())] = true
	}
	return m
}

// free are those of the names that are not taken.
func (n *names) free(all []h225.AliasAddress) []h225.AliasAddress {
	if len(n.taken) == 0 {
		return all
	}
	taken := make(map[string]bool, len(n.taken))
	for _, t := range n.taken {
		taken[strings.ToLower(t)] = true
	}
	return slices.DeleteFunc(slices.Clone(all), func(a h225.AliasAddress) bool { return taken[strings.ToLower(a.Text())] })
}

// strike takes note of the names that an RRJ says others have; false: there were
// none of ours, or nothing would be left.
func (n *names) strike(refused []h225.AliasAddress) bool {
	before, theirs := n.taken, texts(refused)
	for i := range n.claimed {
		name := n.claimed[i].Text()
		if theirs[strings.ToLower(name)] {
			n.taken = append(n.taken, name)
		}
	}
	if len(n.taken) == len(before) || len(n.free(n.claimed)) == 0 {
		n.taken = before
		return false
	}
	n.struck = true
	return true
}

// forget has the next registration try all names.
func (n *names) forget() {
	n.again.stop()
	n.taken, n.waiting, n.trying, n.struck = nil, false, false, false
}

// named is a full RCF: what we claimed is ours. What is not is tried again later,
// or at once if the last that were tried again had become free.
func (c *Client) named() {
	n := &c.names
	free := n.trying && !n.struck
	n.trying, n.struck = false, false
	if free && len(n.taken) > 0 {
		c.reclaim()
		return
	}
	if len(n.taken) > 0 && !n.waiting {
		n.waiting = true
		n.again.set(c, reclaimAfter, c.reclaim)
	}
	taken := slices.Sorted(slices.Values(n.taken))
	switch {
	case slices.Equal(taken, n.told):
		return
	case len(taken) == 0:
		c.log.Info("ras: all names are registered now")
	default:
		c.log.Warn("ras: registered without names that other endpoints have", "names", taken, "gatekeeper", c.gk.addr)
	}
	n.told = taken
}

// reclaim tries the names again that have waited longest.
func (c *Client) reclaim() {
	if c.phase != Registered || c.closing {
		return
	}
	n := &c.names
	n.waiting = false
	if len(n.taken) == 0 {
		return
	}
	n.taken = n.taken[min(mostReclaimed, len(n.taken)):]
	n.trying = true
	if c.underWay(rrq) != nil {
		c.renamed = true
		return
	}
	c.register()
}
