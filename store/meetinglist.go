package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// MeetingsWhen selects meetings by time.
type MeetingsWhen uint8

// Upcoming are those that run or come, until their grace is over, by their start.
// Past are those that are over, completed or cancelled, the newest first. All are
// both, the newest first.
const (
	Upcoming MeetingsWhen = iota
	Past
	All
)

// MeetingQuery selects meetings. Limit 0 means 50, the most is 200.
type MeetingQuery struct {
	OwnerID string // and those that are every account's
	// Everybody selects those of all accounts, whatever OwnerID is.
	Everybody bool
	When      MeetingsWhen
	Now       time.Time // zero: now
	// Search is words that must occur in the title, by Fold's spelling.
	Search string
	IDs    []string // only these, if there are any
	Limit  int
	Cursor string // of the page before; empty: the first
}

const (
	meetingsPage = 50
	meetingsMost = 200
)

// Meetings gives a page of meetings, and the cursor of the next one; empty: this
// was the last. A cursor that is none is a FieldError.
//
// Each selection is a few ranges of the index, already in order: one for each
// owner, and for what is over and what is not.
func (s *Store) Meetings(ctx context.Context, q MeetingQuery) (list []Meeting, next string, err error) {
	if q.Limit <= 0 {
		q.Limit = meetingsPage
	}
	q.Limit = min(q.Limit, meetingsMost)
	if q.Now.IsZero() {
		q.Now = time.Now()
	}
	page, err := q.page()
	if err != nil {
		return nil, "", err
	}
	order := " ORDER BY p.starts, p.id"
	if q.When != Upcoming {
		order = " ORDER BY p.starts DESC, p.id DESC"
	}
	query := "SELECT " + meetingColumns + " FROM (SELECT * FROM (" + strings.Join(page.ranges, " UNION ALL ") + ") p" + order + ` LIMIT ?) p
		CROSS JOIN meetings m ON m.id = p.id CROSS JOIN rooms r ON r.id = m.id` + order
	list, err = s.meetings(ctx, query, append(page.args, q.Limit+1)...)
	if err != nil {
		return nil, "", err
	}
	if len(list) > q.Limit {
		list = list[:q.Limit]
		last := list[q.Limit-1]
		next = cursorOf(last)
	}
	return list, next, nil
}

// meetingPage is a query in the making.
type meetingPage struct {
	ranges []string
	args   []any
}

// page makes the ranges of a query, each in order and of one row more than fits.
func (q MeetingQuery) page() (*meetingPage, error) {
	filter, args, err := q.filter()
	if err != nil {
		return nil, err
	}
	owners := []string{q.OwnerID, ""}
	if q.Everybody || q.OwnerID == "" {
		owners = owners[:1]
	}
	order := " ORDER BY starts, id LIMIT ?)"
	if q.When != Upcoming {
		order = " ORDER BY starts DESC, id DESC LIMIT ?)"
	}
	p := &meetingPage{}
	for _, owner := range owners {
		for over := range 2 {
			where, at, wanted := q.times(over)
			if !wanted {
				continue
			}
			if !q.Everybody {
				where, at = "owner = ? AND "+where, append([]any{owner}, at...)
			}
			p.ranges = append(p.ranges, "SELECT * FROM (SELECT starts, id FROM meetings WHERE "+where+filter+order)
			p.args = append(append(append(p.args, at...), args...), q.Limit+1)
		}
	}
	return p, nil
}

// times selects by time those that are over, or those that are not. Who notes
// that a meeting is over may be late: what the clock says counts.
func (q MeetingQuery) times(over int) (where string, args []any, wanted bool) {
	where, args, now := "over = ?", []any{over}, q.Now.UnixMilli()
	switch {
	case q.When == Upcoming && over == 1:
		return "", nil, false
	case q.When == Upcoming:
		return where + " AND closes > ?", append(args, now), true
	case q.When == Past && over == 0:
		return where + " AND starts <= ? AND closes <= ?", append(args, now, now), true
	}
	return where, args, true
}

// filter is what all ranges have in common, each condition behind an AND.
func (q MeetingQuery) filter() (where string, args []any, err error) {
	for _, word := range strings.Fields(Fold(q.Search)) {
		where += " AND instr(folded, ?) > 0"
		args = append(args, word)
	}
	if len(q.IDs) > 0 {
		where += " AND id IN (?" + strings.Repeat(", ?", len(q.IDs)-1) + ")"
		for _, id := range q.IDs {
			args = append(args, id)
		}
	}
	if q.Cursor == "" {
		return where, args, nil
	}
	text, id, ok := strings.Cut(q.Cursor, ".")
	starts, err := strconv.ParseInt(text, 10, 64)
	if !ok || err != nil {
		return "", nil, &FieldError{"cursor", "this is none"}
	}
	after := ">"
	if q.When != Upcoming {
		after = "<"
	}
	return where + " AND (starts, id) " + after + " (?, ?)", append(args, starts, id), nil
}

// cursorOf is where the page behind a meeting begins.
func cursorOf(m Meeting) string {
	return fmt.Sprintf("%d.%s", m.starts, m.Room.ID)
}
