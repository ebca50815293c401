//go:build peers

package packaging

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// quiet is a configuration that opens nothing outside of this machine, at ports that
// are free.
const quiet = `version: 1
server: {data_dir: /var/lib/partyline}
web: {listen: "http://127.0.0.1:0"}
sip: {listen: ["udp://127.0.0.1:0"], rtp_bind: [127.0.0.1]}
h323: {listen: off}
webrtc: {listen: []}
`

// layOut makes what the image is built from.
func layOut(t *testing.T) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), "sh", "configs/packaging/image.sh")
	c.Dir = repository
	if text, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	image, err := filepath.Abs(filepath.Join(repository, "build", "image"))
	if err != nil {
		t.Fatal(err)
	}
	return image
}

// user is whom the image runs as.
const user = 65532

// TestImageRoot runs the container's root file system, put together as the image is.
func TestImageRoot(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can enter a root file system")
	}
	image := layOut(t)
	root := filepath.Join(t.TempDir(), "root")
	output(t, "cp", "-a", filepath.Join(image, "root"), root)
	output(t, "cp", "-a", filepath.Join(image, "data")+"/.", filepath.Join(root, "var", "lib"))
	if err := os.Chown(filepath.Join(root, "var", "lib", "partyline"), user, user); err != nil {
		t.Fatal(err)
	}
	lives(t, root)
}

// lives runs a root file system as its user with nothing else in sight: the program
// starts, its health check agrees, a phone is answered, the data is where the volume
// will be, SIGTERM ends it.
func lives(t *testing.T, root string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(root, "etc", "partyline", "partyline.yaml"), []byte(quiet), 0o644); err != nil {
		t.Fatal(err)
	}
	inside := func(args ...string) *exec.Cmd {
		c := exec.CommandContext(t.Context(), "/usr/bin/partyline", args...)
		c.Dir = "/var/lib/partyline"
		c.Env = []string{"PATH=/usr/bin"}
		c.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: user, Gid: user}}
		return c
	}
	serve := inside("serve")
	var log strings.Builder
	serve.Stderr = &log
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { serve.Process.Kill() })
	healthy := false
	for end := time.Now().Add(time.Minute); !healthy && time.Now().Before(end); <-time.After(100 * time.Millisecond) {
		healthy = inside("doctor", "--health").Run() == nil
	}
	if !healthy {
		t.Fatalf("not healthy within a minute:\n%s", log.String())
	}
	if text, err := inside("room", "add", "--name", "Board").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, text)
	}
	answered(t, filepath.Join(root, "var", "lib", "partyline"))
	serve.Process.Signal(syscall.SIGTERM)
	if err := serve.Wait(); err != nil {
		t.Errorf("%v\n%s", err, log.String())
	}
	if err := inside("doctor", "--health").Run(); err == nil {
		t.Error("healthy, and not running")
	}
}

// TestImage builds the image by buildah and runs what is in it, where that may be done.
func TestImage(t *testing.T) {
	if _, err := exec.LookPath("buildah"); err != nil || os.Geteuid() != 0 {
		t.Skip("buildah is not here, or no root: the image's root file system is tested by TestImageRoot only")
	}
	image := layOut(t)
	file := filepath.Join(repository, "configs", "packaging", "Containerfile")
	store := t.TempDir()
	args := []string{"--root", filepath.Join(store, "images"), "--runroot", filepath.Join(store, "run"), "--storage-driver", "vfs"}
	build := append(args, "build", "--format", "docker", "--isolation", "chroot", "-t", "partyline", "-f", file, image)
	if text, err := exec.CommandContext(t.Context(), "buildah", build...).CombinedOutput(); err != nil {
		if strings.Contains(string(text), "not permitted") || strings.Contains(string(text), "unshare") {
			t.Skipf("buildah may not build here: %s", text)
		}
		t.Fatalf("buildah: %v\n%s", err, text)
	}
	said := output(t, "buildah", append(args, "inspect", "--type", "image", "partyline")...)
	for _, want := range []string{`65532:65532`, `doctor`, `5060/udp`, `/var/lib/partyline`, `/usr/bin/partyline`} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not in the image's configuration", want)
		}
	}
	from := strings.TrimSpace(output(t, "buildah", append(args, "from", "--pull-never", "localhost/partyline")...))
	root := strings.TrimSpace(output(t, "buildah", append(args, "mount", from)...))
	lives(t, root)
	output(t, "buildah", append(args, "umount", from)...)
}

// answered sends OPTIONS to the first UDP listener of a gateway, and wants a response.
func answered(t *testing.T, data string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(data, "listeners.json"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), `"udp://`)
	address, _, _ := strings.Cut(rest, `"`)
	c, err := net.Dial("udp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	me := c.LocalAddr().String()
	packet := make([]byte, 4096)
	for range 20 {
		c.Write([]byte("OPTIONS sip:" + address + " SIP/2.0\r\nVia: SIP/2.0/UDP " + me + ";branch=z9hG4bK1;rport\r\nMax-Forwards: 70\r\n" +
			"From: <sip:a@" + me + ">;tag=1\r\nTo: <sip:" + address + ">\r\nCall-ID: 1@" + me + "\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"))
		c.SetReadDeadline(time.Now().Add(500 * time.Millisecond))
		if n, err := c.Read(packet); err == nil {
			if !strings.HasPrefix(string(packet[:n]), "SIP/2.0 200") {
				t.Errorf("%s", packet[:n])
			}
			return
		}
	}
	t.Errorf("%s does not answer", address)
}
