package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// printJSON prints a value for programs.
func (c *console) printJSON(v any) error {
	text, err := indented(v)
	if err != nil {
		return err
	}
	_, err = c.out.Write(text)
	return err
}

// indented is a value as JSON for programs and people.
func indented(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return b.Bytes(), err
}

// lineWidth is what tables keep to.
const lineWidth = 80

// table prints rows beneath a head within lineWidth columns: the widest columns
// are cut first, but none of those that are to be whole.
func table(w io.Writer, head []string, rows [][]string, whole ...int) {
	widths := make([]int, len(head))
	for _, row := range append([][]string{head}, rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(clean(cell)))
		}
	}
	total := 2 * (len(head) - 1)
	for _, n := range widths {
		total += n
	}
	for ; total > lineWidth; total-- {
		widest := -1
		for i, n := range widths {
			if !slices.Contains(whole, i) && n > 1 && (widest < 0 || n > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			break
		}
		widths[widest]--
	}
	for _, row := range append([][]string{head}, rows...) {
		var b strings.Builder
		for i, cell := range row {
			if i > 0 {
				b.WriteString("  ")
			}
			b.WriteString(fit(clean(cell), widths[i]))
		}
		fmt.Fprintln(w, strings.TrimRight(b.String(), " "))
	}
}

// fit pads or cuts a cell.
func fit(s string, width int) string {
	n := utf8.RuneCountInString(s)
	if n <= width {
		return s + strings.Repeat(" ", width-n)
	}
	return string([]rune(s)[:max(0, width-1)]) + "…"
}

// clean keeps what a caller sent (names, agents) from steering the terminal.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r <= 0x9f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return -1
		}
		return r
	}, s)
}

// pairs prints names and values in two columns; empty values are left out.
func pairs(w io.Writer, nameValues ...string) {
	width := 0
	for i := 0; i < len(nameValues); i += 2 {
		if nameValues[i+1] != "" {
			width = max(width, utf8.RuneCountInString(nameValues[i]))
		}
	}
	for i := 0; i < len(nameValues); i += 2 {
		if nameValues[i+1] != "" {
			fmt.Fprintf(w, "%s  %s\n", fit(nameValues[i], width), clean(nameValues[i+1]))
		}
	}
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// plural is "1 call", "2 calls".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
