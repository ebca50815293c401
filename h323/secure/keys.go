package secure

import (
	"errors"

	"github.com/partyline/partyline/h323/h235"
)

// Keys is the encryption of one call's media: the policy, the secret and what the peer
// can do. Call signalling hands tokens through it, the H.245 session its capability sets
// and logical channels. One goroutine uses it, the call's. A nil *Keys is one with the
// policy Off.
type Keys struct {
	policy  Policy
	offer   *Offer // of our Setup, until the call is answered
	secret  *Secret
	answers bool               // the secret answers a Setup of the peer's
	table   map[int]capability // of the peer; nil: not known yet
	paused  bool               // its last set was empty
	recent  uint8              // payload type chosen last
}

// ErrRequired says that media would have been plain though the policy is Required: the
// call is released, or the channel rejected, with securityDenied.
var ErrRequired = errors.New("secure: the peer does not encrypt media, which is required")

// NewKeys is the encryption of a call that has not begun.
func NewKeys(p Policy) *Keys { return &Keys{policy: p, recent: firstPayload - 1} }

// Policy is what was asked for.
func (k *Keys) Policy() Policy {
	if k == nil {
		return Off
	}
	return k.policy
}

// Agreed says that both ends have a secret: media is going to be encrypted, as far as
// their capabilities allow.
func (k *Keys) Agreed() bool { return k != nil && k.secret != nil }

// Waiting says that channels should not be opened yet: the peer receives encrypted audio,
// but its half of the exchange has not come. That is so when H.245 begins before Connect.
func (k *Keys) Waiting() bool { return k != nil && k.offer != nil && k.encrypts("") != "" }

// Check says, once the peer's capabilities are known, whether the call may go on:
// ErrRequired if none of its audio can be encrypted though there is a secret.
func (k *Keys) Check() error {
	if k.Policy() == Required && k.secret != nil && k.table != nil && k.encrypts("") == "" {
		return ErrRequired
	}
	return nil
}

// Offer makes up our half of the exchange and returns the clear tokens for our Setup;
// none if media is to be plain.
func (k *Keys) Offer() []h235.ClearToken {
	if k.Policy() == Off {
		return nil
	}
	k.offer = NewOffer()
	return k.offer.Tokens()
}

// Complete takes the clear tokens of a message that answers our Setup. Tokens may stand
// in Connect or before; last says that no message can bring them after this one. What
// comes once there is a secret is ignored. ErrRequired: release the call.
func (k *Keys) Complete(answer []h235.ClearToken, last bool) error {
	if k.Policy() == Off || k.secret != nil {
		return nil
	}
	if k.offer != nil && len(answer) > 0 {
		s, err := k.offer.Complete(answer)
		if err == nil {
			k.secret, k.offer = s, nil
			return nil
		}
		if k.policy == Required && !errors.Is(err, ErrNoToken) {
			return errors.Join(ErrRequired, err)
		}
	}
	if !last {
		return nil
	}
	k.offer = nil
	if k.policy == Required {
		return ErrRequired
	}
	return nil
}

// Answer takes the clear tokens of a peer's Setup. ErrRequired: release the call.
func (k *Keys) Answer(offer []h235.ClearToken) error {
	if k.Policy() == Off {
		return nil
	}
	s, err := Answer(offer)
	if err == nil {
		k.secret, k.answers = s, true
	} else if k.policy == Required {
		return errors.Join(ErrRequired, err)
	}
	return nil
}

// Tokens are those with which we answer a Setup: for Connect, and for the message that
// has our fastStart if that is another one. None: media will be plain.
func (k *Keys) Tokens() []h235.ClearToken {
	if k == nil || !k.answers {
		return nil
	}
	return k.secret.Tokens()
}

// algorithms are those we can speak of now, best first. Before our Setup is answered it
// is the one that goes with any group.
func (k *Keys) algorithms() []Algorithm {
	switch {
	case k.Policy() == Off:
		return nil
	case k.secret != nil:
		return k.secret.algorithms
	case k.offer != nil:
		return []Algorithm{AES128}
	}
	return nil
}

// Payload types that are made up for encrypted channels: those of h323plus and behind.
const (
	firstPayload = 120
	lastPayload  = 127
)

// payloadType chooses one for an encrypted channel: not the peer's telephone-events, and
// not the last one, so that a new key is told from the old.
func (k *Keys) payloadType() uint8 {
	for range lastPayload - firstPayload + 1 {
		k.recent++
		if k.recent > lastPayload {
			k.recent = firstPayload
		}
		if !k.events(k.recent) {
			break
		}
	}
	return k.recent
}
