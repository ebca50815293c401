package live

import "strings"

// groups is how a country writes its numbers after the country code. What is
// longer or shorter is grouped by threes.
var groups = []struct {
	code string
	by   []int
}{
	{"+1", []int{3, 3, 4}},
	{"+31", []int{2, 3, 4}},
	{"+32", []int{3, 2, 2, 2}},
	{"+33", []int{1, 2, 2, 2, 2}},
	{"+34", []int{3, 3, 3}},
	{"+39", []int{2, 4, 4}},
	{"+41", []int{2, 3, 2, 2}},
	{"+43", []int{1, 3, 4}},
	{"+44", []int{2, 4, 4}},
	{"+45", []int{2, 2, 2, 2}},
	{"+46", []int{2, 3, 2, 2}},
	{"+47", []int{2, 2, 2, 2}},
	{"+49", []int{3, 4, 4}},
	{"+423", []int{3, 2, 2}},
}

// DisplayNumber writes a number in E.164 with the spaces that people expect.
// What is no such number stays as it is.
func DisplayNumber(number string) string {
	digits, ok := strings.CutPrefix(number, "+")
	if !ok || !allDigits(digits) {
		return number
	}
	code, by := "", []int(nil)
	for _, g := range groups {
		if strings.HasPrefix(number, g.code) && len(g.code) > len(code) {
			code, by = g.code, g.by
		}
	}
	if code == "" {
		code = number[:min(3, len(number))]
	}
	rest := number[len(code):]
	total := 0
	for _, n := range by {
		total += n
	}
	parts := []string{code}
	if total != len(rest) {
		by = nil
	}
	for i := 0; rest != ""; i++ {
		n := 3
		if by != nil {
			n = by[i]
		} else if len(rest) == 4 { // no digit stands alone
			n = 2
		}
		n = min(n, len(rest))
		parts = append(parts, rest[:n])
		rest = rest[n:]
	}
	return strings.Join(parts, " ")
}

// MaskNumber is a number as those may see it who are no administrators: where it
// comes from and its end, "+41 44 *** ** 00".
func MaskNumber(number string) string {
	shown := DisplayNumber(number)
	total := countDigits(shown)
	front := 2 // of numbers within an office or a country
	if strings.HasPrefix(shown, "+") {
		// Country and area. A one-digit area says too little to be worth hiding.
		front = countDigits(strings.Join(firstFields(shown, 2), ""))
	}
	back := 2
	if total < 7 {
		front, back = 1, 0
	}
	front = min(front, total-back-2)
	seen := 0
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return r
		}
		seen++
		if seen > max(front, 0) && seen <= total-back {
			return '*'
		}
		return r
	}, shown)
}

func firstFields(s string, n int) []string {
	f := strings.Fields(s)
	return f[:min(n, len(f))]
}

func allDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

func countDigits(s string) int { return len(onlyDigits(s)) }

func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// isNumber says that a name is a telephone number, however it is written.
func isNumber(s string) bool {
	return countDigits(s) >= 2 && strings.Trim(s, "+0123456789 ()-./") == ""
}

// hides says whether a name gives away a number: displays often repeat it, with
// another prefix.
func hides(name, number string) bool {
	digits := onlyDigits(number)
	if len(digits) < 5 {
		return isNumber(name) && onlyDigits(name) == digits
	}
	tail := digits[len(digits)-min(len(digits), 7):]
	return strings.Contains(onlyDigits(name), tail)
}
