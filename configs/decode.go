package configs

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// mark is a place in the file.
type mark struct{ line, column, width int }

// decoder fills a Config from a YAML tree and collects what is wrong.
type decoder struct {
	file     string
	lines    []string
	blanked  map[int]bool
	config   *Config
	problems Problems
	marks    map[string]mark // where each value stands, by its path
	anchors  map[string]ast.Node
	depth    int
}

func (d *decoder) report(at mark, message string) { d.reportHint(at, message, "") }

func (d *decoder) reportHint(at mark, message, hint string) {
	d.problems = append(d.problems, Problem{
		File: d.file, Line: at.line, Column: at.column, Width: at.width,
		Source: hideSecrets(d.line(at.line)), Message: message, Hint: hint,
	})
}

// hideSecrets masks what somebody wrote into the file instead of into a file of
// its own, with as many stars: messages end in logs.
func hideSecrets(line string) string {
	return secret.ReplaceAllStringFunc(line, func(s string) string {
		i := strings.IndexByte(s, ':') + 1
		i += len(s[i:]) - len(strings.TrimLeft(s[i:], " "))
		return s[:i] + strings.Repeat("*", utf8.RuneCountInString(s[i:]))
	})
}

var secret = regexp.MustCompile(`(?i)\b(password|passphrase|secret)"?: *[^ ,}][^,}]*`)

func (d *decoder) line(n int) string {
	if n < 1 || n > len(d.lines) {
		return ""
	}
	return d.lines[n-1]
}

// markOf is where a token stands and how wide it is.
func (d *decoder) markOf(t *token.Token) mark {
	if t == nil || t.Position == nil {
		return mark{line: 1, column: 1}
	}
	m := mark{line: max(1, t.Position.Line), column: max(1, t.Position.Column)}
	written, _, _ := strings.Cut(strings.TrimSpace(t.Origin), "\n")
	m.width = utf8.RuneCountInString(written)
	// The position given is that of the quote or the first character, with few
	// exceptions (folded text); then the text itself is looked for.
	line := d.line(m.line)
	if !strings.HasPrefix(skip(line, m.column-1), written) {
		if i := strings.Index(line, written); i >= 0 {
			m.column = utf8.RuneCountInString(line[:i]) + 1
		}
	}
	m.column = min(m.column, utf8.RuneCountInString(line)+1)
	return m
}

// skip leaves out the first n characters.
func skip(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[i:]
		}
		n--
	}
	return ""
}

// document decodes the file's one document.
func (d *decoder) document(f *ast.File) bool {
	if f == nil {
		return false
	}
	var body ast.Node
	for _, doc := range f.Docs {
		if doc == nil || doc.Body == nil {
			continue
		}
		if body != nil {
			d.report(d.markOf(first(doc.Body)), "a second document: the configuration is one")
			break
		}
		body = doc.Body
	}
	if body != nil {
		d.value("", body, reflect.ValueOf(d.config).Elem(), "")
	}
	return true
}

// first is the token at which a node begins.
func first(n ast.Node) *token.Token {
	switch n := n.(type) {
	case *ast.MappingNode:
		if len(n.Values) > 0 && !n.IsFlowStyle {
			return first(n.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return first(n.Key)
	case *ast.SequenceNode:
		return n.Start
	}
	return n.GetToken()
}

// resolve follows anchors, aliases and tags to the value itself.
func (d *decoder) resolve(n ast.Node) (ast.Node, bool) {
	for range maxNesting {
		switch t := n.(type) {
		case *ast.AnchorNode:
			if t.Name != nil {
				d.anchors[t.Name.String()] = t.Value
			}
			n = t.Value
		case *ast.AliasNode:
			name := ""
			if t.Value != nil {
				name = t.Value.String()
			}
			target, ok := d.anchors[name]
			if !ok {
				d.report(d.markOf(t.GetToken()), fmt.Sprintf("no anchor is called %q", name))
				return nil, false
			}
			n = target
		case *ast.TagNode:
			n = t.Value
		default:
			return n, n != nil
		}
		if n == nil {
			return nil, true
		}
	}
	return nil, false
}

// value decodes one node. A null leaves the default.
func (d *decoder) value(path string, n ast.Node, v reflect.Value, tag reflect.StructTag) {
	if d.depth++; d.depth > maxNesting {
		d.depth--
		return
	}
	defer func() { d.depth-- }()
	written := n
	n, ok := d.resolve(n)
	if !ok || n == nil {
		return
	}
	if _, null := n.(*ast.NullNode); null {
		return
	}
	at := d.markOf(first(n))
	if _, alias := written.(*ast.AliasNode); alias {
		at = d.markOf(written.GetToken())
	}
	d.marks[path] = at
	d.config.set[path] = true
	switch {
	case v.Type() == reflect.TypeFor[Target]():
		d.target(path, n, at, v)
	case v.Type() == reflect.TypeFor[Peer]():
		d.peer(path, n, at, v)
	case isScalar(v.Type()):
		text, ok := scalarText(n)
		if !ok {
			d.wrongKind(path, at, n, "a single value")
			return
		}
		d.scalar(text, at, v, tag)
	case v.Kind() == reflect.Struct:
		d.mapping(path, n, at, v)
	case v.Kind() == reflect.Slice:
		d.sequence(path, n, at, v, tag)
	}
}

func (d *decoder) wrongKind(path string, at mark, n ast.Node, want string) {
	what := "a single value"
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		what = "a group of keys"
	case *ast.SequenceNode:
		what = "a list"
	}
	name := path
	if name == "" {
		name = "the file"
	}
	d.report(at, fmt.Sprintf("%s is %s, not %s", name, want, what))
}

// pairs lists the keys of a mapping node.
func pairs(n ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	}
	return nil, false
}

