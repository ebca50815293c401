package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// documents are those that show commands.
var documents = []string{"README.md", "docs/*.md", "docs/decisions/*.md", "prompts/README.md"}

// TestDocumentedCommands parses every command that the documents show, and looks
// whether the admin guide shows every command there is.
func TestDocumentedCommands(t *testing.T) {
	t.Parallel()
	shown := map[string]bool{} // by the admin guide
	for _, pattern := range documents {
		files, err := filepath.Glob(filepath.Join("..", "..", pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: no such document (%v)", pattern, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, line := range commandsIn(string(text)) {
				args := words(line)[1:]
				name, err := parsed(t, args)
				if err != nil {
					t.Errorf("%s: %s: %v", file, line, err)
				}
				if filepath.Base(file) == "admin.md" {
					shown[name] = true
				}
			}
		}
	}
	for _, leaf := range commandLine(t).Model.Leaves(true) {
		if !shown[leaf.Path()] {
			t.Errorf("docs/admin.md does not show %s", leaf.FullPath())
		}
	}
}

// commandLine is a new parser: one that has parsed remembers which flags exclude others.
func commandLine(t *testing.T) *kong.Kong {
	t.Helper()
	parser, err := kong.New(&commands{}, kong.Name("partyline"), configVars(), kong.Writers(io.Discard, io.Discard),
		kong.Exit(func(int) { panic(exitNow(exitDone)) }))
	if err != nil {
		t.Fatal(err)
	}
	return parser
}

// parsed parses a command line and names the command; a line that asks for help
// names none.
func parsed(t *testing.T, args []string) (name string, err error) {
	defer func() {
		if v := recover(); v != nil {
			if _, ok := v.(exitNow); !ok {
				panic(v)
			}
		}
	}()
	k, err := commandLine(t).Parse(args)
	if err != nil {
		return "", err
	}
	return k.Selected().Path(), nil
}

var (
	inline = regexp.MustCompile("`((?:bin/)?partyline [a-z-][^`]*)`")
	block  = regexp.MustCompile(`^(?:    )?(?:\$ )?(?:sudo )?((?:bin/|/usr/bin/)?partyline [a-z-].*)$`)
	// aside is what stands behind a command in a code block.
	aside = regexp.MustCompile(`(  +| [#>|] ?).*$`)
)

// commandsIn finds the command lines of a document: in code blocks and between
// back-quotes.
func commandsIn(text string) []string {
	var found []string
	fenced := false
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "```") {
			fenced = !fenced
			continue
		}
		if m := block.FindStringSubmatch(line); m != nil && (fenced || strings.HasPrefix(line, "    ")) {
			found = append(found, aside.ReplaceAllString(m[1], ""))
			continue
		}
		for _, m := range inline.FindAllStringSubmatch(line, -1) {
			found = append(found, m[1])
		}
	}
	return found
}

// words splits a line as a shell does, as far as the documents need it.
func words(line string) []string {
	var all []string
	for _, m := range regexp.MustCompile(`"([^"]*)"|'([^']*)'|(\S+)`).FindAllStringSubmatch(line, -1) {
		all = append(all, m[1]+m[2]+m[3])
	}
	return all
}

// TestNotice looks whether NOTICE names every module that this one requires.
func TestNotice(t *testing.T) {
	mod, err := os.ReadFile(filepath.Join("..", "..", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	notice, err := os.ReadFile(filepath.Join("..", "..", "NOTICE"))
	if err != nil {
		t.Fatal(err)
	}
	required := regexp.MustCompile(`(?m)^\t([^ /]+\.[^ ]+?)(?:/v\d+)? v\S+$`).FindAllStringSubmatch(string(mod), -1)
	if len(required) < 10 {
		t.Fatalf("only %d modules are required", len(required))
	}
	for _, m := range required {
		if !strings.Contains(string(notice), m[1]) {
			t.Errorf("NOTICE does not name %s", m[1])
		}
	}
}

func TestCommandsIn(t *testing.T) {
	got := commandsIn("Use `partyline room list` or\n\n    $ partyline calls list --room 1   who is there\n    partyline.yaml\n    sudo partyline room add --name 'A B'\nthe partyline said\n")
	want := []string{"partyline calls list --room 1", "partyline room add --name 'A B'", "partyline room list"}
	if len(got) != 3 || got[0] != want[2] || got[1] != want[0] || got[2] != want[1] {
		t.Errorf("found %q", got)
	}
	if w := words(want[1]); len(w) != 5 || w[4] != "A B" {
		t.Errorf("words %q", w)
	}
}
