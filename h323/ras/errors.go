package ras

import (
	"errors"
	"net/netip"
	"reflect"
	"strings"
)

// What a request may fail with, beside a *RejectError and the context's error.
var (
	// ErrNotRegistered: there is no gatekeeper at the moment. A call may go on
	// without.
	ErrNotRegistered = errors.New("ras: not registered with a gatekeeper")
	// ErrNoAnswer: the gatekeeper did not answer, nor its retries. A call may go
	// on without.
	ErrNoAnswer = errors.New("ras: no answer from the gatekeeper")
	// ErrNotUnderstood: the gatekeeper does not know the request (XRS).
	ErrNotUnderstood = errors.New("ras: the gatekeeper does not understand the request")
	// ErrClosed: the client has been closed.
	ErrClosed = errors.New("ras: client is closed")
	// ErrEnded: the call has been disengaged.
	ErrEnded = errors.New("ras: call has ended")
)

// RejectError is a gatekeeper's refusal.
type RejectError struct {
	// Request is the message that was refused: "admissionRequest".
	Request string
	// Reason is the reason as H.225.0 writes it: "calledPartyNotRegistered";
	// "unknown" for one of a later version.
	Reason string
	// Address is the gatekeeper's call signalling address, where an ARJ with
	// reason routeCallToGatekeeper wants the caller to be sent (H.323 §8.4.2).
	Address netip.AddrPort
	// Bandwidth is what a BRJ would allow, in units of 100 bit/s.
	Bandwidth int64
}

func (e *RejectError) Error() string {
	return "ras: gatekeeper refused " + e.Request + ": " + e.Reason
}

// alternative names the alternative that is set in the CHOICE that p points to,
// as H.225.0 writes it.
func alternative(p any) string {
	v := reflect.ValueOf(p).Elem()
	for i := range v.NumField() {
		f := v.Field(i)
		if k := f.Kind(); (k == reflect.Pointer || k == reflect.Slice) && !f.IsNil() {
			name := v.Type().Field(i).Name
			return strings.ToLower(name[:1]) + name[1:]
		}
	}
	return "unknown"
}
