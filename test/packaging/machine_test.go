//go:build peers && soak

package packaging

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The two ends of the network between the gateway's machine and a phone. Both are in
// namespaces of their own; nothing leaves them.
const (
	gatewayAddress = "192.0.2.10"
	phoneAddress   = "192.0.2.20"
)

// machine is a Debian system in namespaces, with a network to a phone outside of it.
type machine struct {
	*testing.T
	root            string
	inside, outside string // network namespaces
	init            string // its process 1, as seen from here
}

// newMachine makes a clean system. What debootstrap has fetched is kept in build.
func newMachine(t *testing.T) *machine {
	t.Helper()
	m := &machine{T: t, root: filepath.Join(t.TempDir(), "root"), inside: fmt.Sprintf("pl-gw-%d", os.Getpid()), outside: fmt.Sprintf("pl-ph-%d", os.Getpid())}
	kept, err := filepath.Abs(filepath.Join(repository, "build", "bookworm.tar"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(m.root, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(kept); err == nil {
		output(t, "tar", "-C", m.root, "--numeric-owner", "-xpf", kept)
	} else {
		output(t, "debootstrap", "--variant=minbase", "--include=systemd,systemd-sysv", "bookworm", m.root, mirror(t))
		if err := os.MkdirAll(filepath.Dir(kept), 0o755); err != nil {
			t.Fatal(err)
		}
		output(t, "tar", "-C", m.root, "--numeric-owner", "-cpf", kept, ".")
	}
	m.write("/etc/hosts", "127.0.0.1 localhost\n", 0o644)
	return m
}

// mirror is where this machine has its Debian from.
func mirror(t *testing.T) string {
	t.Helper()
	files, _ := filepath.Glob("/etc/apt/sources.list.d/*")
	for _, f := range append([]string{"/etc/apt/sources.list"}, files...) {
		text, err := os.ReadFile(f)
		if err != nil {
			continue
		}
		if m := regexp.MustCompile(`(?m)^(?:URIs:|deb(?:\s+\[[^]]*\])?)\s+(https?://\S+/debian)/?(?:\s|$)`).FindSubmatch(text); m != nil {
			return string(m[1])
		}
	}
	return "http://deb.debian.org/debian"
}

// boot starts the system, with a cable to the phone.
func (m *machine) boot() {
	m.Helper()
	for _, ns := range []string{m.inside, m.outside} {
		output(m.T, "ip", "netns", "add", ns)
		m.Cleanup(func() { exec.Command("ip", "netns", "del", ns).Run() })
		output(m.T, "ip", "-n", ns, "link", "set", "lo", "up")
	}
	output(m.T, "ip", "-n", m.inside, "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", m.outside)
	for ns, address := range map[string]string{m.inside: gatewayAddress, m.outside: phoneAddress} {
		output(m.T, "ip", "-n", ns, "addr", "add", address+"/24", "dev", "eth0")
		output(m.T, "ip", "-n", ns, "link", "set", "eth0", "up")
		output(m.T, "ip", "-n", ns, "route", "add", "default", "dev", "eth0")
	}
	c := exec.Command("ip", "netns", "exec", m.inside, "unshare", "--mount", "--pid", "--fork", "--kill-child",
		"--uts", "--ipc", "--cgroup", "sh", "boot.sh", m.root)
	var said strings.Builder
	c.Stdout, c.Stderr = &said, &said
	if err := c.Start(); err != nil {
		m.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	m.Cleanup(func() {
		c.Process.Kill()
		<-ended
	})
	m.await("systemd as process 1", func() bool {
		select {
		case err := <-ended:
			ended <- err
			m.Skipf("no system can be booted in namespaces here: %v\n%s", err, said.String())
		default:
		}
		children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", c.Process.Pid, c.Process.Pid))
		m.init = strings.TrimSpace(string(children))
		if m.init == "" {
			return false
		}
		name, _ := os.ReadFile("/proc/" + m.init + "/comm")
		if strings.TrimSpace(string(name)) != "systemd" {
			return false
		}
		text, _ := m.try("systemctl", "is-system-running")
		state := strings.TrimSpace(text)
		return state == "running" || state == "degraded"
	})
}

// try runs a command on the machine.
func (m *machine) try(args ...string) (string, error) {
	c := exec.Command("nsenter", append([]string{"-t", m.init, "-a", "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND=noninteractive"}, args...)...)
	text, err := c.CombinedOutput()
	return string(text), err
}

// out runs a command on the machine that must succeed.
func (m *machine) out(args ...string) string {
	m.Helper()
	text, err := m.try(args...)
	if err != nil {
		m.Fatalf("%s: %v\n%s\n%s", strings.Join(args, " "), err, text, m.log())
	}
	return text
}

// write writes a file of the machine, where that is on its disk.
func (m *machine) write(path, text string, mode fs.FileMode) {
	m.Helper()
	file := filepath.Join(m.root, path)
	if err := os.WriteFile(file, []byte(text), mode); err != nil {
		m.Fatal(err)
	}
	if err := os.Chmod(file, mode); err != nil {
		m.Fatal(err)
	}
}
