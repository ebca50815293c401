package secure

import (
	"slices"

	"github.com/partyline/partyline/h323/h245"
	"github.com/partyline/partyline/h323/per"
)

// securityOffset is what our security capabilities' numbers have more than those of the
// audio capabilities they are about: h323plus and GnuGk count so.
const securityOffset = 100

// Announce puts our security capabilities into a capability set of ours: one for each
// audio capability, in every alternative that has it (H.235 version 3 §8.3). It is to be
// called when all else is in the set.
func (k *Keys) Announce(set *h245.TerminalCapabilitySet) {
	algorithms := k.algorithms()
	if len(algorithms) == 0 {
		return
	}
	for _, e := range slices.Clone(set.CapabilityTable) {
		if e.Capability == nil || audioOf(e.Capability) == nil {
			continue
		}
		number := e.CapabilityTableEntryNumber + securityOffset
		set.CapabilityTable = append(set.CapabilityTable, h245.CapabilityTableEntry{
			CapabilityTableEntryNumber: number,
			Capability: &h245.Capability{H235SecurityCapability: &h245.H235SecurityCapability{
				EncryptionAuthenticationAndIntegrity: integrity(algorithms...),
				MediaCapability:                      e.CapabilityTableEntryNumber,
			}},
		})
		for i := range set.CapabilityDescriptors {
			for j, alternatives := range set.CapabilityDescriptors[i].SimultaneousCapabilities {
				if slices.Contains(alternatives, e.CapabilityTableEntryNumber) {
					set.CapabilityDescriptors[i].SimultaneousCapabilities[j] = append(alternatives, number)
				}
			}
		}
	}
}

// capability is what matters here of an entry in the peer's capability table.
type capability struct {
	kind       string      // of audio that it receives
	events     uint8       // payload type of telephone-events
	about      int         // of a security capability: the entry that it is about,
	algorithms []Algorithm // and those of ours that the peer has for it
}

// maxTable bounds what is kept of a peer's table, which every set may add to.
const maxTable = 512

// Learn reads a capability set of the peer. It adds to what those before said, except
// after an empty set.
func (k *Keys) Learn(set *h245.TerminalCapabilitySet) {
	if k == nil {
		return
	}
	if len(set.CapabilityTable) == 0 {
		k.paused = len(set.CapabilityDescriptors) == 0
		return // what it can do is no other for a pause
	}
	if k.paused || k.table == nil || len(k.table)+len(set.CapabilityTable) > maxTable {
		k.paused, k.table = false, map[int]capability{}
	}
	for i := range set.CapabilityTable {
		e := &set.CapabilityTable[i]
		if e.Capability == nil {
			delete(k.table, e.CapabilityTableEntryNumber)
			continue
		}
		k.table[e.CapabilityTableEntryNumber] = capabilityOf(e.Capability)
	}
}

func capabilityOf(c *h245.Capability) (out capability) {
	out.kind = kindOf(audioOf(c))
	if t := c.ReceiveRTPAudioTelephonyEventCapability; t != nil {
		out.events = uint8(t.DynamicRTPPayloadType)
	}
	if s := c.H235SecurityCapability; s != nil {
		out.about = s.MediaCapability
		out.algorithms = known(&s.EncryptionAuthenticationAndIntegrity)
	}
	return out
}

// known are the algorithms of e that we can do.
func known(e *h245.EncryptionAuthenticationAndIntegrity) (list []Algorithm) {
	for _, a := range []Algorithm{AES256, AES128} {
		for _, theirs := range e.EncryptionCapability {
			if theirs.Algorithm != nil && Algorithm(*theirs.Algorithm) == a {
				list = append(list, a)
				break
			}
		}
	}
	return list
}

// encrypts says how the peer receives a kind of audio encrypted; empty: it does not. The
// kind "" stands for any.
func (k *Keys) encrypts(kind string) (best Algorithm) {
	for _, c := range k.table {
		about := k.table[c.about].kind
		if c.about == 0 || about == "" || kind != "" && kind != about {
			continue
		}
		if a := k.common(c.algorithms); a != "" && (best == "" || a == AES256) {
			best = a
		}
	}
	return best
}

// common is the first of what we can speak of now that is among theirs; empty: none.
func (k *Keys) common(theirs []Algorithm) Algorithm {
	for _, a := range k.algorithms() {
		if slices.Contains(theirs, a) {
			return a
		}
	}
	return ""
}

// events says whether the peer's telephone-events have the payload type.
func (k *Keys) events(payloadType uint8) bool {
	for _, c := range k.table {
		if c.events == payloadType {
			return true
		}
	}
	return false
}

// integrity says algorithms in H.245.
func integrity(algorithms ...Algorithm) h245.EncryptionAuthenticationAndIntegrity {
	var e h245.EncryptionAuthenticationAndIntegrity
	for _, a := range algorithms {
		oid := per.OID(a)
		e.EncryptionCapability = append(e.EncryptionCapability, h245.MediaEncryptionAlgorithm{Algorithm: &oid})
	}
	return e
}

// audioOf is the audio that can be received, if the capability is about that.
func audioOf(c *h245.Capability) *h245.AudioCapability {
	if c.ReceiveAudioCapability != nil {
		return c.ReceiveAudioCapability
	}
	return c.ReceiveAndTransmitAudioCapability
}

// kindOf tells kinds of audio apart whose channels may be encrypted; empty: another.
func kindOf(a *h245.AudioCapability) string {
	switch {
	case a == nil:
		return ""
	case a.G711Alaw64k != nil:
		return "G.711 A-law"
	case a.G711Ulaw64k != nil:
		return "G.711 µ-law"
	case a.G72264k != nil:
		return "G.722"
	}
	return ""
}
