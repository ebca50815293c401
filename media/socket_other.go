//go:build !linux

package media

import "net/netip"

type (
	systemInbox struct{}
	systemBatch struct{}
)

func newSystemInbox(*[readBatch][maxPacket]byte) *systemInbox { return nil }
func newSystemBatch() *systemBatch                            { return nil }

func openSocket(a netip.AddrPort, c *clock) (socket, error) { return openUDP(a, c) }
