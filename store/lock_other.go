//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package store

// lock does nothing where there is no flock: the first start of a data directory
// should be left to one process there.
func lock(string) (unlock func(), err error) { return func() {}, nil }
