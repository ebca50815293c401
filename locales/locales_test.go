package locales

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// read gives a language's messages as texts: one, or one a plural form.
func read(t *testing.T, lang string) map[string][]string {
	t.Helper()
	text, err := files.ReadFile(lang + ".json")
	if err != nil {
		t.Fatal(err)
	}
	raw := map[string]any{}
	if err := json.Unmarshal(text, &raw); err != nil {
		t.Fatalf("%s: %v", lang, err)
	}
	all := map[string][]string{}
	for key, v := range raw {
		switch v := v.(type) {
		case string:
			all[key] = []string{v}
		case map[string]any:
			if v["other"] == nil || v["one"] == nil {
				t.Errorf("%s: %s has not the plural forms one and other", lang, key)
			}
			for form, text := range v {
				if form == "one" || form == "other" || form == "many" {
					all[key] = append(all[key], text.(string))
				}
			}
		default:
			t.Errorf("%s: %s is %T", lang, key, v)
		}
	}
	return all
}

// TestComplete holds all languages to the keys of the first, and each text to the
// same values.
func TestComplete(t *testing.T) {
	value := regexp.MustCompile(`\{\{\s*\.(\w+)\s*\}\}`)
	values := func(texts []string) string {
		all := map[string]bool{}
		for _, text := range texts {
			for _, m := range value.FindAllStringSubmatch(text, -1) {
				all[m[1]] = true
			}
		}
		return strings.Join(slices.Sorted(maps.Keys(all)), " ")
	}
	first := read(t, Languages()[0])
	for _, lang := range Languages() {
		all := read(t, lang)
		for key, texts := range first {
			got, ok := all[key]
			switch {
			case !ok:
				t.Errorf("%s lacks %s", lang, key)
			case values(got) != values(texts):
				t.Errorf("%s: %s has the values %q, want %q", lang, key, values(got), values(texts))
			}
			for _, text := range got {
				if strings.TrimSpace(text) == "" {
					t.Errorf("%s: %s is empty", lang, key)
				}
			}
		}
		for key := range all {
			if _, ok := first[key]; !ok {
				t.Errorf("%s has %s, which %s lacks", lang, key, Languages()[0])
			}
			if !strings.HasPrefix(key, "ui.") && !strings.HasPrefix(key, "page.") && !strings.HasPrefix(key, "invitation.") {
				t.Errorf("%s: %s begins with none of ui., page. and invitation.", lang, key)
			}
		}
	}
}

func TestWords(t *testing.T) {
	b, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	if got := b.In("de").Say("page.name"); got != "Deutsch" {
		t.Errorf("%q", got)
	}
	if got := b.In("xx").Say("page.name"); got != "English" {
		t.Errorf("%q", got)
	}
	if got := b.In("de").Say("page.nonsense"); got != "page.nonsense" {
		t.Errorf("%q", got)
	}
	one, two := b.In("en").Say("page.wait", "Count", 1), b.In("en").Say("page.wait", "Count", 2)
	if !strings.Contains(one, "1 minute.") || !strings.Contains(two, "2 minutes.") {
		t.Errorf("%q %q", one, two)
	}
	ui := map[string]any{}
	if err := json.Unmarshal(b.In("fr").UI(), &ui); err != nil {
		t.Error(err)
	}
	for key := range ui {
		if !strings.HasPrefix(key, "ui.") {
			t.Errorf("scripts are given %s", key)
		}
	}
}

func TestChoose(t *testing.T) {
	for _, tt := range []struct {
		spoken []string
		accept string
		wishes []string
		want   string
	}{
		{[]string{"en", "de"}, "", nil, "en"},
		{[]string{"en", "de"}, "de-CH,de;q=0.9,en;q=0.8", nil, "de"},
		{[]string{"en", "de"}, "fr-CH, de;q=0.5", nil, "de"},
		{[]string{"en", "de"}, "ja", nil, "en"},
		{[]string{"de", "en"}, "ja", nil, "de"},
		{[]string{"en", "de"}, "de", []string{"", "en"}, "en"},
		{[]string{"en", "de"}, "de", []string{"xx"}, "de"},
		{[]string{"en", "de"}, strings.Repeat("de;q=0.1,", 10000), nil, "de"},
		{[]string{"en", "de"}, ";;;=\xff", nil, "en"},
	} {
		if got := Choose(tt.spoken, tt.accept, tt.wishes...); got != tt.want {
			t.Errorf("%v of %.40q %v: %s, want %s", tt.spoken, tt.accept, tt.wishes, got, tt.want)
		}
	}
}
