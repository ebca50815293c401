//go:build !unix

package control

import "net"

// listenPrivate opens the socket; the directory's permissions protect it.
func listenPrivate(path string) (net.Listener, error) { return net.Listen("unix", path) }
