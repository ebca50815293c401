package main

import (
	"strings"

	"github.com/partyline/partyline/trace"
)

// failureWho says which call failed.
func failureWho(f *trace.Failure) string {
	words := []string{f.Protocol, f.Direction}
	if f.Caller != "" {
		words = append(words, "from", f.Caller)
	}
	if f.Called != "" {
		words = append(words, "to", f.Called)
	}
	if f.Trunk != "" {
		words = append(words, "by", f.Trunk)
	}
	if f.Peer != "" {
		words = append(words, "at", f.Peer)
	}
	return strings.Join(words, " ")
}

// failureName is by what its ladder is found.
func failureName(f *trace.Failure) string {
	if f.LegID != "" {
		return f.LegID
	}
	return f.CallID
}

// lines are those of a message, without the ends that the protocol wants.
func lines(text string) []string {
	return strings.Split(strings.ReplaceAll(strings.TrimRight(text, "\r\n"), "\r\n", "\n"), "\n")
}
