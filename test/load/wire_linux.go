package load

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"net/netip"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// wire is an RTP port that phones share: each sends from an address of its own, and
// what comes is told apart by the address it came to.
type wire struct {
	fd     int
	port   uint16
	phones map[netip.Addr]*phone // the fleet's lock guards it
}

const (
	wireBatch  = 64
	wireBuffer = 8 << 20
)

// onLoopback keeps a socket on the loopback interface, asks for the address that a
// packet came to, and for the kernel's time of its arrival.
func onLoopback(fd int) error {
	if err := unix.BindToDevice(fd, "lo"); err != nil {
		return os.NewSyscallError("SO_BINDTODEVICE", err)
	}
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_PKTINFO, 1); err != nil {
		return os.NewSyscallError("IP_PKTINFO", err)
	}
	return os.NewSyscallError("SO_TIMESTAMPNS", unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1))
}

func openWire() (*wire, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	w := &wire{fd: fd, phones: map[netip.Addr]*phone{}}
	if err := w.bind(); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return w, nil
}

func (w *wire) bind() error {
	if err := onLoopback(w.fd); err != nil {
		return err
	}
	for _, force := range []int{unix.SO_RCVBUFFORCE, unix.SO_SNDBUFFORCE} {
		if unix.SetsockoptInt(w.fd, unix.SOL_SOCKET, force, wireBuffer) != nil {
			plain := map[int]int{unix.SO_RCVBUFFORCE: unix.SO_RCVBUF, unix.SO_SNDBUFFORCE: unix.SO_SNDBUF}[force]
			_ = unix.SetsockoptInt(w.fd, unix.SOL_SOCKET, plain, wireBuffer)
		}
	}
	if err := unix.Bind(w.fd, &unix.SockaddrInet4{}); err != nil {
		return os.NewSyscallError("bind", err)
	}
	name, err := unix.Getsockname(w.fd)
	if err != nil {
		return os.NewSyscallError("getsockname", err)
	}
	four, ok := name.(*unix.SockaddrInet4)
	if !ok {
		return fmt.Errorf("load: bound to %T", name)
	}
	w.port = uint16(four.Port)
	return nil
}

// mmsghdr is struct mmsghdr of recvmmsg(2).
type mmsghdr struct {
	hdr unix.Msghdr
	n   uint32
}

// source is the control message that gives a packet its source address.
type source struct {
	head unix.Cmsghdr
	info unix.Inet4Pktinfo
	_    uint32
}

func newSource(a netip.Addr) source {
	s := source{info: unix.Inet4Pktinfo{Spec_dst: a.As4()}}
	s.head.Level, s.head.Type = unix.IPPROTO_IP, unix.IP_PKTINFO
	s.head.SetLen(unix.SizeofCmsghdr + unix.SizeofInet4Pktinfo)
	return s
}

func rawAddr(a netip.AddrPort) unix.RawSockaddrInet4 {
	return unix.RawSockaddrInet4{Family: unix.AF_INET, Port: networkOrder(a.Port()), Addr: a.Addr().As4()}
}

func networkOrder(p uint16) uint16 {
	if binary.NativeEndian.Uint16([]byte{1, 0}) == 1 {
		return bits.ReverseBytes16(p)
	}
	return p
}

// outbox collects packets of one socket and sends them with one system call. What it
// is given must stay as it is until then.
type outbox struct {
	headers [wireBatch]mmsghdr
	vectors [wireBatch][2]unix.Iovec
	fd, n   int
	sent    int64
	errors  int64
}

func (o *outbox) add(fd int, from *source, to *unix.RawSockaddrInet4, head, payload []byte) {
	if o.n == wireBatch || o.fd != fd {
		o.flush()
		o.fd = fd
	}
	h, v := &o.headers[o.n].hdr, &o.vectors[o.n]
	v[0].Base, v[1].Base = unsafe.SliceData(head), unsafe.SliceData(payload)
	v[0].SetLen(len(head))
	v[1].SetLen(len(payload))
	h.Name, h.Namelen = (*byte)(unsafe.Pointer(to)), unix.SizeofSockaddrInet4
	h.Iov = &v[0]
	h.SetIovlen(2)
	h.Control = nil
	h.SetControllen(0)
	if from != nil {
		h.Control = (*byte)(unsafe.Pointer(from))
		h.SetControllen(int(unsafe.Sizeof(*from)))
	}
	o.n++
}

