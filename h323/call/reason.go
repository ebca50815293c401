package call

import (
	"errors"
	"fmt"

	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/h323/per"
	"github.com/partyline/partyline/h323/q931"
)

// Reason is why a call ended: what ReleaseComplete says (H.225.0 §7.3.9).
type Reason struct {
	// Cause is the Q.850 cause value; 0: derived from Release.
	Cause int
	// Release is the H.225.0 reason; ReleaseNone: derived from Cause, if it has one.
	Release Release
	// Peer says that the peer ended the call; else we did.
	Peer bool
	// Err is what went wrong, if something did: a lost connection, a timer, a
	// message that cannot be decoded. It is for logs.
	Err error
}

// String is for logs.
func (r Reason) String() string {
	who := "us"
	if r.Peer {
		who = "peer"
	}
	s := fmt.Sprintf("cause %d, reason %s, by %s", r.Cause, r.Release, who)
	if r.Err != nil {
		s += ": " + r.Err.Error()
	}
	return s
}

// The causes of Q.850 that this package gives itself.
const (
	causeNoRoute            = int(q931.NoRouteToDestination)
	causeNormalClearing     = int(q931.NormalClearing)
	causeNoUserResponding   = int(q931.NoUserResponding)
	causeNoAnswer           = int(q931.NoAnswer)
	causeNormalUnspecified  = int(q931.NormalUnspecified)
	causeTemporaryFailure   = int(q931.TemporaryFailure)
	causeNoResource         = int(q931.ResourceUnavailable)
	causeNotImplemented     = int(q931.ServiceNotImplemented)
	causeElementMissing     = int(q931.MandatoryElementMissing)
	causeInvalidContents    = int(q931.InvalidElementContents)
	causeRecoveryOnTimer    = int(q931.RecoveryOnTimer)
	causeProtocolError      = int(q931.ProtocolError)
	causeWrongState         = int(q931.MessageNotCompatibleState)
	causeUnknownMessage     = int(q931.MessageTypeNonExistent)
	causeStatusResponse     = int(q931.ResponseToStatusEnquiry)
	causeDestinationOutOfOr = int(q931.DestinationOutOfOrder)
)

// What went wrong by our own account.
var (
	errNoSetup     = errors.New("call: no Setup in time")
	errNoReply     = errors.New("call: no reply to Setup")
	errNoProgress  = errors.New("call: no progress after CallProceeding")
	errNoAnswer    = errors.New("call: not answered")
	errUndecided   = errors.New("call: the owner did not answer a Setup in time")
	errNoControl   = errors.New("call: no way for H.245")
	errGarbage     = errors.New("call: too many messages that cannot be read")
	errForwards    = errors.New("call: forwarded too often")
	errPeerCleared = errors.New("call: the peer knows nothing of the call")
)

// Release is an H.225.0 ReleaseCompleteReason.
type Release uint8

// The reasons of H.225.0 that mean something to us; the peer's others come as
// ReleaseUndefined.
const (
	ReleaseNone Release = iota
	ReleaseNoBandwidth
	ReleaseGatekeeperResources
	ReleaseUnreachableDestination
	ReleaseDestinationRejection
	ReleaseInvalidRevision
	ReleaseNoPermission
	ReleaseUnreachableGatekeeper
	ReleaseGatewayResources
	ReleaseBadFormatAddress
	ReleaseAdaptiveBusy
	ReleaseInConf
	ReleaseUndefined
	ReleaseFacilityCallDeflection
	ReleaseSecurityDenied
	ReleaseCalledPartyNotRegistered
	ReleaseCallerNotRegistered
	ReleaseNewConnectionNeeded
	ReleaseNeededFeatureNotSupported
	ReleaseHopCountExceeded
)

// release says how H.225.0 names a reason, where it stands in the CHOICE, and
// which Q.850 cause belongs to it (H.225.0 Table 5).
type release struct {
	name  string
	cause q931.CauseValue
	at    func(*h225.ReleaseCompleteReason) **per.Null
}

