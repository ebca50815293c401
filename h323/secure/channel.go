package secure

import (
	"errors"
	"slices"

	"github.com/partyline/partyline/h323/h245"
)

// Channel is the encryption of one logical channel that is being opened or open, in
// either direction.
type Channel struct {
	of        *Keys
	algorithm Algorithm
	keys      []Key                // in use, the newest last; at most two
	sync      *h245.EncryptionSync // what we have to send, as the master
	next      Key                  // of an update that the peer has not acknowledged
}

var (
	errNotAgreed = errors.New("secure: an encrypted channel without a secret or a known algorithm")
	errNoKey     = errors.New("secure: an encrypted channel without a key from the master")
)

// Algorithm is how the channel is encrypted.
func (c *Channel) Algorithm() Algorithm { return c.algorithm }

// Keys are those in use, the newest last, each with its payload type; of a channel that
// we send on, one. None yet: nothing may be sent, and what comes is not understood.
func (c *Channel) Keys() []Key { return slices.Clone(c.keys) }

// Sync is what goes into the message that opens or acknowledges the channel, if we are
// the one to make up its key; else nil.
func (c *Channel) Sync() *h245.EncryptionSync { return c.sync }

// Open prepares an OpenLogicalChannel of ours for a channel of plain audio: if the peer
// can receive it encrypted, its data type becomes h235Media, and as the master we send
// the key with it. Without a Channel it goes plain. ErrRequired: it must not be sent.
func (k *Keys) Open(olc *h245.OpenLogicalChannel, master bool) (*Channel, error) {
	p := &olc.ForwardLogicalChannelParameters
	if k.Policy() == Off || p.DataType.AudioData == nil {
		return nil, nil
	}
	kind := kindOf(p.DataType.AudioData)
	a := k.encrypts(kind)
	if kind == "" || a == "" || k.secret == nil {
		if k.policy == Required {
			return nil, ErrRequired
		}
		return nil, nil
	}
	c := &Channel{of: k, algorithm: a}
	c.Wrap(&p.DataType)
	pt := int(k.payloadType())
	if h := p.MultiplexParameters.H2250LogicalChannelParameters; h != nil {
		h.DynamicRTPPayloadType = &pt
	}
	if master {
		if err := c.makeKey(uint8(pt)); err != nil {
			return nil, err
		}
		olc.EncryptionSync = c.sync
	}
	return c, nil
}

// Acknowledged takes what the peer's OpenLogicalChannelAck for our channel says. The key
// is the master's: ours, if we are that and have sent one.
func (c *Channel) Acknowledged(sync *h245.EncryptionSync) error {
	if len(c.keys) > 0 {
		return nil
	}
	return c.takeKey(sync)
}

// Propose prepares the OpenLogicalChannels of fast connect for our Setup. What is
// proposed is encrypted: a peer that cannot do it ignores the proposals, and the
// channels are opened by H.245. Peers that could take plain ones would (H.235 version 3 §8.6).
func (k *Keys) Propose(olcs []*h245.OpenLogicalChannel) {
	if len(k.algorithms()) == 0 {
		return
	}
	c := &Channel{of: k, algorithm: AES128} // goes with any group
	for _, olc := range olcs {
		pt := int(k.payloadType())
		d, h := mediaOf(olc)
		if d.AudioData == nil {
			continue
		}
		c.Wrap(d)
		if h != nil {
			h.DynamicRTPPayloadType = &pt
		}
	}
}

// Accept looks at an OpenLogicalChannel that the peer sent, a proposal of fast connect
// or the answer to one of ours included. If it is encrypted, its data type becomes plain
// audio, so that the rest of it can be judged like any other. As the master we make up
// the key, unless there is one. Without a Channel it is plain.
//
// An error means that the channel is rejected with securityDenied: it is encrypted in a
// way that was not agreed upon, or plain while the policy is Required (ErrRequired).
func (k *Keys) Accept(olc *h245.OpenLogicalChannel, master bool) (*Channel, error) {
	d, h := mediaOf(olc)
	if d.H235Media == nil {
		if k.Policy() == Required && d.AudioData != nil {
			return nil, ErrRequired
		}
		return nil, nil
	}
	if !k.Agreed() {
		return nil, errNotAgreed
	}
	c := &Channel{of: k, algorithm: k.common(known(&d.H235Media.EncryptionAuthenticationAndIntegrity))}
	if c.algorithm == "" {
		return nil, errNotAgreed
	}
	var err error
	switch {
	case olc.EncryptionSync != nil:
		err = c.takeKey(olc.EncryptionSync)
	case !master:
		err = errNoKey
	case h != nil && h.DynamicRTPPayloadType != nil:
		err = c.makeKey(uint8(*h.DynamicRTPPayloadType))
	default:
		err = c.makeKey(k.payloadType())
	}
	if err != nil {
		return nil, err
	}
	unwrap(d)
	return c, nil
}

// Wrap makes plain audio the channel's encrypted media (h235Media of H.245). Other
// data types stay as they are.
func (c *Channel) Wrap(d *h245.DataType) {
	if d.AudioData == nil {
		return
	}
	*d = h245.DataType{H235Media: &h245.H235Media{
		EncryptionAuthenticationAndIntegrity: integrity(c.algorithm),
		MediaType:                            h245.H235MediaMediaType{AudioData: d.AudioData},
	}}
}

// unwrap makes encrypted media plain: whatever it is, it is that in the clear.
func unwrap(d *h245.DataType) {
	m := &d.H235Media.MediaType
	*d = h245.DataType{
		NonStandard: m.NonStandard, VideoData: m.VideoData, AudioData: m.AudioData, Data: m.Data,
		RedundancyEncoding: m.RedundancyEncoding, MultiplePayloadStream: m.MultiplePayloadStream,
		DepFec: m.DepFec, Fec: m.Fec,
	}
}

// mediaOf is the data type of a channel and its RTP parameters: those of the reverse
// direction, if the forward one has no data (fast connect, H.323 §8.1.7.1).
func mediaOf(olc *h245.OpenLogicalChannel) (*h245.DataType, *h245.H2250LogicalChannelParameters) {
	f, r := &olc.ForwardLogicalChannelParameters, olc.ReverseLogicalChannelParameters
	if r == nil || f.DataType.NullData == nil {
		return &f.DataType, f.MultiplexParameters.H2250LogicalChannelParameters
	}
	if r.MultiplexParameters == nil {
		return &r.DataType, nil
	}
	return &r.DataType, r.MultiplexParameters.H2250LogicalChannelParameters
}

// makeKey makes up the channel's first key.
func (c *Channel) makeKey(payloadType uint8) error {
	key, err := NewKey(c.algorithm, payloadType)
	if err != nil {
		return err
	}
	if c.sync, err = c.of.secret.Sync(key); err != nil {
		return err
	}
	c.keys = []Key{key}
	return nil
}

// takeKey takes the first key from the peer.
func (c *Channel) takeKey(sync *h245.EncryptionSync) error {
	if sync == nil {
		return errNoKey
	}
	key, err := c.of.secret.Key(sync, c.algorithm)
	if err != nil {
		return err
	}
	c.keys = []Key{key}
	return nil
}
