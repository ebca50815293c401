package store

import (
	"context"
	"database/sql"
	"math"
	"strings"
	"time"
)

// CDR is a call detail record: one leg, from its first message to its last, also of a
// call that was never answered.
type CDR struct {
	CallID string `json:"call_id"` // the leg's id
	// Dialog is the protocol's own name of the call: SIP's Call-ID, H.225.0's call
	// identifier. Conversation is that of the first leg of what this one belongs to.
	Dialog       string `json:"dialog,omitempty"`
	Conversation string `json:"conversation,omitempty"`
	Protocol     string `json:"protocol"`  // "sip", "h323", "webrtc"
	Direction    string `json:"direction"` // "in", "out"
	Trunk        string `json:"trunk,omitempty"`
	Peer         string `json:"peer,omitempty"`    // address of the signalling peer
	Product      string `json:"product,omitempty"` // its User-Agent or H.323 vendor
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
	Cause    string    `json:"cause"`            // the word of package cause
	Reason   string    `json:"reason,omitempty"` // why, in words
	Status   int       `json:"status,omitempty"` // of the final response of SIP, or Q.850's value
	Quality  Quality   `json:"quality"`
	BytesIn  uint64    `json:"bytes_in"`
	BytesOut uint64    `json:"bytes_out"`
}

// Quality is how a call sounded as far as we can tell. Losses are shares of 0 to 1,
// MOS an estimate of 1 to 4.5; 0: not known.
type Quality struct {
	Loss    float64       `json:"loss"`     // the greater of the two
	LossIn  float64       `json:"loss_in"`  // of what came
	LossOut float64       `json:"loss_out"` // of what we sent, as the party says
	Jitter  time.Duration `json:"jitter_ns"`
	RTT     time.Duration `json:"rtt_ns"`
	MOS     float64       `json:"mos"`
}

// RecordCDR queues a record and returns at once.
func (s *Store) RecordCDR(c CDR) {
	c.Called = redact(c.Called)
	for _, f := range []*string{&c.CallID, &c.Dialog, &c.Conversation, &c.Trunk, &c.Peer, &c.Product, &c.Caller, &c.Called, &c.Codec, &c.Reason} {
		*f = bounded(*f)
	}
	for _, f := range []*float64{&c.Quality.Loss, &c.Quality.LossIn, &c.Quality.LossOut, &c.Quality.MOS} {
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
	insert, err := tx.PrepareContext(ctx, "INSERT INTO calls ("+cdrColumns+") VALUES (?"+strings.Repeat(", ?", strings.Count(cdrColumns, ","))+")")
	if err != nil {
		return err
	}
	defer insert.Close()
	for _, c := range list {
		q := c.Quality
		_, err := insert.ExecContext(ctx, c.CallID, c.Protocol, c.Direction, c.Trunk, c.Caller, c.Called, c.RoomID,
			c.Role, c.Codec, c.Started.UnixMilli(), millis(c.Answered), millis(c.Joined), c.Ended.UnixMilli(), c.Cause,
			q.Loss, q.Jitter.Microseconds(), q.RTT.Microseconds(), q.MOS, int64(c.BytesIn), int64(c.BytesOut),
			c.Dialog, c.Conversation, c.Peer, c.Product, c.Reason, c.Status, q.LossIn, q.LossOut)
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