// releases is indexed by Release.
var releases = [...]release{
	ReleaseNone:                   {"none", 0, nil},
	ReleaseNoBandwidth:            {"noBandwidth", q931.NoCircuit, func(r *h225.ReleaseCompleteReason) **per.Null { return &r.NoBandwidth }},
	ReleaseGatekeeperResources:    {"gatekeeperResources", q931.ResourceUnavailable, func(r *h225.ReleaseCompleteReason) **per.Null { return &r.GatekeeperResources }},
	ReleaseUnreachableDestination: {"unreachableDestination", q931.NoRouteToDestination, func(r *h225.ReleaseCompleteReason) **per.Null { return &r.UnreachableDestination }},
	ReleaseDestinationRejection:   {"destinationRejection", q931.CallRejected, func(r *h225.ReleaseCompleteReason) **per.Null { return &r.DestinationRejection }},
	ReleaseInvalidRevision:        {"invalidRevision", q931.IncompatibleDestination, func(r *h225.ReleaseCompleteReason) **per.Null { return &r.InvalidRevision }},
	ReleaseNoPermission:           {"noPermission", q931.Interworking, func(r *h225.ReleaseCompleteReason) **per.Null { return &r.NoPermission }},
	ReleaseUnreachableGatekeeper:  {"unreachableGatekeeper", q931.NetworkOutOfOrder, func(r *h225.ReleaseCompleteReason) **per.Null { return &r.UnreachableGatekeeper }},
	ReleaseGatewayResources:       {"gatewayResources", q931.SwitchingCongestion, func(r *h225.ReleaseCompleteReason) **per.Null { return &r.GatewayResources }},
	ReleaseBadFormatAddress:       {"badFormatAddress", q931.InvalidNumberFormat, func(r *h225.ReleaseCompleteReason) **per.Null { return &r.BadFormatAddress }},
	ReleaseAdaptiveBusy:           {"adaptiveBusy", q931.TemporaryFailure, func(r *h225.ReleaseCompleteReason) **per.Null { return &r.AdaptiveBusy }},
	ReleaseInConf:                 {"inConf", q931.UserBusy, func(r *h225.ReleaseCompleteReason) **per.Null { return &r.InConf }},
	ReleaseUndefined:              {"undefinedReason", q931.NormalUnspecified, func(r *h225.ReleaseCompleteReason) **per.Null { return &r.UndefinedReason }},
	ReleaseFacilityCallDeflection: {"facilityCallDeflection", q931.NormalClearing, func(r *h225.ReleaseCompleteReason) **per.Null { return &r.FacilityCallDeflection }},
	ReleaseSecurityDenied:         {"securityDenied", q931.NormalUnspecified, func(r *h225.ReleaseCompleteReason) **per.Null { return &r.SecurityDenied }},
	ReleaseCalledPartyNotRegistered: {
		"calledPartyNotRegistered", q931.SubscriberAbsent, func(r *h225.ReleaseCompleteReason) **per.Null { return &r.CalledPartyNotRegistered },
	},
	ReleaseCallerNotRegistered: {
		"callerNotRegistered", q931.NormalUnspecified, func(r *h225.ReleaseCompleteReason) **per.Null { return &r.CallerNotRegistered },
	},
	ReleaseNewConnectionNeeded: {
		"newConnectionNeeded", q931.ResourceUnavailable, func(r *h225.ReleaseCompleteReason) **per.Null { return &r.NewConnectionNeeded },
	},
	ReleaseNeededFeatureNotSupported: {
		"neededFeatureNotSupported", q931.NormalUnspecified, func(r *h225.ReleaseCompleteReason) **per.Null { return &r.NeededFeatureNotSupported },
	},
	ReleaseHopCountExceeded: {
		"hopCountExceeded", q931.NormalUnspecified, func(r *h225.ReleaseCompleteReason) **per.Null { return &r.HopCountExceeded },
	},
}

// String is the reason's name in H.225.0.
func (r Release) String() string {
	if int(r) < len(releases) {
		return releases[r].name
	}
	return "undefinedReason"
}

// element is r as ReleaseComplete carries it; nil for ReleaseNone.
func (r Release) element() *h225.ReleaseCompleteReason {
	if r == ReleaseNone {
		return nil
	}
	if int(r) >= len(releases) {
		r = ReleaseUndefined
	}
	e := new(h225.ReleaseCompleteReason)
	*releases[r].at(e) = new(per.Null)
	return e
}

// releaseOf reads a reason.
func releaseOf(e *h225.ReleaseCompleteReason) Release {
	if e == nil {
		return ReleaseNone
	}
	for r := ReleaseNoBandwidth; int(r) < len(releases); r++ {
		if *releases[r].at(e) != nil {
			return r
		}
	}
	return ReleaseUndefined
}

// filled derives what is missing. A normal end has no reason of its own, so none
// is made up for it.
func (r Reason) filled() Reason {
	if r.Cause == 0 && r.Release == ReleaseNone {
		r.Cause = causeNormalClearing
	}
	if r.Cause == 0 {
		r.Cause = int(releases[min(int(r.Release), len(releases)-1)].cause)
	}
	if r.Release == ReleaseNone {
		r.Release = derived(q931.CauseValue(r.Cause))
	}
	return r
}

// derived is the reason that means most nearly what a cause does.
func derived(cause q931.CauseValue) Release {
	switch cause {
	case q931.UnallocatedNumber, q931.NoRouteToNetwork, q931.NoRouteToDestination:
		return ReleaseUnreachableDestination
	case q931.UserBusy:
		return ReleaseInConf
	case q931.SubscriberAbsent:
		return ReleaseCalledPartyNotRegistered
	case q931.CallRejected:
		return ReleaseDestinationRejection
	case q931.InvalidNumberFormat:
		return ReleaseBadFormatAddress
	case q931.NoCircuit:
		return ReleaseNoBandwidth
	case q931.NetworkOutOfOrder:
		return ReleaseUnreachableGatekeeper
	case q931.TemporaryFailure:
		return ReleaseAdaptiveBusy
	case q931.SwitchingCongestion, q931.ResourceUnavailable:
		return ReleaseGatewayResources
	case q931.BearerNotAuthorized:
		return ReleaseNoPermission
	case q931.IncompatibleDestination:
		return ReleaseInvalidRevision
	case q931.NormalClearing, q931.NoAnswer, q931.NoUserResponding:
		return ReleaseNone
	}
	return ReleaseUndefined
}
