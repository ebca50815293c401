package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// AddMeeting adds a meeting with its room. When it returns without error it is on
// the disk. made is false if the same owner has submitted the same RequestID
// before: the meeting is then that one. Mistakes are FieldErrors, joined.
func (s *Store) AddMeeting(ctx context.Context, n NewMeeting) (m Meeting, made bool, err error) {
	if err := n.Check(); err != nil {
		return Meeting{}, false, err
	}
	r := newRoom(n.NewRoom)
	err = s.change(ctx, func(tx *sql.Tx) error {
		id, err := submitted(ctx, tx, n.OwnerID, n.RequestID)
		if err != nil {
			return err
		}
		if made = id == ""; made {
			id = r.ID
			if err := s.insertRoom(ctx, tx, r, n.NewRoom); err != nil {
				return err
			}
			if err := insertMeeting(ctx, tx, r, n); err != nil {
				return err
			}
		}
		m, err = meetingIn(ctx, tx, id)
		return err
	})
	if err != nil {
		return Meeting{}, false, err
	}
	return m, made, nil
}

// submitted gives the meeting that was made of a form before; empty: none was.
// The transaction holds the write lock, so that of two only one finds none.
func submitted(ctx context.Context, tx *sql.Tx, owner, request string) (id string, err error) {
	if request == "" {
		return "", nil
	}
	err = tx.QueryRowContext(ctx, "SELECT id FROM meetings WHERE request = ?", requestKey(owner, request)).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return id, err
}

// requestKey tells the forms of accounts apart: ids have no bar.
func requestKey(owner, request string) string { return owner + "|" + request }

func insertMeeting(ctx context.Context, tx *sql.Tx, r Room, n NewMeeting) error {
	var request any
	if n.RequestID != "" {
		request = requestKey(n.OwnerID, n.RequestID)
	}
	starts, ends := n.NextStart, n.NextEnd
	if starts.IsZero() { // it was never to come: its place in the lists is that of its making
		starts, ends = r.CreatedAt, r.CreatedAt
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO meetings (id, owner, folded, zone, start, duration, repeat, exceptions,
		join_early, grace, completed, cancelled, uid, note, personal_pins, reminders, request, comes, starts, ends, changed_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		r.ID, r.OwnerID, Fold(r.Name), n.Zone, n.Start, n.Duration.Milliseconds(), n.Repeat, encodeExceptions(n.Exceptions),
		n.JoinEarly.Milliseconds(), n.Grace.Milliseconds(), millis(n.Completed), millis(n.Cancelled), newID(), n.Note,
		n.PersonalPINs, encodeList(n.Reminders), request, !n.NextStart.IsZero(), starts.UnixMilli(), ends.UnixMilli(),
		r.CreatedAt.UnixMilli())
	return err
}

// meetingColumns are what scanMeeting takes, of rooms r and meetings m.
const meetingColumns = roomColumns + ", " + scheduleColumns + `, m.uid, m.sequence, m.note, m.personal_pins, m.reminders,
	coalesce(m.request, ''), m.comes, m.starts, m.ends, m.changed_at,
	EXISTS (SELECT 1 FROM pins WHERE room_id = r.id AND role = 'guest'),
	EXISTS (SELECT 1 FROM pins WHERE room_id = r.id AND role = 'host')`

const fromMeetings = " FROM meetings m JOIN rooms r ON r.id = m.id "

func scanMeeting(row scanner) (Meeting, error) {
	var m Meeting
	var at scheduleRow
	var reminders, request string
	var comes, hasPIN, hasHostPIN bool
	var starts, ends, changed int64
	room, err := scanRoom(row, append(at.columns(), &m.UID, &m.Sequence, &m.Note, &m.PersonalPINs, &reminders,
		&request, &comes, &starts, &ends, &changed, &hasPIN, &hasHostPIN)...)
	if err != nil {
		return Meeting{}, err
	}
	if err := json.Unmarshal([]byte(reminders), &m.Reminders); err != nil {
		return Meeting{}, err
	}
	m.Room, m.Room.HasPIN, m.Room.HasHostPIN = room, hasPIN, hasHostPIN
	if m.Room.Schedule, err = at.schedule(); err != nil {
		return Meeting{}, err
	}
	_, m.RequestID, _ = strings.Cut(request, "|")
	m.starts, m.LastEnd = starts, time.UnixMilli(ends).UTC()
	if comes {
		m.NextStart, m.NextEnd = time.UnixMilli(starts).UTC(), m.LastEnd
	}
	m.Created, m.Changed = room.CreatedAt, time.UnixMilli(changed).UTC()
	return m, nil
}

// meetingIn gives a meeting as a transaction sees it, or ErrNotFound.
func meetingIn(ctx context.Context, tx *sql.Tx, id string) (Meeting, error) {
	return foundMeeting(tx.QueryRowContext(ctx, "SELECT "+meetingColumns+fromMeetings+"WHERE m.id = ?", id))
}

func foundMeeting(row *sql.Row) (Meeting, error) {
	m, err := scanMeeting(row)
	if errors.Is(err, sql.ErrNoRows) {
		return Meeting{}, ErrNotFound
	}
	return m, err
}

// MeetingByID gives a meeting, or ErrNotFound.
func (s *Store) MeetingByID(ctx context.Context, id string) (Meeting, error) {
	m, err := foundMeeting(s.quick.QueryRowContext(ctx, "SELECT "+meetingColumns+fromMeetings+"WHERE m.id = ?", id))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Meeting{}, wrap(err)
	}
	return m, err
}

