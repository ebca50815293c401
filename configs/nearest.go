package configs

import (
	"fmt"
	"strings"
)

// choiceError says that a word is none of those allowed.
type choiceError struct {
	what    string
	got     string
	choices []string
}

func (e *choiceError) Error() string {
	return fmt.Sprintf("%q is no %s here: %s", e.got, e.what, orList(e.choices))
}

func (e *choiceError) hint() string { return didYouMean(e.got, e.choices) }

// orList is "a, b or c".
func orList(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

// didYouMean is a sentence that proposes the nearest of the words, or empty.
func didYouMean(got string, words []string) string {
	best, distance := "", 1+max(1, len(got)/3)
	for _, w := range words {
		if d := levenshtein(strings.ToLower(got), w); d < distance {
			best, distance = w, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("did you mean %q?", best)
}

// levenshtein counts the letters to insert, delete, change or swap with their
// neighbour to make a from b.
func levenshtein(a, b string) int {
	s, t := []rune(a), []rune(b)
	if len(s) > 64 || len(t) > 64 {
		return 64
	}
	before, last, row := make([]int, len(t)+1), make([]int, len(t)+1), make([]int, len(t)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(s); i++ {
		row[0] = i
		for j := 1; j <= len(t); j++ {
			cost := 1
			if s[i-1] == t[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(t)]
}
