package configs

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Changes says in words what differs between two configurations in their lists:
// which trunks and numbers came, went or changed (and in what), and how many rules
// there are now. Other keys are named by Diff.
func Changes(a, b *Config) []string {
	var words []string
	say := func(format string, args ...any) { words = append(words, fmt.Sprintf(format, args...)) }
	compare(a.Trunks, b.Trunks, func(t Trunk) string { return "trunk " + t.Name }, say)
	compare(a.Numbers, b.Numbers, func(n Number) string {
		if n.Trunk == "" {
			return "number " + n.Number
		}
		return "number " + n.Number + " on " + n.Trunk
	}, say)
	for _, key := range Diff(a, b) {
		switch key {
		case "dialplan.inbound":
			say("rules for calls in: %d, with %d before", len(b.Dialplan.Inbound), len(a.Dialplan.Inbound))
		case "dialplan.outbound":
			say("rules for calls out: %d, with %d before", len(b.Dialplan.Outbound), len(a.Dialplan.Outbound))
		}
	}
	return words
}

// compare tells elements of two lists by their names.
func compare[T any](a, b []T, name func(T) string, say func(string, ...any)) {
	before := map[string]T{}
	for _, x := range a {
		before[name(x)] = x
	}
	now := map[string]bool{}
	for _, y := range b {
		now[name(y)] = true
		x, known := before[name(y)]
		if !known {
			say("%s is new", name(y))
			continue
		}
		if keys := diff("", reflect.ValueOf(x), reflect.ValueOf(y)); len(keys) > 0 {
			slices.Sort(keys)
			say("%s: %s", name(y), strings.Join(keys, ", "))
		}
	}
	for _, x := range a {
		if !now[name(x)] {
			say("%s is gone", name(x))
		}
	}
}
