//go:build peers && soak

package packaging

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestSoakInstall is the life of the package on a machine of its own: a clean Debian
// made by debootstrap, booted with its own systemd as process 1 in namespaces. The
// package is installed, the service starts by itself, phones beyond a network call it,
// it is configured, reloaded, stopped, killed, backed up, upgraded, removed and purged.
func TestSoakInstall(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can make another system's root")
	}
	for name, debian := range map[string]string{"debootstrap": "debootstrap", "dpkg-deb": "dpkg", "sipp": "sip-tester", "ip": "iproute2", "unshare": "util-linux", "nsenter": "util-linux"} {
		tool(t, name, debian)
	}
	m := newMachine(t)
	m.install(m.packaged("v0.1.0"))
	m.boot()
	m.await("the service", func() bool { return m.active() })
	if state := m.out("systemctl", "show", "-p", "StatusText", "--value", "partyline"); !strings.Contains(state, "0 calls") {
		t.Errorf("status: %q", state)
	}
	m.unprivileged()

	m.out("partyline", "room", "add", "--name", "Board", "--extension", "112752642", "--pin", "48219", "--host-pin", "97531")
	m.call("112752642")
	if _, err := m.try("partyline", "doctor"); err != nil {
		t.Errorf("doctor: %v\n%s", err, m.out("sh", "-c", "partyline doctor || true"))
	}
	m.out("partyline", "doctor", "--health")

	m.secrets()
	m.reload()
	m.killed()
	m.upgrade()
	m.purge()
}

// packaged builds the package as a version.
func (m *machine) packaged(version string) string {
	m.Helper()
	c := exec.Command("sh", "configs/packaging/build.sh")
	c.Dir = repository
	c.Env = append(os.Environ(), "ARCHS="+runtime.GOARCH, "VERSION="+version)
	if text, err := c.CombinedOutput(); err != nil {
		m.Fatalf("%v\n%s", err, text)
	}
	name := "partyline_" + strings.TrimPrefix(version, "v") + "_" + runtime.GOARCH + ".deb"
	output(m.T, "cp", filepath.Join(repository, "build", "packages", name), filepath.Join(m.root, "root", name))
	return "/root/" + name
}

// install does so before the first boot, as an installer would.
func (m *machine) install(file string) {
	m.Helper()
	output(m.T, "chroot", m.root, "dpkg", "-i", file)
	if link, err := os.Readlink(filepath.Join(m.root, "etc/systemd/system/multi-user.target.wants/partyline.service")); err != nil {
		m.Fatalf("the service is not enabled: %s, %v", link, err)
	}
}

func (m *machine) active() bool {
	text, _ := m.try("systemctl", "is-active", "partyline")
	return strings.TrimSpace(text) == "active"
}

func (m *machine) pid() string {
	return strings.TrimSpace(m.out("systemctl", "show", "-p", "MainPID", "--value", "partyline"))
}

// unprivileged looks at what the kernel lets the service do.
func (m *machine) unprivileged() {
	m.Helper()
	status := m.out("cat", "/proc/"+m.pid()+"/status")
	for _, want := range []string{`(?m)^CapEff:\s+0000000000000400$`, `(?m)^NoNewPrivs:\s+1$`, `(?m)^Seccomp:\s+2$`, `(?m)^Uid:\s+[1-9]\d{4}\s`} {
		if !regexp.MustCompile(want).MatchString(status) {
			m.Errorf("%s is not in\n%s", want, status)
		}
	}
	// Who may not raise limits (in a container) cannot give the service more than it has.
	var mine syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &mine); err != nil {
		m.Fatal(err)
	}
	limits := m.out("cat", "/proc/"+m.pid()+"/limits")
	if got := regexp.MustCompile(`Max open files\s+\d+\s+(\d+)`).FindStringSubmatch(limits); got == nil || got[1] != "65536" && got[1] != fmt.Sprint(mine.Max) {
		m.Errorf("%s", limits)
	}
}

// call has a phone call the gateway from beyond the network.
func (m *machine) call(to string) {
	m.Helper()
	text, err := exec.Command("ip", "netns", "exec", m.outside, "sipp", "-sn", "uac", "-s", to, "-m", "1", "-d", "1000",
		"-i", phoneAddress, "-timeout", "60s", "-timeout_error", "-nostdin", gatewayAddress+":5060").CombinedOutput()
	if err != nil {
		m.Errorf("a call to %s: %v\n%s\n%s", to, err, text, m.log())
	}
}

// secrets: what root alone may read, the service has by its name.
func (m *machine) secrets() {
	m.Helper()
	m.write("/etc/partyline/secrets/turn", "s3cret\n", 0o600)
	m.write("/etc/partyline/partyline.yaml", `version: 1
server: {data_dir: /var/lib/partyline}
webrtc: {turn: {urls: ["turn:turn.example.org"], secret_file: /run/credentials/partyline.service/secrets_turn}}
`, 0o644)
	m.out("partyline", "check")
	m.out("systemctl", "restart", "partyline")
	if text := m.out("sh", "-c", "partyline doctor || true"); !strings.Contains(text, "ok       webrtc.turn.secret_file") {
		m.Errorf("%s", text)
	}
	m.call("112752642")
}

