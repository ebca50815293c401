package api

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/partyline/partyline/meeting/invitation"
	"github.com/partyline/partyline/store"
)

// read makes of recipients whom to invite, each once, and which of them cannot be
// invited.
func read(who *Recipients, can Can) (list []store.NewInvitee, bad []BadEntry) {
	bad = []BadEntry{}
	country := cmp.Or(who.Country, can.Country)
	seen := map[string]bool{}
	add := func(entry string, n store.NewInvitee) {
		if code := unreachable(n, who.By, can); code != "" {
			bad = append(bad, badEntry(entry, code))
			return
		}
		email, phone := strings.ToLower(n.Email), n.Phone
		if email != "" && seen[email] || phone != "" && seen[phone] {
			return
		}
		seen[email], seen[phone] = true, true
		n.Language = who.Language
		list = append(list, n)
	}
	good, wrong := invitation.Parse(who.Text, country)
	for _, r := range good {
		add(cmp.Or(r.Email, r.Phone), store.NewInvitee{Name: r.Name, Email: r.Email, Phone: r.Phone})
	}
	for _, w := range wrong {
		bad = append(bad, badEntry(w.Entry, code(w.Reason)))
	}
	for _, p := range who.People {
		entry := invitation.Line(cmp.Or(p.Email, p.Phone, p.Name))
		n, wrong := readPerson(p, country)
		if wrong != "" {
			bad = append(bad, badEntry(entry, wrong))
			continue
		}
		add(entry, n)
	}
	return list, bad
}

// readPerson reads an entry whose parts are known.
func readPerson(p Recipient, country string) (n store.NewInvitee, wrong string) {
	n.Name = invitation.Line(p.Name)
	for _, part := range []struct {
		text string
		mail bool
	}{{p.Email, true}, {p.Phone, false}} {
		if strings.TrimSpace(part.text) == "" {
			continue
		}
		good, bad := invitation.Parse(part.text, country)
		switch {
		case len(bad) > 0:
			return n, code(bad[0].Reason)
		case len(good) != 1, part.mail != (good[0].Email != ""):
			return n, code(invitation.NoAddress)
		}
		n.Email, n.Phone = n.Email+good[0].Email, n.Phone+good[0].Phone
	}
	if n.Email == "" && n.Phone == "" {
		return n, code(invitation.NoAddress)
	}
	return n, ""
}

// unreachable says why nothing can be sent to somebody.
func unreachable(n store.NewInvitee, by string, can Can) string {
	switch {
	case by == "nothing", n.Email != "" && can.Mail, n.Phone != "" && can.SMS:
		return ""
	case n.Email != "":
		return "no-mail"
	}
	return "no-sms"
}

// code is the last word of a reason.
func code(r invitation.Reason) string { return string(r[strings.LastIndexByte(string(r), '.')+1:]) }

// Why says in English why a recipient cannot be understood.
func Why(r invitation.Reason) string { return badEntry("", code(r)).Message }

func badEntry(entry, code string) BadEntry {
	message := map[string]string{
		"missing": "this is neither an e-mail address nor a telephone number",
		"email":   "this is no e-mail address",
		"long":    "this e-mail address is too long",
		"phone":   "this is no telephone number",
		"country": "a local number needs a country: write +41 44 555 01 00",
		"no-mail": "this gateway sends no e-mail",
		"no-sms":  "this gateway sends no SMS",
	}[code]
	return BadEntry{Entry: entry, Code: code, Message: cmp.Or(message, "this cannot be understood")}
}

// nobody is the answer if there is nobody to invite.
func nobody(bad []BadEntry) *Problem {
	fields := []*huma.ErrorDetail{}
	for _, b := range bad {
		fields = append(fields, &huma.ErrorDetail{Location: "body.text", Message: b.Entry + ": " + b.Message})
	}
	if len(bad) == 0 {
		fields = append(fields, &huma.ErrorDetail{Location: "body.text", Message: "nobody is named"})
	}
	p := problem(http.StatusUnprocessableEntity, "", "nobody can be invited", fields...)
	p.Bad = bad
	return p
}

func crowded(already int) *Problem {
	return problem(http.StatusUnprocessableEntity, "", "too many are invited", &huma.ErrorDetail{
		Location: "body.text", Message: fmt.Sprintf("at most %d people can be invited, and %d are already", inviteesPerMeeting, already),
	})
}
