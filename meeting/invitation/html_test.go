package invitation

import (
	"strings"
	"testing"
)

func TestHTML(t *testing.T) {
	f := weekly(t)
	f.Title, f.Inviter = `<script>alert("x")</script> & Söhne`, `Ada" onclick="x`
	f.Note = "one\ntwo <img src=x>"
	f.Ways.Numbers[0].Label = "<b>Zürich</b>"
	m := Write(book(t), f)
	for _, html := range []string{m.HTML, m.Mail} {
		for _, never := range []string{"<script", "<img", "<b>Z", " onclick=\"", "url(", "@import", "<link", "ZgotmplZ"} {
			if strings.Contains(html, never) {
				t.Errorf("%s is in\n%s", never, html)
			}
		}
		for _, want := range []string{
			"&lt;script&gt;", "&amp; Söhne", `href="` + f.Ways.Link + `"`, `href="tel:&#43;41445550100,,112752642,,48219"`,
			"112 752 642", "48 219", "203.0.113.11##112752642", "one<br>two", `lang="en"`,
		} {
			if !strings.Contains(html, want) && !strings.Contains(html, strings.ReplaceAll(want, "&#43;", "+")) {
				t.Errorf("%s is not in\n%s", want, html)
			}
		}
	}
	for _, want := range []string{"<!DOCTYPE html>", "<title>", "<!--[if mso]>", "prefers-color-scheme: dark", "<h1 ", ">Join</a>"} {
		if !strings.Contains(m.Mail, want) {
			t.Errorf("%s is not in\n%s", want, m.Mail)
		}
	}
	if n := strings.Count(m.Mail, ">Join</a>"); n != 1 {
		t.Errorf("%d buttons", n)
	}
	if n := strings.Count(m.Mail, "<table"); n != strings.Count(m.Mail, `<table role="presentation"`) || n != strings.Count(m.Mail, "</table>") {
		t.Errorf("%d tables in\n%s", n, m.Mail)
	}
}

// TestStrangeWays leaves out what is no address, wherever it came from.
func TestStrangeWays(t *testing.T) {
	f := weekly(t)
	f.Ways.Link, f.Ways.DialIn = "javascript:alert(1)", "data:x"
	f.Ways.Numbers = []Number{{Number: "+41445550100\r\nBcc: x", Tel: "javascript:x"}}
	f.Ways.PIN, f.Ways.Extension = "12; x", "<b>"
	m := Write(book(t), f)
	for _, s := range []string{m.Text, m.HTML, m.Mail, m.Short} {
		if strings.Contains(s, "javascript") || strings.Contains(s, "data:x") || strings.Contains(s, "<b>") || strings.Contains(s, "12; x") {
			t.Errorf("%s", s)
		}
	}
}

// TestLeftOut has no word of what is not there.
func TestLeftOut(t *testing.T) {
	f := weekly(t)
	f.Ways = Ways{Link: f.Ways.Link, Extension: "112752642", PIN: "48219", DialIn: "https://meet.example.org/dial-in/112752642"}
	m := Write(book(t), f)
	for _, s := range []string{m.Text, m.HTML, m.Mail} {
		for _, never := range []string{"By phone", "Room system", "PIN", "48 219", "backup", "dial-in"} {
			if strings.Contains(s, never) {
				t.Errorf("%s is in\n%s", never, s)
			}
		}
	}
	f = weekly(t)
	f.Ways.Link, f.Ways.PIN, f.Ways.H323Backup = "", "", ""
	for i := range f.Ways.Numbers {
		f.Ways.Numbers[i].Tel = ""
	}
	m = Write(book(t), f)
	for _, never := range []string{"browser", "PIN", "backup", "One tap", "tel:"} {
		if strings.Contains(m.Text, never) {
			t.Errorf("%s is in\n%s", never, m.Text)
		}
	}
	if strings.Contains(m.Mail, "href=") {
		t.Errorf("a link to nowhere:\n%s", m.Mail)
	}
}

// TestManyNumbers shows the reader's own first, and sends to the page for the rest.
func TestManyNumbers(t *testing.T) {
	f := weekly(t)
	f.Language = "fr"
	f.Ways.DialIn = "https://meet.example.org/dial-in/112752642"
	for range 8 {
		f.Ways.Numbers = append(f.Ways.Numbers, Number{Number: "+33180000000", Label: "Paris", Language: "fr", Tel: "tel:+33180000000,,112752642,,48219"})
	}
	m := Write(book(t), f)
	if !strings.Contains(m.Text, f.Ways.DialIn) || strings.Contains(m.Text, "Zürich") || strings.Count(m.Text, "Paris") != shownNumbers {
		t.Errorf("%s", m.Text)
	}
	if !strings.Contains(m.Text, "tel:+33180000000,,112752642,,48219") {
		t.Errorf("the first number is another's:\n%s", m.Text)
	}
}

func TestGrouped(t *testing.T) {
	for digits, want := range map[string]string{
		"": "", "1": "1", "1234": "1234", "48219": "48 219", "123456": "123 456", "1234567": "123 4567",
		"12345678": "12 345 678", "112752642": "112 752 642", "1127526421": "112 752 6421",
	} {
		if got := Grouped(digits); got != want {
			t.Errorf("%s: %q, want %q", digits, got, want)
		}
	}
	for number, want := range map[string]string{"+41445550100": "+41 44 555 01 00", "+12125550123": "+1 212-555-0123", "0800 123": "0800 123", "+1": "+1"} {
		if got := DisplayNumber(number); got != want {
			t.Errorf("%s: %q, want %q", number, got, want)
		}
	}
	if got := shownNumber(Number{Number: "+41800123456", Display: "0800 123 456 (free)"}); got != "0800 123 456 (free)" {
		t.Errorf("%q", got)
	}
}
