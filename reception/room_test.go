package reception

import (
	"testing"
	"time"

	"github.com/partyline/partyline/admission"
	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/bridge/memory"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/media/pcm"
)

// The number's language is spoken to a caller, else the gateway's, and from the
// PIN on the room's.
func TestLanguage(t *testing.T) {
	in(t, Config{Language: "fr"}, func(w *world) {
		w.door.room.Language = "de"
		leg := memory.New("anna", 8000, bridge.Party{})
		p, err := w.bridge.Enter(leg)
		must(t, err)
		w.calls.Go(func() { w.recep.Attend(w.ctx, p, Entry{Extension: extension}) })
		w.pass(3 * time.Second)
		w.press(leg, guestPIN+"#")
		w.pass(2 * time.Second)
		w.said("fr", "welcome", "ask-pin")
		w.said("de", "you-are-1")
		w.guest("it") // by a number that has a language
		w.said("it", "you-are-2")
		w.said("de")
	})
}

func TestJoining(t *testing.T) {
	in(t, Config{}, func(w *world) {
		anna := w.guest("anna")
		w.said("anna", "you-are-1")
		anna.Heard()
		w.guest("ben")
		w.said("ben", "you-are-2")
		w.said("anna")
		if !hasTone(anna.Heard(), 880) {
			t.Error("those in the room heard no tone at a joining")
		}
		host := w.host("carla")
		w.said("carla", "you-are-host", "you-are-3")
		anna.Heard()
		host.Hangup(cause.Hangup)
		w.pass(time.Second)
		if !hasTone(anna.Heard(), 587) {
			t.Error("those in the room heard no tone at a leaving")
		}
	})
}

// When many come at once, one tone is enough.
func TestTonesDoNotQueue(t *testing.T) {
	in(t, Config{}, func(w *world) {
		anna := w.guest("anna")
		anna.Heard()
		for _, name := range []string{"b", "c", "d", "e", "f", "g"} {
			w.call(name, Entry{Extension: extension, PIN: guestPIN})
		}
		w.pass(900 * time.Millisecond)
		if !hasTone(anna.Heard(), 880) {
			t.Error("nobody was announced")
		}
		w.pass(2 * time.Second)
		if hasTone(anna.Heard(), 880) {
			t.Error("the tones queue up")
		}
	})
}

func TestTonesOff(t *testing.T) {
	in(t, Config{}, func(w *world) {
		w.door.room.Tones = "off"
		anna := w.guest("anna")
		w.said("anna", "admitted")
		anna.Heard()
		ben := w.guest("ben")
		w.said("ben", "admitted")
		ben.Hangup(cause.Hangup)
		w.pass(time.Second)
		if pcm.Peak(anna.Heard()) != 0 {
			t.Error("the room was not silent")
		}
	})
}

func TestLargeRoomsAreNotAnnounced(t *testing.T) {
	in(t, Config{AnnounceUpTo: 2}, func(w *world) {
		anna := w.guest("anna")
		w.guest("ben")
		anna.Heard()
		carl := w.guest("carl")
		w.said("carl", "admitted")
		carl.Hangup(cause.Hangup)
		w.pass(time.Second)
		if hasTone(anna.Heard(), 880) {
			t.Error("the third was announced")
		}
	})
}

// hasTone says whether half a tenth of a second of a tone is in what was heard.
func hasTone(heard []int16, hz float64) bool {
	const window = 800 // 50 ms
	for i := 0; i+window <= len(heard); i += window / 2 {
		part := heard[i : i+window]
		if pcm.LevelDBov(part) < 40 && pcm.Goertzel(part, 16000, hz) > 4*pcm.Goertzel(part, 16000, hz*1.3) {
			return true
		}
	}
	return false
}