// reload: a change is in force when systemctl returns, and a mistake is an error that
// changes nothing.
func (m *machine) reload() {
	m.Helper()
	before := m.pid()
	good := "version: 1\nserver: {data_dir: /var/lib/partyline}\nlimits: {anonymous_inbound: off}\n"
	m.write("/etc/partyline/partyline.yaml", good, 0o644)
	m.out("systemctl", "reload", "partyline")
	if text, err := exec.Command("ip", "netns", "exec", m.outside, "sipp", "-sn", "uac", "-s", "1", "-m", "1", "-i", phoneAddress,
		"-timeout", "20s", "-timeout_error", "-nostdin", gatewayAddress+":5060").CombinedOutput(); err == nil {
		m.Errorf("a stranger is let in after the reload: %s", text)
	}
	m.write("/etc/partyline/partyline.yaml", "version: 1\nservr: {}\n", 0o644)
	if text, err := m.try("systemctl", "reload", "partyline"); err == nil {
		m.Errorf("a mistake is reloaded: %s", text)
	}
	if after := m.pid(); after != before || !m.active() {
		m.Errorf("process %s, before %s", after, before)
	}
	m.write("/etc/partyline/partyline.yaml", "version: 1\nserver: {data_dir: /var/lib/partyline}\n", 0o644)
	m.out("systemctl", "reload", "partyline")
}

// killed: a gateway that is killed, and one that stands still, are started again.
func (m *machine) killed() {
	m.Helper()
	for _, signal := range []string{"KILL", "STOP"} { // systemd's watchdog ends the second
		before := m.pid()
		m.out("systemctl", "kill", "--kill-whom=main", "-s", signal, "partyline")
		m.await("another process after SIG"+signal, func() bool { return m.active() && m.pid() != before })
	}
	m.call("112752642")
}

// upgrade keeps the data, and the configuration that was changed.
func (m *machine) upgrade() {
	m.Helper()
	m.out("partyline", "backup", "/root/backup.tar.gz")
	if text, err := m.try("partyline", "restore", "/root/backup.tar.gz"); err == nil || !strings.Contains(text, "gateway runs") {
		m.Errorf("restored beside the gateway: %s", text)
	}
	before := m.pid()
	m.out("dpkg", "-i", m.packaged("v0.2.0"))
	m.await("the new version", func() bool { return m.active() && m.pid() != before })
	if text := m.out("partyline", "version"); !strings.Contains(text, "v0.2.0") {
		m.Errorf("%s", text)
	}
	if text := m.out("partyline", "room", "show", "112752642"); !strings.Contains(text, "48219") {
		m.Errorf("the room after the upgrade: %s", text)
	}
	m.out("partyline", "room", "remove", "112752642")
	m.out("systemctl", "stop", "partyline")
	m.out("partyline", "restore", "/root/backup.tar.gz")
	m.out("partyline", "room", "add", "--extension", "200200200", "--pin", "4711") // root, while it stands
	m.out("systemctl", "start", "partyline")
	for _, extension := range []string{"112752642", "200200200"} {
		m.out("partyline", "room", "show", extension)
		m.call(extension)
	}
	if text := m.out("find", "/var/lib/private/partyline", "-user", "root"); text != "" {
		m.Errorf("root's among the data: %s", text)
	}
}

// purge: removing keeps the data, purging does not.
func (m *machine) purge() {
	m.Helper()
	m.out("dpkg", "-r", "partyline")
	if m.active() {
		m.Error("it runs on after its removal")
	}
	m.out("ls", "/var/lib/private/partyline/partyline.db", "/etc/partyline/partyline.yaml")
	m.out("dpkg", "-P", "partyline")
	for _, gone := range []string{"/var/lib/private/partyline", "/var/lib/partyline", "/etc/partyline/partyline.yaml", "/usr/bin/partyline"} {
		if _, err := m.try("test", "-e", gone, "-o", "-L", gone); err == nil {
			m.Errorf("%s is left", gone)
		}
	}
}

// await waits for a condition on an overloaded machine.
func (m *machine) await(what string, ok func() bool) {
	m.Helper()
	for end := time.Now().Add(3 * time.Minute); time.Now().Before(end); <-time.After(200 * time.Millisecond) {
		if ok() {
			return
		}
	}
	m.Fatalf("no %s within three minutes\n%s", what, m.log())
}

func (m *machine) log() string {
	text, _ := m.try("sh", "-c", "systemctl status --no-pager -l partyline; journalctl --no-pager -n 60")
	return fmt.Sprint(text)
}
