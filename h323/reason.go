package h323

import (
	"errors"

	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/h323/call"
	"github.com/partyline/partyline/h323/secure"
)

// releases are H.225.0's reasons by their names there.
var releases = map[string]call.Release{
	"unreachableDestination": call.ReleaseUnreachableDestination,
	"destinationRejection":   call.ReleaseDestinationRejection,
	"noPermission":           call.ReleaseNoPermission,
	"gatewayResources":       call.ReleaseGatewayResources,
	"adaptiveBusy":           call.ReleaseAdaptiveBusy,
	"inConf":                 call.ReleaseInConf,
	"securityDenied":         call.ReleaseSecurityDenied,
	"facilityCallDeflection": call.ReleaseFacilityCallDeflection,
	"undefinedReason":        call.ReleaseUndefined,
}

// reason is a cause in the words of Q.850 and H.225.0.
func reason(c cause.Cause) call.Reason {
	return call.Reason{Cause: c.Q850(), Release: releases[c.H225()]}
}

// ending is the cause for which the signalling ended, in our words.
func (l *Leg) ending(r call.Reason, at stage) cause.Cause {
	switch {
	case errors.Is(r.Err, secure.ErrRequired):
		return cause.Encryption
	case !r.Peer && r.Err != nil && at >= answered:
		return broken(r)
	case at >= answered:
		return cause.Hangup
	case !l.out:
		return cause.Cancelled
	}
	return refusedFor(r)
}

// broken is why we gave up a call: the peer fell silent or reads no more, speaks no
// H.323, or we failed.
func broken(r call.Reason) cause.Cause {
	switch {
	case r.Cause == 102: // recovery on timer expiry
		return cause.Timeout
	case r.Cause >= 79: // services and protocol, Q.850 classes 5 to 7
		return cause.Unsupported
	}
	return cause.Internal
}

// refusedFor says why a call of ours was not taken.
func refusedFor(r call.Reason) cause.Cause {
	switch r.Release {
	case call.ReleaseInConf, call.ReleaseAdaptiveBusy:
		return cause.Busy
	case call.ReleaseSecurityDenied:
		return cause.Encryption
	}
	switch r.Cause {
	case 17: // user busy
		return cause.Busy
	case 18, 19, 102: // no user responding, no answer from user, timer expiry
		return cause.NoAnswer
	case 16, 21, 31, 57, 111: // cleared, rejected, not authorised
		if r.Peer {
			return cause.Rejected
		}
	case 58, 65, 79, 88: // bearer capability, incompatible destination
		return cause.Unsupported
	}
	return cause.Unreachable
}
