package control

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
)

// maxSocketPath is what sockaddr_un holds on every system we know.
const maxSocketPath = 100

// shortPath is a path of the socket that fits into a socket address: that of a
// data directory may be longer. The directory is then reached by a descriptor
// of ours, which release closes.
func shortPath(dir string) (path string, release func(), err error) {
	path = filepath.Join(dir, SocketName)
	if len(path) <= maxSocketPath {
		return path, func() {}, nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return "", nil, err
	}
	path = fmt.Sprintf("/proc/self/fd/%d/%s", d.Fd(), SocketName)
	return path, func() { d.Close() }, nil
}

// dial connects to the gateway of a data directory.
func dial(dir string) (net.Conn, error) {
	path, release, err := shortPath(dir)
	if err != nil {
		return nil, err
	}
	defer release()
	return net.Dial("unix", path)
}
