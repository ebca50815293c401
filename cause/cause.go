// Package cause says why a call ended or was refused. A Cause is one thing that
// every protocol, the prompts, the logs and the call detail records put into
// their own words, so that they never disagree.
package cause

import "fmt"

// Cause is why a call ended or was refused.
type Cause uint8

// The causes.
const (
	None           Cause = iota // the call lives
	Hangup                      // the party hung up
	Cancelled                   // the caller gave up before the answer
	Ended                       // a host ended the meeting for all
	Removed                     // a host or admin removed the party
	Denied                      // extension or PIN wrong too often
	LockedOut                   // too many failed attempts: back-off in force
	Unroutable                  // no extension and no rule
	Forbidden                   // the source may not call
	Full                        // the room has no place left
	Locked                      // the room is locked
	TooEarly                    // the meeting has not opened
	Over                        // the meeting is over
	Unsupported                 // no common codec or an unacceptable offer
	Encryption                  // SRTP required and not offered
	Limit                       // the gateway or trunk is at its limit
	Draining                    // the gateway is shutting down
	Timeout                     // neither media nor an answer to a probe
	SessionExpired              // the session timer ran out (RFC 4028)
	NoEntry                     // nothing was keyed
	Busy                        // dial-out: busy
	NoAnswer                    // dial-out: not answered
	Unreachable                 // dial-out: no way there
	Rejected                    // dial-out: declined
	Internal                    // a fault of ours
	TestDone                    // the test call is done
	LinkUnknown                 // no such guest link
	LinkReplaced                // the guest link was replaced by another
	LinkEnded                   // what the guest link led to is no more
	Redirected                  // sent to another address, which the caller's network calls

	causes // how many there are
)

type words struct {
	word, text string
	sip, q850  int
	prompt     string
	h225       string
}

var table = [...]words{
	None:           {"none", "the call lives", 200, 16, "", ""},
	Hangup:         {"hangup", "the party hung up", 200, 16, "", ""},
	Cancelled:      {"cancelled", "the caller gave up before the answer", 487, 16, "", ""},
	Ended:          {"ended", "the host ended the meeting", 200, 16, "meeting-ended", ""},
	Removed:        {"removed", "removed from the meeting", 200, 16, "removed", ""},
	Denied:         {"denied", "meeting number or PIN wrong too often", 403, 21, "goodbye", "securityDenied"},
	LockedOut:      {"locked-out", "too many failed attempts from this source", 403, 21, "goodbye", "securityDenied"},
	Unroutable:     {"unroutable", "no such extension and no rule matches", 404, 1, "", "unreachableDestination"},
	Forbidden:      {"forbidden", "the source may not call", 403, 21, "", "noPermission"},
	Full:           {"full", "the meeting is full", 486, 17, "meeting-full", "inConf"},
	Locked:         {"locked", "the meeting is locked", 603, 21, "meeting-locked", "destinationRejection"},
	TooEarly:       {"too-early", "the meeting has not opened yet", 480, 31, "too-early", "destinationRejection"},
	Over:           {"over", "the meeting is over", 603, 31, "meeting-over", "destinationRejection"},
	Unsupported:    {"unsupported", "no acceptable media in the offer", 488, 79, "", "undefinedReason"},
	Encryption:     {"encryption-required", "encryption is required and was not offered", 488, 79, "", "securityDenied"},
	Limit:          {"limit", "at the call limit", 503, 34, "", "gatewayResources"},
	Draining:       {"draining", "the gateway is shutting down", 503, 41, "shutdown", "adaptiveBusy"},
	Timeout:        {"timeout", "no media and no answer to a probe", 408, 102, "", "undefinedReason"},
	SessionExpired: {"session-expired", "the session timer ran out", 408, 102, "", "undefinedReason"},
	NoEntry:        {"no-entry", "nothing was keyed", 480, 19, "goodbye", ""},
	Busy:           {"busy", "busy", 486, 17, "", "inConf"},
	NoAnswer:       {"no-answer", "no answer", 480, 19, "", ""},
	Unreachable:    {"unreachable", "unreachable", 502, 38, "", "unreachableDestination"},
	Rejected:       {"rejected", "the call was declined", 603, 21, "", "destinationRejection"},
	Internal:       {"internal", "internal error", 500, 41, "goodbye", "undefinedReason"},
	TestDone:       {"test-done", "the test call is done", 200, 16, "goodbye", ""},
	LinkUnknown:    {"link-unknown", "no such link", 404, 1, "", "unreachableDestination"},
	LinkReplaced:   {"link-replaced", "this link was replaced", 410, 22, "", "unreachableDestination"},
	LinkEnded:      {"link-ended", "this link has ended", 410, 22, "", "unreachableDestination"},
	Redirected:     {"redirected", "sent to another address", 302, 23, "", "facilityCallDeflection"},
}

func (c Cause) words() words {
	if int(c) < len(table) {
		return table[c]
	}
	return words{word: fmt.Sprintf("cause-%d", c), text: "unknown cause", sip: 500, q850: 41, h225: "undefinedReason"}
}

// String is the word of call detail records, logs and metrics.
func (c Cause) String() string { return c.words().word }

// Text is a sentence fragment for people: SIP Reason and Warning texts, the CLI.
func (c Cause) Text() string { return c.words().text }

// SIP is the response status with which a call is refused before its answer
// (RFC 3261 §21).
func (c Cause) SIP() int { return c.words().sip }

// Q850 is the cause value of ITU-T Q.850, for the SIP Reason header (RFC 3326)
// and H.225.0 release.
func (c Cause) Q850() int { return c.words().q850 }

// H225 is the ReleaseCompleteReason of H.225.0 §7.3.6 by its name there; empty
// where Q.850's value alone says it: a normal end.
func (c Cause) H225() string { return c.words().h225 }

// Prompt names the prompt that is played before an answered call is ended for
// this cause; empty for none.
func (c Cause) Prompt() string { return c.words().prompt }

// Error makes a Cause an error that carries its own verdict.
func (c Cause) Error() string { return c.Text() }
