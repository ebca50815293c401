package load

import (
	"net/netip"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// EchoCost is what this machine asks for a packet of 172 bytes in and out again: CPU
// time, the system's included, of a loop of nothing but recvmmsg and sendmmsg on one
// port, 100 packets each 5 ms from as many addresses. No gateway can cost less.
func EchoCost(d time.Duration, stamps bool) (time.Duration, error) {
	near, err := openWire()
	if err != nil {
		return 0, err
	}
	defer unix.Close(near.fd)
	echo, err := openWire()
	if err != nil {
		return 0, err
	}
	defer unix.Close(echo.fd)
	for _, option := range []struct{ level, name int }{{unix.IPPROTO_IP, unix.IP_PKTINFO}, {unix.SOL_SOCKET, unix.SO_TIMESTAMPNS}} {
		if option.name == unix.SO_TIMESTAMPNS && stamps {
			continue
		}
		if err := unix.SetsockoptInt(echo.fd, option.level, option.name, 0); err != nil {
			return 0, err
		}
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var out outbox
	in := newInbox()
	head, payload := make([]byte, 12), make([]byte, 160)
	to := rawAddr(netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), echo.port))
	sources := make([]source, 100)
	for i := range sources {
		sources[i] = newSource(netip.AddrFrom4([4]byte{127, 1, 0, byte(i + 1)}))
	}
	var spent time.Duration
	packets := 0
	for begin := time.Now(); time.Since(begin) < d; {
		for i := range sources {
			out.add(near.fd, &sources[i], &to, head, payload)
		}
		out.flush()
		before := threadCPU()
		packets += bounce(in, &out, echo.fd)
		spent += threadCPU() - before
		for in.read(near.fd) == wireBatch {
			continue
		}
		time.Sleep(5 * time.Millisecond)
	}
	return spent / time.Duration(max(packets, 1)), nil
}

// bounce sends back all that has come, and counts it.
func bounce(in *inbox, out *outbox, fd int) int {
	packets := 0
	for n := wireBatch; n == wireBatch; {
		n = in.read(fd)
		for i := range n {
			b := in.buffers[i][:in.headers[i].n]
			out.add(fd, nil, &in.names[i], b[:12], b[12:])
		}
		out.flush()
		packets += n
	}
	return packets
}

func threadCPU() time.Duration {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts)
	return time.Duration(ts.Nano())
}
