package configs

import (
	"fmt"
	"reflect"
	"slices"
)

// Diff lists the keys that differ, such as "sip.srtp"; a list, such as
// "trunks", differs as a whole.
func Diff(a, b *Config) []string {
	keys := diff("", reflect.ValueOf(*a), reflect.ValueOf(*b))
	// The tables that rules name are part of the rules.
	for key, names := range b.tablesOf() {
		changed := func(name string) bool { return !reflect.DeepEqual(a.tables[name], b.tables[name]) }
		if !slices.Contains(keys, key) && slices.ContainsFunc(names, changed) {
			keys = append(keys, key)
		}
	}
	return keys
}

// tablesOf lists the tables that the rules of each direction name.
func (c *Config) tablesOf() map[string][]string {
	names := map[string][]string{}
	for _, r := range c.Dialplan.Inbound {
		names["dialplan.inbound"] = append(names["dialplan.inbound"], r.PrefixesFile, r.FromPrefixesFile)
	}
	for _, r := range c.Dialplan.Outbound {
		names["dialplan.outbound"] = append(names["dialplan.outbound"], r.PrefixesFile)
	}
	return names
}

func diff(path string, a, b reflect.Value) []string {
	var keys []string
	set := fieldsOf(a.Type())
	for _, name := range set.names {
		i := set.index[name]
		full, x, y := join(path, name), a.Field(i), b.Field(i)
		if x.Kind() == reflect.Struct && !isScalar(x.Type()) && x.Type() != reflect.TypeFor[Target]() {
			keys = append(keys, diff(full, x, y)...)
			continue
		}
		// As text: compiled patterns are equal if they read the same.
		if fmt.Sprintf("%+v", x.Interface()) != fmt.Sprintf("%+v", y.Interface()) {
			keys = append(keys, full)
		}
	}
	return keys
}
