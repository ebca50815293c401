package webrtc

import (
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/pion/ice/v4"
)

const (
	// socketBuffer holds what comes and goes for all browsers while the process
	// has no turn, in bytes: as much of it as the system allows.
	socketBuffer = 4 << 20
	// tcpBuffer is what waits for a browser whose TCP does not keep up, in bytes:
	// 3 s of sound. What comes beyond is lost, as it would be over UDP.
	tcpBuffer = 32 << 10
)

// ports is what the server listens on.
type ports struct {
	udp   []*ice.UDPMuxDefault
	tcp   []*ice.TCPMuxDefault
	bound []string
}

// open binds the addresses of a configuration. What was bound is closed if one
// cannot be.
func (p *ports) open(listen []string, log pionLog) error {
	for _, l := range listen {
		scheme, address, ok := strings.Cut(l, "://")
		var err error
		switch {
		case ok && scheme == "udp":
			err = p.openUDP(address, log)
		case ok && scheme == "tcp":
			err = p.openTCP(address, log)
		default:
			err = errors.New("neither udp:// nor tcp://")
		}
		if err != nil {
			p.close()
			return fmt.Errorf("webrtc: listen on %s: %w", l, err)
		}
	}
	if len(p.udp)+len(p.tcp) == 0 {
		return errors.New("webrtc: nothing to listen on")
	}
	return nil
}

func (p *ports) openUDP(address string, log pionLog) error {
	a, err := net.ResolveUDPAddr("udp", address)
	if err != nil {
		return err
	}
	c, err := net.ListenUDP("udp", a)
	if err != nil {
		return err
	}
	_ = c.SetReadBuffer(socketBuffer)
	_ = c.SetWriteBuffer(socketBuffer)
	s, err := newSocket(c)
	if err != nil {
		c.Close()
		return err
	}
	p.udp = append(p.udp, ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: s, Logger: log.NewLogger("udp")}))
	p.bound = append(p.bound, "udp://"+c.LocalAddr().String())
	return nil
}

func (p *ports) openTCP(address string, log pionLog) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	p.tcp = append(p.tcp, ice.NewTCPMuxDefault(ice.TCPMuxParams{
		Listener: newTCPListener(l), Logger: log.NewLogger("tcp"), ReadBufferSize: 16, WriteBufferSize: tcpBuffer,
		FirstStunBindTimeout: firstCheck, AliveDurationForConnFromStun: firstCheck,
	}))
	p.bound = append(p.bound, "tcp://"+l.Addr().String())
	return nil
}

// mux are the agent's options to use the ports.
func (p *ports) mux() (options []ice.AgentOption) {
	var types []ice.NetworkType
	if len(p.udp) > 0 {
		types = append(types, ice.NetworkTypeUDP4, ice.NetworkTypeUDP6)
		options = append(options, ice.WithUDPMux(p.udpMux()))
	}
	if len(p.tcp) > 0 {
		types = append(types, ice.NetworkTypeTCP4, ice.NetworkTypeTCP6)
		options = append(options, ice.WithTCPMux(p.tcpMux()))
	}
	return append(options, ice.WithNetworkTypes(types))
}

func (p *ports) udpMux() ice.UDPMux {
	if len(p.udp) == 1 {
		return p.udp[0]
	}
	all := make([]ice.UDPMux, len(p.udp))
	for i, m := range p.udp {
		all[i] = m
	}
	return ice.NewMultiUDPMuxDefault(all...)
}

func (p *ports) tcpMux() ice.TCPMux {
	if len(p.tcp) == 1 {
		return p.tcp[0]
	}
	all := make([]ice.TCPMux, len(p.tcp))
	for i, m := range p.tcp {
		all[i] = m
	}
	return ice.NewMultiTCPMuxDefault(all...)
}

func (p *ports) close() {
	for _, m := range p.udp {
		_ = m.Close()
	}
	for _, m := range p.tcp {
		_ = m.Close()
	}
}
