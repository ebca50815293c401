package media

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// rawSocket is a port that Go's poller does not know: nothing wakes when a packet
// arrives. The engine that reads it asks once a step, by recvmmsg(2).
type rawSocket struct {
	fd    int
	local uint16
	six   bool
	clock *clock
}

func openSocket(a netip.AddrPort, c *clock) (socket, error) {
	s := &rawSocket{six: !a.Addr().Is4(), clock: c}
	family := unix.AF_INET
	var sa unix.Sockaddr
	if s.six {
		family = unix.AF_INET6
		sa = &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
	} else {
		sa = &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	s.fd = fd
	if err := s.setUp(sa); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return s, nil
}

func (s *rawSocket) setUp(sa unix.Sockaddr) error {
	if s.six {
		if err := unix.SetsockoptInt(s.fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1); err != nil {
			return os.NewSyscallError("setsockopt", err)
		}
	}
	// Beyond the system's limit where we may, else as much as it allows: what a
	// stall of the engine must not lose waits here.
	if unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, receiveBuffer) != nil {
		_ = unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_RCVBUF, receiveBuffer)
	}
	if unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_SNDBUFFORCE, sendBuffer) != nil {
		_ = unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_SNDBUF, sendBuffer)
	}
	// Speech is shorter than any path's MTU: the system need not keep an
	// identification for fragments, nor believe ICMP about the path (RFC 4821).
	if !s.six {
		_ = unix.SetsockoptInt(s.fd, unix.IPPROTO_IP, unix.IP_MTU_DISCOVER, unix.IP_PMTUDISC_PROBE)
	}
	// Sandboxes and emulators may not have it: then a packet arrives when it is read.
	_ = unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
	if err := unix.Bind(s.fd, sa); err != nil {
		return os.NewSyscallError("bind", err)
	}
	name, err := unix.Getsockname(s.fd)
	if err != nil {
		return os.NewSyscallError("getsockname", err)
	}
	switch n := name.(type) {
	case *unix.SockaddrInet4:
		s.local = uint16(n.Port)
	case *unix.SockaddrInet6:
		s.local = uint16(n.Port)
	}
	return nil
}

func (s *rawSocket) port() uint16 { return s.local }

// packetMemory is what one packet of speech takes of a socket's buffer, in bytes:
// network cards' drivers hand them up in pages.
const packetMemory = 4096

func (s *rawSocket) holds() int {
	n, err := unix.GetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_RCVBUF)
	if err != nil {
		return 0
	}
	return n / packetMemory
}

func (s *rawSocket) close() { unix.Close(s.fd) }

// mmsghdr is struct mmsghdr of recvmmsg(2).
type mmsghdr struct {
	hdr unix.Msghdr
	n   uint32
}

// controlSize holds one timestamp: struct cmsghdr and struct timespec, aligned.
const controlSize = 64

// systemInbox is the arrays that recvmmsg(2) fills.
type systemInbox struct {
	headers  [readBatch]mmsghdr
	vectors  [readBatch]unix.Iovec
	names    [readBatch]unix.RawSockaddrInet6 // also room for IPv4's
	controls [readBatch][controlSize / 8]uint64
}

func newSystemInbox(buffers *[readBatch][maxPacket]byte) *systemInbox {
	in := &systemInbox{}
	for i := range in.headers {
		in.vectors[i].Base = &buffers[i][0]
		in.vectors[i].SetLen(maxPacket)
		h := &in.headers[i].hdr
		h.Name = (*byte)(unsafe.Pointer(&in.names[i]))
		h.Iov = &in.vectors[i]
		h.SetIovlen(1)
		h.Control = (*byte)(unsafe.Pointer(&in.controls[i]))
	}
	return in
}

// receive reads with one system call. A raw one: it does not wait, and telling
// the scheduler about it would cost more than it takes.
func (s *rawSocket) receive(in *inbox) int {
	sys := in.sys
	for i := range in.fresh {
		h := &sys.headers[i].hdr
		h.Namelen = unix.SizeofSockaddrInet6
		h.SetControllen(controlSize)
	}
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, uintptr(s.fd),
		uintptr(unsafe.Pointer(&sys.headers[0])), readBatch, unix.MSG_DONTWAIT, 0, 0)
	if errno != 0 || n == 0 {
		in.fresh = 0
		return 0
	}
	in.fresh = int(n)
	now := time.Now()
	mono, wall := s.clock.at(now), now.UnixNano()
	for i := range int(n) {
		h := &sys.headers[i]
		p := &in.packets[i]
		p.data = in.buffers[i][:h.n]
		if h.hdr.Flags&unix.MSG_TRUNC != 0 {
			p.data = nil
		}
		p.from = sockaddrKey(&sys.names[i])
		p.arrival = mono
		if ts := timestamp(&h.hdr, &sys.controls[i]); ts != 0 {
			// The kernel's stamp is wall-clock time: what counts is how old it is.
			// A clock that was set in between makes nonsense of it.
			if age := wall - ts; age > 0 && age < int64(time.Second) {
				p.arrival -= age
			}
		}
	}
	return int(n)
}

