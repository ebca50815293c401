package main

import (
	"bufio"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// wantBuffer is the receive buffer that an RTP port of 500 calls asks for, about
// 200 ms of packets.
const wantBuffer = 8 << 20

// kernelValue is what a file of /proc/sys holds.
func kernelValue(name string) (string, bool) {
	text, err := os.ReadFile("/proc/sys/" + name)
	return strings.TrimSpace(string(text)), err == nil
}

// kernel looks at what it keeps from calls, or does to them.
func (x *examination) kernel() {
	if text, ok := kernelValue("net/core/rmem_max"); ok {
		limit, err := strconv.Atoi(text)
		switch {
		case err != nil:
		case limit < wantBuffer && os.Geteuid() != 0:
			x.add("UDP buffers", warning, "net.core.rmem_max is %d: with hundreds of calls packets may be lost", limit).
				advise("sysctl -w net.core.rmem_max=%d, and the same in /etc/sysctl.d", wantBuffer)
		default:
			x.add("UDP buffers", fine, "net.core.rmem_max is %d", limit)
		}
	}
	loaded, _ := os.ReadFile("/proc/modules")
	for _, module := range []string{"nf_conntrack_sip", "nf_nat_sip", "nf_conntrack_h323", "nf_nat_h323"} {
		if strings.Contains("\n"+string(loaded), "\n"+module+" ") {
			x.add("firewall", warning, "the kernel module %s is loaded, which may rewrite calls on their way", module).
				advise("modprobe -r %s, and blacklist it in /etc/modprobe.d", module)
		}
	}
	if on, _ := kernelValue("net/netfilter/nf_conntrack_helper"); on == "1" {
		x.add("firewall", warning, "net.netfilter.nf_conntrack_helper is 1: the kernel may rewrite SIP and H.323").
			advise("sysctl -w net.netfilter.nf_conntrack_helper=0, and the same in /etc/sysctl.d")
	}
}

// ephemeral looks whether the kernel gives ports of ours to other programs.
func (x *examination) ephemeral() {
	text, ok := kernelValue("net/ipv4/ip_local_port_range")
	var low, high int
	if _, err := fmt.Sscan(text, &low, &high); !ok || err != nil {
		return
	}
	reserved, _ := kernelValue("net/ipv4/ip_local_reserved_ports")
	for _, r := range []struct {
		key      string
		min, max int
	}{
		{"sip.rtp_ports", int(x.cfg.SIP.RTPPorts.Min), int(x.cfg.SIP.RTPPorts.Max)},
		{"h323.h245_ports", int(x.cfg.H323.H245Ports.Min), int(x.cfg.H323.H245Ports.Max)},
	} {
		span := fmt.Sprintf("%d-%d", r.min, r.max)
		if r.max >= low && r.min <= high && r.max > 0 && !strings.Contains(reserved, span) {
			x.add(r.key, warning, "%s lies among the ports %d-%d that the kernel gives to any program", span, low, high).
				advise("sysctl -w net.ipv4.ip_local_reserved_ports=%s, or choose a range outside", span)
		}
	}
}

// descriptors compares the limit on open files with the limit on calls: that of the
// gateway if one runs.
func (x *examination) descriptors() {
	var r unix.Rlimit
	pid := 0
	if x.running != nil {
		pid = x.running.PID
	}
	if unix.Prlimit(pid, unix.RLIMIT_NOFILE, nil, &r) != nil && unix.Getrlimit(unix.RLIMIT_NOFILE, &r) != nil {
		return
	}
	if r.Max < 4096 {
		x.add("open files", warning, "the limit is %d: idle TCP connections could use it up", r.Max).
			advise("LimitNOFILE=65536 in the unit, or ulimit -n")
		return
	}
	x.add("open files", fine, "the limit is %d", r.Max)
}

// synchronised asks the kernel whether anything keeps its clock right (adjtimex(2)).
func synchronised() (yes, known bool) {
	var t unix.Timex
	state, err := unix.Adjtimex(&t)
	if err != nil {
		return false, false
	}
	return state != unix.TIME_ERROR && t.Status&unix.STA_UNSYNC == 0, true
}

// freeSpace is what is left on the file system of a directory, in bytes.
func freeSpace(dir string) (uint64, bool) {
	var st unix.Statfs_t
	if unix.Statfs(dir, &st) != nil {
		return 0, false
	}
	return st.Bavail * uint64(st.Bsize), true
}

// ownerOf is the user a file belongs to.
func ownerOf(info fs.FileInfo) (uid int, ok bool) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(st.Uid), true
}

// holder is who has a port open, as " by NAME (process N)", or nothing if that cannot
// be seen: only root sees other users' sockets.
func holder(network string, port uint16) string {
	inodes := map[string]bool{}
	for _, table := range []string{network, network + "6"} {
		f, err := os.Open("/proc/net/" + table)
		if err != nil {
			continue
		}
		for lines := bufio.NewScanner(f); lines.Scan(); {
			cell := strings.Fields(lines.Text())
			// Local address as hexadecimal, state (0A listens), inode.
			if len(cell) > 9 && strings.HasSuffix(cell[1], fmt.Sprintf(":%04X", port)) && (network == "udp" || cell[3] == "0A") {
				inodes["socket:["+cell[9]+"]"] = true
			}
		}
		f.Close()
	}
	if len(inodes) == 0 {
		return ""
	}
	found, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, fd := range found {
		if to, err := os.Readlink(fd); err == nil && inodes[to] {
			dir := filepath.Dir(filepath.Dir(fd))
			name, _ := os.ReadFile(filepath.Join(dir, "comm"))
			return fmt.Sprintf(" by %s (process %s)", strings.TrimSpace(string(name)), filepath.Base(dir))
		}
	}
	return ""
}