func TestMuteOnEntry(t *testing.T) {
	in(t, Config{}, func(w *world) {
		w.door.room.MuteOnEntry = true
		anna := w.guest("anna")
		w.said("anna", "you-are-1", "muted", "press-to-speak", "star-6")
		w.press(anna, "*6")
		w.pass(time.Second)
		w.said("anna", "unmuted")
		if w.entry("anna").Muted {
			t.Error("still muted")
		}
	})
}

// There is one mute state, whoever changes it.
func TestMute(t *testing.T) {
	in(t, Config{}, func(w *world) {
		anna := w.guest("anna")
		room := w.bridge.Room("r1")
		w.speech.take("anna")
		check := func(muted bool, heard ...string) {
			t.Helper()
			w.pass(4 * time.Second)
			w.said("anna", heard...)
			if got := w.entry("anna").Muted; got != muted {
				t.Errorf("muted %v, want %v", got, muted)
			}
		}
		w.press(anna, "*6")
		check(true, "muted", "press-to-speak", "star-6")
		must(t, room.Mute(w.ctx, "anna", false, true))
		check(false, "unmuted-by-host")
		must(t, room.Mute(w.ctx, "anna", true, true))
		check(true, "muted-by-host", "press-to-speak", "star-6")
		w.press(anna, "*6")
		check(false, "unmuted")
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

func TestGuestKeys(t *testing.T) {
	tests := []struct {
		keys string
		want []string
	}{
		{"*9", []string{"hand-up"}},
		{"*9", []string{"hand-down"}},
		{"*3", []string{"count-1"}},
		{"*2", []string{"quieter"}},
		{"*5", []string{"louder"}},
		{"*4", []string{"host-only"}},
		{"*7", []string{"host-only"}},
		{"*8", []string{"host-only"}},
		{"*0", []string{"host-only"}},
		{"##", []string{"host-only"}},
		{"#5", []string{"unknown-key", "press-for-help", "star-1"}},
		{"*#", nil}, // # may begin another sequence
		{"#", []string{"host-only"}},
		{"**6", []string{"muted", "press-to-speak", "star-6"}},
		{"5", nil},
		{"48219", nil},
		{"*", nil},
		{"*6", []string{"unmuted"}},
		{"*1", []string{
			"help-mute", "star-6", "help-hand", "star-9", "help-count", "star-3", "help-help", "star-1",
			"help-quieter", "star-2", "help-louder", "star-5",
		}},
	}
	in(t, Config{}, func(w *world) {
		anna := w.guest("anna")
		w.speech.take("anna")
		for _, tt := range tests {
			if tt.keys == "*6" {
				w.pass(5 * time.Second) // the * before it is forgotten
			}
			w.press(anna, tt.keys)
			w.pass(time.Duration(len(tt.want))*lineTime + 100*time.Millisecond)
			if got := w.speech.take("anna"); len(got) != len(tt.want) || !equal(got, tt.want) {
				t.Errorf("%s: heard %q, want %q", tt.keys, got, tt.want)
			}
		}
		w.alive(anna)
	})
}

func equal(a, b []string) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestVolume(t *testing.T) {
	in(t, Config{}, func(w *world) {
		anna, ben := w.guest("anna"), w.guest("ben")
		loud := func() uint8 {
			ben.Say(hum(time.Second))
			w.pass(300 * time.Millisecond)
			anna.Heard()
			w.pass(500 * time.Millisecond)
			level := pcm.LevelDBov(anna.Heard())
			w.pass(time.Second)
			return level
		}
		before := loud()
		for range 3 {
			w.press(anna, "*2")
		}
		w.pass(2 * time.Second)
		if after := loud(); after < before+10 || after > before+14 {
			t.Errorf("at -12 dB the room is heard at -%d dBov, before at -%d", after, before)
		}
	})
}

// hum is what a party says: 400 Hz.
func hum(d time.Duration) []int16 { return signal(note{400, int(d / time.Millisecond)}) }

func TestHostKeys(t *testing.T) {
	in(t, Config{}, func(w *world) {
		anna, host := w.guest("anna"), w.host("host")
		w.speech.take("anna")
		w.speech.take("host")

		w.press(host, "*4")
		w.pass(4 * time.Second)
		w.said("host", "all-muted")
		w.said("anna", "muted-by-host", "press-to-speak", "star-6")
		if !w.entry("anna").Muted || w.entry("host").Muted {
			t.Error("mute all mutes the guests and not the host")
		}

		w.press(host, "*7")
		w.pass(2 * time.Second)
		w.said("host", "room-locked")
		late := w.call("late", Entry{Extension: extension, PIN: guestPIN})
		w.pass(5 * time.Second)
		w.said("late", "meeting-locked", "goodbye")
		w.dead(late, cause.Locked)
		w.press(host, "*7")
		w.pass(2 * time.Second)
		w.said("host", "room-unlocked")

		w.press(host, "*8")
		w.pass(2 * time.Second)
		w.said("host", "nobody-waiting")

		w.press(host, "##")
		w.pass(2 * time.Second)
		w.press(host, "2")
		w.pass(2 * time.Second)
		w.said("host", "end-confirm", "end-cancelled")
		w.press(host, "##")
		w.pass(12 * time.Second)
		w.said("host", "end-confirm", "end-cancelled")
		w.alive(anna)

		w.press(host, "##1")
		w.pass(1700 * time.Millisecond) // 2 s since the key
		w.said("anna", "meeting-ended")
		w.said("host", "end-confirm", "meeting-ended")
		w.dead(anna, cause.Ended)
		w.dead(host, cause.Ended)
	})
}

func TestMadeHost(t *testing.T) {
	in(t, Config{}, func(w *world) {
		anna := w.guest("anna")
		w.speech.take("anna")
		must(t, w.bridge.Room("r1").MakeHost(w.ctx, "anna"))
		w.pass(2 * time.Second)
		w.press(anna, "*7")
		w.pass(2 * time.Second)
		w.said("anna", "host-now", "room-locked")
	})
}

func TestRemoved(t *testing.T) {
	in(t, Config{}, func(w *world) {
		anna, ben := w.guest("anna"), w.guest("ben")
		w.speech.take("anna")
		must(t, w.bridge.Room("r1").Kick(w.ctx, "anna", cause.Removed))
		w.pass(2 * time.Second)
		w.said("anna", "removed")
		w.dead(anna, cause.Removed)
		w.alive(ben)
	})
}

func TestFull(t *testing.T) {
	in(t, Config{}, func(w *world) {
		w.door.room.MaxParticipants = 1
		w.guest("anna")
		ben := w.guest("ben")
		w.said("ben", "meeting-full", "goodbye")
		w.dead(ben, cause.Full)
	})
}

func TestLobby(t *testing.T) {
	in(t, Config{}, func(w *world) {
		w.door.room.Lobby = true
		host := w.host("host")
		w.speech.take("host")
		anna := w.guest("anna")
		w.said("anna", "wait-lobby")
		w.said("host", "waiting-1", "press-to-admit", "star-8")
		if e := w.entry("anna"); e.State != bridge.StateLobby {
			t.Errorf("anna is in the %v", e.State)
		}
		w.press(anna, "*3") // tells nothing about the room
		w.pass(2 * time.Second)
		w.said("anna", "wait-lobby")
		w.press(anna, "##1")
		w.pass(2 * time.Second)
		w.alive(host)
		w.speech.take("anna")

		ben := w.guest("ben") // the second is not let in by the way either
		w.said("ben", "wait-lobby")
		w.said("host", "waiting-many", "press-to-admit", "star-8")

		// Neither hears nor is heard before it is let in.
		anna.Heard()
		host.Heard()
		host.Say(hum(time.Second))
		w.pass(2 * time.Second)
		if hasTone(anna.Heard(), 400) {
			t.Error("someone in the lobby hears the room")
		}
		anna.Say(hum(time.Second))
		w.pass(2 * time.Second)
		if hasTone(host.Heard(), 400) {
			t.Error("the room hears someone in the lobby")
		}

		w.press(host, "*8")
		w.pass(3 * time.Second)
		w.said("host", "all-admitted")
		for _, leg := range []*memory.Leg{anna, ben} {
			if e := w.entry(leg.ID()); e.State != bridge.StateRoom {
				t.Errorf("%s is in the %v", leg.ID(), e.State)
			}
			w.said(leg.ID(), "you-are-3")
		}
		host.Heard()
		anna.Say(hum(time.Second))
		w.pass(2 * time.Second)
		if !hasTone(host.Heard(), 400) {
			t.Error("whoever was let in is not heard")
		}
	})
}

func TestAdmitOneByOne(t *testing.T) {
	in(t, Config{}, func(w *world) {
		w.door.room.Lobby = true
		host := w.host("host")
		w.guest("anna")
		w.guest("ben")
		for _, name := range []string{"anna", "ben"} {
			if e := w.entry(name); e.State != bridge.StateLobby {
				t.Errorf("%s is in the %v", name, e.State)
			}
			w.speech.take("host")
			w.press(host, "*0")
			w.pass(2 * time.Second)
			w.said("host", "one-admitted")
			if e := w.entry(name); e.State != bridge.StateRoom {
				t.Errorf("%s is in the %v", name, e.State)
			}
		}
		w.press(host, "*0")
		w.pass(2 * time.Second)
		w.said("host", "nobody-waiting")
	})
}

func TestHostFindsThemWaiting(t *testing.T) {
	in(t, Config{}, func(w *world) {
		w.door.room.Lobby = true
		w.guest("anna")
		w.host("host")
		w.pass(3 * time.Second)
		w.said("host", "you-are-host", "you-are-1", "waiting-1", "press-to-admit", "star-8")
	})
}

func TestWaitForHost(t *testing.T) {
	in(t, Config{}, func(w *world) {
		w.door.room.WaitForHost = true
		anna := w.guest("anna")
		w.said("anna", "wait-host")
		w.pass(5 * time.Minute) // a quiet lobby ends no call
		w.alive(anna)
		w.host("host")
		w.pass(2 * time.Second)
		w.said("anna", "you-are-2")
		if e := w.entry("anna"); e.State != bridge.StateRoom {
			t.Errorf("anna is in the %v", e.State)
		}
		w.guest("ben") // the host is there
		w.said("ben", "you-are-3")
	})
}

func TestOwnKeymap(t *testing.T) {
	in(t, Config{Keys: Keymap{"1": ActMute, "12": ActHand, "99": ActHelp}}, func(w *world) {
		anna := w.guest("anna")
		w.speech.take("anna")
		w.press(anna, "12")
		w.pass(2 * time.Second)
		w.said("anna", "hand-up")
		w.press(anna, "1")
		w.pass(7 * time.Second) // 12 was possible for 4 s
		w.said("anna", "muted", "press-to-speak", "n-1")
		w.press(anna, "99")
		w.pass(9 * time.Second)
		w.said("anna", "help-mute", "n-1", "help-hand", "n-1", "n-2", "help-help", "n-9", "n-9")
	})
}

// TestInvited: who was called into the room is asked for nothing and waits for
// nobody, but capacity and lock hold for it as for all.
func TestInvited(t *testing.T) {
	in(t, Config{}, func(w *world) {
		w.door.room.Lobby = true
		leg := w.call("room system", Entry{RoomID: "r1", Invited: admission.Guest, Name: "Huddle"})
		w.pass(2 * time.Second)
		if e := w.entry("room system"); e.State != bridge.StateRoom || e.Host || e.Name != "Huddle" {
			t.Errorf("the invited party is in the room as %+v", e)
		}
		w.alive(leg)
	})
}
