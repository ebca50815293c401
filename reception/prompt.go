package reception

import (
	"strconv"
	"strings"
	"time"
)

// prompt is the key of something that is said.
type prompt string

// What is said, beside the last words that a cause.Cause names (Cause.Prompt) and
// the numbered ones of the functions below.
const (
	sayWelcome   prompt = "welcome"
	askExtension prompt = "ask-extension"
	askPIN       prompt = "ask-pin"
	sayWrong     prompt = "wrong"
	sayGoodbye   prompt = "goodbye"

	sayLockedOut  prompt = "locked-out"
	sayRetryLater prompt = "retry-later"
	sayEnded      prompt = "meeting-ended"

	sayWaitOpening prompt = "wait-opening"
	sayOverAWeek   prompt = "opens-in-over-a-week"

	sayWaitHost  prompt = "wait-host"
	sayWaitLobby prompt = "wait-lobby"
	sayAdmitted  prompt = "admitted"

	pressToJoin prompt = "press-to-join"
	sayMoved    prompt = "moved"

	askName       prompt = "say-name"
	sayHasJoined  prompt = "has-joined"
	sayHasLeft    prompt = "has-left"
	sayYouAreHost prompt = "you-are-host"
	sayYouAreNo   prompt = "you-are-number"

	sayThereAre    prompt = "count-there-are"
	sayPeople      prompt = "count-people"
	sayOverHundred prompt = "count-over-100"
	sayOneWaits    prompt = "waiting-1"
	sayManyWait    prompt = "waiting-many"

	sayMuted        prompt = "muted"
	sayUnmuted      prompt = "unmuted"
	sayHostMuted    prompt = "muted-by-host"
	sayHostUnmuted  prompt = "unmuted-by-host"
	sayPressToSpeak prompt = "press-to-speak"
	sayPressForHelp prompt = "press-for-help"
	sayPressToAdmit prompt = "press-to-admit"
	sayHandUp       prompt = "hand-up"
	sayHandDown     prompt = "hand-down"
	sayHandLowered  prompt = "hand-lowered"
	sayLouder       prompt = "louder"
	sayQuieter      prompt = "quieter"
	sayAllMuted     prompt = "all-muted"
	sayRoomLocked   prompt = "room-locked"
	sayRoomUnlocked prompt = "room-unlocked"
	sayAllAdmitted  prompt = "all-admitted"
	sayOneAdmitted  prompt = "one-admitted"
	sayNobodyWaits  prompt = "nobody-waiting"
	askEnd          prompt = "end-confirm"
	sayGoesOn       prompt = "end-cancelled"
	sayHostOnly     prompt = "host-only"
	sayUnknownKeys  prompt = "unknown-key"
	sayHostNow      prompt = "host-now"

	helpMute     prompt = "help-mute"
	helpHand     prompt = "help-hand"
	helpCount    prompt = "help-count"
	helpHelp     prompt = "help-help"
	helpQuieter  prompt = "help-quieter"
	helpLouder   prompt = "help-louder"
	helpMuteAll  prompt = "help-mute-all"
	helpLock     prompt = "help-lock"
	helpAdmit    prompt = "help-admit-one"
	helpAdmitAll prompt = "help-admit"
	helpEnd      prompt = "help-end"
	sayStar      prompt = "star"
	sayHash      prompt = "hash"

	sayTest         prompt = "test-begin"
	sayGood         prompt = "test-good"
	sayFair         prompt = "test-fair"
	sayPoor         prompt = "test-poor"
	sayLoss         prompt = "test-loss"
	sayPerCent      prompt = "per-cent"
	sayJitter       prompt = "test-jitter"
	sayRoundTrip    prompt = "test-round-trip"
	sayMilliseconds prompt = "milliseconds"
	sayOverHalf     prompt = "over-half-second"
	sayNotKnown     prompt = "test-unknown"
	sayLevelGood    prompt = "level-good"
	sayLevelLow     prompt = "level-low"
	sayLevelHigh    prompt = "level-high"
	sayLevelNone    prompt = "level-none"
)

