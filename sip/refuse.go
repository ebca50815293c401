package sip

import (
	"fmt"
	"strings"

	msg "github.com/emiago/sipgo/sip"

	"github.com/partyline/partyline/cause"
)

// retryAfter is what 503 tells to wait, in seconds.
const retryAfter = "30"

// phrases are the reason phrases of the statuses that causes have.
func phrase(status int) string {
	switch status {
	case 302:
		return "Moved Temporarily"
	case 403:
		return "Forbidden"
	case 404:
		return "Not Found"
	case 408:
		return "Request Timeout"
	case 480:
		return "Temporarily Unavailable"
	case 486:
		return "Busy Here"
	case 487:
		return "Request Terminated"
	case 488:
		return "Not Acceptable Here"
	case 502:
		return "Bad Gateway"
	case 503:
		return "Service Unavailable"
	case 603:
		return "Decline"
	}
	return "Server Internal Error"
}

// refuse makes a refusal of a cause; text says more than the cause does, for the
// Warning of a 488 (RFC 3261 §20.43).
func refuse(c cause.Cause, agent, text string) *refusal {
	status := c.SIP()
	if status < 300 { // an end without fault, before there was an answer
		status = msg.StatusTemporarilyUnavailable
	}
	r := &refusal{status: status, reason: phrase(status)}
	r.headers = append(r.headers, msg.NewHeader("Reason", reasonQ850(c)))
	switch status {
	case msg.StatusServiceUnavailable:
		r.headers = append(r.headers, msg.NewHeader("Retry-After", retryAfter))
	case msg.StatusNotAcceptableHere:
		r.headers = append(r.headers, warning(agent, text))
	}
	return r
}

// warning is a Warning of code 305, incompatible media format, or 399.
func warning(agent, text string) msg.Header {
	if agent == "" {
		agent = "partyline"
	}
	code := 305
	if strings.Contains(text, "encrypt") {
		code = 399
	}
	return msg.NewHeader("Warning", fmt.Sprintf("%d %s %s", code, agent, quoted(text)))
}

// reasonQ850 and reason are Reason values (RFC 3326). A normal end has no SIP
// cause.
func reasonQ850(c cause.Cause) string {
	return fmt.Sprintf("Q.850;cause=%d;text=%s", c.Q850(), quoted(c.Text()))
}

func reason(c cause.Cause) string {
	if c.SIP() < 300 {
		return reasonQ850(c)
	}
	return fmt.Sprintf("SIP;cause=%d;text=%s, %s", c.SIP(), quoted(c.Text()), reasonQ850(c))
}

// quoted is text as a quoted-string (RFC 3261 §25.1).
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\r", " ", "\n", " ").Replace(s) + `"`
}
