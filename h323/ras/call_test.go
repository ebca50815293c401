package ras

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/partyline/partyline/h323/h225"
)

func TestBandwidth(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		c, g := n.registered(t, config())
		call := admit(t, c, ask(1))
		if b, err := call.SetBandwidth(context.Background(), 2000); b != 2000 || err != nil || call.Grant().Bandwidth != 2000 {
			t.Errorf("%d %v", b, err)
		}
		if r := g.last("bandwidthRequest").BandwidthRequest; r.BandWidth != 2000 || string(r.CallIdentifier.Guid) != string(call.CallID()) || r.EndpointIdentifier != "1234_gk" {
			t.Errorf("BRQ %+v", r)
		}
		g.on(func(m *h225.RasMessage) bool {
			if m.BandwidthRequest != nil {
				g.send(&h225.RasMessage{BandwidthReject: &h225.BandwidthReject{
					RequestSeqNum: m.BandwidthRequest.RequestSeqNum, AllowedBandWidth: 2100, RejectReason: h225.BandRejectReason{InsufficientResources: null()},
				}})
			}
			return m.BandwidthRequest != nil
		})
		var reject *RejectError
		if b, err := call.SetBandwidth(context.Background(), 9000); b != 2000 || !errors.As(err, &reject) || reject.Bandwidth != 2100 || reject.Reason != "insufficientResources" {
			t.Errorf("%d %v", b, err)
		}
		g.on(silent)
		if b, err := call.SetBandwidth(context.Background(), 100); b != 2000 || err != ErrNoAnswer {
			t.Errorf("%d %v", b, err)
		}
		call.Disengage()
		synctest.Wait()
		if _, err := call.SetBandwidth(context.Background(), 1); err != ErrEnded {
			t.Error(err)
		}
	})
}

// brq is the gatekeeper's wish for a call's bandwidth.
func (g *fakeGatekeeper) brq(call Admission, bandwidth int64) {
	g.send(&h225.RasMessage{BandwidthRequest: &h225.BandwidthRequest{
		RequestSeqNum: g.next(), EndpointIdentifier: g.endpoint(), ConferenceID: call.ConferenceID,
		CallReferenceValue: int(call.CallReference), BandWidth: bandwidth, CallIdentifier: &h225.CallIdentifier{Guid: call.CallID},
	}})
	synctest.Wait()
}

func TestBandwidthByGatekeeper(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		c, g := n.registered(t, config())
		plain, able := ask(1), ask(2)
		able.Limited = func(b int64) bool { return b >= 640 }
		call, other := admit(t, c, plain), admit(t, c, able)
		for i, step := range []struct {
			to      Admission
			wanted  int64
			allowed int64 // by a BCF; negative: by a BRJ
		}{{plain, 3000, 3000}, {plain, 100, -3000}, {able, 640, 640}, {able, 100, -640}, {ask(3), 1, 0}} {
			g.brq(step.to, step.wanted)
			var got int64
			if step.allowed > 0 {
				got = g.last("bandwidthConfirm").BandwidthConfirm.BandWidth
			} else {
				r := g.last("bandwidthReject").BandwidthReject
				got = -r.AllowedBandWidth
				if unknown := r.RejectReason.InvalidConferenceID != nil; unknown != (step.allowed == 0) {
					t.Errorf("step %d: %+v", i, r)
				}
			}
			if got != step.allowed {
				t.Errorf("step %d: %d, want %d", i, got, step.allowed)
			}
		}
		if call.Grant().Bandwidth != 3000 || other.Grant().Bandwidth != 640 {
			t.Errorf("%d and %d", call.Grant().Bandwidth, other.Grant().Bandwidth)
		}
	})
}

func TestDisengagedByGatekeeper(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		c, g := n.registered(t, config())
		var told atomic.Int32
		self := ask(1) // from us to ourselves
		out, in := self, self
		in.Answer = true
		in.Disengaged = func(reason string) {
			if reason != "forcedDrop" {
				t.Error(reason)
			}
			told.Add(1)
		}
		out.Disengaged = func(string) { t.Error("the wrong one of two calls is ended") }
		admit(t, c, out)
		call := admit(t, c, in)
		drq := &h225.DisengageRequest{
			RequestSeqNum: g.next(), EndpointIdentifier: g.endpoint(), ConferenceID: in.ConferenceID, CallReferenceValue: 1,
			CallIdentifier: &h225.CallIdentifier{Guid: in.CallID}, AnsweredCall: yes(), DisengageReason: h225.DisengageReason{ForcedDrop: null()},
		}
		for range 3 { // again and again, as if the DCF were lost
			g.send(&h225.RasMessage{DisengageRequest: drq})
		}
		synctest.Wait()
		if told.Load() != 1 || len(g.messages("disengageConfirm")) != 3 || status(c).Calls != 1 {
			t.Errorf("told %d times, %d DCFs, %d calls", told.Load(), len(g.messages("disengageConfirm")), status(c).Calls)
		}
		call.Disengage()
		drq.RequestSeqNum, drq.EndpointIdentifier = g.next(), "somebody"
		g.send(&h225.RasMessage{DisengageRequest: drq})
		synctest.Wait()
		if d := g.last("disengageReject").DisengageReject; d.RejectReason.NotRegistered == nil || len(g.messages("disengageRequest")) != 0 {
			t.Errorf("DRJ %+v", d)
		}
	})
}

// Gatekeepers of version 1 know calls by conference and reference.
func TestDisengagedWithoutIdentifier(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		c, g := n.registered(t, config())
		a := ask(1)
		admit(t, c, a)
		g.send(&h225.RasMessage{DisengageRequest: &h225.DisengageRequest{
			RequestSeqNum: g.next(), EndpointIdentifier: g.endpoint(), ConferenceID: a.ConferenceID, CallReferenceValue: 1,
			DisengageReason: h225.DisengageReason{ForcedDrop: null()},
		}})
		synctest.Wait()
		if status(c).Calls != 0 {
			t.Error("the call stays")
		}
	})
}
