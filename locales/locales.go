// Package locales holds the words of the page in five languages, one file each,
// in go-i18n's format: a key with a text, or with plural forms; {{.Name}} stands
// for a value. Keys that begin with "ui." are for the page's scripts, which get
// them with the page and import en.json for their types; those that begin with
// "page." are for what the gateway itself renders, and with "invitation." for what
// it sends.
//
// Nothing of ours is imported here, and nothing changes after Open.
package locales

import (
	"embed"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

//go:embed *.json
var files embed.FS

// Languages are those that there are words in. The first stands in for any other.
func Languages() []string { return []string{"en", "de", "fr", "it", "es"} }

// Book is the words in all languages.
type Book struct {
	bundle *i18n.Bundle
	ui     map[string]json.RawMessage // by language: what scripts get
}

// Open reads the words.
func Open() (*Book, error) {
	b := &Book{bundle: i18n.NewBundle(language.English), ui: map[string]json.RawMessage{}}
	for _, lang := range Languages() {
		text, err := files.ReadFile(lang + ".json")
		if err != nil {
			return nil, fmt.Errorf("locales: %w", err)
		}
		if _, err := b.bundle.ParseMessageFileBytes(text, lang+".json"); err != nil {
			return nil, fmt.Errorf("locales: %s: %w", lang, err)
		}
		all := map[string]json.RawMessage{}
		if err := json.Unmarshal(text, &all); err != nil {
			return nil, fmt.Errorf("locales: %s: %w", lang, err)
		}
		for key := range all {
			if !strings.HasPrefix(key, "ui.") {
				delete(all, key)
			}
		}
		if b.ui[lang], err = json.Marshal(all); err != nil {
			return nil, fmt.Errorf("locales: %s: %w", lang, err)
		}
	}
	return b, nil
}

// In gives the words in a language; an unknown one gets the first.
func (b *Book) In(lang string) *Words {
	if _, known := b.ui[lang]; !known {
		lang = Languages()[0]
	}
	return &Words{Language: lang, ui: b.ui[lang], in: i18n.NewLocalizer(b.bundle, lang)}
}

// Words are those of one language.
type Words struct {
	Language string
	ui       json.RawMessage
	in       *i18n.Localizer
}

// UI are the messages for scripts, a JSON object.
func (w *Words) UI() json.RawMessage { return w.ui }

// Say is the text of a key, with values by their names: Say("page.x", "Name",
// "Ada"). A value named Count chooses the plural form. A key that is missing says
// itself.
func (w *Words) Say(key string, values ...any) string {
	cfg := &i18n.LocalizeConfig{MessageID: key}
	if len(values) > 0 {
		data := make(map[string]any, len(values)/2)
		for i := 0; i+1 < len(values); i += 2 {
			data[fmt.Sprint(values[i])] = values[i+1]
		}
		cfg.TemplateData, cfg.PluralCount = data, data["Count"]
	}
	text, err := w.in.Localize(cfg)
	if err != nil {
		return key
	}
	return text
}

// Choose gives the language that suits a reader best: of the wishes the first
// that is spoken, then the best match of an Accept-Language header, then the
// first of those spoken.
func Choose(spoken []string, acceptLanguage string, wishes ...string) string {
	for _, w := range wishes {
		for _, s := range spoken {
			if w == s {
				return s
			}
		}
	}
	tags := make([]language.Tag, 0, len(spoken))
	for _, s := range spoken {
		tags = append(tags, language.Make(s))
	}
	const longest = 1000 // the parser's work grows with the header
	if len(acceptLanguage) > longest {
		acceptLanguage = acceptLanguage[:max(0, strings.LastIndexByte(acceptLanguage[:longest], ','))]
	}
	accepted, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err == nil && len(accepted) > 0 {
		if _, i, sure := language.NewMatcher(tags).Match(accepted...); sure > language.No {
			return spoken[i]
		}
	}
	return spoken[0]
}
