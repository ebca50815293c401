//go:build !linux

package sip

import (
	"errors"
	"net"
	"net/netip"
)

// tellDestination is Linux's; elsewhere the system chooses what datagrams of a
// socket with many addresses leave from.
func tellDestination(*net.UDPConn, bool) error { return errors.ErrUnsupported }

func destination([]byte) netip.Addr { return netip.Addr{} }

func fromAddress(netip.Addr, bool) []byte { return nil }
