// Command gen makes Go types of the ASN.1 modules behind H.323.
//
// In go the modules of H.225.0, H.235, H.245, H.450.1 and H.460.18/19, published by
// the ITU and distributed by Packetizer (https://www.packetizer.com), which are not
// part of this project; out come the files *_gen.go of the packages beside per: a
// struct for every SEQUENCE and CHOICE, whose tags tell the runtime in per how
// the fields are encoded. Tags, names and docstrings come from the modules
// alone, so the same modules give the same files.
//
//	gen -modules DIR -root DIR [-package NAME]
//
// -modules is the folder with the modules (h225.asn, …), -root the folder that
// holds the packages (h323). Without -package all packages are written.
//
// The parts: lexer, parser (parser.go, parsetype.go) → definitions (ast.go) →
// references between modules and parameterised types (resolve.go) → Go types
// and tags (gotype.go, names.go) → files (print.go, doc.go). modules.go says
// which module goes where.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	modules := flag.String("modules", "", "folder with the ASN.1 modules")
	root := flag.String("root", "..", "folder that holds the packages")
	only := flag.String("package", "", "write this package alone")
	flag.Parse()
	if err := run(*modules, *root, *only); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

// run writes the files of the package only, or of all.
func run(modules, root, only string) error {
	files, err := generate(modules)
	if err != nil {
		return err
	}
	for _, f := range files {
		if only != "" && f.pkg != only {
			continue
		}
		path := filepath.Join(root, f.pkg, f.name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, f.text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