// What is recorded as a whole sentence, because it sounds better than one put
// together: up to the twentieth person.
const wholeSentences = 20

// Numbers are recorded up to exact one by one, then as listed.
const exact = 100

var roundNumbers = [...]int{150, 200, 250, 300, 400, 500}

// retryMinutes are the waits for which there is a sentence.
var retryMinutes = [...]int{1, 2, 5, 10, 15, 30, 60}

func numbered(series string, n int) prompt { return prompt(series + "-" + strconv.Itoa(n)) }

// number says n, above 100 rounded to what is recorded, 500 at most.
func number(n int) prompt {
	if n <= exact {
		return numbered("n", max(n, 0))
	}
	best := exact
	for _, r := range roundNumbers {
		if abs(r-n) <= abs(best-n) {
			best = r
		}
	}
	return numbered("n", best)
}

func abs(n int) int { return max(n, -n) }

// youAre is "you are the third person".
func youAre(n int) []prompt {
	switch {
	case n <= wholeSentences:
		return []prompt{numbered("you-are", max(n, 1))}
	case n <= exact:
		return []prompt{sayYouAreNo, number(n)}
	}
	return []prompt{sayAdmitted}
}

// thereAre is "there are five people".
func thereAre(n int) []prompt {
	switch {
	case n <= wholeSentences:
		return []prompt{numbered("count", max(n, 1))}
	case n <= exact:
		return []prompt{sayThereAre, number(n), sayPeople}
	}
	return []prompt{sayOverHundred}
}

// retryIn is when to call again after a back-off: never too early.
func retryIn(d time.Duration) prompt {
	if d <= 0 {
		return sayRetryLater
	}
	for _, m := range retryMinutes {
		if d <= time.Duration(m)*time.Minute {
			return numbered("retry-in", m)
		}
	}
	return sayRetryLater
}

// Minutes until a meeting opens are recorded one by one up to exactMinutes, then by
// fives up to an hour. Hours are recorded with quarters, days up to a week with hours.
const (
	exactMinutes = 30
	exactDays    = 7
)

// opensIn is when a meeting opens. Minutes are rounded up where they are said one by
// one; what is farther off is rounded down: who calls again then is too early and
// hears what is left of it, but not too late.
func opensIn(d time.Duration) []prompt {
	if d <= exactMinutes*time.Minute {
		return []prompt{numbered("opens-in-minutes", max(1, int((d+time.Minute-1)/time.Minute)))}
	}
	minutes := int(d / time.Minute)
	hours := minutes / 60
	days := hours / 24
	switch {
	case hours == 0:
		return []prompt{numbered("opens-in-minutes", minutes/5*5)}
	case days == 0:
		return and(numbered("opens-in-hours", hours), "and-minutes", minutes%60/15*15)
	case days <= exactDays:
		return and(numbered("opens-in-days", days), "and-hours", hours%24)
	}
	return []prompt{sayOverAWeek}
}

// and adds a rest to what is said, if there is one.
func and(said prompt, series string, rest int) []prompt {
	if rest == 0 {
		return []prompt{said}
	}
	return []prompt{said, numbered(series, rest)}
}

// spoken is a sequence of keys: "star six" in one breath, others key by key.
func spoken(keys string) []prompt {
	var all []prompt
	for i := 0; i < len(keys); i++ {
		switch k := keys[i]; {
		case k == '*' && i+1 < len(keys) && strings.IndexByte("0123456789", keys[i+1]) >= 0:
			i++
			all = append(all, numbered("star", int(keys[i]-'0')))
		case k == '*':
			all = append(all, sayStar)
		case k == '#':
			all = append(all, sayHash)
		default:
			all = append(all, number(int(k-'0')))
		}
	}
	return all
}
