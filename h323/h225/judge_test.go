package h225_test

import (
	"encoding/xml"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/partyline/partyline/h323/h245"
	"github.com/partyline/partyline/h323/h450"
	"github.com/partyline/partyline/h323/per"
)

// leaves are the numbers, booleans and object identifiers of a message: how often
// each value stands under a field's name.
type leaves map[string]map[string]int

func (l leaves) add(name, value string) {
	name = strings.ToLower(strings.ReplaceAll(name, "_", ""))
	if l[name] == nil {
		l[name] = map[string]int{}
	}
	l[name][value]++
}

// collect adds the leaves of v, which stands under name.
func (l leaves) collect(name string, v reflect.Value) {
	switch x := v.Interface().(type) {
	case per.OID:
		l.add(name, string(x))
		return
	case per.Enumerated, per.BitString:
		return
	case per.Open:
		if inner := opened(strings.TrimSuffix(name, "ToBeSigned")); len(x) > 0 && strings.HasSuffix(name, "ToBeSigned") && per.Unmarshal(x, inner) == nil {
			l.collect("", reflect.ValueOf(inner))
		}
		return
	case [][]byte:
		l.nested(name, x)
		return
	}
	switch v.Kind() {
	case reflect.Int, reflect.Int64:
		l.add(name, fmt.Sprint(v.Int()))
	case reflect.Bool:
		l.add(name, fmt.Sprint(v.Bool()))
	case reflect.Pointer:
		if !v.IsNil() {
			l.collect(name, v.Elem())
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() != reflect.Uint8 {
			for i := range v.Len() {
				l.collect(name+"item", v.Index(i))
			}
		}
	case reflect.Struct:
		for i := 1; i < v.NumField(); i++ {
			l.collect(v.Type().Field(i).Name, v.Field(i))
		}
	}
}

// nested adds the leaves of messages inside octet strings.
func (l leaves) nested(name string, values [][]byte) {
	for _, data := range values {
		var v any
		switch name {
		case "FastStart":
			v = new(h245.OpenLogicalChannel)
		case "H245Control", "ParallelH245Control":
			v = new(h245.MultimediaSystemControlMessage)
		case "H4501SupplementaryService":
			v = new(h450.SupplementaryService)
		default:
			return
		}
		if per.Unmarshal(data, v) == nil {
			l.collect("", reflect.ValueOf(v))
		}
	}
}

// pdml reads tshark's account of a recording: the leaves of each frame, in order.
func pdml(r io.Reader) (frames []leaves, err error) {
	d := xml.NewDecoder(r)
	for {
		tok, err := d.Token()
		if err == io.EOF {
			return frames, nil
		}
		if err != nil {
			return nil, err
		}
		start, ok := tok.(xml.StartElement)
		if !ok {
			continue
		}
		switch start.Name.Local {
		case "packet":
			frames = append(frames, leaves{})
		case "field":
			var name, show string
			for _, a := range start.Attr {
				switch a.Name.Local {
				case "name":
					name = a.Value
				case "show":
					show = a.Value
				}
			}
			if proto, rest, ok := strings.Cut(name, "."); ok && strings.HasPrefix(proto, "h") {
				frames[len(frames)-1].add(rest, show)
			}
		}
	}
}

// otherwise are names under which tshark shows something else: a date, the
// alternative of a CHOICE of that name, elements as well as fields.
var otherwise = []string{"timestamp", "nonstandardidentifier", "type", "multiplextableentrynumber", "capabilitytableentrynumber"}

// compare lists the values that tshark has under a name of ours and we don't, and
// counts those that are the same.
func compare(ours, theirs leaves) (wrong []string, same int) {
	for name, values := range theirs {
		if ours[name] == nil || slices.Contains(otherwise, name) {
			continue
		}
		for value, n := range values {
			// Booleans are 1 or 0 for some versions of tshark, True or False for others.
			have := ours[name][value]
			switch value {
			case "1", "True":
				have += ours[name]["true"]
			case "0", "False":
				have += ours[name]["false"]
			}
			if have < n {
				wrong = append(wrong, fmt.Sprintf("%s is %s %d times, not %d", name, value, have, n))
			}
			same += min(have, n)
		}
	}
	return wrong, same
}
