package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/partyline/partyline/store"
)

var cdrBegan = time.Date(2026, 11, 22, 20, 15, 0, 0, time.UTC)

func someCDR(caller string) store.CDR {
	return store.CDR{
		CallID: "leg1", Dialog: "abc@carrier", Conversation: "abc@carrier", Protocol: "sip", Direction: "in", Trunk: "carrier-a",
		Peer: "198.51.100.7:5060", Product: "=cmd|'/c calc'!A0", Caller: caller, Called: "100100.****", RoomID: "room1", Role: "guest", Codec: "PCMA",
		Started: cdrBegan, Answered: cdrBegan.Add(1500 * time.Millisecond), Joined: cdrBegan.Add(10 * time.Second), Ended: cdrBegan.Add(time.Minute),
		Cause: "hangup", Reason: "the party, \"so to say\",\r\nhung up",
		Quality: store.Quality{Loss: 0.021, LossIn: 0.021, LossOut: 0.01, Jitter: 5500 * time.Microsecond, RTT: 40 * time.Millisecond, MOS: 4.1},
	}
}

func writeCDRs(t *testing.T, format string, list ...store.CDR) string {
	t.Helper()
	var out bytes.Buffer
	w, err := cdrWriter(format, &out, roomsByID{"room1": "112752642"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list {
		if err := w.write(c); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.end(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// The CSV is what RFC 4180 says, and no cell of it does anything in a spreadsheet.
func TestCSVOfRecords(t *testing.T) {
	callers := []string{
		"+41445551234", "=HYPERLINK(\"http://x\")", "+1+cmd", "-1", "-2+3", "@SUM(A1)", "\t=1", "|x", "Ada, \"Countess\"", "＝1", "",
	}
	var list []store.CDR
	for _, c := range callers {
		list = append(list, someCDR(c))
	}
	text := writeCDRs(t, "csv", list...)
	if lines := strings.Count(text, "\r\n"); lines < len(callers)+1 {
		t.Errorf("%d ends of lines", lines)
	}
	r := csv.NewReader(strings.NewReader(text))
	rows, err := r.ReadAll()
	if err != nil || len(rows) != len(callers)+1 {
		t.Fatal(len(rows), err)
	}
	at := map[string]int{}
	for i, name := range rows[0] {
		at[name] = i
	}
	for i, row := range rows[1:] {
		for j, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r|%", rune(cell[0])) && !plainNumber.MatchString(cell) {
				t.Errorf("row %d, %s: a spreadsheet would compute %q", i, rows[0][j], cell)
			}
		}
		if got := strings.TrimPrefix(row[at["caller"]], "'"); got != strings.TrimPrefix(callers[i], "'") {
			t.Errorf("caller %q became %q", callers[i], got)
		}
	}
	first := rows[1]
	for name, want := range map[string]string{
		"started": "2026-11-22T20:15:00.000Z", "ring_s": "1.5", "duration_s": "58.5", "in_room_s": "50", "room": "112752642", "loss": "0.021",
		"jitter_ms": "5.5", "rtt_ms": "40", "mos": "4.1", "caller": "+41445551234", "call_id": "abc@carrier", "leg": "leg1",
		// encoding/csv reads a line's end within quotes as \n.
		"reason": "the party, \"so to say\",\nhung up", "product": "'=cmd|'/c calc'!A0",
	} {
		if got := first[at[name]]; got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestJSONOfRecords(t *testing.T) {
	list := []store.CDR{someCDR("a"), someCDR("<b>")}
	var whole []record
	if err := json.Unmarshal([]byte(writeCDRs(t, "json", list...)), &whole); err != nil || len(whole) != 2 {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(writeCDRs(t, "jsonl", list...)), "\n")
	for i, line := range lines {
		var one record
		if err := json.Unmarshal([]byte(line), &one); err != nil || one != whole[i] {
			t.Errorf("%v\n%+v\n%+v", err, one, whole[i])
		}
		if !strings.Contains(line, `"leg":"leg1"`) || strings.Count(line, `"call_id":"abc@carrier"`) != 1 || strings.Contains(line, `"dialog"`) {
			t.Error(line)
		}
	}
	if len(lines) != 2 || whole[0].Room != "112752642" || whole[0].Duration != 58.5 || whole[1].Caller != "<b>" {
		t.Errorf("%+v", whole)
	}
	for format, want := range map[string]string{"json": "[]\n", "jsonl": "", "table": "no calls\n"} {
		if got := writeCDRs(t, format); got != want {
			t.Errorf("%s of nothing is %q", format, got)
		}
	}
	for line := range strings.Lines(writeCDRs(t, "table", someCDR("+41445551234567"))) {
		if len([]rune(strings.TrimSuffix(line, "\n"))) > lineWidth {
			t.Error(line)
		}
	}
}

func TestTimesAsPeopleWriteThem(t *testing.T) {
	now := time.Date(2026, 11, 22, 20, 15, 30, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"": {}, "2h": now.Add(-2 * time.Hour), "-90m": now.Add(-90 * time.Minute), "today": time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC),
		"yesterday": time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC), "2026-11-20": time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC),
		"2026-11-20T08:30": time.Date(2026, 11, 20, 8, 30, 0, 0, time.UTC), "08:30": time.Date(2026, 11, 22, 8, 30, 0, 0, time.UTC),
		"2026-11-20T08:30:00+01:00": time.Date(2026, 11, 20, 7, 30, 0, 0, time.UTC), "now": now,
	} {
		if got, err := parseTime("--since", text, now); err != nil || !got.Equal(want) {
			t.Errorf("%q is %s, want %s: %v", text, got, want, err)
		}
	}
	if _, err := parseTime("--since", "last week", now); err == nil || !strings.Contains(err.Error(), "--since") {
		t.Error(err)
	}
}
