package main

import (
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/partyline/partyline/store"
)

// roomsByID are the extensions of rooms by their ids.
type roomsByID map[string]string

func roomNames(ctx context.Context, s *store.Store) (roomsByID, error) {
	all, err := s.Rooms(ctx)
	if err != nil {
		return nil, err
	}
	names := roomsByID{}
	for _, r := range all {
		names[r.ID] = r.Extension
	}
	return names, nil
}

// extension is that of a room; its id if the room is no more.
func (n roomsByID) extension(id string) string { return cmp.Or(n[id], id) }

// id is that of the room with the extension. What is none is taken for an id: of a
// room that is no more.
func (n roomsByID) id(extension string) string {
	for id, e := range n {
		if e == extension {
			return id
		}
	}
	return extension
}

// record is a call record as it is printed: the names of a call are those that other
// commands have for it.
type record struct {
	store.CDR
	Leg      string  `json:"leg,omitempty"`
	CallID   string  `json:"call_id,omitempty"`
	Dialog   string  `json:"dialog,omitempty"` // empty: it is CallID here
	Room     string  `json:"room,omitempty"`   // extension
	Ringing  float64 `json:"ring_s"`           // until the answer, or the end
	Duration float64 `json:"duration_s"`       // from the answer to the end
	InRoom   float64 `json:"in_room_s"`
	JitterMs float64 `json:"jitter_ms"`
	RTTMs    float64 `json:"rtt_ms"`
}

func (n roomsByID) record(c store.CDR) record {
	r := record{
		CDR: c, Leg: c.CallID, CallID: c.Dialog, Room: n.extension(c.RoomID),
		JitterMs: inMilliseconds(c.Quality.Jitter), RTTMs: inMilliseconds(c.Quality.RTT),
	}
	if c.Answered.IsZero() {
		r.Ringing = seconds(c.Ended.Sub(c.Started))
	} else {
		r.Ringing, r.Duration = seconds(c.Answered.Sub(c.Started)), seconds(c.Ended.Sub(c.Answered))
	}
	if !c.Joined.IsZero() {
		r.InRoom = seconds(c.Ended.Sub(c.Joined))
	}
	return r
}

func seconds(d time.Duration) float64 { return d.Round(time.Millisecond).Seconds() }

// cdrOutput is where records go.
type cdrOutput interface {
	write(store.CDR) error
	end() error
}

// cdrWriter writes records in a format.
func cdrWriter(format string, w io.Writer, rooms roomsByID) (cdrOutput, error) {
	switch format {
	case "csv":
		out := &csvRecords{w: csv.NewWriter(w), rooms: rooms}
		out.w.UseCRLF = true // RFC 4180 §2
		return out, out.w.Write(csvColumns)
	case "jsonl":
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		return &jsonLines{e, rooms}, nil
	case "json":
		return &jsonList{w: w, rooms: rooms}, nil
	}
	return &cdrTable{w: w, rooms: rooms}, nil
}

// jsonLines writes a record a line.
type jsonLines struct {
	e     *json.Encoder
	rooms roomsByID
}

func (j *jsonLines) write(c store.CDR) error { return j.e.Encode(j.rooms.record(c)) }
func (j *jsonLines) end() error              { return nil }

// jsonList writes all records as one array.
type jsonList struct {
	w     io.Writer
	rooms roomsByID
	n     int
}

func (j *jsonList) write(c store.CDR) error {
	before := "[\n  "
	if j.n++; j.n > 1 {
		before = ",\n  "
	}
	text, err := json.Marshal(j.rooms.record(c))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(j.w, "%s%s", before, text)
	return err
}

func (j *jsonList) end() error {
	text := "\n]\n"
	if j.n == 0 {
		text = "[]\n"
	}
	_, err := io.WriteString(j.w, text)
	return err
}

// cdrTable is for people.
type cdrTable struct {
	w     io.Writer
	rooms roomsByID
	rows  [][]string
}

func (t *cdrTable) write(c store.CDR) error {
	r := t.rooms.record(c)
	long := "-"
	if !c.Answered.IsZero() {
		long = short(r.Duration)
	}
	t.rows = append(t.rows, []string{
		dayOrTime(c.Ended), cmp.Or(c.CallID, c.Dialog), c.Protocol + " " + c.Direction, c.Caller,
		cmp.Or(r.Room, c.Called), long, c.Cause, percent(c.Quality.Loss), mosWord(c.Quality.MOS),
	})
	return nil
}

func percent(share float64) string { return fmt.Sprintf("%.1f%%", 100*share) }

func (t *cdrTable) end() error {
	if len(t.rows) == 0 {
		fmt.Fprintln(t.w, "no calls")
		return nil
	}
	table(t.w, []string{"ENDED", "ID", "WAY", "FROM", "TO", "TIME", "CAUSE", "LOSS", "MOS"}, t.rows, 0, 1, 5, 6)
	return nil
}

// csvColumns is the head of the CSV form.
var csvColumns = []string{
	"started", "answered", "joined", "ended", "ring_s", "duration_s", "in_room_s", "leg", "call_id", "conversation", "protocol",
	"direction", "trunk", "peer", "product", "caller", "called", "room", "role", "codec", "cause", "status", "reason",
	"loss", "loss_in", "loss_out", "jitter_ms", "rtt_ms", "mos", "bytes_in", "bytes_out",
}

// csvRecords writes RFC 4180.
type csvRecords struct {
	w     *csv.Writer
	rooms roomsByID
}

func (o *csvRecords) write(c store.CDR) error {
	r := o.rooms.record(c)
	q := c.Quality
	cells := []string{
		stamp(c.Started), stamp(c.Answered), stamp(c.Joined), stamp(c.Ended), decimal(r.Ringing), decimal(r.Duration), decimal(r.InRoom),
		c.CallID, c.Dialog, c.Conversation, c.Protocol, c.Direction, c.Trunk, c.Peer, c.Product, c.Caller, c.Called, r.Room, c.Role,
		c.Codec, c.Cause, strconv.Itoa(c.Status), c.Reason, decimal(q.Loss), decimal(q.LossIn), decimal(q.LossOut),
		decimal(r.JitterMs), decimal(r.RTTMs), decimal(q.MOS), strconv.FormatUint(c.BytesIn, 10), strconv.FormatUint(c.BytesOut, 10),
	}
	for i := range cells {
		cells[i] = harmless(cells[i])
	}
	return o.w.Write(cells)
}

func (o *csvRecords) end() error {
	o.w.Flush()
	return o.w.Error()
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

func decimal(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// plainNumber is what a spreadsheet takes for a number at worst: +41445550100, -3.5.
var plainNumber = regexp.MustCompile(`^[+-]?[0-9]+(\.[0-9]+)?$`)

// harmless keeps a spreadsheet from taking a caller's name for a formula: an
// apostrophe before it makes it text.
func harmless(cell string) string {
	if cell == "" || plainNumber.MatchString(cell) {
		return cell
	}
	if strings.ContainsRune("=+-@\t\r\n|%", rune(cell[0])) || strings.HasPrefix(cell, "＝") || strings.HasPrefix(cell, "＋") ||
		strings.HasPrefix(cell, "－") || strings.HasPrefix(cell, "＠") {
		return "'" + cell
	}
	return cell
}
