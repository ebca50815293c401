package script

import (
	"maps"
	"slices"
	"testing"
)

func TestRead(t *testing.T) {
	s, err := Read(`{
		"voices": {"en": "en-GB", "de": "de-DE"}, "respell": {"PIN": "pin"},
		"prompts": {"ask": {"en": "The PIN?", "de": "Die PIN?"}},
		"series": [{"key": "n-{n}", "values": [2, 30], "text": {"en": "{n}: {word}", "de": "{n}"}, "words": {"en": ["second", "thirtieth"]}}]
	}`)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Keys(); !slices.Equal(got, []string{"ask", "n-2", "n-30"}) {
		t.Errorf("keys %q", got)
	}
	if want := map[string]string{"en": "30: thirtieth", "de": "30"}; !maps.Equal(s.Texts["n-30"], want) {
		t.Errorf("n-30 is %v", s.Texts["n-30"])
	}
	if got := s.Spoken("de", "ask"); got != "Die pin?" {
		t.Errorf("spoken as %q", got)
	}
	if got := s.Languages(); !slices.Equal(got, []string{"de", "en"}) {
		t.Errorf("languages %q", got)
	}
}

func TestReadWrong(t *testing.T) {
	for _, text := range []string{
		``, `[]`, `{"promts": {}}`,
		`{"prompts": {"n-2": {"en": "two"}}, "series": [{"key": "n-{n}", "values": [2], "text": {"en": "{n}"}}]}`,
		`{"series": [{"key": "n-{n}", "values": [1, 2], "text": {"en": "{word}"}, "words": {"en": ["first"]}}]}`,
	} {
		if s, err := Read(text); err == nil {
			t.Errorf("%s was taken as %+v", text, s)
		}
	}
}
