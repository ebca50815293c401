//go:build deps

// Package deps holds modules that a package of ours is about to import.
package deps

import (
	_ "github.com/alecthomas/kong"
	_ "github.com/emiago/diago"
	_ "github.com/emiago/sipgo"
	_ "github.com/goccy/go-yaml"
	_ "github.com/mdlayher/sdnotify"
	_ "github.com/pion/rtcp"
	_ "github.com/pion/rtp"
	_ "github.com/pion/sdp/v3"
	_ "github.com/pion/srtp/v3"
	_ "github.com/pressly/goose/v3"
	_ "github.com/prometheus/client_golang/prometheus/promhttp"
	_ "github.com/thesyncim/gopus"
	_ "github.com/zaf/g711"
	_ "golang.org/x/crypto/argon2"
	_ "golang.org/x/sys/unix"
	_ "golang.org/x/text/language"
	_ "golang.org/x/time/rate"
	_ "modernc.org/sqlite"
)
