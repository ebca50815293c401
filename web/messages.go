package web

import (
	"encoding/json"
	"strings"

	"github.com/partyline/partyline/locales"
)

// hostsOnly begins the keys of messages that only the hosts' page shows: guests
// need not load them.
var hostsOnly = []string{"ui.meetings.", "ui.contacts.", "ui.admin."}

// withoutHosts gives the messages of each language that guests' pages show.
func withoutHosts(book *locales.Book) map[string]json.RawMessage {
	all := map[string]json.RawMessage{}
	for _, lang := range locales.Languages() {
		messages := map[string]json.RawMessage{}
		if json.Unmarshal(book.In(lang).UI(), &messages) != nil {
			continue // which locales.Open has made itself
		}
		for key := range messages {
			for _, prefix := range hostsOnly {
				if strings.HasPrefix(key, prefix) {
					delete(messages, key)
				}
			}
		}
		all[lang], _ = json.Marshal(messages)
	}
	return all
}

// messages are those of a page's script.
func (s *Site) messages(words *locales.Words, script string) json.RawMessage {
	if script == "host" {
		return words.UI()
	}
	return s.guests[words.Language]
}
