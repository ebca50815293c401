package load

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Usage is what a process has used.
type Usage struct {
	// CPU is user and system time together.
	CPU     time.Duration
	RSS     int // KB
	Threads int
}

// ticks is the unit of the CPU times in /proc: Linux shows user programs 100 a
// second everywhere.
const ticks = 10 * time.Millisecond

// ProcessUsage reads what a process has used until now.
func ProcessUsage(pid int) (Usage, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return Usage{}, err
	}
	// The name, in parentheses, may hold spaces.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	const utime, stime, threads, rss = 11, 12, 17, 21
	if len(fields) <= rss {
		return Usage{}, fmt.Errorf("load: /proc/%d/stat is cut short", pid)
	}
	number := func(i int) int {
		n, _ := strconv.Atoi(fields[i])
		return n
	}
	return Usage{
		CPU:     time.Duration(number(utime)+number(stime)) * ticks,
		RSS:     number(rss) * os.Getpagesize() / 1024,
		Threads: number(threads),
	}, nil
}

// OwnCPU is the CPU time of this process until now.
func OwnCPU() time.Duration {
	var r unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_SELF, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// machineCPU is the CPU time that all processors have spent until now on anything
// that does not give way to ordinary processes (nice), what the hypervisor took away
// included.
func machineCPU() time.Duration {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(text), "\n")
	const nice, idle, waiting, stolen = 2, 4, 5, 8
	sum := 0
	for i, word := range strings.Fields(line) {
		if i == 0 || i == nice || i == idle || i == waiting || i > stolen {
			continue
		}
		n, _ := strconv.Atoi(word)
		sum += n
	}
	return time.Duration(sum) * ticks
}
