package trace

import (
	"slices"
	"strings"
	"time"
)

// Failure is a call that was refused or that failed. The same again, from the same
// peer for the same reason, is counted instead of kept.
type Failure struct {
	First     time.Time `json:"first"`
	Last      time.Time `json:"last"`
	Count     int       `json:"count"`
	Protocol  string    `json:"protocol"`
	Direction string    `json:"direction"` // in, out
	Trunk     string    `json:"trunk,omitempty"`
	Peer      string    `json:"peer"`             // signalling address
	Caller    string    `json:"caller,omitempty"` // masked
	Called    string    `json:"called,omitempty"` // without a PIN; of calls out masked
	// CallID and LegID are those of the last one.
	CallID string `json:"call_id,omitempty"`
	LegID  string `json:"leg,omitempty"`
	Cause  string `json:"cause"`            // the word
	Status int    `json:"status,omitempty"` // of SIP, or Q.850's value; 0: none
	Reason string `json:"reason"`           // in words
}

// mostAlike is how long the same failure again counts as the same.
const mostAlike = 10 * time.Minute

// Fail keeps a failure, given with its time as Last. Its caller is masked here.
func (b *Book) Fail(f Failure) {
	f.Caller = Mask(f.Caller)
	if f.Direction == "out" {
		f.Called = Mask(f.Called)
	}
	f.First, f.Count = f.Last, 1
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := len(b.failures) - 1; i >= max(0, len(b.failures)-64); i-- {
		old := b.failures[i]
		if !old.alike(&f) || f.Last.Sub(old.Last) > mostAlike {
			continue
		}
		f.First, f.Count = old.First, old.Count+1
		b.failures = append(slices.Delete(b.failures, i, i+1), f)
		return
	}
	if len(b.failures) >= b.limits.Failures {
		b.failures = slices.Delete(b.failures, 0, 1)
	}
	b.failures = append(b.failures, f)
}

// alike says whether two failures are of the same peer for the same reason.
func (f *Failure) alike(g *Failure) bool {
	return f.Cause == g.Cause && f.Reason == g.Reason && f.Protocol == g.Protocol && f.Direction == g.Direction &&
		f.Trunk == g.Trunk && hostOf(f.Peer) == hostOf(g.Peer) && (f.Trunk == "" && f.Direction == "in" || f.Called == g.Called)
}

// hostOf is an address without its port.
func hostOf(address string) string {
	if i := strings.LastIndexByte(address, ':'); i > 0 && !strings.HasSuffix(address, "]") {
		return address[:i]
	}
	return address
}

// Failures are the last ones, the newest first.
func (b *Book) Failures() []Failure {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := slices.Clone(b.failures)
	slices.Reverse(all)
	return all
}

// Mask hides the middle of a telephone number: enough is left to tell callers of a
// region, and two callers, apart. Names and extensions of up to six digits stay.
func Mask(number string) string {
	n := 0
	for _, r := range number {
		if r >= '0' && r <= '9' {
			n++
		}
	}
	if n < 7 {
		return number
	}
	first, last := 4, 2 // digits shown
	if n < 9 {
		first = 2
	}
	var out strings.Builder
	seen := 0
	for _, r := range number {
		if r >= '0' && r <= '9' {
			if seen++; seen > first && seen <= n-last {
				r = '*'
			}
		}
		out.WriteRune(r)
	}
	return out.String()
}
