package h225_test

import (
	"reflect"

	"github.com/partyline/partyline/h323/per"
)

// eachExtra calls f for every per.Extra within v, a pointer.
func eachExtra(v reflect.Value, f func(in reflect.Type, x *per.Extra)) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			eachExtra(v.Elem(), f)
		}
	case reflect.Slice:
		for i := range v.Len() {
			eachExtra(v.Index(i), f)
		}
	case reflect.Struct:
		if v.NumField() == 0 || v.Type() == reflect.TypeFor[per.BitString]() {
			return
		}
		if v.Type().Field(0).Type == reflect.TypeFor[per.Extra]() {
			f(v.Type(), v.Field(0).Addr().Interface().(*per.Extra))
		}
		for i := 1; i < v.NumField(); i++ {
			eachExtra(v.Field(i), f)
		}
	}
}

// unknowns are the types within v that came with something they have no field for.
func unknowns(v any) (types []string) {
	eachExtra(reflect.ValueOf(v), func(in reflect.Type, x *per.Extra) {
		if x.Unknown() > 0 {
			types = append(types, in.String())
		}
	})
	return types
}

// forget makes v as if we had made it: it encodes in our version's form.
func forget(v any) {
	eachExtra(reflect.ValueOf(v), func(_ reflect.Type, x *per.Extra) { *x = per.Extra{} })
}
