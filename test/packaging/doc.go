// Package packaging tests what is installed rather than built: the Debian package, its
// systemd unit, and the container's root file system. Quick parts have the tag peers,
// the installation in a clean root peers and soak.
package packaging
