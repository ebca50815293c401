package main

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/bridge/memory"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/control"
)

func TestParseTarget(t *testing.T) {
	for text, want := range map[string]string{
		"+41 44 555 01 00":                                  "sip number +41 44 555 01 00",
		"tel:+41-44-555-01-00;ext=3":                        "sip number +41-44-555-01-00",
		"0445550100":                                        "sip number 0445550100",
		"sip:ada@example.org":                               "sip uri sip:ada@example.org at example.org",
		"SIP:ada@Example.org:5070":                          "sip uri sip:ada@Example.org:5070 at example.org",
		"ada@example.org":                                   "sip uri sip:ada@example.org at example.org",
		"sips:600@[2001:db8::7]:5061":                       "sip uri sips:600@[2001:db8::7]:5061 at 2001:db8::7",
		"sip:600@10.0.0.1;transport=TCP;lr;maddr=192.0.2.1": "sip uri sip:600@10.0.0.1;transport=tcp at 10.0.0.1",
		"h323:600@192.0.2.7":                                "h323 h323:600@192.0.2.7",
		" h323:board ":                                      "h323 h323:board",
		"":                                                  "",
		"ada":                                               "",
		"mailto:ada@example.org":                            "",
		"sip:":                                              "",
		"sip:600":                                           "",
		"sip:@example.org":                                  "",
		"sip:a b@example.org":                               "",
		"sip:ada:secret@example.org":                        "",
		"sip:ada@example.org?Replaces=x":                    "",
		"sip:ada@example.org:0":                             "",
		"sip:ada@example.org:99999999":                      "",
		"sip:ada@evil@example.org":                          "",
		"sip:ada@example.org\r\nX: y":                       "",
		"tel:nonsense":                                      "",
		"h323:":                                             "",
		"+":                                                 "",
	} {
		to, err := parseTarget(text)
		got := ""
		switch {
		case err != nil:
			if !errors.Is(err, control.ErrInvitation) {
				t.Errorf("%q: %v", text, err)
			}
		case to.system != nil:
			got = to.protocol() + " " + to.system.String()
		case to.uri != "":
			got = fmt.Sprintf("%s uri %s at %s", to.protocol(), to.uri, to.host)
		default:
			got = to.protocol() + " number " + to.number
		}
		if got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

// A PIN in an address is told to nobody.
func TestTargetShown(t *testing.T) {
	for text, want := range map[string]string{
		"sip:112752642.48219@example.org": "sip:112752642.****@example.org",
		"h323:112752642##48219@192.0.2.7": "h323:112752642##****@192.0.2.7",
		"+41445550100":                    "+41445550100",
	} {
		to, err := parseTarget(text)
		if err != nil || to.shown() != want {
			t.Errorf("%s is shown as %s, %v", text, to.shown(), err)
		}
	}
}

// Trunks are tried in turn, while they do not carry the call; who is busy is not called
// by another.
func TestTryEach(t *testing.T) {
	answers := map[string]error{"dead": cause.Unreachable, "full": cause.Limit, "busy": fmt.Errorf("486: %w", cause.Busy), "wrong": errors.New("?"), "good": nil}
	for _, c := range []struct {
		trunks []string
		tried  string
		want   error
	}{
		{[]string{"good"}, "[good]", nil},
		{[]string{"dead", "full", "good"}, "[dead full good]", nil},
		{[]string{"dead", "busy", "good"}, "[dead busy]", cause.Busy},
		{[]string{"dead", "full"}, "[dead full]", cause.Unreachable},
		{[]string{"wrong", "good"}, "[wrong]", answers["wrong"]},
	} {
		var tried []string
		leg, err := tryEach(t.Context(), c.trunks, func(_ context.Context, trunk string) (bridge.Leg, error) {
			tried = append(tried, trunk)
			if answers[trunk] != nil {
				return nil, answers[trunk]
			}
			return memory.New(trunk, 8000, bridge.Party{}), nil
		})
		if fmt.Sprint(tried) != c.tried || !errors.Is(err, c.want) || (err == nil) != (leg != nil) {
			t.Errorf("%v: tried %v, %v", c.trunks, tried, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	tried := 0
	_, err := tryEach(ctx, []string{"dead", "good"}, func(context.Context, string) (bridge.Leg, error) {
		tried++
		cancel()
		return nil, cause.Unreachable
	})
	if tried != 1 || err == nil {
		t.Errorf("a call that was given up is tried %d times, %v", tried, err)
	}
}
