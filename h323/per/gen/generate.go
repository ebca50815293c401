package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// output is one generated file.
type output struct {
	pkg, name string
	text      []byte
}

// generate reads all modules in the folder dir and returns all files.
func generate(dir string) ([]output, error) {
	s := &scope{modules: map[string]*module{}}
	pkgOf := map[string]string{}
	for _, src := range sources {
		text := rosModule
		if src.file != "" {
			b, err := os.ReadFile(filepath.Join(dir, src.file))
			if err != nil {
				return nil, err
			}
			text = string(b)
		}
		m, err := parseModule(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", src.file, err)
		}
		if m.name != src.module {
			return nil, fmt.Errorf("%s holds module %s, not %s", src.file, m.name, src.module)
		}
		s.modules[m.name] = m
		pkgOf[m.name] = src.pkg
	}
	goNames, taken := nameAll(s)
	var files []output
	for _, src := range sources {
		g := &generator{
			scope: s, pkg: src.pkg, pkgOf: pkgOf, goNames: goNames,
			taken: taken[src.pkg], instances: map[string]bool{},
		}
		groups, err := split(src, s.modules[src.module])
		if err != nil {
			return nil, err
		}
		for i, defs := range groups {
			text, err := g.file(src, defs)
			if err != nil {
				return nil, err
			}
			files = append(files, output{src.pkg, src.groups[i].file + "_gen.go", text})
		}
	}
	return files, nil
}

// nameAll gives the named types their Go names before any nested type takes one.
func nameAll(s *scope) (map[*typeDef]string, map[string]names) {
	goNames, taken := map[*typeDef]string{}, map[string]names{}
	for _, src := range sources {
		if taken[src.pkg] == nil {
			taken[src.pkg] = names{}
		}
		for _, def := range s.modules[src.module].types {
			goNames[def] = taken[src.pkg].take(goName(def.name))
		}
	}
	return goNames, taken
}

// split cuts a module's definitions into the groups of src.
func split(src source, m *module) ([][]*typeDef, error) {
	groups := make([][]*typeDef, len(src.groups))
	at := -1
	for _, def := range m.types {
		if at+1 < len(groups) && def.name == src.groups[at+1].first {
			at++
		}
		if at < 0 {
			return nil, fmt.Errorf("%s begins with %s, not %s", m.name, def.name, src.groups[0].first)
		}
		groups[at] = append(groups[at], def)
	}
	if at+1 < len(groups) {
		return nil, fmt.Errorf("%s has no %s where it is expected", m.name, src.groups[at+1].first)
	}
	return groups, nil
}
