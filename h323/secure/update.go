package secure

import (
	"github.com/partyline/partyline/h323/h245"
	"github.com/partyline/partyline/h323/per"
)

// Update takes a miscellaneous command about the channel (H.245, encryptionUpdate and what follows it):
// a new key from the master, its acknowledgement, or the slave's request for one.
// sending says that we send on the channel, master that the keys are ours to make.
//
// The reply, if there is one, goes back at once. changed says that Keys are others now.
// Other commands are ignored.
func (c *Channel) Update(m *h245.MiscellaneousCommand, sending, master bool) (reply *h245.MiscellaneousCommand, changed bool, err error) {
	switch t := &m.Type; {
	case t.EncryptionUpdateCommand != nil:
		return c.renewed(&t.EncryptionUpdateCommand.EncryptionSync, m, sending, master, true)
	case t.EncryptionUpdate != nil:
		return c.renewed(t.EncryptionUpdate, m, sending, master, false)
	case t.EncryptionUpdateRequest != nil && master:
		var pt uint8
		if f := t.EncryptionUpdateRequest.SynchFlag; f != nil && *f >= 96 && *f <= 127 {
			pt = uint8(*f)
		}
		return c.renew(m.LogicalChannelNumber, pt, sending)
	case t.EncryptionUpdateAck != nil && master:
		return nil, c.acknowledged(uint8(t.EncryptionUpdateAck.SynchFlag)), nil
	}
	return nil, false, nil
}

// Refresh makes up a new key for the channel with the given number, as only the master
// does, and returns the command that tells the peer. changed as for Update.
func (c *Channel) Refresh(number int, sending bool) (command *h245.MiscellaneousCommand, changed bool, err error) {
	return c.renew(number, 0, sending)
}

// renewed takes a new key from the master. A channel that we send on uses it at once;
// on others both are understood, since the old one's packets are still on their way.
func (c *Channel) renewed(sync *h245.EncryptionSync, m *h245.MiscellaneousCommand, sending, master, ack bool) (*h245.MiscellaneousCommand, bool, error) {
	if master {
		return nil, false, nil // keys are ours to make
	}
	key, err := c.of.secret.Key(sync, c.algorithm)
	if err != nil {
		return nil, false, err
	}
	c.use(key, sending)
	if !ack {
		return nil, true, nil
	}
	return &h245.MiscellaneousCommand{
		LogicalChannelNumber: m.LogicalChannelNumber,
		Type: h245.MiscellaneousCommandType{
			EncryptionUpdateAck: &h245.MiscellaneousCommandTypeEncryptionUpdateAck{SynchFlag: sync.SynchFlag},
		},
		Direction: m.Direction,
	}, true, nil
}

// renew makes up a new key. What comes may use it from now on; what we send does when
// the peer has acknowledged it, which those before version 3 do not.
func (c *Channel) renew(number int, payloadType uint8, sending bool) (*h245.MiscellaneousCommand, bool, error) {
	if payloadType == 0 || c.has(payloadType) {
		payloadType = c.of.payloadType()
		if c.has(payloadType) {
			payloadType = c.of.payloadType()
		}
	}
	key, err := NewKey(c.algorithm, payloadType)
	if err != nil {
		return nil, false, err
	}
	sync, err := c.of.secret.Sync(key)
	if err != nil {
		return nil, false, err
	}
	m := &h245.MiscellaneousCommand{LogicalChannelNumber: number, Direction: direction(sending)}
	if !c.of.secret.version3 {
		m.Type.EncryptionUpdate = sync
		c.use(key, sending)
		return m, true, nil
	}
	m.Type.EncryptionUpdateCommand = &h245.MiscellaneousCommandTypeEncryptionUpdateCommand{EncryptionSync: *sync}
	if sending {
		c.next = key
		return m, false, nil
	}
	c.use(key, false)
	return m, true, nil
}

// acknowledged says whether what we send uses another key from now on.
func (c *Channel) acknowledged(payloadType uint8) bool {
	if c.next.IsZero() || c.next.PayloadType != payloadType {
		return false
	}
	c.use(c.next, true)
	c.next = Key{}
	return true
}

// use makes a key the newest.
func (c *Channel) use(key Key, sending bool) {
	if sending || len(c.keys) == 0 {
		c.keys = []Key{key}
		return
	}
	c.keys = []Key{c.keys[len(c.keys)-1], key}
}

func (c *Channel) has(payloadType uint8) bool {
	for _, k := range c.keys {
		if k.PayloadType == payloadType {
			return true
		}
	}
	return false
}

// direction says whose channel a command of the master is about: its own, if it sends.
func direction(masters bool) *h245.EncryptionUpdateDirection {
	if masters {
		return &h245.EncryptionUpdateDirection{MasterToSlave: new(per.Null)}
	}
	return &h245.EncryptionUpdateDirection{SlaveToMaster: new(per.Null)}
}

// OfSender says whether a command is about a channel that we send on, if it says so:
// both ends number their channels by themselves.
func OfSender(m *h245.MiscellaneousCommand, master bool) (sending, known bool) {
	switch d := m.Direction; {
	case d == nil:
		return false, false
	case d.MasterToSlave != nil:
		return master, true
	case d.SlaveToMaster != nil:
		return !master, true
	}
	return false, false
}
