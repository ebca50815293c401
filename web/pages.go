package web

import (
	"net/http"
	"strconv"
	"time"

	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/meeting/invitation"
	"github.com/partyline/partyline/web/api"
)

// home is the hosts' page: it signs in, lists rooms and leads meetings.
func (s *Site) home(w http.ResponseWriter, r *http.Request) {
	if v, ok := r.Context().Value(visitKey{}).(*visit); ok && v.err != nil {
		s.fault(w, r, http.StatusServiceUnavailable)
		return
	}
	v := s.view(r)
	v.H1 = v.Say("page.host.title")
	p := s.script(v, r, "host")
	p.Room = r.PathValue("id")
	if s.cfg.API.Can != nil {
		can := s.cfg.API.Can()
		p.Can = &can
	}
	s.render(w, r, http.StatusOK, "host.html", v)
}

// guest is the page of a guest link.
func (s *Site) guest(w http.ResponseWriter, r *http.Request) {
	f, ways, ok := s.link(w, r)
	if !ok {
		return
	}
	v := s.view(r)
	v.Ways = ways.Speaking(v.Language)
	v.Link = &pageLink{r.PathValue("token"), api.LinkOf(f, v.Ways)}
	v.H1, v.Text = v.Link.Title, v.Say("page.join.open")
	if !f.Current.Start.IsZero() {
		v.Text = v.Say("page.join.meeting")
		v.When = invitation.Span(v.Words, f.Current.Start, f.Current.End, v.Link.Zone)
	}
	if f.Cause == cause.TooEarly {
		v.Text = v.Say("page.join.early", "When", invitation.Moment(v.Words, f.Opens.In(f.Current.Start.Location())))
	}
	p := s.script(v, r, "guest")
	p.Link, p.Ways = v.Link, &v.Ways
	s.render(w, r, http.StatusOK, "guest.html", v)
}

// test is the page to test microphone and speaker with.
func (s *Site) test(w http.ResponseWriter, r *http.Request) {
	v := s.view(r)
	v.H1 = v.Say("page.test.title")
	if s.cfg.TestCall != nil {
		if address := s.cfg.TestCall(); address != "" {
			v.Text = v.Say("page.test.phone", "Address", address)
		}
	}
	s.script(v, r, "test")
	s.render(w, r, http.StatusOK, "test.html", v)
}

// dialIn lists the numbers. It is the same for an extension that no room has.
func (s *Site) dialIn(w http.ResponseWriter, r *http.Request) {
	extension := r.PathValue("extension")
	if extension != "" && !isExtension(extension) {
		s.missing(w, r)
		return
	}
	v := s.view(r)
	v.H1 = v.Say("page.dialin.title")
	v.Ways.Extension = extension
	v.Countries = countries(s.cfg.API.Directory().Call(extension, ""), v.Words, s.book)
	s.render(w, r, http.StatusOK, "dial-in.html", v)
}

func isExtension(s string) bool {
	for _, c := range s {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(s) >= 2 && len(s) <= 15
}

// refuse is the page of a link that leads nowhere, in which nothing stands about
// the room.
func (s *Site) refuse(w http.ResponseWriter, r *http.Request, why cause.Cause, wait time.Duration) {
	v := s.view(r)
	status, page := http.StatusNotFound, "unknown"
	switch why {
	case cause.LinkReplaced:
		status, page = http.StatusGone, "replaced"
	case cause.LinkEnded:
		status, page = http.StatusGone, "ended"
	case cause.LockedOut:
		status, page = http.StatusTooManyRequests, "locked-out"
		w.Header().Set("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
		v.Text = v.Say("page.wait", "Count", minutes(wait))
	}
	v.H1 = v.Say("page." + page + ".title")
	if v.Text == "" {
		v.Text = v.Say("page." + page + ".text")
	}
	s.render(w, r, status, "message.html", v)
}

// missing is the page of an address at which there is nothing.
func (s *Site) missing(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	v := s.view(r)
	v.H1, v.Text, v.Home = v.Say("page.missing.title"), v.Say("page.missing.text"), true
	s.render(w, r, http.StatusNotFound, "message.html", v)
}

// fault is the page of what is ours to mend.
func (s *Site) fault(w http.ResponseWriter, r *http.Request, status int) {
	v := s.view(r)
	v.H1, v.Text = v.Say("page.error.title"), v.Say("page.error.text")
	w.Header().Set("Retry-After", "5")
	s.render(w, r, status, "message.html", v)
}