func (o *outbox) flush() {
	for i := 0; i < o.n; {
		k, _, errno := unix.RawSyscall6(unix.SYS_SENDMMSG, uintptr(o.fd), uintptr(unsafe.Pointer(&o.headers[i])), uintptr(o.n-i), unix.MSG_DONTWAIT, 0, 0)
		switch errno {
		case 0:
			i += int(k)
			o.sent += int64(k)
		case unix.EINTR:
		default:
			i++
			o.errors++
		}
	}
	o.n = 0
}

// inbox takes packets of a socket, up to a batch with one system call.
type inbox struct {
	buffers  [wireBatch][1500]byte
	headers  [wireBatch]mmsghdr
	vectors  [wireBatch]unix.Iovec
	names    [wireBatch]unix.RawSockaddrInet4
	controls [wireBatch][16]uint64
}

func newInbox() *inbox {
	in := &inbox{}
	for i := range in.headers {
		in.vectors[i].Base = &in.buffers[i][0]
		in.vectors[i].SetLen(len(in.buffers[i]))
		h := &in.headers[i].hdr
		h.Name = (*byte)(unsafe.Pointer(&in.names[i]))
		h.Iov = &in.vectors[i]
		h.SetIovlen(1)
	}
	return in
}

// read returns how many packets came.
func (in *inbox) read(fd int) int {
	for i := range in.headers {
		h := &in.headers[i].hdr
		h.Namelen = unix.SizeofSockaddrInet4
		h.Control = (*byte)(unsafe.Pointer(&in.controls[i]))
		h.SetControllen(len(in.controls[i]) * 8)
	}
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, uintptr(fd), uintptr(unsafe.Pointer(&in.headers[0])), wireBatch, unix.MSG_DONTWAIT, 0, 0)
		if errno == unix.EINTR {
			continue
		}
		if errno != 0 {
			return 0
		}
		return int(n)
	}
}

// packet is the i-th packet that was read: when it came, and to which address.
func (in *inbox) packet(i int) (b []byte, arrival int64, to netip.Addr) {
	h := &in.headers[i]
	control := unsafe.Slice((*byte)(unsafe.Pointer(&in.controls[i])), int(h.hdr.Controllen))
	arrival, to = annotations(control)
	return in.buffers[i][:h.n], arrival, to
}

// annotations reads the control messages of a packet: the kernel's time, and the
// address it came to.
func annotations(control []byte) (arrival int64, to netip.Addr) {
	for len(control) >= unix.SizeofCmsghdr {
		c := (*unix.Cmsghdr)(unsafe.Pointer(unsafe.SliceData(control)))
		size := int(c.Len)
		if size < unix.SizeofCmsghdr || size > len(control) {
			return arrival, to
		}
		data := control[unix.SizeofCmsghdr:size]
		switch {
		case c.Level == unix.SOL_SOCKET && c.Type == unix.SCM_TIMESTAMPNS && len(data) >= int(unsafe.Sizeof(unix.Timespec{})):
			arrival = (*unix.Timespec)(unsafe.Pointer(unsafe.SliceData(data))).Nano()
		case c.Level == unix.IPPROTO_IP && c.Type == unix.IP_PKTINFO && len(data) >= unix.SizeofInet4Pktinfo:
			to = netip.AddrFrom4((*unix.Inet4Pktinfo)(unsafe.Pointer(unsafe.SliceData(data))).Addr)
		}
		control = control[min(unix.CmsgSpace(size-unix.SizeofCmsghdr), len(control)):]
	}
	return arrival, to
}
