package invitation

import (
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// Grouped writes digits in threes, counted from the end: "112 752 642", "48 219". No
// digit stands alone: the last group then has four.
func Grouped(digits string) string {
	n := len(digits)
	if n <= 4 {
		return digits
	}
	var groups []string
	first := n % 3
	if first == 1 {
		first = 0
	}
	if first > 0 {
		groups = append(groups, digits[:first])
	}
	for i := first; i < n; {
		size := 3
		if n-i == 4 {
			size = 4
		}
		groups = append(groups, digits[i:i+size])
		i += size
	}
	return strings.Join(groups, " ")
}

// DisplayNumber writes a number in E.164 as its country does: "+41 44 555 01 00",
// "+1 212-555-0123". What is no such number stays as it is.
func DisplayNumber(number string) string {
	if !strings.HasPrefix(number, "+") {
		return number
	}
	n, err := phonenumbers.Parse(number, "")
	if err != nil {
		return number
	}
	return phonenumbers.Format(n, phonenumbers.INTERNATIONAL)
}

// shownNumber is how a number is shown: as it was set, unless that only puts spaces
// into it.
func shownNumber(n Number) string {
	display := Line(n.Display)
	if display == "" || strings.HasPrefix(display, "+") && digitsOf(display) == digitsOf(n.Number) {
		return DisplayNumber(n.Number)
	}
	return display
}

func digitsOf(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}
