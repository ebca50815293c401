package telemetry

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
)

// Every line about a call says which, and in which room, whoever wrote it.
func TestLinesAboutCallsAreComplete(t *testing.T) {
	var out bytes.Buffer
	var told []Line
	names := func(leg string) (string, string) {
		if leg == "leg1" {
			return "abc@x", "100100"
		}
		return "", ""
	}
	log := slog.New(WithCalls(slog.NewJSONHandler(&out, nil), names, func(l Line) { told = append(told, l) }))
	log.Info("listening")
	log.Info("call joined", "leg", "leg1", "role", "guest")
	log.With("part", "sip", "leg", "leg1").With("call_id", "mine").Warn("call refused", "reason", "no such extension")
	log.With("leg", "leg1").Info("moved", "room", "200")
	log.Debug("hidden", "leg", "leg1")
	log.Info("stranger", "call_id", "only")
	log.Error("panic", "leg", "gone", "stack", "goroutine 1 …")
	log.WithGroup("g").Info("grouped", "leg", "leg1")
	var lines []map[string]any
	for line := range strings.Lines(out.String()) {
		m := map[string]any{}
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, m)
		if n := strings.Count(line, `"call_id"`); n > 1 || strings.Count(line, `"room"`) > 1 {
			t.Errorf("a name stands there twice: %s", line)
		}
	}
	want := []struct{ msg, leg, callID, room any }{
		{"listening", nil, nil, nil},
		{"call joined", "leg1", "abc@x", "100100"},
		{"call refused", "leg1", "mine", "100100"},
		{"moved", "leg1", "abc@x", "200"},
		{"stranger", nil, "only", nil},
		{"panic", "gone", nil, nil},
		{"grouped", nil, nil, nil},
	}
	if len(lines) != len(want) {
		t.Fatal(out.String())
	}
	for i, w := range want {
		if l := lines[i]; l["msg"] != w.msg || l["leg"] != w.leg || l["call_id"] != w.callID || l["room"] != w.room {
			t.Errorf("got %v, want %v", l, w)
		}
	}
	texts := []string{
		"call joined role=guest", `call refused reason="no such extension"`, "moved room=200", "stranger", "panic",
	}
	if len(told) != len(texts) {
		t.Fatalf("%+v", told)
	}
	for i, text := range texts {
		if told[i].Text != text {
			t.Errorf("told %q, want %q", told[i].Text, text)
		}
	}
	if told[1].Leg != "leg1" || told[1].CallID != "mine" || told[0].CallID != "abc@x" {
		t.Errorf("%+v", told[:2])
	}
}
