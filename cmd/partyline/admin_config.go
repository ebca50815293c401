package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"github.com/partyline/partyline/configs"
	"github.com/partyline/partyline/web/api"
)

// adminConfig is the configuration as loaded. Secrets are in files, of which it tells
// the names; what an address holds of one is taken out.
func (g *gateway) adminConfig() api.Configuration {
	cfg := g.cfg.Load()
	at, done := g.reloads.get()
	if at.IsZero() {
		at = g.started
	}
	return api.Configuration{File: cfg.File, LoadedAt: at, Settings: settingsOf(cfg), Restart: done.Restart}
}

// settingsOf lists every key with its value, in the order of the example file.
func settingsOf(cfg *configs.Config) []api.Setting {
	l := settingList{cfg: cfg}
	l.structure("", reflect.ValueOf(*cfg), false)
	return l.all
}

type settingList struct {
	cfg *configs.Config
	all []api.Setting
}

// structure lists the fields that have a key. within: it is an element of a list,
// which the file gives as a whole.
func (l *settingList) structure(path string, v reflect.Value, within bool) {
	for i := range v.NumField() {
		name := v.Type().Field(i).Tag.Get("yaml")
		if name == "" || name == "-" {
			continue
		}
		full := name
		if path != "" {
			full = path + "." + name
		}
		l.value(full, v.Field(i), within)
	}
}

func (l *settingList) value(path string, v reflect.Value, within bool) {
	given := within || l.cfg.Given(path)
	if text, ok := scalarOf(v); ok {
		l.all = append(l.all, api.Setting{Key: path, Value: withoutSecrets(text), Given: given})
		return
	}
	if v.Kind() == reflect.Struct {
		l.structure(path, v, within)
		return
	}
	if v.Len() == 0 {
		l.all = append(l.all, api.Setting{Key: path, Given: given})
		return
	}
	for i := range v.Len() {
		l.element(fmt.Sprintf("%s[%s]", path, elementName(v.Index(i), i)), v.Index(i))
	}
}

func (l *settingList) element(path string, v reflect.Value) {
	if v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	before := len(l.all)
	l.structure(path, v, true)
	// Of an element only what it says: a rule has many keys, and uses few.
	kept := l.all[:before]
	for _, s := range l.all[before:] {
		if s.Value != "" && s.Value != "0" && s.Value != "0s" && s.Value != "off" {
			kept = append(kept, s)
		}
	}
	l.all = kept
}

// elementName is what an element of a list is called: its name or number, or its place
// from 1 on.
func elementName(v reflect.Value, i int) string {
	if v.Kind() == reflect.Struct {
		for _, field := range []string{"Name", "Number"} {
			if f := v.FieldByName(field); f.IsValid() && f.Kind() == reflect.String && f.String() != "" {
				return f.String()
			}
		}
	}
	return strconv.Itoa(i + 1)
}

// scalarOf is a value of one line as text.
func scalarOf(v reflect.Value) (string, bool) {
	if v.Kind() == reflect.Pointer && v.IsNil() {
		return "", true
	}
	switch x := v.Interface().(type) {
	case fmt.Stringer:
		return x.String(), true
	case json.Marshaler:
		text, err := x.MarshalJSON()
		return strings.Trim(string(text), `"`), err == nil
	case bool:
		return map[bool]string{false: "off", true: "on"}[x], true
	}
	switch v.Kind() {
	case reflect.String, reflect.Int, reflect.Int64, reflect.Uint, reflect.Uint64, reflect.Float64, reflect.Map:
		return fmt.Sprint(v.Interface()), true
	case reflect.Slice:
		var parts []string
		for i := range v.Len() {
			text, ok := scalarOf(v.Index(i))
			if !ok {
				return "", false
			}
			parts = append(parts, text)
		}
		scalars := v.Len() > 0 || v.Type().Elem().Kind() != reflect.Struct
		return strings.Join(parts, ", "), scalars
	}
	return "", false
}

// What addresses may hold of secrets: a password before the host, and what is asked
// of a web server.
var (
	userInfo = regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*:(?://)?[^\s:@/,]*):[^\s@/,]+@`)
	queries  = regexp.MustCompile(`([?&][A-Za-z0-9_.~-]+=)[^&\s,]+`)
)

// withoutSecrets takes them out of a value.
func withoutSecrets(text string) string {
	text = userInfo.ReplaceAllString(text, "$1:***@")
	if strings.Contains(text, "://") {
		text = queries.ReplaceAllString(text, "$1***")
	}
	return text
}
