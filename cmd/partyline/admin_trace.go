package main

import (
	"cmp"
	"errors"
	"strings"

	"github.com/partyline/partyline/store"
	"github.com/partyline/partyline/trace"
	"github.com/partyline/partyline/web/api"
)

// adminFailures are the calls that were refused or failed of late.
func (g *gateway) adminFailures() (list []api.CallFailure) {
	for _, f := range g.trace.Failures() {
		list = append(list, api.CallFailure{
			At: f.Last, FirstAt: f.First, Count: f.Count, ID: cmp.Or(f.LegID, f.CallID), Protocol: f.Protocol, Direction: f.Direction,
			Caller: f.Caller, Called: f.Called, Peer: f.Peer, Trunk: f.Trunk, Cause: f.Cause, Status: f.Status, Reason: f.Reason,
		})
	}
	return list
}

// adminLadder draws the messages of a call, and of the legs that belong to it.
func (g *gateway) adminLadder(id string, width int) (string, error) {
	var b strings.Builder
	err := g.trace.Ladder(&b, id, width)
	if errors.Is(err, trace.ErrUnknown) {
		return "", store.ErrNotFound
	}
	return b.String(), err
}
