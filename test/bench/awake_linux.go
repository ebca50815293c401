package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"

	"golang.org/x/sys/unix"
)

// spinArg has the program do nothing, all the time.
const spinArg = "-spin"

// stayAwake keeps all processors from sleeping until the returned function is called:
// on each runs a process that gives way to every other. A virtual machine's processor
// that sleeps is given away by the host and comes back when that likes: what is late
// then has slept on the host, not in the gateway.
func stayAwake() (sleep func(), err error) {
	var all []*exec.Cmd
	sleep = func() {
		for _, c := range all {
			_ = c.Process.Kill()
			_ = c.Wait()
		}
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	for range runtime.NumCPU() {
		c := exec.Command(self, spinArg)
		c.Stderr = os.Stderr
		if err := c.Start(); err != nil {
			sleep()
			return nil, fmt.Errorf("keeping the processors awake: %w", err)
		}
		all = append(all, c)
	}
	return sleep, nil
}

// spin takes what time nobody wants (SCHED_IDLE of sched(7)) until the process is
// killed, or whoever started it is gone.
func spin() error {
	parent := os.Getppid()
	runtime.GOMAXPROCS(1)
	runtime.LockOSThread()
	// The nice value only says how the time is accounted.
	if err := unix.Setpriority(unix.PRIO_PROCESS, 0, 19); err != nil {
		return err
	}
	if err := unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_IDLE}, 0); err != nil {
		return err
	}
	for os.Getppid() == parent {
		for n := range 1 << 24 {
			runtime.KeepAlive(n)
		}
	}
	return nil
}
