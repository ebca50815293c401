package sip

import (
	"strconv"
	"strings"
	"time"

	msg "github.com/emiago/sipgo/sip"
)

// sessionTimer is what a dialog agreed about its session interval (RFC 4028).
type sessionTimer struct {
	interval time.Duration // 0: none
	weDo     bool          // we refresh
	peerCan  bool          // the peer knows session timers
	minSE    time.Duration // the least the peer's side takes, once it said so
}

// negotiate reads a session refresh request's wishes and decides (RFC 4028 §9).
// A peer that doesn't know session timers is refreshed by us: that is how a held
// call whose caller has vanished ends.
func negotiate(req *msg.Request, cfg *Config) (sessionTimer, *refusal) {
	t := sessionTimer{interval: cfg.SessionExpires, minSE: minSE(req)}
	for _, s := range tokens(req, "Supported", "k") {
		t.peerCan = t.peerCan || s == "timer"
	}
	asked, refresher, ok := sessionExpires(req)
	if ok && asked < cfg.MinSE {
		if t.peerCan {
			return t, &refusal{
				status: 422, reason: "Session Interval Too Small",
				headers: []msg.Header{msg.NewHeader("Min-SE", seconds(cfg.MinSE))},
			}
		}
		asked = cfg.MinSE // a proxy's wish: it could not use a 422
	}
	if ok {
		t.interval = min(t.interval, asked)
	}
	t.interval = max(t.interval, t.minSE, cfg.MinSE)
	if ok {
		t.interval = min(t.interval, max(asked, t.minSE))
	}
	t.weDo = !t.peerCan || refresher == "uas"
	return t, nil
}

// proposal is what our INVITE asks for (RFC 4028 §7.1); least is what a 422 asked for.
func proposal(cfg *Config, least time.Duration) sessionTimer {
	t := sessionTimer{minSE: max(cfg.MinSE, least)}
	t.interval = max(cfg.SessionExpires, t.minSE)
	return t
}

// granted is what the answer to our INVITE makes of it (RFC 4028 §7.2). A peer that
// says nothing of session timers is refreshed by us, as one that called would be.
func granted(res *msg.Response, asked sessionTimer, cfg *Config) sessionTimer {
	t := asked
	t.weDo = true
	for _, s := range tokens(res, "Supported", "k") {
		t.peerCan = t.peerCan || s == "timer"
	}
	if d, refresher, ok := sessionExpires(res); ok {
		t.interval, t.weDo = max(d, cfg.MinSE), refresher != "uas"
		t.peerCan = true
	}
	return t
}

// headers are what the 2xx says of it.
func (t sessionTimer) headers() []msg.Header {
	if t.interval == 0 {
		return nil
	}
	who := "uac"
	if t.weDo {
		who = "uas"
	}
	hs := []msg.Header{msg.NewHeader("Session-Expires", seconds(t.interval)+";refresher="+who)}
	if t.peerCan && !t.weDo {
		hs = append(hs, msg.NewHeader("Require", "timer"))
	}
	return hs
}

// sessionExpires reads Session-Expires.
func sessionExpires(m interface{ Headers() []msg.Header }) (d time.Duration, refresher string, ok bool) {
	v := header(m, "Session-Expires", "x")
	if v == "" {
		return 0, "", false
	}
	num, params, _ := strings.Cut(v, ";")
	n, err := strconv.ParseUint(strings.TrimSpace(num), 10, 31)
	if err != nil {
		return 0, "", false
	}
	for p := range strings.SplitSeq(params, ";") {
		k, val, _ := strings.Cut(p, "=")
		if strings.EqualFold(strings.TrimSpace(k), "refresher") {
			refresher = strings.ToLower(strings.TrimSpace(val))
		}
	}
	return time.Duration(n) * time.Second, refresher, true
}

// minSE reads Min-SE; none is 0.
func minSE(m interface{ Headers() []msg.Header }) time.Duration {
	num, _, _ := strings.Cut(header(m, "Min-SE", ""), ";")
	n, err := strconv.ParseUint(strings.TrimSpace(num), 10, 16)
	if err != nil {
		return 0
	}
	return time.Duration(n) * time.Second
}

// expiry is when a session that the peer should refresh is given up: a little
// before its end, so that the BYE is not crossed by the peer's (RFC 4028 §10).
func (t sessionTimer) expiry() time.Duration {
	if t.weDo {
		return t.interval
	}
	return t.interval - min(32*time.Second, t.interval/3)
}
