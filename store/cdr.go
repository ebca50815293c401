package store

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"strings"
	"time"
)

// CDR is a call detail record: one leg, from its first message to its last.
type CDR struct {
	CallID    string `json:"call_id"`
	Protocol  string `json:"protocol"`  // "sip", "h323", "webrtc"
	Direction string `json:"direction"` // "in", "out"
	Trunk     string `json:"trunk,omitempty"`
	// Caller is in full: who may see it is for those who show it to decide.
	Caller string `json:"caller"`
	// Called never has a PIN: EXT.PIN and EXT#PIN are stored as EXT.*** .
	Called string `json:"called"`
	RoomID string `json:"room_id,omitempty"`
	Role   string `json:"role,omitempty"` // "guest", "host"
	Codec  string `json:"codec,omitempty"`
	// Answered and Joined are zero if it did not come to that.
	Started  time.Time `json:"started"`
	Answered time.Time `json:"answered,omitzero"`
	Joined   time.Time `json:"joined,omitzero"`
	Ended    time.Time `json:"ended"`
	Cause    string    `json:"cause"` // the word of package cause
	Quality  Quality   `json:"quality"`
	BytesIn  uint64    `json:"bytes_in"`
	BytesOut uint64    `json:"bytes_out"`
}

// Quality is how a call sounded as far as we can tell. Loss is a share of 0 to 1,
// MOS an estimate of 1 to 4.5; 0: not known.
type Quality struct {
	Loss   float64       `json:"loss"`
	Jitter time.Duration `json:"jitter_ns"`
	RTT    time.Duration `json:"rtt_ns"`
	MOS    float64       `json:"mos"`
}

// RecordCDR queues a record and returns at once.
func (s *Store) RecordCDR(c CDR) {
	c.Called = redact(c.Called)
	for _, f := range []*string{&c.CallID, &c.Trunk, &c.Caller, &c.Called, &c.Codec} {
		*f = bounded(*f)
	}
	for _, f := range []*float64{&c.Quality.Loss, &c.Quality.MOS} {
		if math.IsNaN(*f) || math.IsInf(*f, 0) { // SQLite has neither
			*f = 0
		}
	}
	j := &s.journal
	j.mu.Lock()
	full := len(j.cdrs) >= maxCDRs
	if full {
		j.dropped++
	} else {
		j.cdrs = append(j.cdrs, c)
		j.queued()
	}
	first := full && j.dropped == 1
	j.mu.Unlock()
	if first {
		s.log.Error("call detail records are lost: too many wait for the database", "waiting", maxCDRs)
	}
}

// bounded keeps the queue's memory bounded, whatever a peer calls itself.
func bounded(s string) string {
	const limit = 256
	if len(s) > limit {
		s = s[:limit]
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

func insertCDRs(ctx context.Context, tx *sql.Tx, list []CDR) error {
	if len(list) == 0 {
		return nil
	}
	insert, err := tx.PrepareContext(ctx, `INSERT INTO calls (call_id, protocol, direction, trunk, caller, called, room_id,
		role, codec, started, answered, joined, ended, cause, loss, jitter_us, rtt_us, mos, bytes_in, bytes_out)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
	if err != nil {
		return err
	}
	defer insert.Close()
	for _, c := range list {
		_, err := insert.ExecContext(ctx, c.CallID, c.Protocol, c.Direction, c.Trunk, c.Caller, c.Called, c.RoomID,
			c.Role, c.Codec, c.Started.UnixMilli(), millis(c.Answered), millis(c.Joined), c.Ended.UnixMilli(), c.Cause,
			c.Quality.Loss, c.Quality.Jitter.Microseconds(), c.Quality.RTT.Microseconds(), c.Quality.MOS,
			int64(c.BytesIn), int64(c.BytesOut))
		if err != nil {
			return err
		}
	}
	return nil
}

func millis(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

// Calls selects records. Zero fields select all; Limit 0 means 1000.
type Calls struct {
	Since, Until time.Time // by their end
	RoomID       string
	CallID       string
	Limit        int
}

// CDRs gives the records that have been written, the newest first.
func (s *Store) CDRs(ctx context.Context, q Calls) ([]CDR, error) {
	query := "SELECT " + cdrColumns + " FROM calls WHERE 1"
	var args []any
	where := func(condition string, arg any) {
		query += " AND " + condition
		args = append(args, arg)
	}
	if !q.Since.IsZero() {
		where("ended >= ?", q.Since.UnixMilli())
	}
	if !q.Until.IsZero() {
		where("ended < ?", q.Until.UnixMilli())
	}
	if q.RoomID != "" {
		where("room_id = ?", q.RoomID)
	}
	if q.CallID != "" {
		where("call_id = ?", q.CallID)
	}
	if q.Limit <= 0 {
		q.Limit = 1000
	}
	rows, err := s.write.QueryContext(ctx, query+" ORDER BY ended DESC, id DESC LIMIT ?", append(args, q.Limit)...)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	defer rows.Close()
	var list []CDR
	for rows.Next() {
		c, err := scanCDR(rows)
		if err != nil {
			return nil, fmt.Errorf("store: %w", err)
		}
		list = append(list, c)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	return list, nil
}

const cdrColumns = `call_id, protocol, direction, trunk, caller, called, room_id, role, codec, started, answered, joined,
	ended, cause, loss, jitter_us, rtt_us, mos, bytes_in, bytes_out`

func scanCDR(rows *sql.Rows) (CDR, error) {
	var c CDR
	var started, ended, jitter, rtt, in, out int64
	var answered, joined sql.NullInt64
	err := rows.Scan(&c.CallID, &c.Protocol, &c.Direction, &c.Trunk, &c.Caller, &c.Called, &c.RoomID, &c.Role, &c.Codec,
		&started, &answered, &joined, &ended, &c.Cause, &c.Quality.Loss, &jitter, &rtt, &c.Quality.MOS, &in, &out)
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
	c.Quality.Jitter, c.Quality.RTT = time.Duration(jitter)*time.Microsecond, time.Duration(rtt)*time.Microsecond
	c.BytesIn, c.BytesOut = uint64(in), uint64(out)
	return c, nil
}
