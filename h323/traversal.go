package h323

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/h323/per"
	"github.com/partyline/partyline/h323/q931"
	"github.com/partyline/partyline/h323/ras"
	"github.com/partyline/partyline/h323/tpkt"
)

// claimPatience bounds how long a call that waits behind a gatekeeper may take to
// be claimed.
const claimPatience = 10 * time.Second

// claim fetches a call that a gatekeeper outside of our firewall holds for us: we
// connect, say which call it is for, and the Setup comes (H.460.18 §7.3). It is
// called by the RAS client, which it does not hold up.
func (s *Server) claim(in ras.IncomingCall) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.wg.Go(func() {
		ctx, cancel := context.WithTimeout(s.ctx, claimPatience)
		defer cancel()
		conn, err := s.claimed(ctx, in)
		if err != nil {
			s.logRefusal("call not fetched from the gatekeeper", "address", in.To.String(), "error", err.Error())
			return
		}
		s.connected(conn)
	})
}

func (s *Server) claimed(ctx context.Context, in ras.IncomingCall) (net.Conn, error) {
	facility, err := claimFacility(in.CallID)
	if err != nil {
		return nil, err
	}
	conn, err := s.dial(ctx, in.To)
	if err != nil {
		return nil, err
	}
	if err := tpkt.NewWriter(conn, claimPatience).WriteFrame(facility); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

func (s *Server) dial(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	if n := s.cfg.Load().Net; n != nil {
		return n.Dial(ctx, to)
	}
	var d net.Dialer
	return d.DialContext(ctx, "tcp", to.String())
}

// claimFacility is the Facility that says which call a connection is for.
func claimFacility(id h225.GloballyUniqueID) ([]byte, error) {
	pdu, err := h225.Marshal(&h225.H323UserInformation{H323UuPdu: h225.H323UUPDU{
		H323MessageBody: h225.H323UUPDUH323MessageBody{Facility: &h225.FacilityUUIE{
			ProtocolIdentifier: h225.Protocol,
			Reason:             h225.FacilityReason{UndefinedReason: &per.Null{}},
			CallIdentifier:     &h225.CallIdentifier{Guid: id},
		}},
	}})
	if err != nil {
		return nil, fmt.Errorf("h323: %w", err)
	}
	m := q931.New(q931.Facility, 0, false)
	m.SetUserUser(pdu)
	return m.Append(nil)
}