// timestamp is the time of arrival in ns since 1970, 0 if there is none.
func timestamp(h *unix.Msghdr, control *[controlSize / 8]uint64) int64 {
	const size = unix.SizeofCmsghdr + unsafe.Sizeof(unix.Timespec{})
	if uintptr(h.Controllen) < size {
		return 0
	}
	c := (*unix.Cmsghdr)(unsafe.Pointer(control))
	if c.Level != unix.SOL_SOCKET || c.Type != unix.SCM_TIMESTAMPNS {
		return 0
	}
	ts := (*unix.Timespec)(unsafe.Add(unsafe.Pointer(control), unix.SizeofCmsghdr))
	return ts.Nano()
}

func sockaddrKey(sa *unix.RawSockaddrInet6) key {
	if sa.Family == unix.AF_INET {
		four := (*unix.RawSockaddrInet4)(unsafe.Pointer(sa))
		return key{host{0, mapped | uint64(binary.BigEndian.Uint32(four.Addr[:]))}, networkOrder(four.Port)}
	}
	return key{host{binary.BigEndian.Uint64(sa.Addr[:8]), binary.BigEndian.Uint64(sa.Addr[8:])}, networkOrder(sa.Port)}
}

// systemBatch is the arrays that sendmmsg(2) reads.
type systemBatch struct {
	headers [batchSize]mmsghdr
	vectors [batchSize][2]unix.Iovec
	names   [batchSize]unix.RawSockaddrInet6
}

func newSystemBatch() *systemBatch {
	b := &systemBatch{}
	for i := range b.headers {
		h := &b.headers[i].hdr
		h.Name = (*byte)(unsafe.Pointer(&b.names[i]))
		h.Iov = &b.vectors[i][0]
	}
	return b
}

// sendAtOnce is how many messages one system call sends: a raw one, which holds
// up the garbage collector for as long as it takes.
const sendAtOnce = 64

func (s *rawSocket) send(p *page, head int32) int {
	n := s.fill(p, head)
	sent := 0
	for i := 0; i < n; {
		k, _, errno := unix.RawSyscall6(unix.SYS_SENDMMSG, uintptr(s.fd),
			uintptr(unsafe.Pointer(&p.sys.headers[i])), uintptr(min(n-i, sendAtOnce)), unix.MSG_DONTWAIT, 0, 0)
		switch errno {
		case 0:
			sent += int(k)
			i += int(k)
		case unix.EINTR:
		case unix.EAGAIN, unix.ENOBUFS: // the rest has no room either
			return sent
		default: // this one cannot be sent: no route, not permitted
			i++
		}
	}
	return sent
}

// fill lines up a page's messages for the system call.
func (s *rawSocket) fill(p *page, head int32) int {
	n := 0
	for i := head; i >= 0; i = p.messages[i].next {
		m := &p.messages[i]
		h := &p.sys.headers[n].hdr
		v := &p.sys.vectors[n]
		k := 0
		if m.length > 0 {
			v[0].Base = &m.header[0]
			v[0].SetLen(m.length)
			k = 1
		}
		if len(m.payload) > 0 {
			v[k].Base = unsafe.SliceData(m.payload)
			v[k].SetLen(len(m.payload))
			k++
		}
		if k == 0 {
			continue // it could not be sealed
		}
		h.SetIovlen(k)
		h.Namelen = s.sockaddr(&p.sys.names[n], m.to)
		n++
	}
	return n
}

func (s *rawSocket) sockaddr(sa *unix.RawSockaddrInet6, to key) uint32 {
	if s.six {
		sa.Family, sa.Port = unix.AF_INET6, networkOrder(to.port)
		binary.BigEndian.PutUint64(sa.Addr[:8], to.hi)
		binary.BigEndian.PutUint64(sa.Addr[8:], to.lo)
		return unix.SizeofSockaddrInet6
	}
	four := (*unix.RawSockaddrInet4)(unsafe.Pointer(sa))
	four.Family, four.Port = unix.AF_INET, networkOrder(to.port)
	binary.BigEndian.PutUint32(four.Addr[:], uint32(to.lo))
	return unix.SizeofSockaddrInet4
}

// networkOrder turns a port into what a socket address holds, and back.
func networkOrder(p uint16) uint16 {
	if littleEndian {
		return bits.ReverseBytes16(p)
	}
	return p
}

var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1