func (d *decoder) mapping(path string, n ast.Node, at mark, v reflect.Value) {
	values, ok := pairs(n)
	if !ok {
		d.wrongKind(path, at, n, "a group of keys")
		return
	}
	fields := fieldsOf(v.Type())
	seen := map[string]mark{}
	for _, pair := range values {
		if pair == nil || pair.Key == nil {
			continue
		}
		key, keyAt := keyOf(pair.Key), d.markOf(first(pair.Key))
		if _, merge := pair.Key.(*ast.MergeKeyNode); merge {
			d.report(keyAt, "<< is not supported: write the keys out")
			continue
		}
		if before, twice := seen[key]; twice {
			d.report(keyAt, fmt.Sprintf("%q is here twice: it stands in line %d already", key, before.line))
			continue
		}
		seen[key] = keyAt
		i, known := fields.index[key]
		if !known {
			d.reportHint(keyAt, unknownKey(path, key), d.keyHint(path, key, fields.names))
			continue
		}
		full := join(path, key)
		d.marks[full] = keyAt
		d.config.set[full] = true
		if pair.Value != nil {
			d.value(full, pair.Value, v.Field(i), v.Type().Field(i).Tag)
		}
	}
}

func unknownKey(path, key string) string {
	if path == "" {
		return fmt.Sprintf("unknown key %q", key)
	}
	return fmt.Sprintf("unknown key %q in %s", key, path)
}

func (d *decoder) keyHint(path, key string, names []string) string {
	if slices.Contains([]string{"password", "secret", "key", "cert"}, key) && slices.Contains(names, key+"_file") {
		return fmt.Sprintf("secrets are read from files: %q", key+"_file")
	}
	if hint := didYouMean(key, names); hint != "" {
		return hint
	}
	for _, p := range KeyPaths() {
		if p == key || strings.HasSuffix(p, "."+key) && !strings.Contains(p, "[") {
			return fmt.Sprintf("there is %s", p)
		}
	}
	return "known here: " + orList(names)
}

func keyOf(n ast.Node) string {
	if k, ok := n.(*ast.MappingKeyNode); ok && k.Value != nil {
		n = k.Value
	}
	text, _ := scalarText(n)
	return text
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// sequence decodes a list. One value where a list is wanted is a list of one.
func (d *decoder) sequence(path string, n ast.Node, at mark, v reflect.Value, tag reflect.StructTag) {
	elem := v.Type().Elem()
	var nodes []ast.Node
	switch s := n.(type) {
	case *ast.SequenceNode:
		nodes = s.Values
	default:
		text, scalar := scalarText(n)
		if !scalar || !isScalar(elem) && elem != reflect.TypeFor[Peer]() {
			d.wrongKind(path, at, n, "a list")
			return
		}
		if text != "" && !strings.EqualFold(text, "off") {
			nodes = []ast.Node{n}
		}
	}
	list := reflect.MakeSlice(v.Type(), 0, len(nodes))
	for i, node := range nodes {
		item := reflect.New(elem)
		if e, ok := item.Interface().(interface{ setDefaults() }); ok {
			e.setDefaults()
		}
		if node == nil {
			continue
		}
		d.value(fmt.Sprintf("%s[%d]", path, i), node, item.Elem(), tag)
		list = reflect.Append(list, item.Elem())
	}
	v.Set(list)
}

// peer decodes a peer: its URI, or {uri: …, priority: …, weight: …}.
func (d *decoder) peer(path string, n ast.Node, at mark, v reflect.Value) {
	keys, mapping := pairs(n)
	unquoted := len(keys) == 1 && keys[0] != nil && (keyOf(keys[0].Key) == "sip" || keyOf(keys[0].Key) == "sips")
	if !mapping || unquoted {
		d.config.set[path+".uri"] = true
	}
	if unquoted {
		d.report(at, "put the URI in quotes: within brackets YAML takes its colon for a key's")
		return
	}
	if text, ok := scalarText(n); ok {
		d.scalar(text, at, v.Field(0), v.Type().Field(0).Tag)
		return
	}
	if !mapping {
		d.wrongKind(path, at, n, "a SIP URI, or {uri: …, priority: …, weight: …}")
		return
	}
	d.mapping(path, n, at, v)
}

// target decodes `reception`, `test`, {room: EXT} and {forward: ADDRESS}.
func (d *decoder) target(path string, n ast.Node, at mark, v reflect.Value) {
	kinds := []string{"reception", "test"}
	if text, ok := scalarText(n); ok {
		if !slices.Contains(kinds, text) {
			hint := didYouMean(text, kinds)
			if hint == "" {
				hint = "write reception, test or {room: \"112752642\"}"
			}
			d.reportHint(at, fmt.Sprintf("%q is no place for a call to go", text), hint)
			return
		}
		v.Set(reflect.ValueOf(Target{Kind: text}))
		return
	}
	var to struct {
		Room    string `yaml:"room"`
		Forward string `yaml:"forward"`
	}
	if _, ok := pairs(n); !ok {
		d.wrongKind(path, at, n, "reception, test or {room: EXTENSION}")
		return
	}
	d.mapping(path, n, at, reflect.ValueOf(&to).Elem())
	target := Target{Kind: "room", Room: to.Room, Forward: to.Forward}
	if to.Room == "" && (to.Forward != "" || d.config.set[path+".forward"]) {
		target.Kind = "forward"
	}
	v.Set(reflect.ValueOf(target))
}
