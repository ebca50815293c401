package reception

import (
	"slices"
	"testing"
	"time"

	"github.com/partyline/partyline/cause"
)

func TestRecordedNames(t *testing.T) {
	in(t, Config{}, func(w *world) {
		w.door.room.Tones = "name"
		anna := w.call("anna", Entry{Extension: extension, PIN: guestPIN})
		w.pass(1600 * time.Millisecond) // question and tone
		w.said("anna", "say-name")
		anna.Say(signal(note{400, 600}))
		w.pass(time.Second)
		anna.Press("#")
		w.pass(3 * time.Second)
		w.said("anna", "you-are-1")

		ben := w.call("ben", Entry{Extension: extension, PIN: guestPIN})
		w.pass(1600 * time.Millisecond)
		anna.Heard()
		ben.Say(signal(note{700, 600}))
		w.pass(10 * time.Second) // the time is over by itself
		w.said("ben", "say-name", "you-are-2")
		w.said("en", "has-joined")
		if !hasTone(anna.Heard(), 700) {
			t.Error("ben's name was not announced")
		}

		anna.Heard()
		w.press(anna, "*3")
		w.pass(3 * time.Second)
		w.said("anna", "count-2")
		if heard := anna.Heard(); !hasTone(heard, 700) || hasTone(heard, 400) {
			t.Error("the roll call tells the others' names, and not one's own")
		}

		ben.Hangup(cause.Hangup)
		w.pass(3 * time.Second)
		w.said("en", "has-left")
		if !hasTone(anna.Heard(), 700) {
			t.Error("ben's leaving was not announced by name")
		}
		if w.recep.book.name("ben") != nil {
			t.Error("ben's name is kept after the call")
		}
		anna.Hangup(cause.Hangup)
		w.pass(time.Second)
		b := w.recep.book
		if len(b.names)+len(b.bells)+len(b.people)+len(b.toned) != 0 {
			t.Errorf("the book is not empty: %+v", b)
		}
	})
}

// When the meeting ends for all, nobody is told of everyone's leaving.
func TestNoFarewellsAtTheEnd(t *testing.T) {
	in(t, Config{}, func(w *world) {
		w.door.room.Tones = "name"
		for _, name := range []string{"anna", "ben", "carl"} {
			leg := w.call(name, Entry{Extension: extension, PIN: hostPIN})
			w.pass(1600 * time.Millisecond)
			leg.Say(signal(note{400, 600}))
			w.pass(10 * time.Second)
			if name == "ben" {
				w.said("en", "has-joined")
			}
		}
		w.said("en", "has-joined")
		room := w.bridge.Room("r1")
		must(t, room.End(w.ctx, cause.Ended))
		w.pass(100 * time.Millisecond)
		w.bridge.Participant("ben").Leg().Hangup(cause.Hangup)
		w.pass(3 * time.Second)
		w.said("en")
	})
}

func TestNoNameSaid(t *testing.T) {
	for _, keys := range []string{"", "#"} {
		in(t, Config{}, func(w *world) {
			w.door.room.Tones = "name"
			anna := w.call("anna", Entry{Extension: extension, PIN: guestPIN})
			w.pass(1600 * time.Millisecond)
			anna.Press(keys)
			w.pass(8 * time.Second)
			w.said("anna", "say-name", "you-are-1")
			if w.recep.book.name("anna") != nil {
				t.Error("silence was kept as a name")
			}
		})
	}
}

func TestTrimName(t *testing.T) {
	quiet := make([]int16, 16000)
	voice := signal(note{300, 500})
	for i := range voice {
		voice[i] /= 8
	}
	got := trimName(slices.Concat(quiet, voice, quiet))
	if d := time.Duration(len(got)) * time.Second / 16000; d < 600*time.Millisecond || d > 800*time.Millisecond {
		t.Errorf("500 ms of voice are cut to %v", d)
	}
	if rms := meanSquare(got[2000 : len(got)-2000]); rms < 2500*2500 || rms > 4200*4200 {
		t.Errorf("the name's mean square is %.0f", rms)
	}
	if trimName(quiet) != nil || trimName(nil) != nil {
		t.Error("silence is a name")
	}
	if trimName(slices.Concat(quiet, voice[:16*60], quiet)) != nil {
		t.Error("a click of 60 ms is a name")
	}
}
