package configs

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/partyline/partyline/dialplan"
)

// maxTable bounds a prefix table: some 300,000 prefixes.
const maxTable = 8 << 20

// readTables reads the prefix tables that rules name. A table that cannot be read
// or has mistakes makes the configuration invalid: without it calls would go
// elsewhere.
func (c *Config) readTables() Problems {
	var problems Problems
	for i := range c.Dialplan.Inbound {
		r := &c.Dialplan.Inbound[i]
		path := fmt.Sprintf("dialplan.inbound[%d]", i)
		problems = append(problems, c.readTable(path+".prefixes_file", r.PrefixesFile)...)
		problems = append(problems, c.readTable(path+".from_prefixes_file", r.FromPrefixesFile)...)
	}
	for i := range c.Dialplan.Outbound {
		r := &c.Dialplan.Outbound[i]
		path := fmt.Sprintf("dialplan.outbound[%d].prefixes_file", i)
		problems = append(problems, c.readTable(path, r.PrefixesFile)...)
		problems = append(problems, c.rowsLead(path, r)...)
	}
	return problems
}

// readTable reads a table once, however many rules name it.
func (c *Config) readTable(path, name string) Problems {
	if name == "" || c.tables[name] != nil {
		return nil
	}
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return Problems{c.problem(path, "the table cannot be read: "+err.Error())}
	case info.Size() > maxTable || !info.Mode().IsRegular():
		return Problems{c.problem(path, fmt.Sprintf("%s is no table of prefixes: a file of at most %d bytes", name, maxTable))}
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return Problems{c.problem(path, "the table cannot be read: "+err.Error())}
	}
	table, wrong := dialplan.ParsePrefixes(filepath.Base(name), text)
	if c.tables == nil {
		c.tables = map[string]*dialplan.Prefixes{}
	}
	c.tables[name] = table
	lines := strings.Split(string(text), "\n")
	var problems Problems
	for _, w := range wrong {
		problems = append(problems, Problem{
			File: name, Line: w.Line, Column: w.Column, Width: w.Width, Source: shown(lines, w.Line), Message: w.Msg,
		})
	}
	named := table.Trunks()
	for _, trunk := range sortedKeys(named) {
		if message, hint := c.noTrunk(trunk); message != "" {
			line := shown(lines, named[trunk])
			problems = append(problems, Problem{
				File: name, Line: named[trunk], Column: 1 + max(0, strings.Index(line, trunk)), Width: len(trunk),
				Source: line, Message: message, Hint: hint,
			})
		}
	}
	return problems
}

func shown(lines []string, n int) string {
	line := strings.TrimSuffix(lines[n-1], "\r")
	if len(line) > maxLine {
		return line[:80]
	}
	return strings.ToValidUTF8(line, "�")
}

func sortedKeys(m map[string]int) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// rowsLead looks for rows that say nothing of where calls go in the table of a
// rule that says nothing either.
func (c *Config) rowsLead(path string, r *OutboundRule) Problems {
	table := c.tables[r.PrefixesFile]
	if table == nil || r.Deny != "" || len(r.carriers()) > 0 {
		return nil
	}
	if row, found := table.Undecided(); found {
		return Problems{c.problem(path, fmt.Sprintf("line %d of the table (%s) names no trunk, and neither does the rule", row.Line, row.Digits))}
	}
	return nil
}
