package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// modulesDir is where the ITU's modules lie beside the project; they are not part
// of it.
const modulesDir = "../../../../shared/asn1"

// TestCommittedCodeIsCurrent generates everything anew and compares it with the
// files beside per: nobody edits them, and no change of the generator is forgotten.
func TestCommittedCodeIsCurrent(t *testing.T) {
	if _, err := os.Stat(modulesDir); err != nil {
		t.Skip("the ASN.1 modules are not on this machine: nothing to compare with")
	}
	files, err := generate(modulesDir)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{}
	for _, f := range files {
		path := filepath.Join("..", "..", f.pkg, f.name)
		want[path] = true
		have, err := os.ReadFile(path)
		if err != nil {
			t.Error(err)
		} else if !bytes.Equal(have, f.text) {
			t.Errorf("%s is not what the generator makes: run go generate ./h323/...", path)
		}
	}
	// A file that an older generator left behind would still compile.
	left, _ := filepath.Glob("../../h*/*_gen.go")
	for _, path := range left {
		if !want[path] {
			t.Errorf("%s is made by nothing", path)
		}
	}
}
