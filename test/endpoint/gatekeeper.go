package endpoint

import (
	"net"
	"net/netip"
	"slices"
	"sync"

	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/h323/per"
)

// Gatekeeper is one for tests, in direct mode: it confirms whatever it is asked, if
// it knows the address of who is called.
type Gatekeeper struct {
	conn  *net.UDPConn
	knows map[string]netip.AddrPort // call signalling addresses by alias
	done  chan struct{}

	mu     sync.Mutex
	seen   map[string]int // requests by name
	names  []string       // that are registered
	faults []error
}

// OpenGatekeeper waits for requests on a port of 127.0.0.1 that the system chooses.
func OpenGatekeeper(knows map[string]netip.AddrPort) (*Gatekeeper, error) {
	conn, err := socket()
	if err != nil {
		return nil, err
	}
	k := &Gatekeeper{conn: conn, knows: knows, done: make(chan struct{}), seen: map[string]int{}}
	go k.serve()
	return k, nil
}

// Addr is its RAS address.
func (k *Gatekeeper) Addr() netip.AddrPort { return addrOf(k.conn) }

// Seen is how many requests of a name came.
func (k *Gatekeeper) Seen(name string) int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.seen[name]
}

// Names are those that were registered last.
func (k *Gatekeeper) Names() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.names)
}

// Faults are what could not be decoded.
func (k *Gatekeeper) Faults() []error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.faults)
}

// Close waits until it serves nobody any more.
func (k *Gatekeeper) Close() error {
	err := k.conn.Close()
	<-k.done
	return err
}

func (k *Gatekeeper) serve() {
	defer close(k.done)
	buf := make([]byte, 65536)
	for {
		n, from, err := k.conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		m, err := h225.UnmarshalRAS(buf[:n])
		if err == nil {
			if reply := k.answer(m); reply != nil {
				var data []byte
				if data, err = h225.MarshalRAS(reply); err == nil {
					_, err = k.conn.WriteToUDPAddrPort(data, from)
				}
			}
		}
		if err != nil {
			k.mu.Lock()
			k.faults = append(k.faults, err)
			k.mu.Unlock()
		}
	}
}

// answer is the reply to a request; nil: none.
func (k *Gatekeeper) answer(m *h225.RasMessage) *h225.RasMessage {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.seen[m.Name()]++
	id := "test gatekeeper"
	switch {
	case m.GatekeeperRequest != nil:
		return &h225.RasMessage{GatekeeperConfirm: &h225.GatekeeperConfirm{
			RequestSeqNum: m.GatekeeperRequest.RequestSeqNum, ProtocolIdentifier: h225.Protocol,
			GatekeeperIdentifier: &id, RasAddress: *h225.TransportAddressOf(k.Addr()),
		}}
	case m.RegistrationRequest != nil:
		return &h225.RasMessage{RegistrationConfirm: k.register(m.RegistrationRequest, &id)}
	case m.AdmissionRequest != nil:
		return k.admit(m.AdmissionRequest)
	case m.BandwidthRequest != nil:
		return &h225.RasMessage{BandwidthConfirm: &h225.BandwidthConfirm{
			RequestSeqNum: m.BandwidthRequest.RequestSeqNum, BandWidth: m.BandwidthRequest.BandWidth,
		}}
	case m.DisengageRequest != nil:
		return &h225.RasMessage{DisengageConfirm: &h225.DisengageConfirm{RequestSeqNum: m.DisengageRequest.RequestSeqNum}}
	case m.UnregistrationRequest != nil:
		return &h225.RasMessage{UnregistrationConfirm: &h225.UnregistrationConfirm{RequestSeqNum: m.UnregistrationRequest.RequestSeqNum}}
	}
	return nil
}

func (k *Gatekeeper) register(r *h225.RegistrationRequest, id *string) *h225.RegistrationConfirm {
	if r.KeepAlive == nil || !*r.KeepAlive {
		k.names = nil
		for i := range r.TerminalAlias {
			k.names = append(k.names, r.TerminalAlias[i].Text())
		}
	}
	live := int64(2) // s, until it wants to hear of who is registered again
	return &h225.RegistrationConfirm{
		RequestSeqNum: r.RequestSeqNum, ProtocolIdentifier: h225.Protocol, GatekeeperIdentifier: id,
		EndpointIdentifier: "1", TerminalAlias: r.TerminalAlias, TimeToLive: &live,
	}
}

// admit lets calls in that are answered, and calls out to whom it knows.
func (k *Gatekeeper) admit(r *h225.AdmissionRequest) *h225.RasMessage {
	to := r.DestCallSignalAddress
	for i := range r.DestinationInfo {
		if a, ok := k.knows[r.DestinationInfo[i].Text()]; ok {
			to = h225.TransportAddressOf(a)
		}
	}
	if to == nil && r.AnswerCall {
		to = h225.TransportAddressOf(k.Addr()) // it is not looked at
	}
	if to == nil {
		return &h225.RasMessage{AdmissionReject: &h225.AdmissionReject{
			RequestSeqNum: r.RequestSeqNum, RejectReason: h225.AdmissionRejectReason{CalledPartyNotRegistered: &per.Null{}},
		}}
	}
	return &h225.RasMessage{AdmissionConfirm: &h225.AdmissionConfirm{
		RequestSeqNum: r.RequestSeqNum, BandWidth: r.BandWidth, CallModel: h225.CallModel{Direct: &per.Null{}}, DestCallSignalAddress: *to,
	}}
}
