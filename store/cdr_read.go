package store

import (
	"context"
	"database/sql"
	"time"
)

// Calls selects records. Zero fields select all.
type Calls struct {
	Since, Until time.Time // by their end
	RoomID       string
	CallID       string // of a leg, of the protocol, or of the conversation
	Trunk        string
	Protocol     string // sip, h323, webrtc
	Direction    string // in, out
	Cause        string
	// Caller and Called select those in which this stands.
	Caller, Called string
	// Unanswered selects calls that were never answered, Answered the others.
	Unanswered, Answered bool
	Limit                int // 0: 1000, less than 0: none
}

// usualLimit is how many records are read unless another number is asked for.
const usualLimit = 1000

// where is the condition of a selection.
func (q *Calls) where() (condition string, args []any) {
	condition = "1"
	add := func(text string, values ...any) {
		condition += " AND " + text
		args = append(args, values...)
	}
	if !q.Since.IsZero() {
		add("ended >= ?", q.Since.UnixMilli())
	}
	if !q.Until.IsZero() {
		add("ended < ?", q.Until.UnixMilli())
	}
	if q.CallID != "" {
		add("id IN (SELECT id FROM calls WHERE call_id = ? UNION SELECT id FROM calls WHERE dialog = ? AND dialog <> ''"+
			" UNION SELECT id FROM calls WHERE conversation = ? AND conversation <> '')", q.CallID, q.CallID, q.CallID)
	}
	for _, f := range []struct{ column, value string }{
		{"room_id", q.RoomID}, {"trunk", q.Trunk}, {"protocol", q.Protocol}, {"direction", q.Direction}, {"cause", q.Cause},
	} {
		if f.value != "" {
			add(f.column+" = ?", f.value)
		}
	}
	if q.Caller != "" {
		add("instr(lower(caller), lower(?)) > 0", q.Caller)
	}
	if q.Called != "" {
		add("instr(lower(called), lower(?)) > 0", q.Called)
	}
	if q.Unanswered {
		add("answered IS NULL")
	}
	if q.Answered {
		add("answered IS NOT NULL")
	}
	return condition, args
}

// CDRs gives the records that have been written, the newest first.
func (s *Store) CDRs(ctx context.Context, q Calls) ([]CDR, error) {
	var list []CDR
	err := s.EachCDR(ctx, q, func(c CDR) error {
		list = append(list, c)
		return nil
	})
	return list, err
}

// EachCDR gives the records that have been written to f, the newest first, until it
// returns an error, which is returned. Nothing is held in memory but one of them.
func (s *Store) EachCDR(ctx context.Context, q Calls, f func(CDR) error) error {
	condition, args := q.where()
	switch {
	case q.Limit == 0:
		q.Limit = usualLimit
	case q.Limit < 0:
		q.Limit = -1 // SQLite's word for it
	}
	rows, err := s.quick.QueryContext(ctx, "SELECT "+cdrColumns+" FROM calls WHERE "+condition+" ORDER BY ended DESC, id DESC LIMIT ?",
		append(args, q.Limit)...)
	if err != nil {
		return wrap(err)
	}
	defer rows.Close()
	for rows.Next() {
		c, err := scanCDR(rows)
		if err != nil {
			return wrap(err)
		}
		if err := f(c); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return wrap(err)
	}
	return nil
}

const cdrColumns = `call_id, protocol, direction, trunk, caller, called, room_id, role, codec, started, answered, joined,
	ended, cause, loss, jitter_us, rtt_us, mos, bytes_in, bytes_out, dialog, conversation, peer, product, reason, status,
	loss_in, loss_out`

func scanCDR(rows *sql.Rows) (CDR, error) {
	var c CDR
	var started, ended, jitter, rtt, in, out int64
	var answered, joined sql.NullInt64
	q := &c.Quality
	err := rows.Scan(&c.CallID, &c.Protocol, &c.Direction, &c.Trunk, &c.Caller, &c.Called, &c.RoomID, &c.Role, &c.Codec,
		&started, &answered, &joined, &ended, &c.Cause, &q.Loss, &jitter, &rtt, &q.MOS, &in, &out,
		&c.Dialog, &c.Conversation, &c.Peer, &c.Product, &c.Reason, &c.Status, &q.LossIn, &q.LossOut)
	if err != nil {
		return CDR{}, err
	}
	c.Started, c.Ended = time.UnixMilli(started).UTC(), time.UnixMilli(ended).UTC()
	if answered.Valid {
		c.Answered = time.UnixMilli(answered.Int64).UTC()
	}
	if joined.Valid {
		c.Joined = time.UnixMilli(joined.Int64).UTC()
	}
	q.Jitter, q.RTT = time.Duration(jitter)*time.Microsecond, time.Duration(rtt)*time.Microsecond
	c.BytesIn, c.BytesOut = uint64(in), uint64(out)
	return c, nil
}
