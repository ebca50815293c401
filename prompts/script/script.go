// Package script reads the list of everything Partyline says, texts.json: per
// prompt one text in each language. Series (numbers, ordinals) are written once
// and spread here. In goes JSON, out come keys and texts; nobody keeps state.
package script

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Script is the list: what is said, by key and language.
type Script struct {
	// Voices maps each language (ISO 639-1) to the voice that speaks it.
	Voices map[string]string
	// Respell maps written words to a spelling that a voice reads aloud rightly.
	Respell map[string]string
	// Texts maps key → language → text.
	Texts map[string]map[string]string
}

type file struct {
	Voices  map[string]string            `json:"voices"`
	Respell map[string]string            `json:"respell"`
	Prompts map[string]map[string]string `json:"prompts"`
	Series  []series                     `json:"series"`
}

// series makes one prompt of each of its values: {n} stands for the value,
// {word} for the language's word at the same place.
type series struct {
	Key    string              `json:"key"`
	Values []int               `json:"values"`
	Text   map[string]string   `json:"text"`
	Words  map[string][]string `json:"words"`
}

// Read parses texts.json. It fails on a key given twice, on a word list of the
// wrong length and on unknown fields.
func Read(text string) (*Script, error) {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.DisallowUnknownFields()
	var f file
	if err := dec.Decode(&f); err != nil {
		return nil, fmt.Errorf("prompt texts: %w", err)
	}
	s := &Script{Voices: f.Voices, Respell: f.Respell, Texts: maps.Clone(f.Prompts)}
	for _, one := range f.Series {
		if err := s.spread(one); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *Script) spread(one series) error {
	for lang, words := range one.Words {
		if len(words) != len(one.Values) {
			return fmt.Errorf("prompt texts: %s has %d words in %q for %d values",
				one.Key, len(words), lang, len(one.Values))
		}
	}
	for i, n := range one.Values {
		digits := strconv.Itoa(n)
		key := strings.ReplaceAll(one.Key, "{n}", digits)
		if _, twice := s.Texts[key]; twice {
			return fmt.Errorf("prompt texts: %s is there twice", key)
		}
		texts := make(map[string]string, len(one.Text))
		for lang, text := range one.Text {
			text = strings.ReplaceAll(text, "{n}", digits)
			if words := one.Words[lang]; words != nil {
				text = strings.ReplaceAll(text, "{word}", words[i])
			}
			texts[lang] = text
		}
		s.Texts[key] = texts
	}
	return nil
}

// Languages are those that have a voice, sorted.
func (s *Script) Languages() []string { return slices.Sorted(maps.Keys(s.Voices)) }

// Keys are the prompts' names, sorted.
func (s *Script) Keys() []string { return slices.Sorted(maps.Keys(s.Texts)) }

// Spoken is the text as the voice is given it.
func (s *Script) Spoken(lang, key string) string {
	text := s.Texts[key][lang]
	for _, written := range slices.Sorted(maps.Keys(s.Respell)) {
		text = strings.ReplaceAll(text, written, s.Respell[written])
	}
	return text
}
