//go:build peers

package packaging

import (
	"debug/buildinfo"
	"debug/elf"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// repository is the root of the checkout.
var repository = filepath.Join("..", "..")

// tool skips a test if a program is missing, and says which package has it.
func tool(t *testing.T, name, debian string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("%s is not here: apt install %s", name, debian)
	}
}

// output runs a program and returns what it prints.
func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	text, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, text)
	}
	return string(text)
}

// built makes the package of this machine's processor once.
var built = sync.OnceValues(func() (string, error) {
	c := exec.Command("sh", "configs/packaging/build.sh")
	c.Dir = repository
	c.Env = append(os.Environ(), "ARCHS="+runtime.GOARCH)
	if text, err := c.CombinedOutput(); err != nil {
		return string(text), err
	}
	found, err := filepath.Glob(filepath.Join(repository, "build", "packages", "*_"+runtime.GOARCH+".deb"))
	if err != nil || len(found) != 1 {
		return strings.Join(found, " "), fs.ErrNotExist
	}
	return filepath.Abs(found[0])
})

// debian is the path of the package, and of a directory with what is in it.
func debian(t *testing.T) (file, root string) {
	t.Helper()
	tool(t, "dpkg-deb", "dpkg")
	file, err := built()
	if err != nil {
		t.Fatalf("%v\n%s", err, file)
	}
	root = t.TempDir()
	output(t, "dpkg-deb", "-x", file, root)
	return file, root
}

func TestPackage(t *testing.T) {
	t.Parallel()
	file, root := debian(t)
	control := t.TempDir()
	output(t, "dpkg-deb", "-e", file, control)
	for name, want := range map[string]string{
		"Package": "partyline", "Architecture": runtime.GOARCH, "Section": "net", "Depends": "", "Recommends": "ca-certificates",
	} {
		if got := strings.TrimSpace(output(t, "dpkg-deb", "-f", file, name)); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if text, err := os.ReadFile(filepath.Join(control, "conffiles")); strings.TrimSpace(string(text)) != "/etc/partyline/partyline.yaml" {
		t.Errorf("conffiles: %q, %v", text, err)
	}
	for _, script := range []string{"postinst", "prerm", "postrm"} {
		output(t, "sh", "-n", filepath.Join(control, script))
	}
	for name, mode := range map[string]fs.FileMode{
		"usr/bin/partyline": 0o755, "etc/partyline/partyline.yaml": 0o644, "etc/partyline/secrets": fs.ModeDir | 0o700,
		"usr/lib/systemd/system/partyline.service": 0o644, "usr/lib/sysctl.d/50-partyline.conf": 0o644,
		"usr/share/man/man8/partyline.8.gz": 0o644, "usr/share/doc/partyline/copyright": 0o644,
		"usr/share/doc/partyline/NOTICE": 0o644, "usr/share/doc/partyline/LICENSE": 0o644,
		"usr/share/doc/partyline/licences.gz": 0o644, "usr/share/doc/partyline/changelog.gz": 0o644,
		"usr/share/doc/partyline/admin.md": 0o644, "usr/share/doc/partyline/examples/partyline.yaml": 0o644,
	} {
		if st, err := os.Stat(filepath.Join(root, name)); err != nil || st.Mode() != mode {
			t.Errorf("%s: %v, %v", name, st, err)
		}
	}
	for _, line := range strings.Split(strings.TrimSpace(output(t, "dpkg-deb", "-c", file)), "\n") {
		if !strings.Contains(line, " root/root ") && !strings.Contains(line, " 0/0 ") {
			t.Errorf("not root's: %s", line)
		}
	}
}

// TestPackagedProgram: it is static, knows where its configuration is, and that is
// without a mistake; the manual names every command.
func TestPackagedProgram(t *testing.T) {
	t.Parallel()
	_, root := debian(t)
	program := filepath.Join(root, "usr", "bin", "partyline")
	f, err := elf.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			t.Errorf("the program is not static: it has a %v", p.Type)
		}
	}
	output(t, program, "check", "--config", filepath.Join(root, "etc", "partyline", "partyline.yaml"))
	output(t, program, "check", "--config", filepath.Join(root, "usr", "share", "doc", "partyline", "examples", "partyline.yaml"))
	if help := output(t, program, "--help"); !strings.Contains(help, "/etc/partyline/partyline.yaml") {
		t.Errorf("the program does not know its configuration:\n%s", help)
	}
	page := output(t, "gzip", "-dc", filepath.Join(root, "usr", "share", "man", "man8", "partyline.8.gz"))
	for _, want := range []string{".TH PARTYLINE", "\\fBserve", "\\fBbackup", "\\fBroom add", "SIGHUP"} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not in the manual", want)
		}
	}
}

// TestPackagedLicences: for every module that the linker took there is a text.
func TestPackagedLicences(t *testing.T) {
	t.Parallel()
	_, root := debian(t)
	info, err := buildinfo.ReadFile(filepath.Join(root, "usr", "bin", "partyline"))
	if err != nil {
		t.Fatal(err)
	}
	texts := output(t, "gzip", "-dc", filepath.Join(root, "usr", "share", "doc", "partyline", "licences.gz"))
	if len(info.Deps) < 10 {
		t.Fatalf("only %d modules", len(info.Deps))
	}
	for _, m := range info.Deps {
		if !strings.Contains(texts, "\n"+m.Path+"@"+m.Version+": ") {
			t.Errorf("no licence of %s %s", m.Path, m.Version)
		}
	}
	for _, want := range []string{"Go go", "Apache License", "Jason Miller", "SIL OPEN FONT LICENSE"} {
		if !strings.Contains(texts, want) {
			t.Errorf("%q is not among the licences", want)
		}
	}
}
