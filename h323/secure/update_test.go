package secure

import (
	"testing"

	"github.com/partyline/partyline/h323/h245"
	"github.com/partyline/partyline/h323/per"
)

// open opens a channel from a to b; a is the master if master.
func open(t *testing.T, a, b *Keys, master bool) (ours, theirs *Channel) {
	t.Helper()
	o := alaw()
	ours, err := a.Open(o, master)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err = b.Accept(sent(t, o), !master)
	if err != nil {
		t.Fatal(err)
	}
	if err := ours.Acknowledged(theirs.Sync()); err != nil {
		t.Fatal(err)
	}
	return ours, theirs
}

// command is a miscellaneous command as the other end reads it.
func command(t *testing.T, m *h245.MiscellaneousCommand) *h245.MiscellaneousCommand {
	t.Helper()
	b, err := per.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	out := new(h245.MiscellaneousCommand)
	if err := per.Unmarshal(b, out); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestUpdates: a new key for the master's channel is used when it is acknowledged, one
// for the slave's at once; the receiver keeps the old one beside it.
func TestUpdates(t *testing.T) {
	for _, masterSends := range []bool{true, false} {
		a, b := pair(t, Preferred) // from a to b
		ours, theirs := open(t, a, b, masterSends)
		master, slave := ours, theirs
		if !masterSends {
			master, slave = theirs, ours
		}
		old := ours.Keys()[0]
		m, changed, err := master.Refresh(7, masterSends)
		if err != nil || changed == masterSends || m.LogicalChannelNumber != 7 {
			t.Fatalf("%+v %v %v", m, changed, err)
		}
		got := command(t, m)
		if sending, known := OfSender(got, false); !known || sending == masterSends {
			t.Errorf("whose channel: %v %v", sending, known)
		}
		ack, changed, err := slave.Update(got, !masterSends, false)
		if err != nil || !changed || ack == nil || ack.LogicalChannelNumber != 7 {
			t.Fatalf("%+v %v %v", ack, changed, err)
		}
		if masterSends && !ours.Keys()[0].Equal(old) {
			t.Error("used before it was acknowledged")
		}
		// An acknowledgement of something else.
		other := command(t, ack)
		other.Type.EncryptionUpdateAck.SynchFlag++
		if _, changed, _ := master.Update(other, masterSends, true); changed {
			t.Error("what was acknowledged is not what was sent")
		}
		_, changed, err = master.Update(command(t, ack), masterSends, true)
		if err != nil || changed != masterSends {
			t.Errorf("acknowledged: %v %v", changed, err)
		}
		is, both := ours.Keys(), theirs.Keys()
		if len(is) != 1 || is[0].Equal(old) || is[0].PayloadType == old.PayloadType ||
			len(both) != 2 || !both[0].Equal(old) || !both[1].Equal(is[0]) {
			t.Errorf("sender %v, receiver %v", is, both)
		}
		// The same acknowledgement again, and one of nothing.
		if _, changed, _ := master.Update(ack, masterSends, true); changed {
			t.Error("acknowledged twice")
		}
	}
}

// TestUpdateRequests: the slave asks, the master answers with a key of the payload type
// that was asked for, if that can be.
func TestUpdateRequests(t *testing.T) {
	a, b := pair(t, Preferred)
	ours, theirs := open(t, a, b, false) // a is the slave and sends
	for _, flag := range []int{99, 120, 3, int(ours.Keys()[0].PayloadType)} {
		request := &h245.MiscellaneousCommand{
			LogicalChannelNumber: 1,
			Type:                 h245.MiscellaneousCommandType{EncryptionUpdateRequest: &h245.EncryptionUpdateRequest{SynchFlag: &flag}},
		}
		was := ours.Keys()[0]
		reply, changed, err := theirs.Update(command(t, request), false, true)
		if err != nil || !changed || reply == nil {
			t.Fatal(reply, changed, err)
		}
		if _, changed, err := ours.Update(command(t, reply), true, false); err != nil || !changed {
			t.Fatal(changed, err)
		}
		is := ours.Keys()[0]
		if is.PayloadType == was.PayloadType || flag == 99 && is.PayloadType != 99 || is.PayloadType < 96 {
			t.Errorf("asked for %d, from %d: %d", flag, was.PayloadType, is.PayloadType)
		}
	}
	// The slave makes no keys, and takes none from a slave.
	if reply, changed, _ := ours.Update(&h245.MiscellaneousCommand{
		Type: h245.MiscellaneousCommandType{EncryptionUpdateRequest: &h245.EncryptionUpdateRequest{}},
	}, true, false); reply != nil || changed {
		t.Error("the slave makes a key")
	}
	m, _, err := theirs.Refresh(1, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, changed, _ := theirs.Update(m, false, true); changed {
		t.Error("the master takes a key")
	}
	m.Type.EncryptionUpdateCommand.EncryptionSync.H235Key = []byte{1}
	if _, changed, err := ours.Update(m, true, false); changed || err == nil {
		t.Error("garbage is a key")
	}
	if reply, changed, err := ours.Update(&h245.MiscellaneousCommand{}, true, false); reply != nil || changed || err != nil {
		t.Error("other commands are not ignored")
	}
}

// TestUpdateBeforeVersion3: no acknowledgement.
func TestUpdateBeforeVersion3(t *testing.T) {
	a, b := pair(t, Preferred)
	a.secret.version3, b.secret.version3 = false, false
	ours, theirs := open(t, a, b, true)
	old := ours.Keys()[0]
	m, changed, err := ours.Refresh(1, true)
	if err != nil || !changed || m.Type.EncryptionUpdate == nil {
		t.Fatalf("%+v %v %v", m, changed, err)
	}
	reply, changed, err := theirs.Update(command(t, m), false, false)
	if reply != nil || !changed || err != nil {
		t.Errorf("%+v %v %v", reply, changed, err)
	}
	if !ours.Keys()[0].Equal(theirs.Keys()[1]) || !theirs.Keys()[0].Equal(old) {
		t.Error("the keys differ")
	}
}
