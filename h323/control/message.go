package control

import (
	"net/netip"

	"github.com/partyline/partyline/h323/h245"
	"github.com/partyline/partyline/h323/per"
)

func null() *per.Null { return &per.Null{} }

func endSession() *Message {
	return h245.NewCommand(h245.CommandMessage{EndSessionCommand: &h245.EndSessionCommand{Disconnect: null()}})
}

// addrPort is the unicast IP address in t; not valid if there is none.
func addrPort(t *h245.TransportAddress) netip.AddrPort {
	a, _ := t.AddrPort()
	return a
}
