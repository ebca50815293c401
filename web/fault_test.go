package web

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestPanicEndsOneRequest: a fault in a request is answered with 500 and logged with its
// stack, without the link that was asked for.
func TestPanicEndsOneRequest(t *testing.T) {
	var log bytes.Buffer
	s := &Site{log: slog.New(slog.NewTextHandler(&log, nil))}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /j/{token}", func(http.ResponseWriter, *http.Request) { panic("fault") })
	mux.HandleFunc("GET /half", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(200); panic("later fault") })
	server := httptest.NewServer(s.unbroken(mux))
	defer server.Close()
	res, err := http.Get(server.URL + "/j/secretsecret")
	if err != nil || res.StatusCode != 500 {
		t.Fatalf("%v, %v", res, err)
	}
	res.Body.Close()
	if res, err := http.Get(server.URL + "/half"); err == nil {
		res.Body.Close()
		t.Error("half an answer came as a whole one")
	}
	server.Close()
	for _, want := range []string{"panic=fault", "later fault", "web.TestPanicEndsOneRequest.func1", `route="GET /j/{token}"`} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("no %q in the log:\n%s", want, log.String())
		}
	}
	if strings.Contains(log.String(), "secretsecret") {
		t.Error("the link stands in the log")
	}
}
