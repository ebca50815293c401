package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/locales"
	"github.com/partyline/partyline/meeting"
	"github.com/partyline/partyline/store"
	"github.com/partyline/partyline/web/api"
)

// schedules gives the world's room a time, of which its links tell: early, on
// Monday 30 November 2026 at 14:00 in Zurich.
func (w *world) schedules() {
	zone, err := time.LoadLocation("Europe/Zurich")
	w.must(err)
	start := time.Date(2026, 11, 30, 14, 0, 0, 0, zone)
	w.early = api.Followed{
		Cause: cause.TooEarly, Opens: start.Add(-10 * time.Minute).UTC(),
		Current: meeting.Occurrence{Start: start, End: start.Add(time.Hour)},
	}
	w.zone = "Europe/Zurich"
}

// TestEarlyPage can be read without JavaScript: title, time and since when one may
// come in. The script is given the same.
func TestEarlyPage(t *testing.T) {
	w := open(t, false)
	w.schedules()
	b := w.browser()
	for lang, wants := range map[string][]string{
		"en": {"Board &amp; Co</h1>", "Mon 30 Nov 2026, 14:00–15:00 (Europe/Zurich, UTC&#43;1)", "You can come in from Mon 30 Nov 2026, 13:50.", "48219", "from the same time"},
		"de": {"30.", "14:00–15:00", "Eintreten können Sie ab", "13:50"},
		"fr": {"Vous pourrez entrer", "13:50"}, "it": {"Puoi entrare", "13:50"}, "es": {"Podrá entrar", "13:50"},
	} {
		b.head.Set("Accept-Language", lang)
		a := b.get("/j/" + w.link)
		shown := scriptData.ReplaceAllString(a.body, "")
		if a.status != http.StatusOK || strings.Contains(shown, "page.") || strings.Contains(shown, "invitation.") || strings.Count(shown, "<h1") != 1 {
			t.Errorf("%s: %d\n%s", lang, a.status, shown)
		}
		for _, want := range wants {
			if !strings.Contains(shown, want) {
				t.Errorf("the page in %s lacks %q\n%s", lang, want, shown)
			}
		}
		link := data(t, a.body)["link"].(map[string]any)
		if link["state"] != "early" || link["opens_at"] != "2026-11-30T13:50:00+01:00" || link["starts_at"] != "2026-11-30T14:00:00+01:00" ||
			link["ends_at"] != "2026-11-30T15:00:00+01:00" || link["zone"] != "Europe/Zurich" || link["title"] != "Board & Co" || link["token"] != w.link {
			t.Errorf("the script is given %v", link)
		}
		if link["name"] != nil {
			t.Errorf("everybody's link has a name: %v", link)
		}
	}
	if len(locales.Languages()) != 5 {
		t.Error("a language is not looked at")
	}
	a := b.get("/api/v1/links/" + w.link).json(t)
	if a["state"] != "early" || a["opens_at"] != "2026-11-30T13:50:00+01:00" || a["title"] != "Board & Co" {
		t.Errorf("%v", a)
	}

	w.early.Cause, w.early.Opens, w.early.Current.Title = cause.None, time.Time{}, "Budget only"
	if a := b.get("/api/v1/links/" + w.link).json(t); a["state"] != "open" || a["opens_at"] != nil || a["title"] != "Budget only" || a["starts_at"] == nil {
		t.Errorf("%v", a)
	}
}

// watched is a store that writes down whom it hears of.
type watched struct {
	*store.Store
	seen []store.Presence
}

func (s *watched) RecordPresence(p store.Presence) { s.seen = append(s.seen, p) }

// TestPersonalLink tells its page the name that it was sent to, and the host that it
// was opened: not by GET, which mail scanners send.
func TestPersonalLink(t *testing.T) {
	var kept *watched
	w := open(t, false, func(c *Config) {
		kept = &watched{Store: c.API.Store.(*store.Store)}
		c.API.Store = kept
	})
	added, _, err := w.store.AddInvitees(t.Context(), w.room.ID, []store.NewInvitee{{Name: "Anna Guest", Email: "anna@example.org", PIN: true}}, nil)
	w.must(err)
	token, pin, err := w.store.InviteeKeys(t.Context(), added[0].ID)
	w.must(err)
	b := w.browser()
	a := b.get("/j/" + token)
	if link := data(t, a.body)["link"].(map[string]any); link["name"] != "Anna Guest" || link["token"] != token || link["state"] != "open" || link["starts_at"] != nil {
		t.Errorf("%v", link)
	}
	if !strings.Contains(a.body, pin) || strings.Contains(a.body, "anna@example.org") {
		t.Error("the page has not the guest's own PIN, or has the address")
	}
	b.get("/api/v1/links/" + token)
	if len(kept.seen) != 0 {
		t.Errorf("GET says %v", kept.seen)
	}
	for path, want := range map[string]int{token: 204, w.link: 204, "nonsense": 404, "lockedout": 429} {
		if a := b.do("POST", "/api/v1/links/"+path+"/opened", ""); a.status != want {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	if len(kept.seen) != 1 || kept.seen[0].InviteeID != added[0].ID || kept.seen[0].State != store.Opened || time.Since(kept.seen[0].At) > time.Minute {
		t.Errorf("the host is told %+v", kept.seen)
	}
	w.must(w.store.RemoveInvitee(t.Context(), w.room.ID, added[0].ID))
	if a := b.get("/j/" + token); a.status != http.StatusGone || strings.Contains(a.body, "Board") {
		t.Errorf("a link that was taken back: %d", a.status)
	}
}
