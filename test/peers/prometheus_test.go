//go:build peers

package peers

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// rulesFile is what admins name in their prometheus.yml.
var rulesFile, _ = filepath.Abs(filepath.Join("..", "..", "configs", "prometheus", "partyline.rules.yml"))

// TestAlertRules has promtool check the alert rules, and try some of them on series
// that it makes up: they fire when they should, and not before.
func TestAlertRules(t *testing.T) {
	t.Parallel()
	if out, err := exec.Command("promtool", "check", "rules", rulesFile).CombinedOutput(); err != nil {
		t.Fatalf("promtool check rules: %v\n%s", err, out)
	}
	text, err := os.ReadFile(filepath.Join("testdata", "alerts.yml"))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "alerts.yml")
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(text), "RULES", rulesFile)), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("promtool", "test", "rules", file).CombinedOutput(); err != nil {
		t.Errorf("promtool test rules: %v\n%s", err, out)
	}
}

// TestPrometheusScrapes has a real Prometheus scrape the gateway with the rules loaded,
// and asks it what it has got.
func TestPrometheusScrapes(t *testing.T) {
	t.Parallel()
	g := start(t, "")
	out, err := http.Get("http://" + g.metrics + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	check := exec.Command("promtool", "check", "metrics")
	check.Stdin = out.Body
	if said, err := check.CombinedOutput(); err != nil {
		t.Errorf("promtool check metrics: %v\n%s", err, said)
	}
	out.Body.Close()
	p := startPrometheus(t, g.metrics)
	for query, want := range map[string]string{
		`up{job="partyline"}`:                 "1",
		`partyline_ready`:                     "1",
		`count(partyline_build_info)`:         "1",
		`sum(partyline_calls)`:                "0",
		`count({__name__=~"partyline_.*"})>9`: "",
	} {
		got := p.await(query)
		if want != "" && got != want {
			t.Errorf("%s is %s, want %s", query, got, want)
		}
	}
	var rules struct {
		Data struct {
			Groups []struct {
				Rules []struct{ Name, Health, State, LastError string }
			}
		}
	}
	p.get("/api/v1/rules", &rules)
	n := 0
	for _, group := range rules.Data.Groups {
		for _, r := range group.Rules {
			n++
			if r.LastError != "" || r.State == "firing" {
				t.Errorf("%s is %s (%s) on a gateway at rest: %s", r.Name, r.State, r.Health, r.LastError)
			}
		}
	}
	if n < 10 {
		t.Errorf("Prometheus has %d rules", n)
	}
}

// scraper is a running Prometheus.
type scraper struct {
	*testing.T
	at string
}

// startPrometheus runs one that scrapes a gateway every second.
func startPrometheus(t *testing.T, target string) *scraper {
	t.Helper()
	dir := t.TempDir()
	config := fmt.Sprintf(`global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [%s]
scrape_configs:
  - job_name: partyline
    static_configs: [{targets: ["%s"]}]
`, rulesFile, target)
	file := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 3 { // a port that was free may be taken a moment later
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		at := l.Addr().String()
		l.Close()
		ctx, cancel := context.WithCancel(context.Background())
		cmd := exec.CommandContext(ctx, "prometheus", "--config.file="+file, "--storage.tsdb.path="+filepath.Join(dir, "data"),
			"--web.listen-address="+at, "--log.level=warn")
		var said strings.Builder
		cmd.Stderr = &said
		if err := cmd.Start(); err != nil {
			cancel()
			t.Fatal(err)
		}
		over := make(chan error, 1)
		go func() { over <- cmd.Wait() }()
		p := &scraper{t, at}
		if p.ready(over) {
			t.Cleanup(func() { cancel(); <-over })
			return p
		}
		cancel()
		t.Logf("prometheus on %s did not start:\n%s", at, said.String())
	}
	t.Fatal("prometheus does not start")
	return nil
}

// ready waits until it answers, or is over.
func (p *scraper) ready(over chan error) bool {
	deadline := time.After(30 * time.Second)
	for {
		res, err := http.Get("http://" + p.at + "/-/ready")
		if err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return true
			}
		}
		select {
		case err := <-over:
			over <- err
			return false
		case <-deadline:
			return false
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (p *scraper) get(path string, into any) {
	p.Helper()
	res, err := http.Get("http://" + p.at + path)
	if err != nil {
		p.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(into); err != nil {
		p.Fatal(err)
	}
}

// await asks until there is one value, and gives it.
func (p *scraper) await(query string) string {
	p.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		var answer struct {
			Data struct {
				Result []struct{ Value [2]any }
			}
		}
		p.get("/api/v1/query?query="+url.QueryEscape(query), &answer)
		if len(answer.Data.Result) == 1 {
			return fmt.Sprint(answer.Data.Result[0].Value[1])
		}
	}
	p.Errorf("%s has no value", query)
	return ""
}
