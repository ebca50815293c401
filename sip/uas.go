package sip

import (
	"fmt"
	"hash/maphash"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	msg "github.com/emiago/sipgo/sip"

	"github.com/partyline/partyline/bridge"
)

// What we say that we can do (RFC 3261 §20.5, §20.37, §20.1).
const (
	allow     = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK"
	supported = "100rel, timer"
	accept    = "application/sdp, multipart/mixed"
)

// request takes a request that was parsed: to its transaction, its dialog, or
// what is answered outside of dialogs.
func (s *Server) request(req *msg.Request, data []byte, f flow) {
	src := f.remote()
	if bad := validate(req, data); bad != nil {
		if req.Method != msg.ACK {
			s.stats.malformed.Add(1)
			s.logRefusal(src.Addr(), "request refused", "method", bridge.CleanText(string(req.Method), 32), "reason", bad.reason)
			s.answer(req, f, bad)
		}
		return
	}
	out := f.toward(mark(req.Via(), src, f.network()))
	switch {
	case req.Method == msg.ACK:
		s.tx.absorb(req)
		if l := s.dialogs.find(req); l != nil {
			l.offerPost(func() { l.onACK(req) })
		}
		return
	case s.tx.absorb(req):
		return
	}
	leg := s.dialogs.find(req)
	if leg == nil && s.throttled(src.Addr()) {
		return
	}
	switch {
	case req.Method == msg.CANCEL:
		s.cancel(req, out)
	case leg != nil:
		leg.receive(req, f, out)
	case req.To().Params.Has("tag"):
		s.answer(req, out, &refusal{status: msg.StatusCallTransactionDoesNotExists, reason: "Call/Transaction Does Not Exist"})
	default:
		s.outside(req, f, out)
	}
}

// throttled says whether a source asks too much.
func (s *Server) throttled(src netip.Addr) bool {
	cfg := s.cfg.Load()
	if s.trunkAt(src) != nil || s.meter.request(src, time.Now(), &cfg.Limits) {
		return false
	}
	s.stats.throttled.Add(1)
	s.logRefusal(src, "request dropped", "reason", "too many requests from this source")
	return true
}

// outside answers a request outside of dialogs. The answers are the same for any
// user part, known or not.
func (s *Server) outside(req *msg.Request, f, out flow) {
	switch req.Method {
	case msg.INVITE:
		s.invite(req, f, out)
	case msg.OPTIONS:
		s.options(req, out)
	case msg.BYE, msg.PRACK, msg.UPDATE, msg.INFO:
		s.answer(req, out, &refusal{status: msg.StatusCallTransactionDoesNotExists, reason: "Call/Transaction Does Not Exist"})
	default:
		s.answer(req, out, notAllowed())
	}
}

func notAllowed() *refusal {
	return &refusal{
		status: msg.StatusMethodNotAllowed, reason: "Method Not Allowed",
		headers: []msg.Header{msg.NewHeader("Allow", allow)},
	}
}

// options tells what we can (RFC 3261 §11.2).
func (s *Server) options(req *msg.Request, out flow) {
	if !knownScheme(&req.Recipient) {
		s.answer(req, out, badScheme())
		return
	}
	if bad := extensions(req); bad != nil {
		s.answer(req, out, bad)
		return
	}
	if s.draining.Load() {
		s.answer(req, out, &refusal{
			status: msg.StatusServiceUnavailable, reason: "Service Unavailable",
			headers: []msg.Header{msg.NewHeader("Retry-After", retryAfter)},
		})
		return
	}
	s.answer(req, out, &refusal{status: msg.StatusOK, reason: "OK", headers: abilities()})
}

// knownScheme says whether a Request-URI is of a kind that could lead anywhere
// here (RFC 3261 §8.2.2.1).
func knownScheme(u *msg.Uri) bool { return isSIP(u) || u.Scheme == "tel" }

func badScheme() *refusal {
	return &refusal{status: msg.StatusRequestedRangeNotSatisfiable, reason: "Unsupported URI Scheme"}
}

func abilities() []msg.Header {
	return []msg.Header{
		msg.NewHeader("Allow", allow), msg.NewHeader("Accept", accept),
		msg.NewHeader("Accept-Encoding", "identity"), msg.NewHeader("Accept-Language", "en"),
		msg.NewHeader("Supported", supported),
	}
}

// extensions refuses what a request requires and we lack (RFC 3261 §8.2.2.3).
func extensions(req *msg.Request) *refusal {
	var lacking []string
	for _, r := range tokens(req, "Require", "") {
		if r != "100rel" && r != "timer" {
			lacking = append(lacking, r)
		}
	}
	if lacking == nil {
		return nil
	}
	slices.Sort(lacking)
	return &refusal{
		status: msg.StatusBadExtension, reason: "Bad Extension",
		headers: []msg.Header{msg.NewHeader("Unsupported", strings.Join(slices.Compact(lacking), ", "))},
	}
}

// cancel stops a call that is not answered yet (RFC 3261 §9.2).
func (s *Server) cancel(req *msg.Request, out flow) {
	tx := s.tx.find(asInvite(req))
	switch {
	case tx == nil, tx.ServerTx != nil && tx.leg == nil:
		s.answer(req, out, &refusal{status: msg.StatusCallTransactionDoesNotExists, reason: "Call/Transaction Does Not Exist"})
	case tx.ServerTx == nil: // answered already: it changes nothing
		_ = out.WriteMsg(s.response(req, msg.StatusOK, "OK", tx.last.tag))
	default:
		_ = out.WriteMsg(s.response(req, msg.StatusOK, "OK", tx.leg.tag))
		tx.leg.cancelled(tx)
	}
}

// answer responds without a transaction (RFC 3261 §8.2.7): the same request
// again gets the same response again.
func (s *Server) answer(req *msg.Request, out flow, r *refusal) {
	tag := maphash.String(s.seed, header(req, "Call-ID", "i")+header(req, "From", "f")+header(req, "CSeq", ""))
	res := s.response(req, r.status, r.reason, strconv.FormatUint(tag, 16))
	if r.bare {
		res.RemoveHeader("Server")
	}
	for _, h := range r.headers {
		res.AppendHeader(h)
	}
	if err := out.WriteMsg(res); err != nil {
		s.log.Debug("response not sent", "error", err)
	}
}

// response makes a response with our To tag.
func (s *Server) response(req *msg.Request, status int, reason, tag string) *msg.Response {
	had := req.To() != nil && req.To().Params.Has("tag")
	res := msg.NewResponseFromRequest(req, status, reason, nil)
	res.SipVersion = "SIP/2.0"
	if to := res.To(); to != nil && !had && status != msg.StatusTrying {
		to.Params.Add("tag", tag)
	}
	res.AppendHeader(msg.NewHeader("Server", s.cfg.Load().UserAgent))
	return res
}

// mark notes in the top Via where a request came from and says where its
// responses go (RFC 3261 §18.2.1, §18.2.2; RFC 3581 §4).
func mark(via *msg.ViaHeader, src netip.AddrPort, network string) netip.AddrPort {
	host := strings.Trim(via.Host, "[]")
	rport := via.Params.Has("rport")
	if a, err := netip.ParseAddr(host); err != nil || a.Unmap() != src.Addr() || rport {
		via.Params.Add("received", src.Addr().String())
	}
	if rport {
		via.Params.Add("rport", fmt.Sprint(src.Port()))
		return src
	}
	port := via.Port
	if port <= 0 || port > 65535 {
		port = msg.DefaultPort(network)
	}
	return netip.AddrPortFrom(src.Addr(), uint16(port))
}
