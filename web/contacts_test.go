package web

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"strings"
	"testing"

	"github.com/partyline/partyline/web/api"
)

// contactsOf gives the names of a host's contacts that a query finds.
func contactsOf(t *testing.T, b *browser, query string) (names []string) {
	t.Helper()
	a := b.get("/api/v1/contacts" + query)
	if a.status != 200 {
		t.Fatalf("contacts%s: %d %s", query, a.status, a.body)
	}
	for _, c := range a.json(t)["contacts"].([]any) {
		names = append(names, c.(map[string]any)["name"].(string))
	}
	return names
}

func TestContacts(t *testing.T) {
	w := open(t, false)
	ada, ben := w.signedIn(w.ada), w.signedIn(w.account("ben"))
	a := ada.do("POST", "/api/v1/contacts", `{"name":"Zoë Müller","email":"zoe@example.org","phone":"+41 44 555 01 00","company":"Acme","language":"de"}`)
	if a.status != 201 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	c := a.json(t)
	if c["phone"] != "+41445550100" || c["id"] == "" || c["used"] != nil {
		t.Errorf("%v", c)
	}
	at := "/api/v1/contacts/" + c["id"].(string)
	for query, want := range map[string]string{"": "[Zoë Müller]", "?q=muller": "[Zoë Müller]", "?q=044+555": "[Zoë Müller]", "?q=x": "[]", "?q=bo&recent=true": "[]"} {
		if got := fmt.Sprint(contactsOf(t, ada, query)); got != want {
			t.Errorf("%s finds %s, want %s", query, got, want)
		}
	}
	if got := contactsOf(t, ben, ""); len(got) != 0 {
		t.Errorf("another host sees %v", got)
	}
	for _, method := range []string{"PATCH", "DELETE"} {
		if a := ben.do(method, at, `{"name":"x"}`); a.status != 404 || strings.Contains(a.body, "Zo") {
			t.Errorf("%s of another's contact: %d %s", method, a.status, a.body)
		}
	}
	if a := ada.do("PATCH", at, `{"name":"Zoe Meier","phone":""}`); a.status != 200 || a.json(t)["name"] != "Zoe Meier" || a.json(t)["phone"] != "" || a.json(t)["email"] != "zoe@example.org" {
		t.Errorf("changed: %d %s", a.status, a.body)
	}
	if a := ada.do("DELETE", at, ""); a.status != 204 {
		t.Errorf("removed: %d %s", a.status, a.body)
	}
	if a := ada.do("DELETE", at, ""); a.status != 404 {
		t.Errorf("removed twice: %d %s", a.status, a.body)
	}
}

func TestContactMistakes(t *testing.T) {
	w := open(t, false, func(c *Config) { c.API.Can = func() api.Can { return api.Can{} } })
	ada := w.signedIn(w.ada)
	if a := ada.do("POST", "/api/v1/contacts", `{"email":"bo@example.org"}`); a.status != 201 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	for body, fields := range map[string]string{
		`{}`:                           "body.name",
		`{"email":"x@","phone":"044"}`: "body.phone body.email",
		`{"phone":"044 555 01 00"}`:    "body.phone body.name",
		`{"phone":"044 555 01 00","country":"XX"}`: "body.phone body.name",
		`{"email":"BO@example.org"}`:               "body.email",
		`{"language":"deutsch","name":"x"}`:        "body.language",
	} {
		a := ada.do("POST", "/api/v1/contacts", body)
		var got []string
		list, _ := a.json(t)["errors"].([]any)
		for _, e := range list {
			got = append(got, e.(map[string]any)["location"].(string))
		}
		if a.status != 422 || strings.Join(got, " ") != fields {
			t.Errorf("%s: %d %q, want %q\n%s", body, a.status, got, fields, a.body)
		}
	}
	if a := ada.do("POST", "/api/v1/contacts", `{"phone":"044 555 01 00","country":"CH"}`); a.status != 201 || a.json(t)["phone"] != "+41445550100" {
		t.Errorf("a local number: %d %s", a.status, a.body)
	}
}

const file = "Name;E-Mail;Telefon\r\nBo;bo@example.org;044 555 01 00\r\n=1+1;cy@;\r\nDee;dee@example.org;12\r\n"

func TestImportAndExport(t *testing.T) {
	w := open(t, false, func(c *Config) { c.API.Can = func() api.Can { return api.Can{Country: "CH"} } })
	ada := w.signedIn(w.ada)
	var form bytes.Buffer
	m := multipart.NewWriter(&form)
	w.must(m.WriteField("comment", "not the file"))
	part, err := m.CreateFormFile("file", "book.csv")
	w.must(err)
	part.Write([]byte(file))
	w.must(m.Close())
	for i, send := range []struct{ kind, body, want string }{
		{"text/csv", file, "added:3 bad:"},
		{m.FormDataContentType(), form.String(), "skipped:3"},
	} {
		ada.head.Set("Content-Type", send.kind)
		a := ada.do("POST", "/api/v1/contacts/import", send.body)
		result := a.json(t)
		if got := fmt.Sprint(result); a.status != 200 || !strings.Contains(got, send.want) || result["bad_count"] != 2.0 {
			t.Errorf("import %d: %d %s, want %s", i, a.status, got, send.want)
		}
	}
	ada.head.Set("Content-Type", "text/csv")
	first := ada.do("POST", "/api/v1/contacts/import", file).json(t)["bad"].([]any)[0].(map[string]any)
	if first["line"] != 3.0 || first["entry"] != "cy@" || first["code"] != "email" || first["kept"] != true {
		t.Errorf("%v", first)
	}
	ada.head.Del("Content-Type")
	exports := map[string]string{"vcf": "text/vcard; charset=utf-8", "csv": "text/csv; charset=utf-8; header=present"}
	for kind, mime := range exports {
		a := ada.get("/api/v1/contacts/export." + kind)
		if a.status != 200 || a.Get("Content-Type") != mime || a.Get("Content-Disposition") != `attachment; filename="contacts.`+kind+`"` {
			t.Errorf("%s: %d %v", kind, a.status, a.Header)
		}
		if strings.Contains(a.body, "\n=1") || !strings.Contains(a.body, "dee@example.org") {
			t.Errorf("%s: %s", kind, a.body)
		}
		ben := w.signedIn(w.account("ben-" + kind))
		ben.head.Set("Content-Type", "application/octet-stream")
		if got := ben.do("POST", "/api/v1/contacts/import", a.body).json(t); got["added"] != 3.0 || got["bad_count"] != 0.0 {
			t.Errorf("%s read back: %v", kind, got)
		}
		ben.head.Del("Content-Type")
		if again := ben.get("/api/v1/contacts/export." + kind); again.body != a.body {
			t.Errorf("%s changes on its way:\n%s\n%s", kind, a.body, again.body)
		}
	}
	ada.head.Set("Content-Type", "application/octet-stream")
	for body, status := range map[string]int{"no contacts": 422, strings.Repeat("x", 11<<20): 413} {
		if a := ada.do("POST", "/api/v1/contacts/import", body); a.status != status {
			t.Errorf("%.20s: %d %s, want %d", body, a.status, a.body, status)
		}
	}
	ada.head.Set("Content-Type", "multipart/form-data; boundary=x")
	if a := ada.do("POST", "/api/v1/contacts/import", "--x--"); a.status != 422 {
		t.Errorf("a form without a file: %d %s", a.status, a.body)
	}
}
