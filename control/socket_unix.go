//go:build unix

package control

import (
	"net"
	"os"
)

// listenPrivate opens the socket for its owner alone. The data directory, which
// is private itself, closes the moment between the two calls.
func listenPrivate(path string) (net.Listener, error) {
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}
