package web

import (
	"fmt"
	"net/http"
	"strings"

	"rsc.io/qr"
)

// qr draws the QR code of a guest link or, with for=phone, of the one-tap call of
// its first number.
func (s *Site) qr(w http.ResponseWriter, r *http.Request) {
	_, ways, ok := s.link(w, r)
	if !ok {
		return
	}
	text := ways.Link
	if r.URL.Query().Get("for") == "phone" {
		ways = ways.Speaking(s.view(r).Language)
		if len(ways.Numbers) == 0 {
			s.missing(w, r)
			return
		}
		text = ways.Numbers[0].Tel
	}
	drawing, err := drawQR(text)
	if err != nil {
		s.fault(w, r, http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "image/svg+xml")
	w.Header().Set("Cache-Control", "no-store")
	w.Write([]byte(drawing))
}

// quiet is the margin that readers need, in modules (ISO/IEC 18004 §5.3.8).
const quiet = 4

// drawQR draws a text's QR code, dark on white: readers do not take the reverse.
func drawQR(text string) (string, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return "", err
	}
	size := code.Size + 2*quiet
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges">`, size, size)
	fmt.Fprintf(&b, `<path fill="#fff" d="M0 0h%dv%dH0z"/><path d="`, size, size)
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			from := x
			for x < code.Size && code.Black(x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", from+quiet, y+quiet, x-from, x-from)
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return b.String(), nil
}
