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

// addrPort is the address in t that packets can be sent to; not valid if there is none.
// What is written as unicast and leads to a group, or nowhere, is none: nobody shall
// have us send to those.
func addrPort(t *h245.TransportAddress) netip.AddrPort {
	a, _ := t.AddrPort()
	if ip := a.Addr(); a.Port() == 0 || ip.IsUnspecified() || ip.IsMulticast() {
		return netip.AddrPort{}
	}
	return a
}
