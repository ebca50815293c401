package main

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// wantBuffer is the receive buffer that an RTP port of 500 calls asks for, about
// 200 ms of packets.
const wantBuffer = 8 << 20

// buffers compares the kernel's limit on UDP buffers with what many calls need.
func (x *examination) buffers() {
	text, err := os.ReadFile("/proc/sys/net/core/rmem_max")
	if err != nil {
		return
	}
	limit, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return
	}
	if limit < wantBuffer && os.Geteuid() != 0 {
		x.add("UDP buffers", warning, "net.core.rmem_max is %d: with hundreds of calls packets may be lost; sysctl -w net.core.rmem_max=%d", limit, wantBuffer)
		return
	}
	x.add("UDP buffers", fine, "net.core.rmem_max is %d", limit)
}

// descriptors compares the limit on open files with the limit on calls.
func (x *examination) descriptors() {
	var r unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &r) != nil {
		return
	}
	if r.Max < 4096 {
		x.add("open files", warning, "the limit is %d: idle TCP connections could use it up; LimitNOFILE=65536", r.Max)
		return
	}
	x.add("open files", fine, "the limit is %d", r.Max)
}

// freeSpace is what is left on the file system of a directory, in bytes.
func freeSpace(dir string) (uint64, bool) {
	var st unix.Statfs_t
	if unix.Statfs(dir, &st) != nil {
		return 0, false
	}
	return st.Bavail * uint64(st.Bsize), true
}
