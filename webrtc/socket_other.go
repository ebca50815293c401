//go:build !unix

package webrtc

import "net"

// newSocket is the port as it is: where a write may wait for the network card.
func newSocket(c *net.UDPConn) (net.PacketConn, error) { return c, nil }
