package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"time"
)

// changes are the rooms that were changed since a revision, as they are now.
type changes struct {
	rooms   map[string]*room
	pins    map[string]Key
	links   map[string]link
	invited map[string]string // names by invitee
}

// readChanged reads all that was changed after a revision; of -1, all there is.
func readChanged(ctx context.Context, tx *sql.Tx, since int64) (*changes, error) {
	c := &changes{rooms: map[string]*room{}, pins: map[string]Key{}, links: map[string]link{}, invited: map[string]string{}}
	for _, part := range []struct {
		columns, table, room string
		take                 func(*sql.Rows) error
	}{
		{"t.id", "", "", c.takeID},
		{roomColumns, "rooms r", "r.id", c.takeRoom},
		{scheduleColumns + ", m.id", "meetings m", "m.id", c.takeSchedule},
		{"room_id, role, hash, sealed", "pins", "room_id", c.takePIN},
		{"i.id, i.room_id, name, pin_hash", "invitees i", "i.room_id", c.takeInvitee},
		{"hash, room_id, state, sealed, coalesce(invitee_id, '')", "links", "room_id", c.takeLink},
	} {
		query, args := "SELECT "+part.columns+" FROM ", []any{since}
		switch {
		case part.table == "":
			query += "touched t WHERE revision > ?"
		case since < 0: // a walk through the table is faster than a look-up for each
			query, args = query+part.table, nil
		default: // from touched to the rest by its key, whatever SQLite thinks of it (CROSS JOIN)
			query += "touched t CROSS JOIN " + part.table + " ON " + part.room + " = t.id WHERE t.revision > ?"
		}
		if err := each(ctx, tx, part.take, query, args...); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// each has every row of a query taken.
func each(ctx context.Context, tx *sql.Tx, take func(*sql.Rows) error, query string, args ...any) error {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := take(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (c *changes) takeID(rows *sql.Rows) error {
	var id string
	err := rows.Scan(&id)
	c.room(id)
	return err
}

func (c *changes) room(id string) *room {
	r := c.rooms[id]
	if r == nil {
		r = &room{}
		c.rooms[id] = r
	}
	return r
}

// roomColumns are what scanRoom takes, of rooms r.
const roomColumns = `r.id, r.extension, r.name, r.language, r.max_participants, r.lobby, r.wait_for_host, r.mute_on_entry,
	r.tones, coalesce(r.owner_id, ''), r.names, r.guest_invites, r.created_at`

// scanner is a row.
type scanner interface{ Scan(...any) error }

func scanRoom(row scanner, more ...any) (Room, error) {
	var r Room
	var created int64
	err := row.Scan(append([]any{
		&r.ID, &r.Extension, &r.Name, &r.Language, &r.MaxParticipants, &r.Lobby, &r.WaitForHost,
		&r.MuteOnEntry, &r.Tones, &r.OwnerID, &r.Names, &r.GuestInvites, &created,
	}, more...)...)
	r.CreatedAt = time.UnixMilli(created).UTC()
	return r, err
}

func (c *changes) takeRoom(rows *sql.Rows) error {
	r, err := scanRoom(rows)
	if err == nil {
		c.room(r.ID).Room = r
	}
	return err
}

// scheduleColumns are what scheduleRow takes, of meetings m.
const scheduleColumns = `m.zone, m.start, m.duration, m.repeat, m.exceptions, m.join_early, m.grace, m.completed, m.cancelled`

// scheduleRow is a schedule as its columns are.
type scheduleRow struct {
	Schedule
	duration, early, grace int64 // ms
	exceptions             string
	completed, cancelled   sql.NullInt64
}

func (s *scheduleRow) columns() []any {
	return []any{&s.Zone, &s.Start, &s.duration, &s.Repeat, &s.exceptions, &s.early, &s.grace, &s.completed, &s.cancelled}
}

func (s *scheduleRow) schedule() (*Schedule, error) {
	s.Duration, s.JoinEarly, s.Grace = fromMillis(s.duration), fromMillis(s.early), fromMillis(s.grace)
	s.Completed, s.Cancelled = timeOf(s.completed), timeOf(s.cancelled)
	s.Exceptions = nil
	if err := json.Unmarshal([]byte(s.exceptions), &s.Exceptions); err != nil {
		return nil, err
	}
	if len(s.Exceptions) == 0 {
		s.Exceptions = nil
	}
	return &s.Schedule, nil
}

func fromMillis(ms int64) time.Duration { return time.Duration(ms) * time.Millisecond }

func timeOf(ms sql.NullInt64) time.Time {
	if !ms.Valid {
		return time.Time{}
	}
	return time.UnixMilli(ms.Int64).UTC()
}

func (c *changes) takeSchedule(rows *sql.Rows) error {
	var row scheduleRow
	var id string
	if err := rows.Scan(append(row.columns(), &id)...); err != nil {
		return err
	}
	var err error
	c.room(id).Schedule, err = row.schedule()
	return err
}

func (c *changes) takePIN(rows *sql.Rows) error {
	var id, role string
	var hash, sealed []byte
	if err := rows.Scan(&id, &role, &hash, &sealed); err != nil {
		return err
	}
	r, key := c.room(id), Key{Role: Guest}
	if role == Host.String() {
		key.Role = Host
		r.sealed[1], r.HasHostPIN = sealed, true
	} else {
		r.sealed[0], r.HasPIN = sealed, true
	}
	c.pin(r, hash, key)
	return nil
}

func (c *changes) pin(r *room, hash []byte, k Key) {
	r.pins = append(r.pins, string(hash))
	c.pins[string(hash)] = k
}

func (c *changes) takeInvitee(rows *sql.Rows) error {
	var who Who
	var room string
	var hash []byte
	if err := rows.Scan(&who.InviteeID, &room, &who.Name, &hash); err != nil {
		return err
	}
	c.invited[who.InviteeID] = who.Name
	if hash != nil {
		c.pin(c.room(room), hash, Key{Guest, who})
	}
	return nil
}

// takeLink comes after all rooms and invitees.
func (c *changes) takeLink(rows *sql.Rows) error {
	var l link
	var hash, sealed []byte
	var invitee string
	if err := rows.Scan(&hash, &l.room, &l.state, &sealed, &invitee); err != nil {
		return err
	}
	if name, ok := c.invited[invitee]; ok {
		l.guest = Who{invitee, name}
	}
	r := c.room(l.room)
	r.links = append(r.links, string(hash))
	c.links[string(hash)] = l
	if invitee == "" && l.state == linkOpen && r.ID != "" {
		r.link = sealed
	}
	return nil
}

// take makes s of an older snapshot and what has changed. All that goes is gone
// before any comes: an extension may have another room now.
func (s *snapshot) take(old *snapshot, c *changes) {
	s.list = slices.Clone(old.list)
	byExtension, byID := edited(&old.byExtension), edited(&old.byID)
	pins, links := edited(&old.pins), edited(&old.links)
	for id := range c.rooms {
		was, _ := old.byID.get(id)
		if was == nil {
			continue
		}
		byID.drop(id)
		byExtension.drop(was.Extension)
		for _, hash := range was.pins {
			pins.drop(hash)
		}
		for _, hash := range was.links {
			links.drop(hash)
		}
		if i, ok := slices.BinarySearchFunc(s.list, was, byDigits); ok {
			s.list = slices.Delete(s.list, i, i+1)
		}
	}
	var come []*room
	for id, r := range c.rooms {
		if r.ID == "" && len(r.links) == 0 {
			continue
		}
		byID.put(id, r)
		if r.ID != "" {
			byExtension.put(r.Extension, r)
			come = append(come, r)
		}
	}
	slices.SortFunc(come, byDigits) // then each goes behind the one before, mostly at the end
	for _, r := range come {
		i, _ := slices.BinarySearchFunc(s.list, r, byDigits)
		s.list = slices.Insert(s.list, i, r)
	}
	for hash, k := range c.pins {
		pins.put(hash, k)
	}
	for hash, l := range c.links {
		links.put(hash, l)
	}
	s.byExtension, s.byID, s.pins, s.links = byExtension.table, byID.table, pins.table, links.table
}

// byDigits sorts rooms by extension, short ones first.
func byDigits(a, b *room) int {
	return cmp.Or(cmp.Compare(len(a.Extension), len(b.Extension)), cmp.Compare(a.Extension, b.Extension))
}

func readUsers(ctx context.Context, tx *sql.Tx) (accounts, error) {
	all := accounts{userByID: map[string]*account{}, byEmail: map[string]*account{}}
	take := func(rows *sql.Rows) error {
		var a account
		var text string
		var created int64
		if err := rows.Scan(&a.ID, &a.Email, &a.Name, &text, &a.Disabled, &a.Admin, &a.Generation, &created); err != nil {
			return err
		}
		a.CreatedAt = time.UnixMilli(created).UTC()
		// One that cannot be read keeps its account out, not everybody.
		a.password, _ = parsePassword(text)
		all.users = append(all.users, &a)
		all.userByID[a.ID], all.byEmail[a.Email] = &a, &a
		return nil
	}
	err := each(ctx, tx, take, "SELECT id, email, name, password, disabled, admin, generation, created_at FROM users ORDER BY email")
	return all, err
}
