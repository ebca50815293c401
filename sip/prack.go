package sip

import (
	"fmt"
	"slices"
	"strconv"

	msg "github.com/emiago/sipgo/sip"
)

// reliable is the RSeq of a provisional response that wants a PRACK (RFC 3262 §4);
// 0: it does not.
func reliable(res *msg.Response) uint32 {
	if !slices.Contains(tokens(res, "Require", ""), "100rel") {
		return 0
	}
	n, err := strconv.ParseUint(header(res, "RSeq", ""), 10, 32)
	if err != nil {
		return 0
	}
	return uint32(n)
}

// acknowledged sees to the PRACK of a provisional response, if it wants one. One
// that came before, or before its time, is not to be looked at: it reports false.
func (l *Leg) acknowledged(v *invitation, b *branch, res *msg.Response) bool {
	n := reliable(res)
	switch {
	case n == 0:
		return true
	case b.rseq != 0 && n != b.rseq+1:
		return false
	}
	b.rseq = n
	d := b.dlg
	req := d.request(msg.PRACK, d.next(), l.cfg.UserAgent)
	req.AppendHeader(msg.NewHeader("RAck", fmt.Sprintf("%d %d INVITE", n, v.req.CSeq().SeqNo)))
	v.used(d.localSeq)
	l.sendIn(d, req, 64*msg.T1, func(res *msg.Response, err error) {
		if err != nil || res.StatusCode >= 300 {
			l.log.Warn("the party did not take our PRACK", "error", err, "status", statusOf(res))
		}
	})
	return true
}

func statusOf(res *msg.Response) int {
	if res == nil {
		return 0
	}
	return res.StatusCode
}

// used notes a CSeq that an early dialog has used: what follows must be higher.
func (v *invitation) used(seq uint32) {
	for {
		before := v.seq.Load()
		if seq <= before || v.seq.CompareAndSwap(before, seq) {
			return
		}
	}
}
