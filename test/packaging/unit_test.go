//go:build peers

package packaging

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// exposure is what systemd-analyze may think of the unit at most, from 0 (sealed) to 10.
const exposure = 2.0

// unitRoot is a root file system with the unit and what it names.
func unitRoot(t *testing.T) (root, unit string) {
	t.Helper()
	tool(t, "systemd-analyze", "systemd")
	root = t.TempDir()
	unit = filepath.Join(root, "etc", "systemd", "system", "partyline.service")
	text, err := os.ReadFile(filepath.Join(repository, "configs", "packaging", "partyline.service"))
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(root, "usr", "bin", "partyline")
	for _, file := range []string{unit, program} {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(unit, text, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(program, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	return root, unit
}

// TestUnitVerify: systemd finds nothing to say about the unit. Units of the system that
// it refers to are not in our root.
func TestUnitVerify(t *testing.T) {
	t.Parallel()
	root, _ := unitRoot(t)
	text, err := exec.CommandContext(t.Context(), "systemd-analyze", "verify", "--man=no", "--root="+root, "partyline.service").CombinedOutput()
	for line := range strings.Lines(string(text)) {
		if !strings.Contains(line, "partyline.service") || strings.Contains(line, "not found") {
			continue
		}
		t.Errorf("verify: %s", line)
	}
	if err != nil && !strings.Contains(string(text), "not found") {
		t.Errorf("verify: %v\n%s", err, text)
	}
}

// TestUnitSecurity: what the service may do is as little as it needs.
func TestUnitSecurity(t *testing.T) {
	t.Parallel()
	_, unit := unitRoot(t)
	text := output(t, "systemd-analyze", "security", "--offline=true", "--no-pager", unit)
	m := regexp.MustCompile(`Overall exposure level for \S+: ([0-9.]+)`).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("no score:\n%s", text)
	}
	if score, err := strconv.ParseFloat(m[1], 64); err != nil || score > exposure {
		t.Errorf("exposure %s, at most %.1f is wanted\n%s", m[1], exposure, text)
	} else {
		t.Logf("exposure %s", m[1])
	}
	// What is still open must be what the program needs.
	var rows []struct {
		Name string `json:"json_field"`
		Set  bool   `json:"set"`
	}
	if err := json.Unmarshal([]byte(output(t, "systemd-analyze", "security", "--offline=true", "--json=short", unit)), &rows); err != nil {
		t.Fatal(err)
	}
	needed := map[string]string{
		"PrivateNetwork": "calls", "RestrictAddressFamilies_AF_INET_INET6": "calls", "RestrictAddressFamilies_AF_UNIX": "the control socket, NOTIFY",
		"RestrictAddressFamilies_AF_NETLINK": "the addresses of this machine", "IPAddressDeny": "calls", "AmbientCapabilities": "port 443",
		"CapabilityBoundingSet_CAP_NET_BIND_SERVICE_BROADCAST_RAW)": "port 443", "DeviceAllow": "nothing: ProtectClock adds one to read from",
		"PrivateUsers": "port 443: a user namespace has no right to it", "ProcSubset": "/proc/sys, /proc/stat",
		"RootDirectoryOrRootImage": "the package's own files are all it sees of /usr that matters",
	}
	for _, r := range rows {
		if !r.Set && needed[r.Name] == "" {
			t.Errorf("%s is open, and nothing needs it", r.Name)
		}
	}
}
