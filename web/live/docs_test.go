package live

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/partyline/partyline/cause"
)

// TestDocumented holds docs/signalling.md to the messages that there are: every
// type, field, command, code and cause is named.
func TestDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/signalling.md")
	if err != nil {
		t.Fatal(err)
	}
	doc := string(text)
	words := []string{
		"hello", "offer", "candidate", "mute", "hand", "name", "key", "leave", "ping", "command",
		"welcome", "moved", "answer", "state", "roster", "people", "notice", "quality", "error", "done", "bye", "pong",
		"replaced", CodeNotLive, CodeNotHere, CodeUnknown, CodeName, "forbidden", "rate", "busy", GuestCookie,
		kindBrowser, kindPhone, kindSystem,
	}
	for _, m := range []any{
		inbound{},
		welcomeMessage{},
		movedMessage{},
		answerMessage{},
		stateMessage{},
		rosterMessage{},
		peopleMessage{},
		noticeMessage{},
		qualityMessage{},
		errorMessage{},
		doneMessage{},
		byeMessage{},
		Person{},
		Ways{},
		Number{},
		Command{},
	} {
		for f := range reflect.TypeOf(m).Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			words = append(words, name)
		}
	}
	field, _ := reflect.TypeFor[Command]().FieldByName("Do")
	words = append(words, strings.Split(field.Tag.Get("enum"), ",")...)
	for _, c := range []cause.Cause{
		cause.Hangup, cause.Ended, cause.Removed, cause.Full, cause.Locked, cause.Denied, cause.LinkUnknown, cause.LinkReplaced,
		cause.LinkEnded, cause.TooEarly, cause.Over, cause.LockedOut, cause.Limit, cause.Draining, cause.Timeout, cause.TestDone, cause.Unsupported, cause.Internal,
	} {
		words = append(words, Word(c))
	}
	for _, w := range words {
		if w != "type" && !regexp.MustCompile("[`\"]"+regexp.QuoteMeta(w)+"[`\"]").MatchString(doc) {
			t.Errorf("docs/signalling.md does not name %q", w)
		}
	}
}

// TestCommandsAreDone tries each command that the API offers: the list is the
// code's.
func TestCommandsAreDone(t *testing.T) {
	field, _ := reflect.TypeFor[Command]().FieldByName("Do")
	in(t, func(w *world) {
		p := w.join(guestHello)
		w.phone("s-1", "Eve", "")
		for _, do := range strings.Split(field.Tag.Get("enum"), ",") {
			who := p.you
			if do == "remove" {
				who = "s-1"
			}
			if err := w.live.Do(w.t.Context(), "r1", Command{Do: do, Who: who, Name: "X"}); err != nil {
				t.Errorf("%s: %v", do, err)
			}
		}
	})
}