// SetNext notes when the occurrence is that runs or comes; zero: none comes. It
// is no change of the meeting, and copies in memory don't have it.
func (s *Store) SetNext(ctx context.Context, id string, start, end time.Time) error {
	query, args := "UPDATE meetings SET comes = 0 WHERE id = ?", []any{id}
	if !start.IsZero() {
		query, args = "UPDATE meetings SET comes = 1, starts = ?, ends = ? WHERE id = ?", []any{start.UnixMilli(), end.UnixMilli(), id}
	}
	res, err := s.write.ExecContext(ctx, query, args...)
	if err != nil {
		return wrap(err)
	}
	if n, err := res.RowsAffected(); err == nil && n == 0 {
		return ErrNotFound
	}
	return nil
}

// DueMeetings gives the meetings, neither completed nor cancelled, whose next
// occurrence starts before a time, the earliest first.
func (s *Store) DueMeetings(ctx context.Context, before time.Time) ([]Meeting, error) {
	return s.meetings(ctx, "SELECT "+meetingColumns+fromMeetings+"WHERE m.over = 0 AND m.starts < ? ORDER BY m.starts, m.id", before.UnixMilli())
}

func (s *Store) meetings(ctx context.Context, query string, args ...any) ([]Meeting, error) {
	rows, err := s.quick.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, wrap(err)
	}
	defer rows.Close()
	var list []Meeting
	for rows.Next() {
		m, err := scanMeeting(rows)
		if err != nil {
			return nil, wrap(err)
		}
		list = append(list, m)
	}
	if err := rows.Err(); err != nil {
		return nil, wrap(err)
	}
	return list, nil
}

// UpdateMeeting changes a meeting and gives it as it is then; jobs are queued in
// the same transaction. One that is completed or cancelled has ended links.
// Mistakes are FieldErrors, joined.
func (s *Store) UpdateMeeting(ctx context.Context, id string, c MeetingChange, jobs ...NewJob) (Meeting, error) {
	var after Meeting
	err := s.change(ctx, func(tx *sql.Tx) error {
		m, err := meetingIn(ctx, tx, id)
		if err != nil {
			return err
		}
		c.apply(&m)
		_, err = s.changeRoom(ctx, tx, id, c.Room)
		if err := errors.Join(err, checkMeeting(m.Note, m.Reminders, m.Room.Schedule.Exceptions)); err != nil {
			return err
		}
		if err := updateMeeting(ctx, tx, m, c.Next); err != nil {
			return err
		}
		if at := m.Room.Schedule; !at.Completed.IsZero() || !at.Cancelled.IsZero() {
			if err := closeLinks(ctx, tx, id, everyLink, linkEnded); err != nil {
				return err
			}
		}
		if c.PersonalPINs != nil && *c.PersonalPINs {
			if err := s.drawPINs(ctx, tx, id); err != nil {
				return err
			}
		}
		if err := s.insertJobs(ctx, tx, jobs); err != nil {
			return err
		}
		after, err = meetingIn(ctx, tx, id)
		return err
	})
	if err != nil {
		return Meeting{}, err
	}
	return after, nil
}

// apply puts all into m but what is the room's, and the next occurrence.
func (c MeetingChange) apply(m *Meeting) {
	at := m.Room.Schedule // read for this change: nobody else's
	set(&at.Zone, c.Zone)
	set(&at.Start, c.Start)
	set(&at.Repeat, c.Repeat)
	set(&at.Duration, c.Duration)
	set(&at.JoinEarly, c.JoinEarly)
	set(&at.Grace, c.Grace)
	set(&at.Exceptions, c.Exceptions)
	set(&at.Completed, c.Completed)
	set(&at.Cancelled, c.Cancelled)
	set(&m.PersonalPINs, c.PersonalPINs)
	if c.Note != nil {
		m.Note = cleanNote(*c.Note)
	}
	if c.Reminders != nil {
		m.Reminders = sortedReminders(*c.Reminders)
	}
	if c.Sequence {
		m.Sequence++
	}
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

func updateMeeting(ctx context.Context, tx *sql.Tx, m Meeting, next *[2]time.Time) error {
	at := m.Room.Schedule
	_, err := tx.ExecContext(ctx, `UPDATE meetings SET zone = ?, start = ?, duration = ?, repeat = ?, exceptions = ?,
		join_early = ?, grace = ?, completed = ?, cancelled = ?, sequence = ?, note = ?, personal_pins = ?, reminders = ?,
		changed_at = ? WHERE id = ?`,
		at.Zone, at.Start, at.Duration.Milliseconds(), at.Repeat, encodeExceptions(at.Exceptions),
		at.JoinEarly.Milliseconds(), at.Grace.Milliseconds(), millis(at.Completed), millis(at.Cancelled), m.Sequence,
		m.Note, m.PersonalPINs, encodeList(m.Reminders), time.Now().UnixMilli(), m.Room.ID)
	if err != nil || next == nil {
		return err
	}
	starts, ends := millis(next[0]), millis(next[1])
	_, err = tx.ExecContext(ctx, "UPDATE meetings SET comes = ?, starts = coalesce(?, starts), ends = coalesce(?, ends) WHERE id = ?",
		starts != nil, starts, cmp.Or(ends, starts), m.Room.ID)
	return err
}
