package configs

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/partyline/partyline/dialplan"
)

// fieldSet is the keys of a struct.
type fieldSet struct {
	names []string
	index map[string]int
}

func fieldsOf(t reflect.Type) fieldSet {
	set := fieldSet{index: map[string]int{}}
	for i := range t.NumField() {
		if name := t.Field(i).Tag.Get("yaml"); name != "" && name != "-" {
			set.names = append(set.names, name)
			set.index[name] = i
		}
	}
	return set
}

// KeyPaths lists every key's path, such as "sip.tls.cert_file" and
// "trunks[].name".
func KeyPaths() []string { return keysOf("", reflect.TypeFor[Config]()) }

func keysOf(path string, t reflect.Type) []string {
	var keys []string
	set := fieldsOf(t)
	for _, name := range set.names {
		full, ft := join(path, name), t.Field(set.index[name]).Type
		if ft.Kind() == reflect.Slice && !isScalar(ft.Elem()) {
			full, ft = full+"[]", ft.Elem()
		}
		if ft.Kind() == reflect.Struct && !isScalar(ft) && ft != reflect.TypeFor[Target]() {
			keys = append(keys, keysOf(full, ft)...)
			continue
		}
		keys = append(keys, full)
	}
	return keys
}

var scalarTypes = []reflect.Type{
	reflect.TypeFor[Listener](), reflect.TypeFor[PortRange](), reflect.TypeFor[netip.Addr](),
	reflect.TypeFor[netip.Prefix](), reflect.TypeFor[*dialplan.Pattern](), reflect.TypeFor[time.Duration](),
}

func isScalar(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Bool, reflect.Int, reflect.Float64, reflect.String:
		return true
	}
	return slices.Contains(scalarTypes, t)
}

// scalarText is what was written, before YAML takes 0123 for an octal number
// or +41445550100 for an integer.
func scalarText(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		if n.Value == nil {
			return "", true
		}
		return strings.TrimSuffix(n.Value.Value, "\n"), true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	case *ast.NullNode:
		return "", true
	}
	return "", false
}

// scalar decodes a single value into v.
func (d *decoder) scalar(text string, at mark, v reflect.Value, tag reflect.StructTag) {
	value, err := parseScalar(text, v.Type(), tag)
	if err == nil {
		v.Set(reflect.ValueOf(value).Convert(v.Type()))
		return
	}
	hint := ""
	switch e := err.(type) {
	case interface{ hint() string }:
		hint = e.hint()
	case *dialplan.PatternError:
		// Point into the pattern, if it is written as it is (no escapes).
		if i := strings.Index(skip(d.line(at.line), at.column-1), text); i >= 0 && e.Offset <= len(text) {
			at.column += len([]rune(skip(d.line(at.line), at.column-1)[:i+e.Offset]))
			at.width = 1
		}
	}
	d.reportHint(at, err.Error(), hint)
}

func parseScalar(text string, t reflect.Type, tag reflect.StructTag) (any, error) {
	switch t {
	case reflect.TypeFor[Listener]():
		return parseListener(text, strings.Split(tag.Get("schemes"), ","))
	case reflect.TypeFor[PortRange]():
		return parsePortRange(text)
	case reflect.TypeFor[netip.Addr]():
		return parseAddr(text)
	case reflect.TypeFor[netip.Prefix]():
		return parsePrefix(text)
	case reflect.TypeFor[*dialplan.Pattern]():
		return dialplan.Compile(text)
	case reflect.TypeFor[time.Duration]():
		return parseDuration(text, tag)
	}
	switch t.Kind() {
	case reflect.Bool:
		return parseBool(text)
	case reflect.Int:
		return parseInt(text, tag)
	case reflect.Float64:
		return parseFloat(text, tag)
	}
	return parseString(text, tag)
}

func parseBool(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "true", "on", "yes":
		return true, nil
	case "false", "off", "no":
		return false, nil
	}
	return false, &choiceError{what: "setting", got: text, choices: []string{"on", "off"}}
}

func parseInt(text string, tag reflect.StructTag) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("%q is no whole number", text)
	}
	low, _ := strconv.Atoi(tag.Get("min"))
	high, _ := strconv.Atoi(tag.Get("max"))
	if n < low || n > high {
		if low == high {
			return 0, fmt.Errorf("%d is not %d, the only one there is", n, low)
		}
		return 0, fmt.Errorf("%d is not between %d and %d", n, low, high)
	}
	return n, nil
}

func parseFloat(text string, tag reflect.StructTag) (float64, error) {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n != n {
		return 0, fmt.Errorf("%q is no number", text)
	}
	low, _ := strconv.ParseFloat(tag.Get("min"), 64)
	high, _ := strconv.ParseFloat(tag.Get("max"), 64)
	if n < low || n > high {
		return 0, fmt.Errorf("%s is not between %s and %s", text, tag.Get("min"), tag.Get("max"))
	}
	return n, nil
}

func parseDuration(text string, tag reflect.StructTag) (time.Duration, error) {
	length, err := time.ParseDuration(text)
	if err != nil {
		if _, number := strconv.Atoi(text); number == nil {
			return 0, fmt.Errorf("%s has no unit: write %ss, %sm or %sms", text, text, text, text)
		}
		return 0, fmt.Errorf("%q is no length of time: write 30s, 10m or 1h30m", text)
	}
	low, _ := time.ParseDuration(tag.Get("min"))
	high, _ := time.ParseDuration(tag.Get("max"))
	if length < low || length > high {
		return 0, fmt.Errorf("%s is not between %s and %s", text, tag.Get("min"), tag.Get("max"))
	}
	return length, nil
}

func parseString(text string, tag reflect.StructTag) (string, error) {
	if choices := tag.Get("enum"); choices != "" {
		words := strings.Split(choices, ",")
		// YAML readers differ about what off means without quotes.
		if strings.EqualFold(text, "false") && slices.Contains(words, "off") {
			text = "off"
		}
		if i := slices.IndexFunc(words, func(w string) bool { return strings.EqualFold(w, text) }); i >= 0 {
			return words[i], nil
		}
		return "", &choiceError{what: "choice", got: text, choices: words}
	}
	if strings.ContainsAny(text, "\x00\r\n") {
		return "", fmt.Errorf("a line break has no place here")
	}
	if check := syntaxChecks[tag.Get("check")]; check != nil && text != "" {
		return text, check(text)
	}
	return text, nil
}
