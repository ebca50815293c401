package configs

import (
	"fmt"
	"reflect"
)

// Diff lists the keys that differ, such as "sip.srtp"; a list, such as
// "trunks", differs as a whole.
func Diff(a, b *Config) []string {
	return diff("", reflect.ValueOf(*a), reflect.ValueOf(*b))
}

func diff(path string, a, b reflect.Value) []string {
	var keys []string
	set := fieldsOf(a.Type())
	for _, name := range set.names {
		i := set.index[name]
		full, x, y := join(path, name), a.Field(i), b.Field(i)
		if x.Kind() == reflect.Struct && !isScalar(x.Type()) {
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
