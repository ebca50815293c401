package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/partyline/partyline/configs"
	"github.com/partyline/partyline/control"
	"github.com/partyline/partyline/h323/ras"
)

const (
	// namesEvery is how often the rooms are compared with what the gatekeeper knows:
	// they are added by other processes.
	namesEvery = 2 * time.Second
	// mostNames bounds a registration, which is one datagram.
	mostNames = 2000
)

// keepNames has the gatekeeper know all that leads here, as rooms come and go.
func (g *gateway) keepNames() {
	defer close(g.named)
	tick := time.NewTicker(namesEvery)
	defer tick.Stop()
	var known []string
	for {
		names, err := g.names(g.serving)
		if err == nil && !slices.Equal(names, known) {
			known = names
			if len(names) > mostNames {
				g.log.Warn("the gatekeeper is told the first names only", "names", len(names), "told", mostNames)
				names = names[:mostNames]
			}
			if err := g.h323.SetAliases(names); err != nil {
				g.log.Warn("the gatekeeper cannot be told the names of the rooms", "err", err)
			}
		}
		select {
		case <-tick.C:
		case <-g.serving.Done():
			return
		}
	}
}

// names are what calls may ask a gatekeeper for: the gateway's own names, the
// configured numbers and all rooms. The test extension is the same at all gateways,
// and a gatekeeper takes each name once.
func (g *gateway) names(ctx context.Context) ([]string, error) {
	rooms, err := g.store.Rooms(ctx)
	if err != nil {
		return nil, err
	}
	cfg := g.cfg.Load()
	names := slices.Concat(h323Names(cfg), numbersOf(cfg))
	for _, r := range rooms {
		names = append(names, r.Extension)
	}
	return names, nil
}

// numbersOf are the configured numbers as they are dialled: without the plus, which
// no dialled digits have.
func numbersOf(cfg *configs.Config) (numbers []string) {
	for _, n := range cfg.Numbers {
		numbers = append(numbers, strings.TrimPrefix(n.Number, "+"))
	}
	return numbers
}

// gatekeeper is how things stand with it; nil: there is to be none.
func (g *gateway) gatekeeper() *control.Gatekeeper {
	if g.h323 == nil {
		return nil
	}
	st, ok := g.h323.GatekeeperStatus()
	if !ok {
		return nil
	}
	gk := &control.Gatekeeper{
		Registered: st.Phase == ras.Registered, Phase: st.Phase.String(), Since: st.Since,
		Identifier: st.Identifier, Aliases: st.Aliases, Taken: st.Taken, Calls: st.Calls, Error: st.Error,
	}
	if st.Gatekeeper.IsValid() {
		gk.Address = st.Gatekeeper.String()
	}
	return gk
}
