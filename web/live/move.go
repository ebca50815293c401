package live

// Move has the page of a browser's call show another room: the one that its leg is in
// now. There is no harm if that is no browser's.
func (l *Live) Move(leg string, to Room, host bool) {
	l.mu.Lock()
	var s *seat
	for _, x := range l.seats {
		if x.leg.ID() == leg {
			s = x
			break
		}
	}
	if s == nil {
		l.mu.Unlock()
		return
	}
	l.unwatch(s)
	s.spot.Store(&spot{to, host})
	l.watchFor(s)
	l.mu.Unlock()
	if c := s.line(); c != nil {
		c.moved(s)
	}
	l.nudge(to.ID)
}

// moved tells a page of the room that it shows from now on. All of it is shown anew.
func (c *conn) moved(s *seat) {
	c.mu.Lock()
	defer c.mu.Unlock()
	in := s.room()
	m := movedMessage{Type: "moved", Role: "guest", Title: in.Title, Ways: in.ways(s.ask.Language)}
	if in.host {
		m.Role, m.Room = "host", in.ID
	}
	c.send(encode(m))
	c.state, c.shown = "", nobody
}
